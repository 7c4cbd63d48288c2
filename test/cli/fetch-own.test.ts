import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { sha256 } from '../fetch/mirror/bytes.js'
import { signDetached } from '../fetch/verify/keys.js'
import { fetchBench, type FetchBench } from './fetch-bench.js'

const text = new TextEncoder()

describe('distributions and keys of ipxetool.yaml', () => {
  let bench: FetchBench
  beforeEach(async () => {
    bench = await fetchBench()
    const { mirror, roles } = bench
    mirror.files.set('/lab/version.txt', text.encode('7.1\n'))
    mirror.files.set('/lab/7.1/vmlinuz', roles.kernel)
    mirror.files.set('/lab/7.1/vmlinuz.sig', await signDetached(mirror.key, roles.kernel))
  })
  afterEach(() => bench.close())

  const project = (keys: string): void => {
    const { mirror } = bench
    writeFileSync(
      bench.path('ipxetool.yaml'),
      `menus: [{ id: main, title: Lab, entries: [{ kind: linux, id: lab, label: Lab, use: labos main }] }]
distributions:
  - id: labos
    title: Our own
    kind: linux
    base: ${mirror.url}/lab
    architectures: { x86_64: amd64 }
    channels: { main: {} }
    steps:
      - { id: newest, url: '{base}/version.txt', format: text, match: '(\\S+)', set: { version: '{newest:1}' } }
    files:
      - { role: kernel, url: '{base}/{version}/vmlinuz', signature: '{url}.sig' }
    arguments: [quiet]
${keys}`,
    )
  }

  it('a private distribution is fetched by its name in a menu, signed by a key of the project', async () => {
    const { mirror, run, path, lock, roles } = bench
    project(
      `keys: [{ fingerprint: ${mirror.key.pin.fingerprint}, owner: Lab, url: '${mirror.url}/key.asc' }]\n`,
    )
    const { code, stdout, stderr } = await run('fetch')
    assert.equal(code, 0, stderr)
    assert.match(stdout, /labos main \(x86_64\) is 7\.1: 1 files/)
    assert.equal(sha256(readFileSync(path('assets/labos/7.1/x86_64/vmlinuz'))), sha256(roles.kernel))
    assert.match(lock(), new RegExp(`"signedBy": "${mirror.key.pin.fingerprint}"`))
    assert.equal((await run('build')).code, 0)
    assert.match(
      readFileSync(path('out/boot.ipxe'), 'utf8'),
      /set args quiet [^]*kernel assets\/labos\/7\.1\/x86_64\/vmlinuz /,
    )
  })

  it('a key that is not pinned is refused with its fingerprint', async () => {
    project(`keys: [{ fingerprint: ${'AB'.repeat(20)}, url: '${bench.mirror.url}/key.asc' }]\n`)
    const { code, stderr } = await bench.run('fetch')
    assert.equal(code, 1)
    assert.match(stderr, /not pinned|does not have the key ABAB/)
    assert.equal(bench.lock(), '')
  })

  it('a mistake in a distribution has its place', async () => {
    writeFileSync(bench.path('ipxetool.yaml'), 'distributions:\n  - id: lab\n    titel: Lab\n')
    const { code, stderr } = await bench.run('fetch', 'lab')
    assert.equal(code, 1)
    assert.match(stderr, /ipxetool\.yaml:\d+:\d+/)
  })
})

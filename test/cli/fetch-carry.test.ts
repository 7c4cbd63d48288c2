import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { extract, pack } from 'tar-stream'
import { REAL_VERSION } from '../fetch/coreos-mirror.js'
import { sha256 } from '../fetch/mirror/bytes.js'
import { makeKey, signDetached } from '../fetch/verify/keys.js'
import { fetchBench, type FetchBench } from './fetch-bench.js'

const NEW = '44.20260801.3.0'
const TAR = 'assets.tar'
type Member = [name: string, bytes: Buffer, type?: 'file' | 'symlink']

async function members(path: string): Promise<Member[]> {
  const tar = extract()
  tar.end(readFileSync(path))
  const found: Member[] = []
  for await (const entry of tar) found.push([entry.header.name, await buffer(entry)])
  return found
}

async function write(path: string, list: readonly Member[]): Promise<void> {
  const tar = pack()
  for (const [name, bytes, type = 'file'] of list) {
    if (type === 'symlink') tar.entry({ name, type, linkname: '/etc/passwd' })
    else tar.entry({ name, type }, bytes)
  }
  tar.finalize()
  writeFileSync(path, await buffer(tar))
}

describe('fetch --export, --import, --offline and --prune', () => {
  let bench: FetchBench
  beforeEach(async () => {
    bench = await fetchBench()
    assert.equal((await bench.fetchStable()).code, 0)
    mkdirSync(bench.path('site'))
  })
  afterEach(() => bench.close())

  const kernel = `assets/coreos/${REAL_VERSION}/x86_64/fedora-coreos-${REAL_VERSION}-live-kernel.x86_64`
  const take = (...more: string[]) =>
    bench.elsewhere('site', 'fetch', '--import', `../${TAR}`, '--catalog', '../catalog.yaml', ...more)

  it('carries a set to a site with no internet, where its signatures are checked again; the tar is reproducible', async () => {
    const { run, path, mirror, lock, roles, elsewhere } = bench
    const { code, stdout, stderr } = await run('fetch', '--export', TAR)
    assert.equal(code, 0, stderr)
    assert.match(stdout, /assets\.tar: coreos stable \(x86_64\)/)
    assert.equal((await run('fetch', '--export', 'again.tar')).code, 0)
    assert.equal(sha256(readFileSync(path('again.tar'))), sha256(readFileSync(path(TAR))))
    await mirror.close()
    const taken = await take('--require', 'signed')
    assert.equal(taken.code, 0, taken.stderr)
    assert.ok(readFileSync(path('site', kernel)).equals(roles.kernel))
    assert.equal(readFileSync(path('site/ipxetool.lock'), 'utf8'), lock())
    assert.equal((await elsewhere('site', 'fetch', '--verify')).code, 0)
    // and on from there
    assert.equal((await elsewhere('site', 'fetch', '--export', 'on.tar')).code, 0)
    assert.deepEqual(
      (await members(path('site/on.tar'))).map(([name]) => name),
      (await members(path(TAR))).map(([name]) => name),
    )
  })

  it('without its signature a file counts for its digest only, and `--require signed` refuses it', async () => {
    const { run, path } = bench
    await run('fetch', '--export', TAR)
    const list = await members(path(TAR))
    await write(
      path(TAR),
      list.filter(([name]) => !name.startsWith('signatures/')),
    )
    const refused = await take('--require', 'signed')
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /is `digest`, and `signed` is required/)
    assert.ok(!existsSync(path('site/ipxetool.lock')))
    assert.equal((await take()).code, 0)
    assert.doesNotMatch(readFileSync(path('site/ipxetool.lock'), 'utf8'), /signed/)
  })

  const spoiled: [string, (list: Member[]) => Promise<Member[]> | Member[], RegExp][] = [
    [
      'a name that leads out',
      (list) => [...list, ['../../evil', Buffer.from('x')]],
      /refused: `\.\.\/\.\.\/evil`/,
    ],
    ['an absolute name', (list) => [...list, ['/etc/evil', Buffer.from('x')]], /refused: `\/etc\/evil`/],
    ['a link', (list) => [...list, ['assets/link', Buffer.alloc(0), 'symlink']], /is a symlink, not a file/],
    ['a file twice', (list) => [...list, list.at(-1)!], /is in it twice/],
    [
      'other bytes',
      (list) => list.map(([name, bytes]) => [name, name === kernel ? Buffer.from(bytes).fill(0) : bytes]),
      /has the sha256/,
    ],
    ['a file too few', (list) => list.filter(([name]) => name !== kernel), /is not in it/],
    ['no lock', (list) => list.slice(1), /not with ipxetool\.lock/],
    [
      'other bytes, with a lock that fits and the old signature',
      (list) => {
        const other = Buffer.alloc(40_000, 7)
        const before = sha256(bench.roles.kernel)
        const after = sha256(other)
        return list.map(([name, bytes]) => {
          if (name === 'ipxetool.lock') return [name, Buffer.from(bytes.toString().replaceAll(before, after))]
          return [name.replace(before, after), name === kernel ? other : bytes]
        })
      },
      /signature .* is bad/,
    ],
    [
      'a signature of another key, with that key',
      async (list) => {
        const key = await makeKey('Somebody')
        const signature = Buffer.from(await signDetached(key, bench.roles.kernel))
        const own: Member = [`keys/${key.pin.fingerprint}.asc`, Buffer.from(key.publicKey.armor())]
        const name = `signatures/${sha256(bench.roles.kernel)}.sig`
        return [
          list[0]!,
          own,
          ...list.slice(1).map(([old, bytes]): Member => [old, old === name ? signature : bytes]),
        ]
      },
      /pinned|No key/,
    ],
  ]
  for (const [what, spoil, message] of spoiled) {
    it(`an archive with ${what} is refused, and nothing gets a name`, async () => {
      const { run, path } = bench
      await run('fetch', '--export', TAR)
      await write(path(TAR), await spoil(await members(path(TAR))))
      const { code, stderr } = await take('--allow-unsigned')
      assert.equal(code, 1, stderr)
      assert.match(stderr, message)
      assert.deepEqual(
        readdirSync(path('site')).filter((name) => name !== '.cache'),
        [],
      )
    })
  }

  it('what is no archive, or half of one, is refused', async () => {
    const { run, path } = bench
    await run('fetch', '--export', TAR)
    const bytes = readFileSync(path(TAR))
    for (const part of [bytes.subarray(0, 100_000), Buffer.from('no tar'), Buffer.alloc(0)]) {
      writeFileSync(path(TAR), part)
      const { code, stderr } = await take()
      assert.equal(code, 1, stderr)
      assert.match(stderr, /cannot be imported/)
    }
    rmSync(path(TAR))
    assert.equal((await take()).code, 1)
  })

  it('offline: from assets/ when the store is gone; a clear error when both are', async () => {
    const { run, path, mirror } = bench
    await mirror.close()
    rmSync(path('.cache'), { recursive: true })
    assert.equal((await run('fetch', '--offline')).code, 0)
    rmSync(path('.cache'), { recursive: true })
    rmSync(path(kernel))
    const { code, stderr } = await run('fetch', '--offline')
    assert.equal(code, 1)
    assert.match(stderr, /live-kernel\.x86_64 is neither in the store nor in assets\/\n.*--import/)
  })

  it('prune removes old versions and what nobody uses from the store, lists it, and leaves the rest', async () => {
    const { run, path, mirror, fetchStable, roles } = bench
    roles.kernel.set([1, 2, 3])
    await mirror.publish(NEW)
    assert.equal((await fetchStable()).code, 0)
    mkdirSync(path('assets/own/1/x86_64'), { recursive: true })
    const { code, stdout, stderr } = await run('fetch', '--prune')
    assert.equal(code, 0, stderr)
    assert.match(stdout, new RegExp(`removed assets/coreos/${REAL_VERSION}/x86_64\n`))
    assert.equal(stdout.match(/removed .*sha256/g)?.length, 1, stdout)
    assert.match(stdout, /40\.0 kB freed/)
    assert.deepEqual(readdirSync(path('assets/coreos')).sort(), [NEW, 'current'])
    assert.ok(statSync(path('assets/own/1/x86_64')).isDirectory())
    assert.equal((await run('fetch', '--verify')).code, 0)
    assert.match((await run('fetch', '--prune')).stdout, /^0 B freed/)
    rmSync(path('ipxetool.lock'))
    const nothing = await run('fetch', '--prune')
    assert.equal(nothing.code, 1)
    assert.match(nothing.stderr, /nothing says what has to stay/)
  })
})

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { run as runCli } from '../../src/cli/main.js'
import { type CoreosMirror, REAL_VERSION, startCoreosMirror } from '../fetch/coreos-mirror.js'
import { makeKey, signDetached } from '../fetch/verify/keys.js'

let folder: string
let mirror: CoreosMirror

const roles = {
  kernel: randomBytes(40_000),
  initramfs: Buffer.concat([Buffer.from([0x1f, 0x8b]), randomBytes(90_000)]),
  rootfs: randomBytes(200_000),
}

async function run(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const ran = { code: -1, stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    write: (text: string | Uint8Array): void => {
      ran[name] += typeof text === 'string' ? text : new TextDecoder().decode(text)
    },
  })
  ran.code = await runCli(argv, {
    cwd: folder,
    env: { HOME: folder, XDG_CACHE_HOME: join(folder, '.cache') },
    stdin: Readable.from([]),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    signal: new AbortController().signal,
  })
  assert.doesNotMatch(ran.stderr, /\n {4}at |\bundefined\b|\[object|internal failure/)
  return ran
}

const fetchStable = (...more: string[]) =>
  run('fetch', 'coreos', 'stable', '--mirror', mirror.url, '--catalog', 'catalog.yaml', ...more)
const path = (...parts: string[]) => join(folder, ...parts)
const lock = () => readFileSync(path('ipxetool.lock'), 'utf8')

describe('ipxetool fetch', () => {
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-fetch-'))
    mirror = await startCoreosMirror(roles)
    writeFileSync(path('catalog.yaml'), mirror.catalog)
  })
  afterEach(async () => {
    await mirror.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('brings a signed set, its lock and its pointer; a second time nothing is downloaded and nothing changes', async () => {
    const { code, stdout, stderr } = await fetchStable()
    assert.equal(code, 0, stderr)
    assert.match(stdout, new RegExp(`coreos stable \\(x86_64\\) is ${REAL_VERSION}: 3 files`))
    const own = `assets/coreos/${REAL_VERSION}/x86_64`
    const name = `fedora-coreos-${REAL_VERSION}-live-kernel.x86_64`
    assert.ok(readFileSync(path(own, name)).equals(roles.kernel))
    assert.equal(readlinkSync(path('assets/coreos/current/stable/x86_64')), `../../${REAL_VERSION}/x86_64`)
    const text = lock()
    assert.equal(text.match(/"tier": "signed"/g)?.length, 3)
    assert.equal(text.match(new RegExp(mirror.key.pin.fingerprint, 'g'))?.length, 3)
    mirror.requests.length = 0
    assert.equal((await fetchStable()).code, 0)
    assert.equal(lock(), text)
    assert.deepEqual(
      mirror.requests.filter(({ path: asked }) => /-live-.*(img|x86_64)$/.test(asked)),
      [],
    )
    assert.equal((await run('fetch', '--verify')).code, 0)
  })

  it('becomes a menu: use, build, manifest with its trust, one file under two names', async () => {
    writeFileSync(
      path('ipxetool.yaml'),
      "menus: [{ id: main, title: Lab, entries: [{ kind: coreos, id: fcos, label: FCOS, use: coreos stable, ignition: 'http://a/b.ign' }] }]\n",
    )
    const before = await run('build')
    assert.equal(before.code, 1)
    assert.match(before.stderr, /ipxetool\.yaml:1:\d+ error asset-not-locked[^]*ipxetool fetch coreos stable/)
    const { code, stderr } = await run('fetch', '--mirror', mirror.url, '--catalog', 'catalog.yaml')
    assert.equal(code, 0, stderr)
    const built = await run('build')
    assert.equal(built.code, 0, built.stderr)
    const manifest = JSON.parse(readFileSync(path('out/manifest.json'), 'utf8')) as {
      files: Record<string, Record<string, unknown>>
    }
    const kernel = `assets/coreos/${REAL_VERSION}/x86_64/fedora-coreos-${REAL_VERSION}-live-kernel.x86_64`
    const { origin, trust, signedBy, version } = manifest.files[kernel]!
    assert.deepEqual(
      [origin, trust, signedBy, version],
      ['asset', 'signed', mirror.key.pin.fingerprint, REAL_VERSION],
    )
    assert.equal(statSync(path('out', kernel)).ino, statSync(path(kernel)).ino)
    assert.match(readFileSync(path('out/boot.ipxe'), 'utf8'), new RegExp(`kernel ${kernel} initrd=main`))
    assert.match(readFileSync(path('out/preview/index.html'), 'utf8'), /signature checked/)
    assert.match((await run('build')).stdout, /unchanged/)
    // what was fetched must stay as it was
    rmSync(path(kernel))
    writeFileSync(path(kernel), 'something else')
    const changed = await run('build')
    assert.equal(changed.code, 1)
    assert.match(changed.stderr, /asset-changed/)
    assert.equal((await run('fetch', '--verify')).code, 1)
    // from the store, without a network
    await mirror.close()
    assert.equal((await run('fetch', 'coreos', 'stable', '--offline')).code, 0)
    assert.equal((await run('build')).code, 0)
  })

  const refused: [string, () => Promise<void> | void, RegExp, string[]?][] = [
    [
      'a good digest under a bad signature',
      async () => void mirror.files.set(`${mirror.kernelPath}.sig`, await signDetached(mirror.key, 'other')),
      /signature/,
      ['--allow-unsigned'],
    ],
    [
      'a signature by a key that is not pinned',
      async () => {
        const sig = await signDetached(await makeKey('Somebody'), roles.kernel)
        mirror.files.set(`${mirror.kernelPath}.sig`, sig)
      },
      /key/,
      ['--allow-unsigned'],
    ],
    [
      'no signature',
      () => void mirror.files.delete(`${mirror.kernelPath}.sig`),
      /has no signature.*\n.*--allow-unsigned/,
    ],
    [
      'other bytes',
      () => void mirror.files.set(mirror.kernelPath, randomBytes(40_000)),
      /gave other bytes|signature/,
    ],
    ['a missing file', () => void mirror.files.delete(mirror.kernelPath), /kernel/],
    [
      'metadata that is none',
      () => void mirror.files.set('/streams/stable.json', Buffer.from('<html>')),
      /JSON|json/,
    ],
  ]
  for (const [what, spoil, message, more = []] of refused) {
    it(`refuses ${what}: nothing gets a name, the lock and the pointer stay`, async () => {
      assert.equal((await fetchStable()).code, 0)
      const before = lock()
      await mirror.publish('44.20260801.3.0')
      await spoil()
      // the old kernel is in the store by its digest
      rmSync(path('.cache'), { recursive: true })
      const { code, stderr } = await fetchStable(...more)
      assert.equal(code, 1, stderr)
      assert.match(stderr, message)
      assert.equal(lock(), before)
      assert.ok(!existsSync(path('assets/coreos/44.20260801.3.0')))
      assert.equal(readlinkSync(path('assets/coreos/current/stable/x86_64')), `../../${REAL_VERSION}/x86_64`)
    })
  }

  it('does not go back behind the lock, unless it is told to', async () => {
    await mirror.publish('44.20260801.3.0')
    assert.equal((await fetchStable()).code, 0)
    await mirror.publish('44.20260707.3.1')
    const { code, stderr } = await fetchStable()
    assert.equal(code, 1)
    assert.match(stderr, /older than 44\.20260801\.3\.0/)
    assert.equal((await fetchStable('--allow-downgrade')).code, 0)
    // an option of the program and of the command
    const old = await fetchStable('--version', '1.2.3.4')
    assert.notEqual(old.code, 0)
    assert.match(old.stderr, /releases\.json|1\.2\.3\.4/)
  })

  const wrong: [string, string[], number, RegExp][] = [
    ['an unknown distribution', ['coros'], 1, /did you mean `coreos`\?[^]*Known are/],
    ['an unknown channel', ['coreos', 'stabel'], 1, /did you mean `stable`\?/],
    ['a name of Container Linux', ['coreos', 'beta'], 1, /flatcar/],
    ['nothing to fetch', [], 2, /nothing says what to fetch/],
    ['an unknown architecture', ['coreos', '--arch', 'sparc'], 2, /possible are x86_64/],
    ['an unknown tier', ['coreos', '--require', 'blessed'], 2, /possible are signed/],
    ['half a fingerprint', ['coreos', '--key', 'ABCD'], 2, /40 or 64 hex digits/],
    ['what is not locked, offline', ['coreos', 'stable', '--offline'], 1, /is not in ipxetool\.lock/],
  ]
  for (const [what, argv, exitCode, message] of wrong) {
    it(`answers ${what} with one sentence`, async () => {
      const { code, stderr } = await run('fetch', ...argv)
      assert.equal(code, exitCode, stderr)
      assert.match(stderr, message)
    })
  }

  it('says where in a broken lock, and which server is not there', async () => {
    writeFileSync(path('ipxetool.lock'), '{ "lock": 1, "sets": 3 }')
    const broken = await fetchStable()
    assert.equal(broken.code, 1)
    assert.match(broken.stderr, /ipxetool\.lock:1:22: `sets` is not possible/)
    rmSync(path('ipxetool.lock'))
    await mirror.close()
    const gone = await fetchStable()
    assert.equal(gone.code, 1)
    assert.match(gone.stderr, /127\.0\.0\.1/)
  }).timeout(60_000)

  it('lists what there is without asking anybody, and prints events as JSON lines', async () => {
    const { stdout } = await fetchStable('--json')
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type)
    assert.ok(events.includes('trusted') && events.at(-1) === 'set', events.join(' '))
    assert.match(
      (await run('fetch', '--list', '--offline')).stdout,
      /coreos +Fedora CoreOS \(x86_64 arm64, can be signed\)\n +stable +here: \S+ \(x86_64, signed\)/,
    )
  })
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeManifest, type ManifestEntry, printManifest } from '../../src/build/manifest.js'
import { treePaths } from '../../src/build/names.js'
import type { BuiltTree } from '../../src/build/tree.js'
import { writeTree, type WriteOptions, type Written } from '../../src/build/write.js'
import { IpxetoolError } from '../../src/diagnostics/error.js'

let folder: string
let out: string

/** A folder for each test of a suite. */
function useFolder(): void {
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'ipxetool-write-')))
    out = join(folder, 'out')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })
}

function treeOf(files: Record<string, string>, copies: Record<string, string> = {}): BuiltTree {
  const entries = new Map<string, ManifestEntry>()
  const add = (path: string, bytes: Uint8Array, origin: string): void => {
    entries.set(path, {
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      origin,
    })
  }
  for (const [path, text] of Object.entries(files)) add(path, Buffer.from(text), 'build')
  for (const [path, file] of Object.entries(copies)) add(path, readFileSync(join(folder, file)), 'static')
  return {
    files: new Map(Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)])),
    copies: new Map(Object.entries(copies)),
    manifest: makeManifest(entries),
    diagnostics: [],
  }
}

function write(tree: BuiltTree, options: Partial<WriteOptions> = {}): Promise<Written> {
  return writeTree(out, tree, { resolveCopy: (file) => join(folder, file), ...options })
}

/** Every path below a folder with inode, time and content. */
function snapshot(root: string): Record<string, string> {
  const found: Record<string, string> = {}
  const visit = (path: string): void => {
    const info = lstatSync(join(root, path), { bigint: true })
    const content = info.isFile() ? readFileSync(join(root, path), 'latin1') : ''
    found[path] = `${info.ino} ${info.mtimeNs} ${info.ctimeNs} ${content}`
    if (info.isDirectory()) for (const name of readdirSync(join(root, path))) visit(join(path, name))
  }
  visit('.')
  return found
}

function put(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

const read = (path: string): string => readFileSync(join(out, path), 'utf8')
const code =
  (wanted: string) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof IpxetoolError, String(error))
    assert.equal(error.code, wanted, error.message)
    return true
  }

describe('writeTree', () => {
  useFolder()

  it('writes files, copies and the manifest, and nothing beside them', async () => {
    put('static/k', 'kernel')
    chmodSync(join(folder, 'static/k'), 0o700)
    const written = await write(treeOf({ 'boot.ipxe': 'b', 'menus/a.ipxe': 'a' }, { 'x/k': 'static/k' }))
    assert.deepEqual(written, { changed: true, files: 3, bytes: 8, carried: 0 })
    assert.deepEqual(readdirSync(out).sort(), ['boot.ipxe', 'manifest.json', 'menus', 'x'])
    assert.equal(read('x/k'), 'kernel')
    assert.equal(statSync(join(out, 'x/k')).mode & 0o777, 0o644)
    assert.equal(statSync(join(out, 'x')).mode & 0o777, 0o755)
    assert.deepEqual(readdirSync(folder).sort(), ['out', 'static'])
  })

  it('touches nothing when nothing has changed', async () => {
    put('static/k', 'kernel')
    const tree = treeOf({ 'boot.ipxe': 'b', 'menus/a.ipxe': 'a' }, { k: 'static/k' })
    await write(tree)
    put('out/assets/vmlinuz', 'big')
    const before = snapshot(out)
    assert.deepEqual(await write(tree), { changed: false, files: 3, bytes: 8, carried: 1 })
    assert.deepEqual(snapshot(out), before)
  })

  it('keeps the files that are the same when others change', async () => {
    await write(treeOf({ 'boot.ipxe': 'b', 'a.ipxe': 'a' }))
    const { ino, mtimeMs } = statSync(join(out, 'a.ipxe'))
    await write(treeOf({ 'boot.ipxe': 'changed', 'a.ipxe': 'a' }))
    const after = statSync(join(out, 'a.ipxe'))
    assert.deepEqual([after.ino, after.mtimeMs], [ino, mtimeMs])
    assert.equal(read('boot.ipxe'), 'changed')
  })

  it('removes its own files that are no longer made, and repairs damaged ones', async () => {
    await write(treeOf({ 'boot.ipxe': 'b', 'menus/a.ipxe': 'a' }))
    writeFileSync(join(out, 'boot.ipxe'), 'X')
    assert.equal((await write(treeOf({ 'boot.ipxe': 'b' }))).changed, true)
    assert.equal(read('boot.ipxe'), 'b')
    assert.ok(!existsSync(join(out, 'menus')))
    rmSync(join(out, 'boot.ipxe'))
    assert.equal((await write(treeOf({ 'boot.ipxe': 'b' }))).changed, true)
    assert.equal(read('boot.ipxe'), 'b')
  })

  it('carries over what others put into the tree, with their entries', async () => {
    await write(treeOf({ 'boot.ipxe': 'b', 'menus/a.ipxe': 'a' }))
    put('out/assets/v', 'kernel')
    put('out/menus/readme', 'r')
    mkdirSync(join(out, 'empty/deep'), { recursive: true })
    symlinkSync('assets/v', join(out, 'link'))
    const manifest = JSON.parse(read('manifest.json')) as { files: Record<string, object> }
    manifest.files['assets/v'] = { size: 6, sha256: 'x', origin: 'fetch', trust: 'signed' }
    manifest.files['assets/gone'] = { size: 6, sha256: 'x', origin: 'fetch' }
    writeFileSync(join(out, 'manifest.json'), JSON.stringify(manifest))
    const { ino } = statSync(join(out, 'assets/v'))

    assert.equal((await write(treeOf({ 'boot.ipxe': 'new' }))).carried, 3)
    assert.equal(statSync(join(out, 'assets/v')).ino, ino, 'linked, not copied')
    assert.equal(read('menus/readme'), 'r')
    assert.equal(readlinkSync(join(out, 'link')), 'assets/v')
    assert.ok(existsSync(join(out, 'empty/deep')))
    assert.ok(!existsSync(join(out, 'menus/a.ipxe')))
    const after = JSON.parse(read('manifest.json')) as { files: Record<string, object> }
    assert.deepEqual(Object.keys(after.files), ['assets/v', 'boot.ipxe'])
    assert.deepEqual(after.files['assets/v'], { origin: 'fetch', sha256: 'x', size: 6, trust: 'signed' })
  })

  it('does not overwrite what others put into the tree', async () => {
    await write(treeOf({ 'boot.ipxe': 'b' }))
    put('out/a.ipxe', 'mine')
    put('out/d/x', 'mine')
    await assert.rejects(write(treeOf({ 'boot.ipxe': 'b', 'a.ipxe': 'a' })), code('out-conflict'))
    await assert.rejects(write(treeOf({ 'boot.ipxe': 'b', 'a.ipxe/x': 'a' })), code('out-conflict'))
    await assert.rejects(write(treeOf({ 'boot.ipxe': 'b', d: 'a' })), code('out-conflict'))
    assert.equal(read('a.ipxe'), 'mine')
  })

  it('refuses a folder that is not its own', async () => {
    put('out/thesis.tex', 'years of work')
    await assert.rejects(write(treeOf({ 'boot.ipxe': 'b' })), code('out-not-ours'))
    put('out/manifest.json', '{"name": "some web app"}')
    await assert.rejects(write(treeOf({ 'boot.ipxe': 'b' })), code('out-not-ours'))
    assert.deepEqual(readdirSync(out).sort(), ['manifest.json', 'thesis.tex'])
    assert.deepEqual(readdirSync(folder), ['out'])
  })

  it('takes an empty folder, also one that git keeps; not a file', async () => {
    put('out/.gitkeep', '')
    await write(treeOf({ 'boot.ipxe': 'b' }))
    assert.ok(existsSync(join(out, '.gitkeep')))
    put('file', '')
    out = join(folder, 'file')
    await assert.rejects(write(treeOf({ 'boot.ipxe': 'b' })), code('out-not-a-folder'))
  })

  it('leaves the old tree whole when something fails on the way', async () => {
    await write(treeOf({ 'boot.ipxe': 'old' }))
    const before = snapshot(out)
    for (const failing of ['staging', 'staged', 'between'] as const) {
      const onStep = (step: string): void => {
        if (step === failing) throw new Error('failed here')
      }
      await assert.rejects(write(treeOf({ 'boot.ipxe': 'new', 'x.ipxe': 'x' }), { onStep }), /failed here/)
      // a rename changes the time of the folder's own inode
      const after = snapshot(out)
      assert.deepEqual({ ...after, '.': '' }, { ...before, '.': '' })
      assert.deepEqual(readdirSync(folder), ['out'])
    }
  })

  it('stops when it is told to, and leaves nothing behind', async () => {
    await write(treeOf({ 'boot.ipxe': 'old' }))
    const stop = new AbortController()
    const onStep = (): void => {
      stop.abort()
    }
    await assert.rejects(
      write(treeOf({ 'boot.ipxe': 'new' }), { onStep, signal: stop.signal }),
      code('interrupted'),
    )
    assert.equal(read('boot.ipxe'), 'old')
    assert.deepEqual(readdirSync(folder), ['out'])
  })

  it('notices a static file that changes while it is copied', async () => {
    put('static/k', 'one')
    const tree = treeOf({ 'boot.ipxe': 'b' }, { k: 'static/k' })
    put('static/k', 'two')
    await assert.rejects(write(tree), code('source-changed'))
    assert.ok(!existsSync(out))
  })

  it('explains what the system refuses', async () => {
    put('file', '')
    out = join(folder, 'file', 'out')
    await assert.rejects(write(treeOf({ 'boot.ipxe': 'b' })), code('out-write'))
  })

  it('saves what is put into the tree while it is being replaced', async () => {
    await write(treeOf({ 'boot.ipxe': 'b' }))
    const onStep = (step: string): void => {
      if (step === 'staged') put('out/assets/late', 'x')
    }
    await write(treeOf({ 'boot.ipxe': 'c' }), { onStep })
    assert.equal(read('assets/late'), 'x')
    assert.deepEqual(readdirSync(folder), ['out'])
  })
})

describe('a build that was killed', () => {
  useFolder()

  const child = fileURLToPath(new URL('killed-build.ts', import.meta.url))
  const repository = fileURLToPath(new URL('../../', import.meta.url))

  for (const step of ['staging', 'staged', 'between', 'swapped']) {
    it(`while ${step}, leaves a whole tree, and the next build cleans up`, async () => {
      await write(treeOf({ 'boot.ipxe': 'old', 'gone.ipxe': 'x' }))
      put('out/assets/v', 'kernel')
      const { signal, stderr } = spawnSync(process.execPath, ['--import', 'tsx', child, out, step], {
        cwd: repository,
        encoding: 'utf8',
      })
      assert.equal(signal, 'SIGKILL', stderr)
      const { staged, old, lock } = treePaths(out)
      assert.ok(existsSync(lock))
      if (step === 'between') {
        assert.ok(!existsSync(out), 'the one moment without a tree')
        assert.ok(existsSync(old) && existsSync(staged))
      } else assert.equal(read('boot.ipxe'), step === 'swapped' ? 'new' : 'old')

      await write(treeOf({ 'boot.ipxe': 'newer' }))
      assert.equal(read('boot.ipxe'), 'newer')
      assert.equal(read('assets/v'), 'kernel')
      assert.ok(!existsSync(join(out, 'gone.ipxe')))
      assert.deepEqual(readdirSync(folder), ['out'])
    }).timeout(30_000)
  }
})

describe('the lock', () => {
  useFolder()

  it('lets one build in at a time', async () => {
    let inner: Promise<unknown> | undefined
    await write(treeOf({ 'boot.ipxe': 'a' }), {
      onStep: (step) => {
        if (step === 'staging')
          inner = assert.rejects(write(treeOf({ 'boot.ipxe': 'b' })), code('build-running'))
      },
    })
    await inner
    assert.equal(read('boot.ipxe'), 'a')
  })

  it('of a living process or another machine counts, of a dead one not', async () => {
    const { lock } = treePaths(out)
    const hold = (pid: number, host: string): void => {
      writeFileSync(lock, JSON.stringify({ pid, host, token: 'x' }))
    }
    hold(process.ppid, hostname())
    await assert.rejects(write(treeOf({ 'boot.ipxe': 'a' })), code('build-running'))
    hold(1, 'elsewhere.example')
    await assert.rejects(write(treeOf({ 'boot.ipxe': 'a' })), code('build-running'))
    hold(process.pid, hostname())
    await write(treeOf({ 'boot.ipxe': 'a' }))
    // cut off while it was written, and nobody goes on with it
    writeFileSync(lock, 'garbage')
    await write(treeOf({ 'boot.ipxe': 'c' }))
    const { pid } = spawnSync(process.execPath, ['-e', '0'])
    hold(pid, hostname())
    await write(treeOf({ 'boot.ipxe': 'b' }))
    assert.deepEqual(readdirSync(folder), ['out'])
  })
})

describe('the manifest', () => {
  it('is the same text whatever the order of what goes into it', () => {
    const entry = (origin: string): ManifestEntry => ({ size: 1, sha256: 'x', origin })
    const one = printManifest(
      makeManifest(
        new Map([
          ['b', entry('build')],
          ['a', { origin: 'static', sha256: 'x', size: 1 }],
          ['Z', entry('build')],
          ['__proto__', entry('build')],
        ]),
      ),
    )
    const two = printManifest(
      makeManifest(
        new Map([
          ['__proto__', entry('build')],
          ['Z', entry('build')],
          ['a', entry('static')],
          ['b', entry('build')],
        ]),
      ),
    )
    assert.equal(Buffer.from(one).toString(), Buffer.from(two).toString())
    const keys = Object.keys((JSON.parse(Buffer.from(one).toString()) as { files: object }).files)
    assert.deepEqual(keys, ['Z', '__proto__', 'a', 'b'])
  })
})

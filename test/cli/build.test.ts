import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { type BuildOptions, runBuild } from '../../src/cli/build.js'
import { nodeHost } from '../../src/cli/node-host.js'
import { playerFile } from '../../src/cli/player-file.js'
import { IpxetoolError } from '../../src/diagnostics/error.js'
import { HostError } from '../../src/project/host.js'

let folder: string

/** Two scripts or so, and the preview, which has a player where this program is built. */
const count = existsSync(playerFile) ? 7 : 5

interface Ran {
  code: number
  stdout: string
  stderr: string
}

/** Expected failures come out as the command line would print them. */
async function build(
  options: BuildOptions = {},
  { target, cwd = folder, env = {} }: { target?: string; cwd?: string; env?: Record<string, string> } = {},
): Promise<Ran> {
  const ran = { code: -1, stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    write: (text: string | Uint8Array): void => {
      ran[name] += typeof text === 'string' ? text : new TextDecoder().decode(text)
    },
  })
  const io = {
    cwd,
    env: { HOME: '/home/nobody', ...env },
    stdin: Readable.from([]),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    signal: new AbortController().signal,
  }
  try {
    ran.code = await runBuild(target, { color: false, ...options }, io)
  } catch (error) {
    if (!(error instanceof IpxetoolError)) throw error
    ran.code = error.exitCode
    ran.stderr += `${error.message}\n${error.hint ?? ''}\n`
  }
  assert.doesNotMatch(ran.stderr, /\n {4}at |\bundefined\b(?!-variable)|\[object/)
  return ran
}

function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), content)
}

const boot = '#!ipxe\necho $<greeting>\n'
const yaml = 'variables:\n  greeting: {type: string, value: hello}\n'

describe('ipxetool build', () => {
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'ipxetool-build-')))
    put('lab/ipxetool.yaml', yaml)
    put('lab/boot.ipxe', boot)
    put('lab/static/k', 'kernel')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const lab = (): string => join(folder, 'lab')

  /** What the build owns, without the manifest. */
  const treeBytes = (out: string): number =>
    readdirSync(out, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'manifest.json')
      .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)

  it('writes the tree, says where it is, and then that nothing has changed', async () => {
    const first = await build({}, { cwd: lab() })
    const bytes = treeBytes(join(lab(), 'out'))
    assert.deepEqual(first, {
      code: 0,
      stdout: `out: written, ${count} files, ${bytes} bytes\nentry: /boot.ipxe\n`,
      stderr: '',
    })
    assert.match(readFileSync(join(lab(), 'out/preview/index.html'), 'utf8'), /<!doctype html>/i)
    assert.equal(readFileSync(join(lab(), 'out/boot.ipxe'), 'latin1'), '#!ipxe\necho hello\n')
    const { ino, mtimeMs } = statSync(join(lab(), 'out'))
    const second = await build({}, { cwd: lab(), target: 'menus' })
    assert.equal(second.stdout, `out: unchanged, ${count} files, ${bytes} bytes\nentry: /boot.ipxe\n`)
    const after = statSync(join(lab(), 'out'))
    assert.deepEqual([after.ino, after.mtimeMs], [ino, mtimeMs])
  })

  it('gives the same bytes wherever it runs', async () => {
    await build({ out: 'a' }, { cwd: lab() })
    await build({ project: 'lab', out: 'b' })
    mkdirSync(join(lab(), 'sub'))
    await build({ out: '../../c' }, { cwd: join(lab(), 'sub') })
    const manifest = readFileSync(join(lab(), 'a/manifest.json'))
    assert.deepEqual(readFileSync(join(folder, 'b/manifest.json')), manifest)
    assert.deepEqual(readFileSync(join(folder, 'c/manifest.json')), manifest)
  })

  it('finds the project: upward, by --project, as a target', async () => {
    mkdirSync(join(lab(), 'a/b'), { recursive: true })
    assert.equal((await build({}, { cwd: join(lab(), 'a/b') })).code, 0)
    assert.match((await build({ project: 'lab' })).stdout, /^lab\/out: unchanged/)
    assert.match((await build({ project: lab() })).stdout, /^lab\/out: unchanged/)
    assert.match((await build({}, { target: 'lab' })).stdout, /^lab\/out: unchanged/)
  })

  it('without a project names those that are near', async () => {
    assert.deepEqual(await build(), {
      code: 2,
      stdout: '',
      stderr: `there is no ipxetool.yaml in ${folder} or in a folder above it\ndid you mean --project lab?\n`,
    })
    const other = await build({ project: 'nowhere' })
    assert.equal(other.code, 2)
    assert.match(other.stderr, /nowhere is not a boot project: .*\n.*--project lab/)
  })

  it('refuses other targets', async () => {
    const near = await build({}, { target: 'menu' })
    assert.equal(near.code, 2)
    assert.match(near.stderr, /did you mean `ipxetool build menus`/)
    assert.match((await build({}, { target: 'everything' })).stderr, /possible are `ipxetool build`/)
  })

  it('takes values from --var before the environment', async () => {
    const env = { IPXETOOL_VAR_GREETING: 'environment' }
    const text = (): string => readFileSync(join(lab(), 'out/boot.ipxe'), 'latin1')
    await build({}, { cwd: lab(), env })
    assert.equal(text(), '#!ipxe\necho environment\n')
    await build({ var: ['greeting=a=b'] }, { cwd: lab(), env })
    assert.equal(text(), '#!ipxe\necho a=b\n')
    assert.equal((await build({ var: ['greeting'] }, { cwd: lab() })).code, 2)
    const unknown = await build({ var: ['greting=x'] }, { cwd: lab() })
    assert.equal(unknown.code, 1)
    assert.match(unknown.stderr, /did you mean `greeting`/)
  })

  it('writes nothing when there are errors', async () => {
    await build({}, { cwd: lab() })
    put('lab/boot.ipxe', '#!ipxe\necho $<greting>\n')
    const { code, stdout, stderr } = await build({}, { cwd: lab() })
    assert.equal(code, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /boot\.ipxe:2:6/)
    assert.match(stderr, /did you mean `\$<greeting>`/)
    assert.match(stderr, /nothing was written/)
    assert.equal(readFileSync(join(lab(), 'out/boot.ipxe'), 'latin1'), '#!ipxe\necho hello\n')
  })

  it('shows warnings and goes on', async () => {
    put('lab/ipxetool.yaml', `${yaml}  unused: {type: int, value: 1}\n`)
    const { code, stderr } = await build({}, { cwd: lab() })
    assert.equal(code, 0)
    assert.match(stderr, /unused-variable/)
  })

  it('reports as JSON', async () => {
    const good = JSON.parse((await build({ json: true }, { cwd: lab() })).stdout) as object
    assert.deepEqual(good, {
      ok: true,
      out: join(lab(), 'out'),
      entry: '/boot.ipxe',
      changed: true,
      files: count,
      bytes: treeBytes(join(lab(), 'out')),
      carried: 0,
      pruned: [],
      boots: [],
      diagnostics: [],
      summary: { errors: 0, warnings: 0, infos: 0, files: 0 },
    })
    put('lab/boot.ipxe', 'foo\n')
    const { code, stdout, stderr } = await build({ json: true }, { cwd: lab() })
    assert.equal(code, 1)
    assert.equal(stderr, '')
    const bad = JSON.parse(stdout) as {
      ok: boolean
      diagnostics: { file: string; rule: string; line: number }[]
    }
    assert.equal(bad.ok, false)
    assert.ok(bad.diagnostics.some(({ file, rule }) => file === 'boot.ipxe' && rule === 'missing-magic'))
  })

  it('leaves out assets that nothing leads to, with --prune only', async () => {
    await build({}, { cwd: lab() })
    put('lab/out/assets/old/vmlinuz', 'old')
    put('lab/out/mine.dat', 'mine')
    const kept = await build({}, { cwd: lab() })
    assert.doesNotMatch(kept.stdout + kept.stderr, /vmlinuz/)
    assert.ok(existsSync(join(lab(), 'out/assets/old/vmlinuz')))
    const { stdout, code } = await build({ prune: true }, { cwd: lab() })
    assert.equal(code, 0)
    assert.match(stdout, /^left out: assets\/old\/vmlinuz, 3 bytes\nout: written, /)
    assert.ok(!existsSync(join(lab(), 'out/assets')))
    assert.ok(existsSync(join(lab(), 'out/mine.dat')))
    assert.match((await build({ prune: true }, { cwd: lab() })).stdout, /^out: unchanged/)
  })

  it('is silent with --quiet', async () => {
    assert.deepEqual(await build({ quiet: true }, { cwd: lab() }), { code: 0, stdout: '', stderr: '' })
  })

  it('refuses to write where something else is', async () => {
    put('thesis/chapter.tex', 'x')
    const cases: [out: string, reason: RegExp][] = [
      ['thesis', /no manifest\.json from ipxetool/],
      ['lab', /the project itself/],
      ['.', /the project is in it/],
      ['/', /root of the file system/],
      ['lab/static/out', /holds sources/],
      ['lab/boot.ipxe', /is a file/],
    ]
    for (const [out, reason] of cases) {
      const { code, stderr } = await build({ project: 'lab', out })
      assert.equal(code, 2, out)
      assert.match(stderr, reason)
    }
    assert.deepEqual(readdirSync(join(folder, 'thesis')), ['chapter.tex'])
  })

  it('writes through a link to the tree', async () => {
    mkdirSync(join(folder, 'real'))
    symlinkSync(join(folder, 'real'), join(folder, 'link'))
    assert.equal((await build({ project: 'lab', out: 'link' })).code, 0)
    assert.ok(existsSync(join(folder, 'real/boot.ipxe')))
  })

  const bad: Record<string, [path: string, content: string | Uint8Array, expected: RegExp]> = {
    'binary garbage as a script': [
      'lab/x.ipxe',
      Uint8Array.from({ length: 3000 }, (_, i) => (i * 7919) % 256),
      /x\.ipxe/,
    ],
    'binary garbage as the project': [
      'lab/ipxetool.yaml',
      Uint8Array.from({ length: 300 }, (_, i) => (i * 7919) % 256),
      /ipxetool\.yaml:1:1/,
    ],
    'an empty project file': ['lab/ipxetool.yaml', '', /The file is empty/],
    'an empty script': ['lab/boot.ipxe', '', /missing-magic/],
    'a 50 MB script': [
      'lab/boot.ipxe',
      new Uint8Array(50 * 2 ** 20).fill(10),
      /50 MiB, more than the 16 MiB/,
    ],
    'an include of itself': [
      'lab/boot.ipxe',
      '#!ipxe\n# ipxetool include boot.ipxe\n',
      /boot\.ipxe:2:20.*includes itself/s,
    ],
    'a missing include': [
      'lab/boot.ipxe',
      '#!ipxe\n# ipxetool include _x.ipxe\n',
      /There is no file `_x.ipxe`/,
    ],
    'a cycle of variables': [
      'lab/ipxetool.yaml',
      'variables:\n  greeting: {type: string, value: $<greeting>}\n',
      /ipxetool\.yaml:2:35.*refers to itself/s,
    ],
  }
  for (const [name, [path, content, expected]] of Object.entries(bad)) {
    it(`explains ${name}`, async () => {
      put(path, content)
      const { code, stderr } = await build({}, { cwd: lab() })
      assert.equal(code, 1)
      assert.match(stderr, expected)
      assert.ok(stderr.length < 5000, stderr.slice(0, 2000))
      assert.ok(!existsSync(join(lab(), 'out')))
    })
  }

  it('carries bytes that are no text through the disk', async () => {
    const bytes = Uint8Array.from([...Buffer.from('#!ipxe\necho '), 0xc4, 0xe3, 0xff, 0x80, 0x0a])
    put('lab/gbk.ipxe', bytes)
    assert.equal((await build({}, { cwd: lab() })).code, 0)
    assert.deepEqual(new Uint8Array(readFileSync(join(lab(), 'out/gbk.ipxe'))), bytes)
  })
})

describe('the file system as a project sees it', () => {
  it('says what is wrong in words', async () => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'ipxetool-host-')))
    try {
      writeFileSync(join(root, 'file'), 'x')
      symlinkSync('loop', join(root, 'loop'))
      const host = nodeHost(root)
      const kind = async (action: Promise<unknown>): Promise<string> => {
        const error: unknown = await action.then(
          () => undefined,
          (reason: unknown) => reason,
        )
        assert.ok(error instanceof HostError, String(error))
        return error.kind
      }
      assert.equal(await kind(host.readFile('nothing', 9)), 'missing')
      assert.equal(await kind(host.readFile('.', 9)), 'folder')
      assert.equal(await kind(host.readFile('file/x', 9)), 'not-folder')
      assert.equal(await kind(host.readFile('loop', 9)), 'loop')
      assert.equal(await kind(host.readFile('file', 0)), 'too-large')
      assert.equal(await kind(host.readFile('/dev/null', 9)), 'not-regular')
      assert.equal(await kind(host.readFile('a\0b', 9)), 'missing')
      assert.equal(await kind(host.list('file')), 'not-folder')
      assert.equal(await kind(host.realpath('nothing')), 'missing')
      assert.equal(await kind(host.digest('nothing')), 'missing')
      assert.equal(await kind(host.digest('.')), 'folder')
      assert.deepEqual((await host.list('.')).map((entry) => `${entry.name} ${entry.kind}`).sort(), [
        'file file',
        'loop link',
      ])
      assert.equal((await host.digest('file')).size, 1)
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import type { Io } from '../../src/cli/io.js'
import { type ImportCommandOptions, runImport } from '../../src/cli/import.js'
import { IpxetoolError } from '../../src/diagnostics/error.js'
import { lab } from '../import/trees.js'

const endpoints = `endpoints:
  shredos-x86_64:
    path: /asset-mirror/releases/download/1/
    files:
    - shredos
    os: shredos
    version: 0.40
    arch: x86_64
  strange:
    path: /x/
    files: [a]
    os: strange
    version: 1
`

describe('ipxetool import', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ipxetool-import-'))
    await put({ 'endpoints.yml': endpoints, 'lists/other.yml': 'a: 1\n', ...lab })
  })
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  async function put(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
  }

  async function run(
    kind: string,
    path: string,
    options: ImportCommandOptions = {},
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const written = { stdout: '', stderr: '' }
    const collect = (stream: 'stdout' | 'stderr') => ({
      write: (text: string | Uint8Array) => (written[stream] += String(text)),
    })
    const io: Io = {
      cwd: folder,
      env: {},
      stdin: Readable.from([]),
      stdout: collect('stdout'),
      stderr: collect('stderr'),
      signal: new AbortController().signal,
    }
    return { code: await runImport(kind, path, options, io), ...written }
  }

  const fails = async (code: string, hint: RegExp, ...args: Parameters<typeof run>): Promise<void> => {
    await assert.rejects(run(...args), (error) => {
      assert.ok(error instanceof IpxetoolError, String(error))
      assert.deepEqual([error.code, error.exitCode], [code, 2])
      assert.match(error.hint ?? '', hint)
      return true
    })
  }

  it('prints the project file, and what was lost with the line it stood in', async () => {
    const { code, stdout, stderr } = await run('netbootxyz', 'endpoints.yml')
    assert.equal(code, 0)
    assert.match(stdout, /^# Imported from the endpoints of netboot\.xyz, endpoints\.yml/)
    assert.match(
      stdout,
      /\n {6}- kind: linux\n {8}id: shredos-x86-64\n {8}label: ShredOS \(erases disks\) 0\.40\n/,
    )
    assert.match(stderr, /endpoints\.yml:9:3 warning import-unknown-arguments\n/)
    assert.match(stderr, /9 \| +strange:\n/)
    assert.match(stderr, /\n2 menus, 1 entry, 0 machines, 1 thing not carried over\n$/)
    assert.doesNotMatch((await run('netbootxyz', 'endpoints.yml', { quiet: true })).stderr, /2 menus/)
  })

  it('writes a new file and never over another one', async () => {
    const { code, stdout, stderr } = await run('pxelinux', 'srv', { out: 'new/project' })
    assert.equal(code, 0)
    assert.equal(stdout, '')
    assert.match(
      stderr,
      /\nnew\/project\/ipxetool\.yaml: 3 menus, 12 entries, 4 machines, 9 things not carried over\n$/,
    )
    const text = await readFile(join(folder, 'new/project/ipxetool.yaml'), 'utf8')
    assert.equal(text, (await run('pxelinux', 'srv')).stdout)
    assert.deepEqual(await readdir(join(folder, 'new/project')), ['ipxetool.yaml'])

    await fails('file-exists', /another folder/, 'netbootxyz', 'endpoints.yml', { out: 'new/project' })
    assert.equal(await readFile(join(folder, 'new/project/ipxetool.yaml'), 'utf8'), text)
    await mkdir(join(folder, 'dangling'))
    await symlink('nowhere', join(folder, 'dangling/ipxetool.yaml'))
    await fails('file-exists', /another folder/, 'netbootxyz', 'endpoints.yml', { out: 'dangling' })
    assert.deepEqual(await readdir(join(folder, 'dangling')), ['ipxetool.yaml'])
  })

  it('says that a folder cannot be made', async () => {
    await assert.rejects(run('pxelinux', 'srv', { out: 'endpoints.yml/x' }), /cannot be written: ENOTDIR/)
  })

  it('reports as JSON', async () => {
    const { code, stdout, stderr } = await run('pxelinux', 'srv/pxelinux.cfg', { json: true })
    assert.equal(code, 0)
    assert.equal(stderr, '')
    const data = JSON.parse(stdout) as {
      ok: boolean
      counts: object
      menus: { id: string }[]
      machines: { id: string; match: object; menu: string }[]
      diagnostics: { file: string; rule: string; line?: number }[]
    }
    assert.equal(data.ok, true)
    assert.deepEqual(data.counts, { menus: 3, entries: 12, machines: 4, lost: 9 })
    assert.equal(data.menus[0]?.id, 'main')
    assert.deepEqual(data.machines[0]?.match, { mac: '52:54:00:12:34:56' })
    assert.ok(data.diagnostics.some(({ rule, line }) => rule === 'import-unsupported' && line === 38))
  })

  it('exits 1 when there is nothing to import', async () => {
    await mkdir(join(folder, 'empty'))
    for (const [kind, path] of [
      ['pxelinux', 'empty'],
      ['pxelinux', 'lists'],
      ['netbootxyz', 'lists/other.yml'],
    ] as const) {
      const { code, stdout, stderr } = await run(kind, path, { out: 'out' })
      assert.equal(code, 1)
      assert.equal(stdout, '')
      assert.match(stderr, /nothing was imported\n$/)
    }
    await assert.rejects(readdir(join(folder, 'out')))
  })

  it('refuses what it does not know or find', async () => {
    await fails('unknown-kind', /did you mean `ipxetool import pxelinux`/, 'pxelinx', 'srv')
    await fails('unknown-kind', /possible are/, 'constructor', 'srv')
    await fails('unreadable', /the folder with pxelinux\.cfg/, 'pxelinux', 'nowhere')
    await fails('unreadable', /the folder with pxelinux\.cfg/, 'pxelinux', 'endpoints.yml')
    await fails('unreadable', /the file endpoints\.yml/, 'netbootxyz', 'nowhere.yml')
    await fails('unreadable', /the file endpoints\.yml/, 'netbootxyz', 'srv')
  })
})

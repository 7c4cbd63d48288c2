import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gunzipSync, gzipSync } from 'node:zlib'
import { execaSync } from 'execa'
import { findCommand } from '../../scripts/system-packages.mjs'
import { type InitrdAppendOptions, runInitrdAppend } from '../../src/cli/initrd.js'
import { IpxetoolError } from '../../src/diagnostics/error.js'
import { writeCpio } from '../../src/initrd/cpio.js'
import { readInitrd } from '../../src/initrd/image.js'
import { notRun } from '../support/not-run.js'

let folder: string

async function append(
  image: string,
  files: readonly string[],
  options: InitrdAppendOptions = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const ran = { code: -1, stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    write: (text: string | Uint8Array): void => {
      ran[name] += text as string
    },
  })
  const io = {
    cwd: folder,
    env: {},
    stdin: Readable.from([]),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
  }
  try {
    ran.code = await runInitrdAppend(image, files, options, { ...io, signal: new AbortController().signal })
  } catch (error) {
    if (!(error instanceof IpxetoolError)) throw error
    ran.code = error.exitCode
    ran.stderr += `${error.message}; ${error.hint ?? ''}`
  }
  return ran
}

/** What cpio(1) unpacks, by its own verbose listing. */
function listed(cpio: Uint8Array): string[] {
  const args = ['--list', '--verbose', '--quiet', '--numeric-uid-gid']
  const { stdout } = execaSync('cpio', args, { input: cpio, env: { LC_ALL: 'C', TZ: 'UTC' } })
  return stdout.split('\n').map((line) => line.replace(/ +/g, ' '))
}

/** The archive behind the first `before` bytes. */
function appended(image: string, before: number): Buffer {
  return readFileSync(join(folder, image)).subarray(before + (-before & 3))
}

const base = () =>
  writeCpio([
    { path: 'init', kind: 'file', mode: 0o755, content: Buffer.from('#!/bin/sh\n') },
    { path: 'etc', kind: 'folder', mode: 0o700 },
    { path: 'etc/os-release', kind: 'file', mode: 0o644, content: Buffer.from('ID=test\n') },
    { path: 'usr', kind: 'folder', mode: 0o755 },
    { path: 'usr/lib', kind: 'folder', mode: 0o755 },
    { path: 'lib', kind: 'link', mode: 0o777, content: Buffer.from('usr/lib') },
  ])

function put(name: string, content: string | Uint8Array, mode = 0o644): void {
  writeFileSync(join(folder, name), content)
  chmodSync(join(folder, name), mode)
}

describe('initrd append', () => {
  beforeEach(function () {
    for (const command of ['cpio', 'gzip']) {
      if (findCommand(command) === undefined) notRun(this, `there is no ${command}`)
    }
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-initrd-'))
    put('config.ign', '{"ignition":{"version":"3.4.0"}}')
    put('run.sh', '#!/bin/sh\n', 0o755)
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('adds an archive that cpio and gzip read, aligned, with the folders that are missing and no others', async () => {
    const image = gzipSync(base())
    put('initrd', image, 0o640)
    const { code, stdout } = await append('initrd', [
      'config.ign:/usr/share/ign/user.ign',
      'run.sh',
      'config.ign:etc/',
    ])
    assert.equal(code, 0)
    const part = appended('initrd', image.length)
    const bytes = readFileSync(join(folder, 'initrd'))
    assert.ok(bytes.subarray(0, image.length).equals(image), 'what was there is as it was')
    assert.equal(bytes.length % 4, 0)
    const plain = execaSync('gzip', ['-dcq'], { input: part, encoding: 'buffer', reject: false }).stdout
    assert.deepEqual(listed(plain), [
      '-rw-r--r-- 1 0 0 32 Jan 1 1970 etc/config.ign',
      '-rwxr-xr-x 1 0 0 10 Jan 1 1970 run.sh',
      'drwxr-xr-x 2 0 0 0 Jan 1 1970 usr/share',
      'drwxr-xr-x 2 0 0 0 Jan 1 1970 usr/share/ign',
      '-rw-r--r-- 1 0 0 32 Jan 1 1970 usr/share/ign/user.ign',
    ])
    assert.equal(statSync(join(folder, 'initrd')).mode & 0o777, 0o640)
    assert.match(stdout, /adds usr\/share\/ign\/user\.ign\n/)
    assert.match(stdout, new RegExp(`sha256 ${createHash('sha256').update(bytes).digest('hex')}`))
    assert.deepEqual(readdirSync(folder).sort(), ['config.ign', 'initrd', 'run.sh'])
  })

  it('gives the same bytes from other times, another order and another name of the folder', async () => {
    put('initrd', gzipSync(base()))
    await append('initrd', ['run.sh', 'config.ign:a/b'], { output: 'one' })
    utimesSync(join(folder, 'config.ign'), 1, 1)
    await append('initrd', ['config.ign:a/b', 'run.sh'], { output: 'two' })
    assert.ok(readFileSync(join(folder, 'one')).equals(readFileSync(join(folder, 'two'))))
    assert.equal(readFileSync(join(folder, 'initrd')).length, gzipSync(base()).length, 'the image stays')
  })

  it('writes plain archives at a multiple of four bytes, and sets permissions', async () => {
    put('initrd', Buffer.concat([gzipSync(base()), Buffer.alloc(3)]))
    const before = statSync(join(folder, 'initrd')).size
    await append('initrd', ['config.ign'], { compress: 'none', mode: '600' })
    assert.deepEqual(listed(appended('initrd', before)), ['-rw------- 1 0 0 32 Jan 1 1970 config.ign'])
  })

  it('adds folders with what is in them', async () => {
    mkdirSync(join(folder, 'pki/anchors'), { recursive: true })
    put('pki/anchors/lab.crt', 'certificate')
    symlinkSync('anchors/lab.crt', join(folder, 'pki/current'))
    put('initrd', base())
    await append('initrd', ['pki:etc/pki'], { compress: 'none' })
    assert.deepEqual(listed(appended('initrd', base().length)), [
      'drwxr-xr-x 2 0 0 0 Jan 1 1970 etc/pki',
      'drwxr-xr-x 2 0 0 0 Jan 1 1970 etc/pki/anchors',
      '-rw-r--r-- 1 0 0 11 Jan 1 1970 etc/pki/anchors/lab.crt',
      'lrwxrwxrwx 1 0 0 15 Jan 1 1970 etc/pki/current -> anchors/lab.crt',
    ])
  })

  it('knows images of several parts, each packed in its way, and appends to its own', async function () {
    const early = writeCpio([{ path: 'kernel', kind: 'folder', mode: 0o755 }])
    for (const [name, command] of [
      ['gzip', 'gzip'],
      ['zstd', 'zstd'],
      ['xz', 'xz'],
    ] as const) {
      if (findCommand(command) === undefined) notRun(this, `there is no ${command}`)
      const args = command === 'xz' ? ['-c', '--check=crc32'] : ['-c']
      const main = execaSync(command, args, { input: base(), encoding: 'buffer' }).stdout
      put('initrd', Buffer.concat([early, Buffer.alloc(512), main]))
      assert.equal((await append('initrd', ['config.ign:one/a'])).code, 0)
      const second = await append('initrd', ['config.ign:one/b', 'run.sh:one/a'], { json: true })
      const report = JSON.parse(second.stdout) as { paths: string[]; replaced: string[]; parts: string[] }
      assert.deepEqual(report.parts, ['cpio', name, 'gzip'])
      assert.deepEqual(report.paths, ['one/a', 'one/b'], 'the folder is there already')
      assert.deepEqual(report.replaced, ['one/a'])
      const { names, isComplete } = await readInitrd(join(folder, 'initrd'))
      assert.ok(isComplete)
      assert.deepEqual([...names.keys()].sort(), [
        ...['etc', 'etc/os-release', 'init', 'kernel', 'lib'],
        ...['one', 'one/a', 'one/b', 'usr', 'usr/lib'],
      ])
    }
  })

  it('says so when a part cannot be read, and then makes none of the usual folders', async () => {
    put('initrd', Buffer.concat([Buffer.from([0x02, 0x21, 0x4c, 0x18]), Buffer.alloc(100, 1)]))
    const { code, stdout, stderr } = await append('initrd', ['config.ign:usr/lib/own/user.ign'])
    assert.equal(code, 0)
    assert.match(stderr, /could not be read to its end/)
    assert.match(stdout, /^ {2}adds usr\/lib\n {2}adds usr\/lib\/own\n {2}adds usr\/lib\/own\/user\.ign\n/)
  })

  const refusals: [string, string[], InitrdAppendOptions, RegExp, number?][] = [
    ['a path through a link', ['config.ign:lib/x'], {}, /`lib` is a link in .*usr\/lib for lib/],
    ['a path through a file', ['config.ign:init/x'], {}, /`init` is a file/],
    ['a file in place of a folder', ['config.ign:etc'], {}, /`etc` is a folder .*NAME/],
    ['a path that leads out', ['config.ign:../x'], {}, /no path in an initrd/, 2],
    ['one path twice', ['config.ign:a', 'run.sh:a'], {}, /named twice/],
    [
      'a source that is not there',
      ['missing.ign:a'],
      {},
      /missing\.ign cannot be added: there is no such file/,
    ],
    ['other permissions than octal', ['config.ign'], { mode: '9' }, /octal/, 2],
    ['an unknown compression', ['config.ign'], { compress: 'rar' }, /gzip, none, zstd/, 2],
  ]
  for (const [what, files, options, message, exitCode = 1] of refusals) {
    it(`refuses ${what}, and leaves the image alone`, async () => {
      put('initrd', gzipSync(base()))
      const { code, stderr } = await append('initrd', files, options)
      assert.equal(code, exitCode)
      assert.match(stderr, message)
      assert.ok(gunzipSync(readFileSync(join(folder, 'initrd'))).equals(base()))
      assert.deepEqual(readdirSync(folder).sort(), ['config.ign', 'initrd', 'run.sh'])
    })
  }

  it('refuses what is no initrd', async () => {
    for (const content of ['', '<html>404</html>', Buffer.alloc(1000)]) {
      put('initrd', content)
      const { code, stderr } = await append('initrd', ['config.ign'])
      assert.equal(code, 1)
      assert.match(stderr, /no initrd that Linux unpacks/)
    }
    assert.match((await append('missing', ['config.ign'])).stderr, /missing: there is no such file/)
    assert.ok(!existsSync(join(folder, 'missing')))
  })
})

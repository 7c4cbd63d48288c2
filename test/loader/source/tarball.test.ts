import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Header, pack } from 'tar-stream'
import { prepareSource, type PreparedSource } from '../../../src/loader/source/index.js'
import { isIpxetoolError } from '../../../src/diagnostics/error.js'
import { notRun } from '../../support/not-run.js'

const makefile = 'VERSION_MAJOR\t= 1\nVERSION_MINOR\t= 21\nVERSION_PATCH\t= 1\nEXTRAVERSION\t=\n'
const time = 1_700_000_000

type Entry = Partial<Header> & { name: string } & { text?: string }

const usual: readonly Entry[] = [
  { name: 'ipxe-1.21.1/', type: 'directory' },
  { name: 'ipxe-1.21.1/src/Makefile', text: makefile },
  { name: 'ipxe-1.21.1/src/util/run.pl', text: '#!/usr/bin/perl\n', mode: 0o755 },
  { name: 'ipxe-1.21.1/src/link', type: 'symlink', linkname: 'util/run.pl' },
  { name: 'ipxe-1.21.1/src/bin/old.o', text: 'a result of make' },
]

async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack()
  for (const { text = '', ...rest } of entries) {
    const header = { mtime: new Date(time * 1000), ...rest }
    if (header.type === undefined) archive.entry(header, text)
    else archive.entry(header)
  }
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const behind = (linkname: string): Entry[] => [
  ...usual,
  { name: 'ipxe-1.21.1/src/l', type: 'symlink', linkname },
]

describe('source in an archive', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-tar-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  function prepare(bytes: Buffer, name = 'ipxe.tar'): Promise<PreparedSource> {
    writeFileSync(join(folder, name), bytes)
    return prepareSource({ source: name, cwd: folder }, { cache: join(folder, 'cache'), env: process.env })
  }
  async function unpack(source: PreparedSource): Promise<string> {
    const target = join(folder, 'tree')
    rmSync(target, { recursive: true, force: true })
    mkdirSync(target)
    await source.unpack(target)
    return target
  }
  /** Looks at it and unpacks it: what is wrong may show only then. */
  async function refuses(bytes: Buffer, code: string, text: RegExp): Promise<void> {
    await assert.rejects(
      async () => unpack(await prepare(bytes)),
      (error: unknown) => {
        assert.ok(isIpxetoolError(error), String(error))
        assert.equal(error.code, code)
        assert.match(error.message, text)
        assert.match(error.message, /ipxe\.tar/)
        return true
      },
    )
    assert.deepEqual(
      readdirSync(folder).filter((name) => !['cache', 'ipxe.tar', 'tree'].includes(name)),
      [],
      'nothing beside it',
    )
  }

  async function looksRight(source: PreparedSource): Promise<void> {
    assert.match(source.identity.id, /^sha256:[0-9a-f]{64}$/)
    const { version, commit } = source.identity
    assert.deepEqual(
      { version, commit, time: source.identity.time },
      { version: '1.21.1', commit: undefined, time },
    )
    const tree = await unpack(source)
    assert.equal(readFileSync(join(tree, 'src/Makefile'), 'utf8'), makefile)
    assert.equal(readFileSync(join(tree, 'src/link'), 'utf8'), '#!/usr/bin/perl\n')
    const { mode, mtimeMs } = statSync(join(tree, 'src/util/run.pl'))
    assert.equal(mode & 0o111, 0o111)
    assert.equal(mtimeMs, time * 1000)
    assert.ok(!readdirSync(join(tree, 'src')).includes('bin'), 'results of make stay behind')
  }

  it('takes a plain one', async () => {
    await looksRight(await prepare(await tar(usual)))
  })

  it('takes one of gzip, whatever it is called', async () => {
    await looksRight(await prepare(gzipSync(await tar(usual)), 'source'))
  })

  it('takes one of xz', async function () {
    let bytes: Buffer
    try {
      bytes = execFileSync('xz', ['--stdout'], { input: await tar(usual) })
    } catch {
      notRun(this, 'xz is not installed')
    }
    await looksRight(await prepare(bytes, 'ipxe.tar.xz'))
  })

  it('takes one without a folder around it, and finds src in a folder', async () => {
    const source = await prepare(await tar([{ name: './src/Makefile', text: makefile }]))
    assert.deepEqual(readdirSync(join(await unpack(source), 'src')), ['Makefile'])
  })

  it('knows it again by its content, and sees when it has changed', async () => {
    const one = await prepare(await tar(usual))
    const same = await prepare(await tar(usual))
    assert.equal(same.identity.id, one.identity.id)
    const other = await prepare(await tar([...usual, { name: 'ipxe-1.21.1/src/more.c', text: 'int more;' }]))
    assert.notEqual(other.identity.id, one.identity.id)
  })

  const outside: readonly [string, readonly Entry[]][] = [
    ['a path that leads out', [...usual, { name: 'ipxe-1.21.1/../../evil', text: 'x' }]],
    ['a path from the root', [...usual, { name: '/evil', text: 'x' }]],
    ['a link that leads out', behind('../../../evil')],
    ['a link to the root', behind('/etc/passwd')],
    ['a link that leads out by another one', behind('link/../../..')],
  ]
  for (const [what, entries] of outside) {
    it(`refuses ${what}`, async () => {
      await refuses(await tar(entries), 'bad-archive', /leads out of it/)
    })
  }

  it('refuses to write through a link', async () => {
    const name = 'ipxe-1.21.1/src/link/evil'
    await refuses(
      await tar([...usual, { name, text: 'x' }]),
      'bad-archive',
      /behind .*link, which is no folder/,
    )
    await refuses(
      await tar([{ name, type: 'symlink', linkname: '../..' }, ...usual]),
      'bad-archive',
      /link is in it twice/,
    )
  })

  for (const [kind, text] of [
    ['link', /\(link\)/],
    ['character-device', /\(character-device\)/],
    ['block-device', /\(block-device\)/],
    ['fifo', /\(fifo\)/],
  ] as const) {
    it(`refuses a ${kind === 'link' ? 'hard link' : kind}`, async () => {
      const odd: Entry = { name: 'ipxe-1.21.1/odd', type: kind, linkname: 'ipxe-1.21.1/src/Makefile' }
      await refuses(await tar([...usual, odd]), 'bad-archive', text)
    })
  }

  it('refuses the same file twice', async () => {
    await refuses(await tar([...usual, usual[1]!]), 'bad-archive', /Makefile is in it twice/)
  })

  it('refuses one without iPXE in it', async () => {
    await refuses(await tar([{ name: 'README', text: 'x' }]), 'not-ipxe', /no src\/Makefile/)
    await refuses(await tar([{ name: 'src/Makefile', text: 'all:\n' }]), 'not-ipxe', /names no version/)
  })

  it('refuses what is cut off, and what is no archive', async () => {
    const whole = gzipSync(await tar(usual))
    await refuses(whole.subarray(0, whole.length >> 1), 'bad-archive', /no whole tar/)
    await refuses(Buffer.alloc(4096, 'no archive '), 'bad-archive', /no whole tar/)
    await refuses(Buffer.from('fd377a585a00ffff', 'hex'), 'bad-archive', /no whole tar/)
    await refuses(Buffer.alloc(0), 'not-ipxe', /no src\/Makefile/)
  })
})

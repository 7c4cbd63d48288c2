import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { execaSync } from 'execa'
import { pack, type Header } from 'tar-stream'
import { findCommand } from '../../../scripts/system-packages.mjs'
import { extractMember, type ExtractLimits, type Member } from '../../../src/fetch/archive/extract.js'
import { notRun } from '../../support/not-run.js'

const kernel = Buffer.concat([randomBytes(300_000), Buffer.alloc(100_000, 'kernel')])
const sha256 = createHash('sha256').update(kernel).digest('hex')
let folder: string

async function tar(
  entries: readonly [Partial<Header> & { name: string }, (Buffer | string)?][],
): Promise<Buffer> {
  const made = pack()
  for (const [header, content] of entries) made.entry(header, content ?? '')
  made.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of made as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function compress(format: string, bytes: Buffer): Buffer {
  if (format === 'tar') return bytes
  if (format.endsWith('gz')) return gzipSync(bytes)
  const command = format.endsWith('xz') ? 'xz' : 'zstd'
  return Buffer.from(execaSync(command, ['-c', '-q'], { input: bytes, encoding: 'buffer' }).stdout)
}

/** @returns what came out, or the code of the error */
async function take(bytes: Uint8Array, member: Member, limits: ExtractLimits = {}): Promise<unknown> {
  const archive = join(folder, 'archive')
  const out = join(folder, 'out')
  rmSync(out, { force: true })
  writeFileSync(archive, bytes)
  try {
    const result = await extractMember(archive, member, out, limits)
    const content = readFileSync(out)
    assert.equal(result.size, content.length)
    assert.equal(result.sha256, createHash('sha256').update(content).digest('hex'))
    return result.sha256
  } catch (error) {
    assert.ok(!existsSync(out), 'nothing is left of a failure')
    return (error as { code?: string }).code ?? error
  }
}

describe('archives', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-archive-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  for (const format of ['tar', 'tar.gz', 'tar.xz', 'tar.zst'] as const) {
    it(`takes one file out of ${format}, whatever else is in it`, async function () {
      for (const [ending, command] of [
        ['xz', 'xz'],
        ['zst', 'zstd'],
      ] as const) {
        if (format.endsWith(ending) && findCommand(command) === undefined) notRun(this, `no ${command}`)
      }
      const bytes = compress(
        format,
        await tar([
          [{ name: './boot/', type: 'directory' }],
          [{ name: './boot/readme' }, 'read me'],
          [{ name: './boot/vmlinuz' }, kernel],
          [{ name: './boot/link', type: 'symlink', linkname: 'vmlinuz' }],
        ]),
      )
      assert.equal(await take(bytes, { format, path: 'boot/vmlinuz' }), sha256)
      assert.equal(await take(bytes, { format, path: 'boot/missing' }), 'archive-no-member')
      assert.equal(await take(bytes, { format, path: 'boot/link' }), 'archive-unsafe')
      for (const part of [0.2, 0.5, 0.8]) {
        const cut = bytes.subarray(0, Math.floor(bytes.length * part))
        assert.equal(await take(cut, { format, path: 'boot/vmlinuz' }), 'archive-broken', `cut at ${part}`)
      }
    })
  }

  for (const format of ['gz', 'xz', 'zst'] as const) {
    it(`unpacks ${format}`, async function () {
      const command = { gz: 'gzip', xz: 'xz', zst: 'zstd' }[format]
      if (findCommand(command) === undefined) notRun(this, `no ${command}`)
      const bytes = compress(format, kernel)
      assert.equal(await take(bytes, { format }), sha256)
      assert.equal(await take(bytes.subarray(0, -1000), { format }), 'archive-broken')
      const changed = Buffer.from(bytes)
      changed.fill(0x55, 1000, 1100)
      // zstd of the command has no sum unless asked, and the kernel's half is random
      const result = await take(changed, { format })
      if (format !== 'zst') assert.equal(result, 'archive-broken')
      else assert.notEqual(result, sha256)
      assert.equal(await take(Buffer.from('<html>not found</html>'), { format }), 'archive-broken')
      assert.equal(await take(Buffer.alloc(0), { format }), 'archive-broken')
    })
  }

  const hostile: [string, Partial<Header> & { name: string }][] = [
    ['leads out', { name: '../../etc/passwd' }],
    ['leads out in its middle', { name: 'a/../../b' }],
    ['leads out as Windows writes it', { name: 'a\\..\\..\\b' }],
    ['is absolute', { name: '/etc/passwd' }],
    ['has a drive', { name: 'C:/windows' }],
    ['has a line break in its name', { name: 'a\nb' }],
    ['is a hard link under the wanted name', { name: 'vmlinuz', type: 'link', linkname: '/etc/shadow' }],
    ['is a device under the wanted name', { name: 'vmlinuz', type: 'block-device' }],
    ['is a pipe under the wanted name', { name: 'vmlinuz', type: 'fifo' }],
  ]
  for (const [what, header] of hostile) {
    it(`refuses an archive when a member ${what}`, async () => {
      const bytes = await tar([[header], [{ name: 'vmlinuz' }, kernel]])
      assert.equal(await take(bytes, { format: 'tar', path: 'vmlinuz' }), 'archive-unsafe')
    })
  }

  it('refuses two files of one name', async () => {
    const bytes = await tar([
      [{ name: 'vmlinuz' }, 'one'],
      [{ name: './vmlinuz' }, kernel],
    ])
    assert.equal(await take(bytes, { format: 'tar', path: 'vmlinuz' }), 'archive-unsafe')
  })

  it('bounds what comes out, by size and by ratio', async () => {
    const zeros = gzipSync(Buffer.alloc(100 * 2 ** 20))
    assert.equal(await take(zeros, { format: 'gz' }), 'archive-too-large')
    assert.equal(await take(zeros, { format: 'gz' }, { size: 2 ** 20 }), 'archive-too-large')
    const inTar = gzipSync(await tar([[{ name: 'a' }, Buffer.alloc(100 * 2 ** 20)]]))
    assert.equal(await take(inTar, { format: 'tar.gz', path: 'a' }), 'archive-too-large')
  })

  it('says that the disk failed, not the archive, when it did', async () => {
    const out = join(folder, 'out')
    await assert.rejects(
      extractMember(join(folder, 'missing'), { format: 'gz' }, out),
      (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
    )
    assert.ok(!existsSync(out))
  })
})

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { runFmt, type FmtOptions } from '../../src/cli/fmt.js'
import { format } from '../../src/syntax/format.js'

describe('ipxetool fmt', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-fmt-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })
  const write = (path: string, text: string | Uint8Array): void => {
    writeFileSync(join(folder, path), text)
  }
  const read = (path: string): string => readFileSync(join(folder, path), 'utf8')
  const fmt = async (paths: string[], options: FmtOptions = {}, stdin = '') => {
    const result = { code: 0, out: '', err: '' }
    result.code = await runFmt(paths, options, {
      cwd: folder,
      env: {},
      stdin: Readable.from([Buffer.from(stdin)]),
      stdout: { write: (text) => (result.out += Buffer.from(text).toString()) },
      stderr: { write: (text) => (result.err += String(text)) },
      signal: new AbortController().signal,
    })
    return result
  }
  const bad = '#!ipxe\n  echo   a\n'
  const good = '#!ipxe\necho a\n'

  it('formats files and folders in place, links too', async () => {
    mkdirSync(join(folder, 'sub'))
    mkdirSync(join(folder, 'out'))
    write('a.ipxe', bad)
    write('sub/b.ipxe', good)
    write('sub/c.txt', bad)
    write('out/manifest.json', '{ "generator": "ipxetool 0.1.0" }')
    write('out/o.ipxe', bad)
    assert.deepEqual(await fmt([]), { code: 0, out: 'a.ipxe\n', err: '1 of 2 files formatted\n' })
    assert.deepEqual([read('a.ipxe'), read('sub/c.txt'), read('out/o.ipxe')], [good, bad, bad])
    symlinkSync('c.txt', join(folder, 'sub/link'))
    assert.equal((await fmt(['sub/link'])).out, 'sub/link\n')
    assert.equal(read('sub/c.txt'), good)
  })

  it('--check and --diff write nothing and exit with 1', async () => {
    write('a.ipxe', bad)
    assert.deepEqual(await fmt(['.'], { check: true }), {
      code: 1,
      out: 'a.ipxe\n',
      err: '1 of 1 file not formatted\n',
    })
    const { code, out } = await fmt(['a.ipxe'], { diff: true, quiet: true })
    assert.deepEqual(
      [code, out],
      [1, '--- a/a.ipxe\n+++ b/a.ipxe\n@@ -1,2 +1,2 @@\n #!ipxe\n-  echo   a\n+echo a\n'],
    )
    const json = JSON.parse((await fmt(['a.ipxe'], { check: true, json: true })).out) as unknown
    assert.deepEqual(json, { changed: ['a.ipxe'], files: 1 })
    assert.equal(read('a.ipxe'), bad)
    write('a.ipxe', good)
    assert.equal((await fmt(['a.ipxe'], { check: true })).code, 0)
  })

  it('- is from standard input to standard output', async () => {
    assert.deepEqual(await fmt(['-'], {}, bad), { code: 0, out: good, err: '' })
    assert.equal((await fmt(['-'], { check: true }, bad)).code, 1)
  })

  it('says what it cannot format', async () => {
    assert.deepEqual(await fmt(['nope.ipxe']), {
      code: 2,
      out: '',
      err: '0 of 1 file formatted\nipxetool: nope.ipxe: there is no such file\n',
    })
    write('a.ipxe', Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 256)))
    const { code, err } = await fmt(['a.ipxe'])
    assert.equal(code, 1)
    assert.match(err, /a.ipxe: it is no text, and left as it is/)
  })

  it('makes the sample of docs/format.md', () => {
    const sample = (name: string): string =>
      readFileSync(new URL(`../../docs/examples/${name}`, import.meta.url), 'utf8')
    assert.equal(Buffer.from(format(sample('style.before.ipxe'))).toString(), sample('style.ipxe'))
  })
})

import assert from 'node:assert/strict'
import { bytesToText } from '../../src/syntax/bytes.js'
import { stringify } from '../../src/syntax/stringify.js'
import { composeLoose, type LooseOptions } from '../../src/project/loose.js'
import { HostError } from '../../src/project/host.js'
import { lines, type MemoryEntry, memoryHost } from './memory-host.js'

async function compose(
  files: Record<string, MemoryEntry>,
  path = 'a.ipxe',
  options: LooseOptions = {},
): Promise<{ text: string; found: string[]; sources: string[]; origins: (string | undefined)[] }> {
  const { script, diagnostics, sources } = await composeLoose(path, memoryHost(files), options)
  return {
    text: bytesToText(stringify(script)),
    found: lines(diagnostics),
    sources: [...sources.keys()],
    origins: script.children.map((line) => line.origin?.path),
  }
}

const magic = '#!ipxe\n'

describe('includes', () => {
  it('put the lines of a file in the place of the directive, without its magic', async () => {
    const { text, found, sources, origins } = await compose({
      'a.ipxe': '#!ipxe\n  # ipxetool include lib/b.ipxe\necho end\n',
      'lib/b.ipxe': '#!ipxe\necho b\n# ipxetool include c.ipxe\n',
      'lib/c.ipxe': '#!gpxe comment\necho c\n',
    })
    assert.deepEqual(found, [])
    assert.equal(text, '#!ipxe\necho b\necho c\necho end\n')
    assert.deepEqual(sources.sort(), ['a.ipxe', 'lib/b.ipxe', 'lib/c.ipxe'])
    assert.deepEqual(origins, [undefined, 'lib/b.ipxe', 'lib/c.ipxe', undefined])
  })

  it('never glue lines', async () => {
    const main = 'x\n# ipxetool include b.ipxe\ny\n'
    assert.equal((await compose({ 'a.ipxe': main, 'b.ipxe': 'echo b' })).text, 'x\necho b\ny\n')
    assert.equal(
      (await compose({ 'a.ipxe': main.replaceAll('\n', '\r\n'), 'b.ipxe': 'echo b' })).text,
      'x\r\necho b\r\ny\r\n',
    )
    assert.equal((await compose({ 'a.ipxe': main, 'b.ipxe': 'echo b\r' })).text, 'x\necho b\r\ny\n')
    assert.equal((await compose({ 'a.ipxe': main, 'b.ipxe': '' })).text, 'x\ny\n')
    assert.equal((await compose({ 'a.ipxe': '# ipxetool include b.ipxe', 'b.ipxe': 'b' })).text, 'b\n')
  })

  it('keep every byte', async () => {
    const bytes = Uint8Array.from([0xff, 0xfe, 0x20, 0x80, 0x0a, 0x0d, 0x41])
    const { text } = await compose({ 'a.ipxe': '# ipxetool include b.ipxe\n', 'b.ipxe': bytes })
    assert.equal(text, `${bytesToText(bytes)}\n`)
  })

  it('may come twice, and up from a folder', async () => {
    const { text, found } = await compose(
      { 'm/a.ipxe': '# ipxetool include ../_b.ipxe\n# ipxetool include ./../_b.ipxe\n', '_b.ipxe': 'b\n' },
      'm/a.ipxe',
    )
    assert.deepEqual(found, [])
    assert.equal(text, 'b\nb\n')
  })

  it('may follow links inside the project', async () => {
    const { text } = await compose({
      'a.ipxe': '# ipxetool include l.ipxe\n',
      'l.ipxe': { link: 'm/b.ipxe' },
      'm/b.ipxe': 'b\n',
    })
    assert.equal(text, 'b\n')
  })

  it('of a script on standard input start at the current folder', async () => {
    const input = new TextEncoder().encode('# ipxetool include m/b.ipxe\n')
    assert.equal((await compose({ 'm/b.ipxe': 'b\n' }, '-', { input })).text, 'b\n')
  })

  const wrong: Record<string, [files: Record<string, MemoryEntry>, expected: RegExp[]]> = {
    'a missing file': [
      { '_common.ipxe': '' },
      [
        /^a.ipxe:2:20 include-missing: There is no file `comon.ipxe`.*did you mean `_common.ipxe`\?|did you mean/,
      ],
    ],
    'a missing file without its underscore': [{ '_comon.ipxe': '' }, [/did you mean `_comon.ipxe`\?/]],
    'a missing file without its ending': [{ 'comon.ipxe.ipxe': '' }, [/did you mean `comon.ipxe.ipxe`\?/]],
    'a missing folder': [{}, [/include-missing/]],
    'a folder': [
      { 'comon.ipxe/x': '' },
      [/include-unreadable: `comon.ipxe` cannot be included: it is a folder/],
    ],
    'a file that cannot be read': [{ 'comon.ipxe': { error: 'denied' } }, [/include-unreadable/]],
    'binary data': [
      { 'comon.ipxe': Uint8Array.from([0x7f, 0x45, 0]) },
      [/include-binary: `comon.ipxe` is not text: it holds a NUL byte at offset 2/],
    ],
    'itself by way of another': [
      { 'comon.ipxe': 'x\n# ipxetool include a.ipxe\n' },
      [
        /^comon.ipxe:2:20 include-cycle: Files include each other in a circle: `a.ipxe` -> `comon.ipxe` -> `a.ipxe`/,
      ],
    ],
    'an unfinished line': [{ 'comon.ipxe': 'echo x\necho y \\\n' }, [/^comon.ipxe:2:1 include-unfinished/]],
    'a link out of the project': [
      { 'comon.ipxe': { link: '/etc/passwd' }, '/etc/passwd': 'root\n' },
      [/include-outside: .*a link that leads out/],
    ],
    'links in a circle': [{ 'comon.ipxe': { link: 'b' }, b: { link: 'comon.ipxe' } }, [/include-unreadable/]],
  }
  for (const [name, [files, expected]] of Object.entries(wrong)) {
    it(`refuse ${name}, and leave the comment`, async () => {
      const main = `${magic}# ipxetool include comon.ipxe\necho end\n`
      const { text, found } = await compose({ 'a.ipxe': main, ...files })
      assert.equal(found.length, expected.length, found.join('\n'))
      for (const [index, pattern] of expected.entries()) assert.match(found[index]!, pattern)
      assert.ok(text.endsWith('echo end\n'))
      assert.ok(text.startsWith(magic))
    })
  }

  it('refuse names that are none', async () => {
    const check = async (name: string, expected: RegExp): Promise<void> => {
      const { found } = await compose({ 'a.ipxe': `# ipxetool include ${name}\n`, '/etc/passwd': 'x' })
      assert.equal(found.length, 1)
      assert.match(found[0]!, expected)
    }
    await check('', /name of the file to include is missing/)
    await check('/etc/passwd', /absolute/)
    await check('C:/x', /absolute/)
    await check('..\\x', /backslash/)
    await check('../../etc/passwd', /outside of the project/)
    await check('../nothing-there', /outside of the project/)
    await check('.', /folder/)
    await check('a\x01b', /control/)
    await check('a.ipxe', /`a.ipxe` includes itself/)
  })

  it('stand on a line of their own', async () => {
    const { found, text } = await compose({ 'a.ipxe': 'echo x # ipxetool include b.ipxe\n', 'b.ipxe': 'b\n' })
    assert.match(found.join(), /^a.ipxe:1:27 include-place/)
    assert.equal(text, 'echo x # ipxetool include b.ipxe\n')
  })

  it('that multiply do not hang', async () => {
    const bomb: Record<string, string> = { 'b40.ipxe': '' }
    for (let i = 0; i < 40; i++) bomb[`b${i}.ipxe`] = `# ipxetool include b${i + 1}.ipxe\n`.repeat(2)
    const { found } = await compose(bomb, 'b0.ipxe')
    assert.equal(found.length, 1)
    assert.match(found[0]!, /include-limit: Files are included more than 32 levels deep/)

    const wide: Record<string, string> = { 'c.ipxe': '' }
    for (let i = 0; i < 20; i++)
      wide[`b${i}.ipxe`] = `# ipxetool include ${i === 19 ? 'c' : `b${i + 1}`}.ipxe\n`.repeat(2)
    assert.match((await compose(wide, 'b0.ipxe')).found.join('\n'), /include-limit: More than 1000 files/)

    const big = {
      'a.ipxe': '# ipxetool include b.ipxe\n'.repeat(20),
      'b.ipxe': `echo ${'x'.repeat(2 ** 20)}\n`,
    }
    assert.match(
      (await compose(big)).found.join('\n'),
      /include-limit: With what it includes `a.ipxe` is larger than 16 MiB/,
    )
  }).timeout(30_000)

  it('of 50 MB are refused with the limit', async () => {
    const huge = new Uint8Array(50 * 2 ** 20)
    const { found } = await compose({ 'a.ipxe': '# ipxetool include b.ipxe\n', 'b.ipxe': huge })
    assert.match(found.join(), /include-unreadable: `b.ipxe` cannot be included: it has 52428800 bytes/)
    await assert.rejects(
      compose({ 'a.ipxe': huge }),
      (error) => error instanceof HostError && error.kind === 'too-large',
    )
  })

  it('read each file once', async () => {
    const host = memoryHost({ 'a.ipxe': '# ipxetool include b.ipxe\n'.repeat(3), 'b.ipxe': 'b\n' })
    await composeLoose('a.ipxe', host)
    assert.deepEqual(host.reads, ['a.ipxe', 'b.ipxe'])
  })
})

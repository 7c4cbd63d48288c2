import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readDocument, type DocumentFormat } from '../../../src/fetch/catalog/documents.js'
import { documentFormats } from '../../../src/data/catalog/schema.js'
import { parseDigestList, parseReleaseDigests, readDigest } from '../../../src/fetch/verify/digest-lists.js'
import { isIpxetoolError } from '../../../src/diagnostics/error.js'

const a = 'a'.repeat(64)
const b = 'b'.repeat(128)
const one = (text: string, name: string): string | undefined => {
  const [first] = parseDigestList(text).find(name)
  return first && `${first.algorithm}:${first.hex}${first.size === undefined ? '' : ` ${first.size}`}`
}

describe('digest lists', () => {
  const cases: [what: string, text: string, name: string, expected: string | undefined][] = [
    ['GNU', `${a}  vmlinuz\n`, 'vmlinuz', `sha256:${a}`],
    ['GNU, binary mark', `${a} *vmlinuz\r\n`, 'vmlinuz', `sha256:${a}`],
    ['GNU with ./', `${a}  ./netboot/linux\n`, 'netboot/linux', `sha256:${a}`],
    ['a wanted name with ./', `${a}  netboot/linux\n`, './netboot/linux', `sha256:${a}`],
    ['upper case', `${a.toUpperCase()}  vmlinuz`, 'vmlinuz', `sha256:${a}`],
    ['a name with blanks', `${a}  my file`, 'my file', `sha256:${a}`],
    ['a name with an escape', `\\${a}  a\\\\b`, 'a\\b', `sha256:${a}`],
    [
      'BSD with a size',
      `# f.iso: 965412864 bytes\nSHA256 (f.iso) = ${a}\n`,
      'f.iso',
      `sha256:${a} 965412864`,
    ],
    ['BSD, another length', `SHA256 (f.iso) = ${b}\n`, 'f.iso', undefined],
    [
      'Flatcar',
      `# MD5 HASH\n${'c'.repeat(32)}  f\n# SHA1 HASH\n${'d'.repeat(40)}  f\n# SHA512 HASH\n${b}  f\n`,
      'f',
      `sha512:${b}`,
    ],
    ['one bare digest', `${a}\n`, 'whatever', `sha256:${a}`],
    ['another name', `${a}  vmlinuz`, 'initrd', undefined],
    ['half a digest', `${a.slice(1)}  vmlinuz`, 'vmlinuz', undefined],
    ['a web page', '<html>404</html>', 'vmlinuz', undefined],
  ]
  for (const [what, text, name, expected] of cases) {
    it(what, () => {
      assert.equal(one(text, name), expected)
    })
  }

  it('Release: only of the section that fits', () => {
    const text = `MD5Sum:\n ${'c'.repeat(32)} 7 main/x\n ${a} 7 main/wrong\nSHA256:\n ${a} 7 main/x\nSHA512:\n ${b} 7 main/x\n`
    const list = parseReleaseDigests(text)
    assert.deepEqual(
      list.find('main/x').map(({ algorithm, size }) => [algorithm, size]),
      [
        ['sha512', 7],
        ['sha256', 7],
        ['md5', 7],
      ],
    )
    assert.deepEqual(list.find('main/wrong'), [])
  })

  it('a digest names its algorithm or is known by its length', () => {
    assert.deepEqual(readDigest(`SHA-256:${a}`), { algorithm: 'sha256', hex: a })
    assert.deepEqual(readDigest(b), { algorithm: 'sha512', hex: b })
    for (const wrong of ['', 'sha256:', `sha512:${a}`, `sha256:${a}0`, 'x'.repeat(64), `crc:${a}`]) {
      assert.equal(readDigest(wrong), undefined)
    }
  })

  it('nothing but an IpxetoolError comes of any text', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => new TextDecoder().decode(bytes)),
      fc
        .array(
          fc.constantFrom('[', ']', '{', '}', ':', ' ', '\n', '-', '&a', '*a', '"', a, 'SHA256 (x) = ', '= '),
        )
        .map((parts) => parts.join('')),
      fc.json(),
    )
    fc.assert(
      fc.property(
        text,
        fc.constantFrom(...documentFormats),
        fc.string(),
        (input, format: DocumentFormat, path) => {
          try {
            const read = readDocument(format, input, { url: 'x', match: /(\d+)/ })
            read.value(path)
            read.value('a/b[c=d]/0')
            read.digests?.find(path)
          } catch (error) {
            assert.ok(isIpxetoolError(error), String(error))
          }
        },
      ),
    )
  })
})

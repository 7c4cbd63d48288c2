/** The laws that everything else stands on, on random and hostile input. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { unified } from 'unified'
import { VFile } from 'vfile'
import { ipxeParse, ipxeStringify, parse, stringify, walk } from '../../src/index.js'
import { bytesToText, textToBytes } from '../../src/syntax/bytes.js'
import { printNode } from '../../src/syntax/stringify.js'

/** Bytes that are likely to meet the odd corners: operators, continuations, references, CR, NUL, 0xFF. */
const fragments = fc.constantFrom(
  ...['#!ipxe\n', '\\\n', '\\\r\n', '\\', '\n', '\r', '\r\n', '\0', '\xff', '\xef\xbb\xbf', ' ', '\t', '\v'],
  ...['#', '# ', ':', ':l', '||', '&&', ';', ' || ', ' && ', ' ; ', '|', '&', '${', '}', '$', '{', '/', '.'],
  ...['a', 'b:c', 'net0/mac:hexhyp', '${a}', '${a/b:c}', '${${a}}', '$<x>', '$<', '>', '$<x.y>', '\xa0', 'ü'],
)
const script = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.array(fragments, { maxLength: 40 }).map((parts) => textToBytes(parts.join(''))),
)

describe('syntax laws', () => {
  it('stringify(parse(bytes)) is the identity', () => {
    fc.assert(
      fc.property(script, (bytes) => {
        assert.equal(bytesToText(stringify(parse(bytes))), bytesToText(bytes))
      }),
      { numRuns: 3000 },
    )
  })

  it('holds through VFile and unified, and through the disk', () => {
    const processor = unified().use(ipxeParse).use(ipxeStringify)
    const folder = mkdtempSync(join(tmpdir(), 'ipxetool-laws-'))
    try {
      fc.assert(
        fc.property(script, (bytes) => {
          const file = processor.processSync(new VFile({ value: bytes }))
          assert.deepEqual(Buffer.from(file.value), Buffer.from(bytes))
          const path = join(folder, 'x.ipxe')
          writeFileSync(path, bytes)
          writeFileSync(path, stringify(parse(readFileSync(path))))
          assert.deepEqual(readFileSync(path), Buffer.from(bytes))
        }),
        { numRuns: 200 },
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('a string is taken as UTF-8', () => {
    assert.equal(new TextDecoder().decode(stringify(parse('echo größer 机'))), 'echo größer 机')
  })

  it('every node lies at the bytes that it prints', () => {
    fc.assert(
      fc.property(script, (bytes) => {
        const source = bytesToText(bytes)
        const tree = parse(bytes)
        walk(tree, (node) => {
          const { start, end } = node.position!
          assert.equal(source.slice(start.offset, end.offset).length, end.offset! - start.offset!)
          const isInBrokenToken = [
            'text',
            'variable',
            'reference',
            'settingScope',
            'settingName',
            'settingType',
          ]
          if (!isInBrokenToken.includes(node.type) || !source.includes('\\')) {
            assert.equal(source.slice(start.offset, end.offset), printNode(node), node.type)
          }
          // line and column agree with the offset
          for (const point of [start, end]) {
            const before = source.slice(0, point.offset)
            assert.equal(point.line, before.split('\n').length, node.type)
            assert.equal(point.column, point.offset! - (before.lastIndexOf('\n') + 1) + 1, node.type)
          }
          return undefined
        })
      }),
      { numRuns: 1500 },
    )
  })

  it('children follow each other and cover their line', () => {
    fc.assert(
      fc.property(script, (bytes) => {
        const tree = parse(bytes)
        let offset = 0
        for (const line of tree.children) {
          assert.equal(line.position!.start.offset, offset)
          offset = line.position!.end.offset!
          if (line.type !== 'line') continue
          let at = line.position!.start.offset
          for (const child of line.children) {
            assert.equal(child.position!.start.offset, at)
            at = child.position!.end.offset!
          }
          assert.equal(at, line.position!.end.offset)
        }
        assert.equal(offset, bytes.length)
      }),
      { numRuns: 1000 },
    )
  })

  const megabyte = 1 << 20
  const hostile: Record<string, string> = {
    '${': '${',
    '${a': '${a',
    'a}': 'a}',
    '${a}': '${a}',
    '${ and as many }': '${',
    'backslash LF': '\\\n',
    'backslash LF in a word': 'a\\\n',
    '# ': '# ',
    'one word': 'w',
    words: 'a ',
    'lines of one word': 'a\n',
    '$<': '$<',
    '$<a': '$<a',
    CR: '\r',
    operators: '|| ',
    '/': '/',
    ':': ':',
  }
  for (const [name, unit] of Object.entries(hostile)) {
    it(`1 MB of ${name} parses and prints in linear time, without a stack overflow`, function () {
      this.timeout(60_000)
      const make = (size: number): string => {
        if (name !== '${ and as many }') return unit.repeat(size / unit.length)
        return '${'.repeat(size / 3) + '}'.repeat(size / 3)
      }
      // growth, not seconds: 8 times the input must not cost 64 times the steps, so it must finish at all
      for (const size of [megabyte / 8, megabyte]) {
        const text = `echo ${make(size)}`
        assert.ok(bytesToText(stringify(parse(text))) === text)
      }
    })
  }
})

/** The shape of the tree, case by case against ipxe-language.md 1.1 to 1.9. */
import assert from 'node:assert/strict'
import { commandsOf, linesOf, parse, walk, wordsOf, type Line, type Script } from '../../src/index.js'
import { nameOf, scopeOf, typeOf } from '../../src/ast/walk.js'
import { printJoined, printNode } from '../../src/syntax/stringify.js'
import type { IpxeNode, Reference } from '../../src/ast/nodes.js'

/** A line in one string: `label(x) [cmd|arg] || [cmd] #c`; a continuation in a token shows as `~`. */
function sketch(line: Line): string {
  return line.children
    .map((child) => {
      switch (child.type) {
        case 'label':
          return `label(${printJoined(child).slice(1)})`
        case 'command':
          return `[${wordsOf(child).map(printJoined).join('|')}]`
        case 'comment':
          return `comment(${child.value})`
        case 'operator':
          return child.value
        case 'ignored':
          return `ignored(${child.value})`
        default:
          return ''
      }
    })
    .filter((part) => part !== '')
    .join(' ')
}

function sketches(source: string): string[] {
  return linesOf(parse(source)).map(sketch)
}

function nodes<Type extends IpxeNode['type']>(tree: Script, type: Type): Extract<IpxeNode, { type: Type }>[] {
  const found: IpxeNode[] = []
  walk(tree, (node) => {
    if (node.type === type) found.push(node)
    return undefined
  })
  return found as Extract<IpxeNode, { type: Type }>[]
}

/** `scope/name:type` with nested references in angle brackets. */
function describeReference(reference: Reference): string {
  const part = (node: { children: readonly IpxeNode[] }): string =>
    node.children
      .map((child) => (child.type === 'reference' ? `<${describeReference(child)}>` : printNode(child)))
      .join('')
  const scope = scopeOf(reference)
  const type = typeOf(reference)
  return `${scope ? `scope=${part(scope)} ` : ''}name=${part(nameOf(reference))}${type ? ` type=${part(type)}` : ''}`
}

describe('parse', () => {
  const cases: [title: string, source: string, expected: string[]][] = [
    ['splits on blanks and knows no quotes', 'echo "a  b" \'c\'\n', ['[echo|"a|b"|\'c\']']],
    ['treats TAB, VT, FF and CR as blanks', 'echo\ta\vb\fc\rd\n', ['[echo|a|b|c|d]']],
    ['keeps NBSP in a word', 'echo a\u00a0b\n', ['[echo|a\u00c2\u00a0b]']],
    ['ends a line at a word that starts with #', 'set color #ff0000\n', ['[set|color] comment(ff0000)']],
    ['keeps # inside a word', 'echo foo#bar ##x\n', ['[echo|foo#bar] comment(#x)']],
    ['sees a comment after an operator', 'a || # why\n', ['[a] || comment( why)']],
    ['takes operators only as whole words', 'a||b && c; ; d ;; | &\n', ['[a||b] && [c;] ; [d|;;|||&]']],
    ['allows empty commands', '|| x && ; y ||\n', ['|| [x] && ; [y] ||']],
    ['reads a label', ':start\n', ['label(start)']],
    ['reads a command after a label', ' \t:start echo a\n', ['label(start) [echo|a]']],
    ['does not cut a label at # or :', ':a#b:c\n', ['label(a#b:c)']],
    ['does not expand labels', ':a${b}\n', ['label(a${b})']],
    ['reads the empty label', ': echo x\n', ['label() [echo|x]']],
    ['takes a : only at the line start for a label', 'goto :x\n', ['[goto|:x]']],
    ['strips CR before LF', 'echo a\r\n:l\r\n', ['[echo|a]', 'label(l)']],
    ['does not end a line at a lone CR', '#!ipxe\recho a\recho b', ['comment(!ipxe\recho a\recho b)']],
    ['joins continuations without a blank', 'cont\\\ninued x\n', ['[continued|x]']],
    ['joins CR LF continuations', 'echo a \\\r\n  b\r\n', ['[echo|a|b]']],
    ['continues a comment', '# why \\\necho a\necho b\n', ['comment( why echo a)', '[echo|b]']],
    ['does not continue after backslash and blank', 'echo a \\ \necho b\n', ['[echo|a|\\]', '[echo|b]']],
    ['drops only the last of two backslashes', 'echo a\\\\\nb\n', ['[echo|a\\b]']],
    ['lets an empty line meet the backslash before the join', 'a\\\\\n\nb\n', ['[ab]']],
    ['strips a CR that an earlier fragment left last', 'a\r\\\n\nb\n', ['[a]', '[b]']],
    ['reads a missing final newline', 'echo a', ['[echo|a]']],
    ['joins an operator over a continuation', 'a |\\\n| b\n', ['[a] || [b]']],
    ['joins a label over a continuation', ':la\\\nbel\n', ['label(label)']],
    ['cuts a line at NUL', 'echo a\0 || b\necho c\n', ['[echo|a] ignored(\0 || b)', '[echo|c]']],
    ['sees blank lines', '\n \n\t\r\n', ['', '', '']],
    ['splits references that hold blanks', 'echo ${ x}\n', ['[echo|${|x}]']],
    ['reads the magic line as a comment', '#!ipxe foo\n', ['comment(!ipxe foo)']],
  ]
  for (const [title, source, expected] of cases) {
    it(title, () => {
      assert.deepEqual(sketches(source), expected)
    })
  }

  it('reports the pending line of an unfinished continuation, and only that', () => {
    const tree = parse('echo a\necho b \\\n')
    assert.deepEqual(
      tree.children.map((line) => line.type),
      ['line', 'invalid'],
    )
    const last = tree.children[1]!
    assert.equal(last.type === 'invalid' && last.reason, 'unfinished-continuation')
    assert.deepEqual(last.position!.start, { line: 2, column: 1, offset: 7 })
    assert.deepEqual(last.position!.end, { line: 3, column: 1, offset: 16 })
  })

  it('gives continuations nodes between tokens and breaks inside them', () => {
    const tree = parse('echo a \\\n  b\\\r\nc\n')
    const [between] = nodes(tree, 'continuation')
    assert.equal(between?.value, '\\\n')
    assert.deepEqual(between.position?.start, { line: 1, column: 8, offset: 7 })
    const word = wordsOf(commandsOf(linesOf(tree)[0]!)[0]!)[2]!
    assert.equal(printJoined(word), 'bc')
    assert.deepEqual(
      word.breaks?.map(({ at, value, position }) => [
        at,
        value,
        position?.start.line,
        position?.start.column,
      ]),
      [[1, '\\\r\n', 2, 4]],
    )
    assert.deepEqual(word.position?.end, { line: 3, column: 2, offset: 16 })
  })

  const references: [source: string, expected: string[]][] = [
    ['${a}', ['name=a']],
    ['${net0/mac:hexhyp}', ['scope=net0 name=mac type=hexhyp']],
    ['x${a}y${b/c}z', ['name=a', 'scope=b name=c']],
    ['${net${i}/mac}', ['scope=net<name=i> name=mac', 'name=i']],
    ['${${a}}', ['name=<name=a>', 'name=a']],
    ['${pci/${net0/busloc}.0.2}', ['scope=pci name=<scope=net0 name=busloc>.0.2', 'scope=net0 name=busloc']],
    ['${a:${t}}', ['name=a type=<name=t>', 'name=t']],
    ['${a:b:c}', ['name=a type=b:c']],
    ['${a:b/c}', ['scope=a:b name=c']],
    ['${a/b/c:d}', ['scope=a name=b/c type=d']],
    ['${}', ['name=']],
    ['${/}', ['scope= name=']],
    ['${:}', ['name= type=']],
    ['${a', []],
    ['a}', []],
    ['${a${b}', ['name=b']],
    ['${a}}', ['name=a']],
    ['$${a}', ['name=a']],
    ['${$<x>/$<y>}', ['scope=$<x> name=$<y>']],
  ]
  for (const [source, expected] of references) {
    it(`finds the references in ${source}`, () => {
      assert.deepEqual(nodes(parse(`echo ${source}\n`), 'reference').map(describeReference), expected)
    })
  }

  it('places nested references exactly', () => {
    const source = 'echo a${net${i}/mac:hexhyp}b\n'
    const found = nodes(parse(source), 'reference').map(({ position }) =>
      source.slice(position!.start.offset, position!.end.offset),
    )
    assert.deepEqual(found, ['${net${i}/mac:hexhyp}', '${i}'])
    const parts = [...nodes(parse(source), 'settingName'), ...nodes(parse(source), 'settingType')]
    assert.deepEqual(
      parts.map(({ position }) => source.slice(position!.start.offset, position!.end.offset)),
      ['i', 'mac', 'hexhyp'],
    )
  })

  it('finds build-time variables, and leaves what only looks like one', () => {
    const tree = parse('kernel $<repo>/vmlinuz console=$<console.port> $< $<1> $<a b> :$<x>\n:$<l>\n')
    assert.deepEqual(
      nodes(tree, 'variable').map(({ name }) => name),
      ['repo', 'console.port', 'x', 'l'],
    )
  })

  it('leaves positions out when told to, keeping spans and line positions', () => {
    const tree = parse('#!ipxe\necho a\n', { positions: false })
    const [command] = nodes(tree, 'command')
    assert.equal(command?.position, undefined)
    assert.deepEqual(command?.span, [0, 6])
    assert.equal(tree.children[1]?.position?.start.offset, 7)
  })

  it('keeps GBK bytes apart from ASCII ones', () => {
    const gbk = Uint8Array.from([0x65, 0x63, 0x68, 0x6f, 0x20, 0xc4, 0xe3, 0xba, 0xc3, 0x0a])
    assert.deepEqual(linesOf(parse(gbk)).map(sketch), ['[echo|\u00c4\u00e3\u00ba\u00c3]'])
  })
})

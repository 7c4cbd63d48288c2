import assert from 'node:assert/strict'
import fc from 'fast-check'
import { analyse } from '../../src/analysis/analyse.js'
import type { Flow } from '../../src/analysis/flow.js'
import { end } from '../../src/analysis/flow.js'
import { flowForward } from '../../src/analysis/forward.js'
import { hole } from '../../src/analysis/text.js'
import { textToBytes } from '../../src/syntax/bytes.js'
import { parse } from '../../src/syntax/parse.js'

const analysisOf = (body: string) => analyse(parse(`#!ipxe\n${body}`, { positions: false }))
const graphOf = (body: string): Flow => analysisOf(body).flow.graph
/** `name>after success/after failure`, by the second word of commands. */
const edges = (body: string): string[] => {
  const { commands, afterSuccess, afterFailure } = graphOf(body)
  const shown = (number: number): string => (number === end ? '.' : commands[number]!.args[0]!.text)
  return commands.map(
    (_, number) => `${shown(number)}>${shown(afterSuccess[number]!)}/${shown(afterFailure[number]!)}`,
  )
}

describe('the control flow', () => {
  it('of operators goes from left to right, with one precedence (core/exec.c system)', () => {
    assert.deepEqual(edges('ifopen a && ifopen b || ifopen c\nifopen d\n'), [
      'a>b/c',
      'b>d/c',
      'c>d/.',
      'd>./.',
    ])
    assert.deepEqual(edges('ifopen a || ifopen b && ifopen c\nifopen d\n'), [
      'a>c/b',
      'b>c/.',
      'c>d/.',
      'd>./.',
    ])
    assert.deepEqual(edges('ifopen a ; ifopen b\n'), ['a>b/b', 'b>./.'])
    assert.deepEqual(edges('ifopen a && ifopen b ; ifopen c || ifopen d\n'), [
      'a>b/c',
      'b>c/c',
      'c>./d',
      'd>./.',
    ])
  })

  it('knows empty commands, which succeed', () => {
    assert.deepEqual(edges('ifopen a ||\nifopen b\n'), ['a>b/b', 'b>./.'])
    assert.deepEqual(edges('ifopen a || # why\nifopen b\n'), ['a>b/b', 'b>./.'])
    assert.deepEqual(edges('ifopen a &&\nifopen b\n'), ['a>b/.', 'b>./.'])
    assert.deepEqual(edges('|| ifopen a\n&& ifopen b\n'), ['a>b/.', 'b>./.'])
    const { start, commands } = graphOf('|| ifopen a\n&& ifopen b\n')
    assert.equal(commands[start]!.args[0]!.text, 'b')
  })

  it('finds the first label of a name, with the command on its line', () => {
    const graph = graphOf('goto a\n:a echo one\n:b\n\n:a\necho two\n:c\n')
    assert.deepEqual(
      graph.labels.map(({ name, entry }) => [name, entry]),
      [
        ['a', 1],
        ['b', 2],
        ['a', 2],
        ['c', end],
      ],
    )
    assert.equal(graph.label('a')!.entry, 1)
  })

  it('tells what can run', () => {
    const { flow } = analysisOf('goto b\necho 1\n:a\necho 2\nexit\n:b\necho 3\n')
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((number) => flow.runs(number)),
      [true, false, false, false, true],
    )
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((number) => flow.runsFromSomeLabel(number)),
      [true, false, true, true, true],
    )
  })
})

describe('values', () => {
  const texts = (body: string): string[] => {
    const { flow } = analysisOf(body)
    const number = flow.named('echo').at(-1)!
    const { word } = flow.graph.commands[number]!.args[0]!
    return [...flow.values.textsOf(word, number)].map((text) => text.replaceAll(hole, '?')).sort()
  }

  it('come from what ran before', () => {
    assert.deepEqual(texts('set a 1\nset b ${a}2\necho x${b}\n'), ['x12'])
    assert.deepEqual(texts('set a 1\nset a 2\necho ${a}\n'), ['2'])
    assert.deepEqual(texts('set a 1\nifopen || set a 2\necho ${a}\n'), ['1', '2'])
    assert.deepEqual(texts('goto x\n:y\necho ${a}\nexit\n:x\nset a 3 4\ngoto y\n'), ['3 4'])
    assert.deepEqual(texts('set a 1\nclear a\necho ${a}\n'), [''])
    assert.deepEqual(texts('set a:string 1\necho ${a:string}\n'), ['1'])
  })

  it('are unknown where the machine or another script decides', () => {
    assert.deepEqual(texts('echo ${a}\n'), ['?'])
    assert.deepEqual(texts('set a 1\nread a ||\necho ${a}\n'), ['1', '?'])
    assert.deepEqual(texts('set a 1\nchain x.ipxe ||\necho ${a}\n'), ['1', '?'])
    assert.deepEqual(texts('set a 1\nset ${b} 2\necho ${a}\n'), ['?'])
    assert.deepEqual(texts('set a:hex 41\necho ${a}\n'), ['?'])
    assert.deepEqual(texts('set filename a\necho ${filename}\n'), ['?'])
  })

  it('of a choice are the items of its menu', () => {
    const menu = 'menu M\nitem a A\nitem --gap g\nitem\nitem b B\nchoose x || exit\n'
    assert.deepEqual(texts(`${menu}echo \${x}\n`), ['a', 'b'])
    const named = 'menu --name o O\nitem --menu o c C\n'
    assert.deepEqual(texts(`${named}${menu}set y go_\${x}\necho \${y}\n`), ['go_a', 'go_b'])
    assert.deepEqual(texts(`item z Z\nchoose x || exit\necho \${x}\n`), ['?', 'z'])
  })
})

describe('the flow of any script', () => {
  const pieces = [
    ...[
      '\n',
      '\n',
      '\n',
      ' && ',
      ' || ',
      ' ; ',
      ':a',
      ':b',
      'goto a',
      'goto ${x}',
      'goto c${x}',
      'exit',
      'exit 1',
    ],
    ...[
      'set x a',
      'set x ${x}b',
      'choose x',
      'menu M',
      'item a A',
      'item ${x} B',
      'isset ${x}',
      'boot',
      'time ',
    ],
    ...['kernel u', 'imgfree', '#', '--', 'nothing', 'chain u'],
  ]
  const script = fc
    .array(fc.constantFrom(...pieces), { maxLength: 60 })
    .map((parts) => textToBytes(`#!ipxe\n${parts.join(' ')}`))

  it('stays inside it, and what holds on a path holds where something runs', () => {
    fc.assert(
      fc.property(script, (bytes) => {
        const { flow } = analyse(parse(bytes, { positions: false }))
        const { graph, values } = flow
        const count = graph.commands.length
        for (const next of [...graph.afterSuccess, ...graph.afterFailure, graph.start]) {
          assert.ok(next === end || (next >= 0 && next < count))
        }
        for (const number of flow.named('goto')) {
          const target = graph.commands[number]!.positionals[0]
          if (target) assert.ok(values.textsOf(target.word, number).length > 0)
        }
        const bits = flowForward(graph, 1, flow.targets, (_, held) => {
          held[0] = 1
        })
        // what runs and is not the first command comes after another
        if (bits)
          for (let number = 0; number < count; number++) if (bits[number] === 1) assert.ok(flow.runs(number))
      }),
      { numRuns: 500 },
    )
  })

  it('is found in a time that grows with the script', () => {
    const lines: string[] = []
    for (let i = 0; i < 10_000; i++) {
      lines.push(`:l${i}`, `set v${i % 50} \${v${(i + 1) % 50}}`, `goto \${v${i % 7}} ||`)
    }
    const { flow } = analysisOf(lines.join('\n'))
    for (const number of flow.named('goto')) flow.targets(number)
    assert.equal(flow.runs(0), true)
    assert.ok(flow.values.isExhausted)
  })
})

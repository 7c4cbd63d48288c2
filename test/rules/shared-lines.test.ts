import assert from 'node:assert/strict'
import fc from 'fast-check'
import { analyse, type KnownCommands } from '../../src/analysis/analyse.js'
import type { Line, Script, ScriptContent } from '../../src/ast/nodes.js'
import type { Diagnostic } from '../../src/diagnostics/diagnostic.js'
import { exampleScript } from '../../src/rules/example.js'
import { looseFacts, settingsSetBy } from '../../src/rules/facts.js'
import { allRules } from '../../src/rules/index.js'
import { runRules, withoutUsed } from '../../src/rules/run.js'
import { bytesToText, textToBytes } from '../../src/syntax/bytes.js'
import { parse } from '../../src/syntax/parse.js'

/** Lines that change what rules say of other lines. */
const speaking = [
  ...['set reop http://x/', 'echo ${reop}', 'chain ${reop} ||', ':strat', 'goto strat', 'goto start'],
  ...[
    'set smbois/a b',
    'echo ${smbois/a}',
    'set c:hxe d',
    'echo ${c:hxe}',
    '# ipxetool disable=unset-setting',
  ],
]
/** Lines that some rule has something to say about. */
const lines = [
  ...speaking,
  ...new Set(
    allRules.flatMap((rule) =>
      [...rule.docs.ok, ...rule.docs.notOk].flatMap((example) =>
        bytesToText(exampleScript(rule, example).bytes).split('\n'),
      ),
    ),
  ),
  ...['kenrel a', 'item --default'],
].filter((line) => !line.includes('\0') && !line.endsWith('\\'))

/** What some rules want to know. */
const loaders = allRules.flatMap((rule) => rule.docs.loaders ?? [])

/** Each line a tree of its own, as in generated scripts: with a place in the user's file. */
const nodes = lines.map((text, index): Line[] => {
  const { children } = parse(textToBytes(`${text}\n`))
  return children.flatMap((line) => {
    if (line.type !== 'line') return []
    const point = { line: index + 1, column: 1, offset: index * 1000 }
    return [{ ...line, position: { start: point, end: point }, origin: { path: 'ipxetool.yaml' } }]
  })
})
const magic = parse(textToBytes('#!ipxe\n')).children[0]!
const single = nodes.filter(({ length }) => length === 1).map(([node]) => node!)
const line = fc.oneof(
  fc.constantFrom(...single),
  fc.constantFrom(...nodes.slice(0, speaking.length).map(([node]) => node!)),
)

/** The same places with some lines put in place of others. */
const alike = fc.array(line, { minLength: 1, maxLength: 20 }).chain((first) =>
  fc.record({
    first: fc.constant(first),
    others: fc.array(fc.array(fc.tuple(fc.nat({ max: first.length - 1 }), line), { maxLength: 4 }), {
      minLength: 1,
      maxLength: 3,
    }),
  }),
)

function scriptsOf(first: readonly Line[], others: readonly (readonly [number, Line][])[]) {
  const whole = (children: readonly Line[]): Script => {
    // a line that stands twice is two nodes
    const own = children.map((node, index) => (children.indexOf(node) === index ? node : { ...node }))
    return { type: 'script', children: [magic, ...own] }
  }
  const template = whole(first)
  const variants = others.map((changes) => {
    const children: ScriptContent[] = [...template.children]
    const only = new Set<ScriptContent>()
    for (const [at, node] of changes) {
      only.delete(children[at + 1]!)
      const copy = { ...node }
      children[at + 1] = copy
      only.add(copy)
    }
    return { script: { type: 'script' as const, children }, only }
  })
  return { template, variants }
}

function keys(found: readonly Diagnostic[]): string[] {
  const texts = found.map(({ file, ruleId, reason, note, severity, place, expected, fix }) =>
    JSON.stringify([file, place, ruleId, severity, reason, note, expected, fix]),
  )
  return [...new Set(texts)].sort()
}

describe('scripts that share lines', () => {
  it('get the same diagnostics when rules that judge lines look at each line once', () => {
    fc.assert(
      fc.property(alike, fc.boolean(), ({ first, others }, loose) => {
        const { template, variants } = scriptsOf(first, others)
        const settingsSetAnywhere = new Set(
          [template, ...variants.map(({ script }) => script)].flatMap((script) => [...settingsSetBy(script)]),
        )
        const usedDirectives = new Set<string>()
        const facts = { loose, settingsSetAnywhere, loaders }
        const options = { path: 'boot.ipxe', facts, usedDirectives }
        const full = [template, ...variants.map(({ script }) => script)].flatMap((script) =>
          runRules(script, options),
        )
        const known: KnownCommands = new Map()
        const short = [
          ...runRules(template, { ...options, known }),
          ...variants.flatMap(({ script, only }) => runRules(script, { ...options, known, only })),
        ]
        assert.deepEqual(keys(withoutUsed(short, usedDirectives)), keys(withoutUsed(full, usedDirectives)))
      }),
      { numRuns: 300 },
    )
  })

  it('have lines for every rule', () => {
    const script: Script = { type: 'script', children: nodes.flat() }
    const found = new Set(
      runRules(script, {
        path: 'x',
        facts: { ...looseFacts, loaders },
        settings: { preset: 'strict', rules: new Map() },
      }).map(({ ruleId }) => ruleId),
    )
    const silent = allRules
      .filter(({ id, judges }) => judges === 'line' && !found.has(id))
      .map(({ id }) => id)
    // it needs a line break inside a line
    assert.deepEqual(
      silent.filter((id) => !['nul-byte', 'unfinished-continuation'].includes(id)),
      [],
    )
  })

  it('are judged by rules that keep to the contract', () => {
    for (const rule of allRules) {
      if (rule.judges !== 'line') continue
      const script: Script = { type: 'script', children: [] }
      const visitor = rule.create({
        analysis: analyse(script),
        facts: { loose: true, settingsSetAnywhere: new Set() },
        options: {},
        suppressions: () => [],
        pathOf: () => '',
        fix: () => undefined,
        report: () => true,
      })
      assert.ok(!('end' in visitor), rule.id)
    }
  })
})

import assert from 'node:assert/strict'
import { parseDirective } from '../../src/analysis/directives.js'
import type { Line, Script } from '../../src/ast/nodes.js'
import { checkScript } from '../../src/rules/check-script.js'
import type { Diagnostic } from '../../src/diagnostics/diagnostic.js'
import { looseFacts, type ProjectFacts } from '../../src/rules/facts.js'
import { runRules, withoutUsed } from '../../src/rules/run.js'
import type { CheckSettings } from '../../src/rules/settings.js'
import { parse } from '../../src/syntax/parse.js'

const lines = (script: string): string[] =>
  checkScript(`#!ipxe\n${script}`).map(({ ruleId, place }) => `${place!.start.line} ${ruleId}`)

describe('parseDirective', () => {
  const directive = (value: string) => parseDirective({ type: 'comment', value })
  it('knows includes, with blanks in the name', () => {
    assert.deepEqual(directive(' ipxetool include my file.ipxe  '), {
      kind: 'include',
      file: 'my file.ipxe',
      start: 18,
      end: 30,
    })
    assert.deepEqual(directive('ipxetool include'), { kind: 'include', file: '', start: 9, end: 16 })
  })
  it('knows lists of rules and a reason after them', () => {
    const found = directive(' ipxetool disable=a-b, c ,d the reason')
    assert.ok(found?.kind === 'disable')
    assert.deepEqual(
      found.rules.map(({ value }) => value),
      ['a-b', 'c', 'd'],
    )
    for (const { value, start, end } of found.rules)
      assert.equal(' ipxetool disable=a-b, c ,d the reason'.slice(start, end), value)
  })
  it('knows what is no directive', () => {
    for (const value of ['', ' a comment', ' ipxetool', ' ipxetools include x', ' see ipxetool include x']) {
      assert.equal(directive(value), undefined, value)
    }
    assert.equal(directive(' ipxetool enable=x')?.kind, 'unknown')
  })
})

describe('disable', () => {
  it('before the first command: the whole file', () => {
    assert.deepEqual(lines('# ipxetool disable=unknown-command\nfoo\n:a\nbar\n'), [])
  })
  it('on a line of its own later: the next line that holds something', () => {
    assert.deepEqual(lines('echo a\n# ipxetool disable=unknown-command\n\n# why\nfoo\nbar\n'), [
      '7 unknown-command',
    ])
    assert.deepEqual(lines(':a\n# ipxetool disable=duplicate-label\n:a\n:a\n'), ['5 duplicate-label'])
  })
  it('in a block', () => {
    const start = '# ipxetool disable-start=unknown-command,unset-setting\n'
    assert.deepEqual(lines(`foo\n${start}foo\n\nfoo \${x}\n# ipxetool disable-end\nfoo\n`), [
      '2 unknown-command',
      '8 unknown-command',
    ])
    assert.deepEqual(
      lines(`echo\n${start}foo \${x}\n# ipxetool disable-end=unknown-command\nfoo \${x}\nfoo \${y}\n`),
      ['6 unknown-command', '7 unknown-command'],
    )
    assert.deepEqual(lines(`${start}foo \${x}\n`), [], 'to the end of the file')
  })
  it('after a command: that line', () => {
    assert.deepEqual(lines('foo # ipxetool disable=unknown-command\nbar\n'), ['3 unknown-command'])
  })
  it('only what it names', () => {
    assert.deepEqual(lines('foo ${bar} # ipxetool disable=unset-setting,bad-url\n'), [
      '2 unknown-command',
      '2 unused-directive',
    ])
    assert.deepEqual(lines('foo ${bar} # ipxetool disable=unset-setting, unknown-command because\n'), [])
  })
  it('of the first read of a setting reports the next one', () => {
    assert.deepEqual(lines('echo a\n# ipxetool disable=unset-setting\necho ${hostnam}\necho ${hostnam}\n'), [
      '5 unset-setting',
    ])
  })
  it('of an included file is for that file', () => {
    const own = parse('#!ipxe\nfoo\n')
    const other = parse('# ipxetool disable=unknown-command\nfoo\nbar\n').children.map((line) => ({
      ...line,
      origin: { path: 'b' },
    }))
    const script: Script = { type: 'script', children: [...own.children, ...(other as Line[])] }
    const found = runRules(script, { path: 'a' })
    assert.deepEqual(
      found.map(({ file, ruleId }) => `${file} ${ruleId}`),
      ['a unknown-command'],
    )
  })
})

describe('unused directives', () => {
  const unused = (
    script: string,
    facts: Partial<ProjectFacts> = {},
    rules?: CheckSettings['rules'],
  ): string[] =>
    runRules(parse(`#!ipxe\n${script}`), {
      path: 'x',
      facts: { ...looseFacts, ...facts },
      ...(rules && { settings: { preset: 'default', rules } }),
    }).map(({ reason }) => reason)
  it('are not those of rules that do not run, or cannot judge', () => {
    const line = 'echo # ipxetool disable=unknown-command,unset-setting,not-in-loader,dead-link\n'
    assert.deepEqual(unused(line), ['`unknown-command` has nothing to report here'])
    assert.deepEqual(unused(line, { loose: false }), [
      '`unknown-command` has nothing to report here',
      '`unset-setting` has nothing to report here',
    ])
    const others = { settingsSetAnywhere: new Set(['a']) }
    assert.deepEqual(unused(line, others), ['`unknown-command` has nothing to report here'])
    assert.deepEqual(unused(line, others, new Map([['unknown-command', { severity: 'off' }]])), [])
  })
  it('are silenced like anything', () => {
    assert.deepEqual(unused('echo # ipxetool disable=unknown-command,unused-directive\n'), [])
  })
  it('of an included file are used by any script that includes it', () => {
    const part = parse(
      'foo # ipxetool disable=unknown-command\n:a # ipxetool disable=duplicate-label\n',
    ).children
    const found: Diagnostic[] = []
    const used = new Set<string>()
    for (const [path, start] of [
      ['one', ':a\n'],
      ['two', ''],
    ] as const) {
      const included = part.map((line) => ({ ...line, origin: { path: 'part' } }))
      const script: Script = {
        type: 'script',
        children: [...parse(`#!ipxe\n${start}`).children, ...(included as Line[])],
      }
      found.push(...runRules(script, { path, usedDirectives: used }))
    }
    assert.deepEqual(
      found.map(({ reason }) => reason),
      ['`duplicate-label` has nothing to report here'],
    )
    assert.deepEqual(withoutUsed(found, used), [])
  })
})

describe('a composed script', () => {
  it('has its diagnostics in the files that the lines came from', () => {
    const own = parse('#!ipxe\nifopen || goto there\ngoto nowhere\n').children
    const other = parse('# more\n  ehco \\\n ${x}\n:there\n').children.map((line) => ({
      ...line,
      origin: { path: 'more.ipxe' },
    }))
    const script: Script = { type: 'script', children: [...own, ...(other as Line[])] }
    const found = runRules(script, {
      path: 'boot.ipxe',
      facts: { loose: false, settingsSetAnywhere: new Set() },
    })
    assert.deepEqual(
      found
        .map(({ file, place, ruleId }) => `${file}:${place!.start.line}:${place!.start.column} ${ruleId}`)
        .sort(),
      ['boot.ipxe:3:6 missing-label', 'more.ipxe:2:3 unknown-command', 'more.ipxe:3:2 unset-setting'],
    )
  })
  it('knows what the rest of the project sets', () => {
    const facts = { loose: false, settingsSetAnywhere: new Set(['a', 'disk_\ue000']) }
    const script = parse('#!ipxe\necho ${a} ${disk_7} ${b} $<c>\n')
    assert.deepEqual(
      runRules(script, { path: 'x', facts }).map(({ reason }) => reason),
      ['Nothing sets `b`, and iPXE has no such setting'],
    )
  })
})

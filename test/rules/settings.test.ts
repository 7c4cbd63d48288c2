import assert from 'node:assert/strict'
import type { Rule } from '../../src/rules/rule.js'
import { runRules } from '../../src/rules/run.js'
import { type CheckSettings, defaultSettings, settingProblems } from '../../src/rules/settings.js'
import { parse } from '../../src/syntax/parse.js'

const docs = { why: '', ok: [], notOk: [] }
const everywhere: Rule = {
  id: 'every-command',
  summary: 'Reports every command.',
  severity: 'warning',
  preset: 'default',
  judges: 'line',
  options: { word: { summary: 'What it says.', value: 'plain' } },
  docs,
  create: ({ report, options }) => ({
    command({ line }) {
      report({ line, reason: String(options['word']), note: '' })
    },
  }),
}
const optIn: Rule = { ...everywhere, id: 'opt-in', preset: 'strict', severity: 'info' }

function found(settings: CheckSettings): string[] {
  return runRules(parse('#!ipxe\necho\n'), { path: 'x', rules: [everywhere, optIn], settings }).map(
    ({ ruleId, severity, reason }) => `${ruleId} ${severity} ${reason}`,
  )
}

describe('settings of rules', () => {
  it('opt-in rules run with the preset, or when they are named', () => {
    assert.deepEqual(found(defaultSettings), ['every-command warning plain'])
    assert.deepEqual(found({ ...defaultSettings, preset: 'strict' }), [
      'every-command warning plain',
      'opt-in info plain',
    ])
    assert.deepEqual(found({ ...defaultSettings, rules: new Map([['opt-in', { severity: 'error' }]]) }), [
      'every-command warning plain',
      'opt-in error plain',
    ])
  })

  it('severity, off and options', () => {
    const rules: CheckSettings['rules'] = new Map([
      ['every-command', { severity: 'info', options: { word: 'other' } }],
      ['opt-in', { severity: 'off' }],
    ])
    assert.deepEqual(found({ preset: 'strict', rules }), ['every-command info other'])
  })

  it('tell what is wrong with them', () => {
    const problem = (id: string, options: Record<string, never> | Record<string, string | number>) =>
      settingProblems(id, { options }, everywhere).map(({ key, reason }) => `${key ?? ''}: ${reason}`)
    assert.deepEqual(problem('unset-seting', {}), [
      ': There is no rule `unset-seting`; did you mean `unset-setting`?',
    ])
    assert.deepEqual(problem('unset-setting', { word: 'x' }), [])
    assert.deepEqual(problem('dead-link', {}), [])
    assert.deepEqual(problem('unset-setting', { word: 1, wrd: 'x' }), [
      'word: `word` of `unset-setting` is a number',
      'wrd: The rule `unset-setting` has no option `wrd`; did you mean `word`?',
    ])
  })
})

describe('a rule that throws', () => {
  const broken = (at: 'create' | 'command'): Rule => ({
    ...everywhere,
    id: 'broken-rule',
    create() {
      if (at === 'create') throw new Error('create')
      return {
        command() {
          throw new TypeError('command')
        },
      }
    },
  })
  for (const at of ['create', 'command'] as const) {
    it(`in ${at}: it is named once, and the others go on`, () => {
      const found = runRules(parse('#!ipxe\necho\necho\n'), { path: 'x', rules: [broken(at), everywhere] })
      assert.deepEqual(
        found.map(({ ruleId, file, reason }) => [ruleId, file, reason]),
        [
          ...(at === 'create'
            ? [['internal-failure', 'x', 'The rule `broken-rule` failed on this file: create']]
            : []),
          ...(at === 'command'
            ? [['internal-failure', 'x', 'The rule `broken-rule` failed on this file: command']]
            : []),
          ['every-command', 'x', 'plain'],
          ['every-command', 'x', 'plain'],
        ],
      )
    })
  }
})

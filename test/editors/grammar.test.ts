import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { parse as parseYaml } from 'yaml'
import * as oniguruma from 'vscode-oniguruma'
import * as textmate from 'vscode-textmate'

const require = createRequire(import.meta.url)
const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

describe('editors/vscode', () => {
  let grammar: textmate.IGrammar
  before(async () => {
    await oniguruma.loadWASM(readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm')))
    const registry = new textmate.Registry({
      onigLib: Promise.resolve({
        createOnigScanner: (patterns: string[]) => new oniguruma.OnigScanner(patterns),
        createOnigString: (text: string) => new oniguruma.OnigString(text),
      }),
      loadGrammar: (scope) => {
        assert.equal(scope, 'source.ipxe')
        const path = 'editors/vscode/syntaxes/ipxe.tmLanguage.json'
        return Promise.resolve(textmate.parseRawGrammar(read(path), path))
      },
    })
    grammar = (await registry.loadGrammar('source.ipxe'))!
  })

  /** Words of a line with the last part of their scope that is ours, as `word scope`. */
  const scopes = (line: string): string[] =>
    grammar.tokenizeLine(line, textmate.INITIAL).tokens.flatMap(({ startIndex, endIndex, scopes: all }) => {
      const text = line.slice(startIndex, endIndex)
      const scope = all.at(-1)!
      return text.trim() === '' || scope === 'source.ipxe' ? [] : [`${text.trim()} ${scope}`]
    })

  const cases: Record<string, string[]> = {
    '#!ipxe': ['#!ipxe comment.line.number-sign.ipxe'],
    ':start menu Lab': [
      ': punctuation.definition.label.ipxe',
      'start entity.name.function.label.ipxe',
      'menu keyword.control.ipxe',
    ],
    'chain --autofree x || goto failed # why': [
      'chain keyword.control.ipxe',
      '--autofree variable.parameter.option.ipxe',
      '|| keyword.operator.ipxe',
      'goto keyword.control.ipxe',
      '# why comment.line.number-sign.ipxe',
    ],
    'echo ${net0/mac:hexhyp} a#b $<repo>': [
      'echo keyword.control.ipxe',
      '${ punctuation.definition.variable.begin.ipxe',
      'net0/mac variable.other.setting.ipxe',
      ':hexhyp storage.type.setting.ipxe',
      '} punctuation.definition.variable.end.ipxe',
      '$<repo> variable.other.constant.ipxetool',
    ],
    'foo ||': ['foo keyword.control.ipxe', '|| keyword.operator.ipxe'],
    '# ipxetool disable=x': [
      '# comment.line.number-sign.directive.ipxe',
      'ipxetool keyword.control.directive.ipxe',
      'disable=x keyword.control.directive.ipxe',
    ],
  }
  for (const [line, expected] of Object.entries(cases)) {
    it(`colours ${line}`, () => {
      assert.deepEqual(scopes(line), expected)
    })
  }

  it('names files that exist', () => {
    const { contributes, main } = JSON.parse(read('editors/vscode/package.json')) as {
      main: string
      contributes: { languages: [{ configuration: string }]; grammars: [{ path: string }] }
    }
    for (const path of [main, contributes.languages[0].configuration, contributes.grammars[0].path]) {
      assert.ok(read(`editors/vscode/${path}`).length > 0)
    }
  })

  it('the hooks and the workflow call what there is', () => {
    const hooks = parseYaml(read('.pre-commit-hooks.yaml')) as { entry: string }[]
    assert.deepEqual(
      hooks.map(({ entry }) => entry),
      ['ipxetool check', 'ipxetool fmt'],
    )
    const { jobs } = parseYaml(read('contrib/github-action.yml')) as {
      jobs: { check: { steps: { run?: string }[] } }
    }
    assert.equal(jobs.check.steps.filter(({ run }) => run?.startsWith('ipxetool ')).length, 3)
  })
})

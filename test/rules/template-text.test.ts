import assert from 'node:assert/strict'
import { checkScript } from '../../src/rules/check-script.js'
import type { Rule } from '../../src/rules/rule.js'
import { internalFailureId, runRules } from '../../src/rules/run.js'
import { allRules } from '../../src/rules/index.js'
import { parse } from '../../src/syntax/parse.js'

const found = (text: string): string[] =>
  checkScript(text).map(({ ruleId, place }) => `${place?.start.line} ${ruleId}`)

describe('files that are scripts and something else', () => {
  it('of a template only that is said', () => {
    assert.deepEqual(found('#!ipxe\n{% if x %}\nfoo\n{% endif %}\nbar\ngoto {{ target }} now\n'), [
      '2 template-text',
    ])
    assert.deepEqual(found('#!ipxe\n{{- range .Disks }}\nfoo\n{{- end }}\n'), ['2 template-text'])
    assert.deepEqual(found('#!ipxe\nset a {{ a }}\nchain {{ url }} || shell\n'), [])
    assert.deepEqual(found('#!ipxe\n# {{ managed }}\nboot\n'), [])
  })

  it('the rules go on where it is switched off', () => {
    const text = '#!ipxe\n# ipxetool disable=template-text\n{% if x %}\n'
    assert.deepEqual(found(text), ['3 unknown-command'])
  })

  it('references of iPXE in each other are no template', () => {
    assert.deepEqual(found('#!ipxe\nset a b\nset b c\necho ${${a}} ${net${a}/mac}\nfoo ${${a}}\n'), [
      '5 unknown-command',
    ])
  })

  it('a rule that failed is told all the same', () => {
    const broken: Rule = {
      ...allRules[0]!,
      id: 'broken',
      judges: 'line',
      create: () => ({
        end() {
          throw new Error('no')
        },
      }),
    }
    const ids = runRules(parse('#!ipxe\n{% if x %}\n'), { path: 'a', rules: [broken, ...allRules] }).map(
      ({ ruleId }) => ruleId,
    )
    assert.deepEqual(ids, [internalFailureId, 'template-text'])
  })

  it('a web page below the exit is not the script', () => {
    const page = '<!DOCTYPE html>\n<html>\n<style>\ntd { padding: 5px }\n</style>\n</html>\n'
    assert.deepEqual(found(`#!ipxe\nchain menu.ipxe || shell\nexit\n\n${page}`), [])
    assert.deepEqual(found(`#!ipxe\n#<!--\nfoo\nexit\n-->\n${page}`), ['3 unknown-command'])
    // here iPXE comes to it
    assert.deepEqual(found(`#!ipxe\nchain menu.ipxe || exit\n<!DOCTYPE html>\n`), ['3 unknown-command'])
  })
})

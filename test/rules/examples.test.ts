/** Runs every example of every rule. */
import assert from 'node:assert/strict'
import { checkScript } from '../../src/rules/check-script.js'
import { ruleIds } from '../../src/rules/ids.js'
import { allRules } from '../../src/rules/index.js'
import { exampleOptions, exampleScript } from '../../src/rules/example.js'
import { bytesToText, encodeText, textToBytes } from '../../src/syntax/bytes.js'

describe('rules', () => {
  it('have the ids that directives know', () => {
    assert.deepEqual(new Set(allRules.map(({ id }) => id)), ruleIds)
    assert.equal(new Set(allRules.map(({ id }) => id)).size, allRules.length)
  })

  for (const rule of allRules) {
    describe(rule.id, () => {
      it('has documentation', () => {
        assert.match(rule.id, /^[a-z]+(-[a-z]+)+$/)
        assert.match(rule.summary, /\.$|`\.?$/)
        assert.ok(rule.docs.why.length > 60)
        assert.ok(rule.docs.ok.length > 0 && rule.docs.notOk.length > 0)
      })
      for (const example of rule.docs.ok) {
        it(`ok: ${JSON.stringify(example)}`, () => {
          const { bytes } = exampleScript(rule, example)
          const found = checkScript(bytes, exampleOptions(rule)).filter(({ ruleId }) => ruleId === rule.id)
          assert.deepEqual(found.map(String), [])
        })
      }
      for (const example of rule.docs.notOk) {
        it(`not ok: ${JSON.stringify(example)}`, () => {
          const { bytes, marked } = exampleScript(rule, example)
          const all = checkScript(bytes, exampleOptions(rule))
          const found = all.filter(({ ruleId }) => ruleId === rule.id)
          assert.equal(found.length, 1, `one report of ${rule.id}; ${all.map(String).join('\n')}`)
          const { place, reason, note } = found[0]!
          assert.ok(reason && !reason.endsWith('.'), reason)
          assert.match(note ?? '', /[.?)]$/)
          if (marked) assert.deepEqual([place?.start.offset, place?.end.offset], marked)
        })
      }
    })
  }

  it('a fix removes what it repairs and brings nothing new', () => {
    let fixes = 0
    for (const rule of allRules) {
      for (const example of rule.docs.notOk) {
        const { bytes } = exampleScript(rule, example)
        const before = checkScript(bytes, exampleOptions(rule))
        for (const { fix, ruleId, reason } of before) {
          if (!fix || ruleId !== rule.id) continue
          fixes++
          let text = bytesToText(bytes)
          for (const { start, end, text: replacement } of [...fix.edits].sort((a, b) => b.start - a.start)) {
            text = text.slice(0, start) + replacement + text.slice(end)
          }
          const after = checkScript(textToBytes(text), exampleOptions(rule))
          assert.ok(!after.some((other) => other.reason === reason), `${reason}\n${text}`)
          assert.ok(after.length < before.length, `${text}\n${after.map(String).join('\n')}`)
        }
      }
    }
    assert.ok(fixes > 20, String(fixes))
  })

  it('examples may hold any text', () => {
    const { bytes, marked } = exampleScript({ docs: {} } as never, 'echo «ü»\n')
    assert.equal(bytesToText(bytes), encodeText('#!ipxe\necho ü\n'))
    assert.deepEqual(marked, [12, 14])
  })
})

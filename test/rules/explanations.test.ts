import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { allRules } from '../../src/rules/index.js'
import { explanations } from '../../src/rules/explanations.js'
import { linkRuleIds } from '../../src/rules/ids.js'

const root = fileURLToPath(new URL('../../src', import.meta.url))
/** Functions of which an argument is an id. */
const reporters = /^#?(report|problem|notScript|fail|warn|error|info)$/
const isId = (text: string): boolean => /^[a-z]+(-[a-z]+)+$/.test(text)

/** Every id that a file reports, by where it stands. */
function idsIn(path: string): Map<string, string> {
  const found = new Map<string, string>()
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
  const take = (node: ts.Node): void => {
    // what a condition compares is no id
    if (ts.isConditionalExpression(node)) {
      take(node.whenTrue)
      take(node.whenFalse)
    } else if (ts.isStringLiteral(node) && isId(node.text)) found.set(node.text, path)
  }
  const visit = (node: ts.Node): void => {
    const named = ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node) || ts.isBindingElement(node)
    if (named && node.initializer) {
      const name = node.name.getText()
      if (name === 'ruleId' || name === 'rule') take(node.initializer)
    }
    if (ts.isCallExpression(node)) {
      const { expression } = node
      const name = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText()
      if (reporters.test(name)) for (const argument of node.arguments.slice(0, 2)) take(argument)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

describe('explanations', () => {
  it('there is one of every id that is reported', () => {
    const known = new Set([...allRules, ...explanations].map(({ id }) => id))
    const used = new Map<string, string>()
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue
      const path = join(entry.parentPath, entry.name)
      if (path.startsWith(join(root, 'serve'))) continue
      for (const [id, file] of idsIn(path)) used.set(id, file)
    }
    assert.ok(used.size > 50, `only ${used.size} ids were found`)
    assert.deepEqual(
      [...used].filter(([id]) => !known.has(id)),
      [],
    )
    assert.deepEqual(
      [...linkRuleIds].filter((id) => !known.has(id)),
      [],
    )
  })

  it('each id is there once, in whole sentences', () => {
    const ids = [...allRules, ...explanations].map(({ id }) => id)
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
    )
    for (const { id, what, why, fix } of explanations) {
      for (const text of [what, why, fix]) assert.match(text, /^([A-Z`]|iPXE ).*[.]$/, id)
    }
  })
})

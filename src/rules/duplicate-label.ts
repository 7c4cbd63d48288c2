import { quote } from './message.js'
import type { Rule } from './rule.js'

export const duplicateLabel: Rule = {
  id: 'duplicate-label',
  summary: 'A label that the script already has.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why: '`goto` searches from the first line of the script and takes the first label of the name, always.',
    ok: [':a\n:b\ngoto a\n', ':a\n:A\n'],
    notOk: [':a\necho one\n«:a»\necho two\n'],
  },
  create: ({ report, pathOf, analysis: { labels } }) => ({
    end() {
      for (const { name, node, line } of labels.all) {
        const first = labels.find(name)
        if (!first || first.node === node || name === '') continue
        const where = first.line.position?.start.line
        const file = pathOf(first.line) === pathOf(line) ? '' : ` of ${pathOf(first.line)}`
        report({
          line,
          at: node,
          reason: `The label ${quote(name)} is already there${where === undefined ? '' : `, on line ${where}${file}`}`,
          note: '`goto` always takes the first one, so none comes here. Rename one of them.',
        })
      }
    },
  }),
}

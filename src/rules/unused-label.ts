import { end } from '../analysis/flow.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

export const unusedLabel: Rule = {
  id: 'unused-label',
  summary: 'A label that nothing goes to, with code below it that therefore never runs.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'No `goto` of the script can lead to the label, whatever is chosen in its menus, and the line above does not go on ' +
      'into it. Such a section is often an entry that lost its menu item, or one side of a misspelt pair. Nothing is ' +
      'said of a script with a `goto` whose target only the machine knows. Switch it off for a section that people ' +
      'reach by typing `goto` in the shell.',
    ok: [
      ':start\necho a label that is only a heading\n',
      'menu Main\nitem a A\nitem b B\nchoose x || exit\ngoto ${x}\n:a\nboot\n:b\nshell\n',
      'goto ${next}\n:a\necho a\n',
    ],
    notOk: [
      'echo a\nexit\n«:b»\necho b\n',
      'menu Main\nitem a A\nchoose x || exit\ngoto ${x}\n:a\nshell\ngoto a\n«:old»\nboot\n',
    ],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      const { graph } = flow
      if (graph.labels.length === 0 || graph.hasOpenLabel) return
      const used = new Set<number>()
      for (const number of flow.named('goto')) {
        const target = graph.commands[number]!.positionals[0]
        if (!target) continue
        const targets = graph.entriesFor(flow.values.textsOf(target.word, number))
        if (!targets) return
        for (const entry of targets) used.add(entry)
      }
      for (const { name, node, line, entry } of graph.labels) {
        if (name === '' || entry === end || used.has(entry) || flow.runs(entry)) continue
        if (graph.label(name)?.node !== node) continue
        report({
          line,
          at: node,
          reason: `Nothing goes to the label ${quote(name)}`,
          note: 'What follows it never runs. Add a `goto` or a menu item, or take it out.',
        })
      }
    },
  }),
}

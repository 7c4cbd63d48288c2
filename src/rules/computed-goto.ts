import { isGuarded } from '../analysis/loader-needs.js'
import { hole } from '../analysis/text.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

export const computedGoto: Rule = {
  id: 'computed-goto',
  summary: 'A `goto ${…}` whose setting never names a label of the script.',
  severity: 'error',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'All values that the setting can have at this place are known, from `set` or from the items of a menu, and the ' +
      'script has a label for none of them. A `goto` without a label fails silently and the script ends. One with a ' +
      'fallback, `goto ${x} || goto menu`, is not reported.',
    ok: [
      'set next one\ngoto ${next}\n:one\necho 1\n',
      'set next nowhere\ngoto ${next} || echo fallback\n',
      'goto ${next}\n:one\necho 1\n',
    ],
    notOk: [
      'set next on\ngoto «${next}»\n:one\necho 1\n',
      'set k 2\nset next item_${k}\ngoto «${next}»\n:item_1\n',
    ],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      for (const number of flow.named('goto')) {
        const { graph } = flow
        const command = graph.commands[number]!
        const target = command.positionals[0]
        if (!target?.text.includes(hole) || isGuarded(command)) continue
        // that is what `missing-label` says
        if (graph.finds(target.text) === false) continue
        const values = flow.values.expand(target.word, number)
        if (values.some(({ text }) => text.includes(hole) || graph.finds(text) !== false)) continue
        // of a menu each item without a label is told by itself
        if (values.some(({ setBy }) => setBy !== undefined && graph.commands[setBy]!.name === 'choose'))
          continue
        const shown = [...new Set(values.map(({ text }) => text))].filter((text) => text !== '')
        report({
          line: command.line,
          at: target.word,
          reason:
            shown.length === 0
              ? 'The target of this `goto` is always empty'
              : `The target here is always ${shown.slice(0, 4).map(quote).join(' or ')}, and there is no such label in this script`,
          note: '`goto` fails silently: the script ends here.',
        })
      }
    },
  }),
}

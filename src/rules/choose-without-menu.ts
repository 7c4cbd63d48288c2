import { flowForward } from '../analysis/forward.js'
import { has, innermost, mayRunOther, optionValue } from '../analysis/outcomes.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

export const chooseWithoutMenu: Rule = {
  id: 'choose-without-menu',
  summary: '`choose` or `item` where no menu can be open.',
  severity: 'error',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      '`choose` destroys its menu, even when it is cancelled, and there is none before the first `menu`. An `item` or a ' +
      'second `choose` then fails. A loop has to jump to the line with `menu`, or `choose --keep` has to be written. ' +
      'Scripts without any `menu` are not looked at: another script may have begun it.',
    ok: [
      ':start\nmenu Main\nitem a A\nchoose x || goto start\n',
      'menu Main\nitem a A\n:again\nchoose --keep x || goto again\n',
      'item a A\nchoose x\n',
      'menu A\nitem a A\n:a\nchoose x && goto ${x} || exit\n:a\nchoose x && goto ${x} || exit\n',
    ],
    notOk: [
      'menu Main\nitem a A\n:again\nchoose x\n«choose» y\n',
      '«item» a A\nmenu Main\nitem b B\nchoose x\n',
      'menu A\nitem a A\nchoose x\n«item» b B\nitem c C\nchoose y\n',
    ],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      const menus = [...flow.named('menu'), ...flow.named('form')]
      if (menus.length === 0) return
      const uses = [...flow.named('choose'), ...flow.named('item'), ...flow.named('present')].sort(
        (a, b) => a - b,
      )
      const { graph } = flow
      // with names there are several
      if (menus.some((number) => optionValue(graph.commands[number]!, 'name') !== undefined)) return
      const open = flowForward(graph, 1, flow.targets, (number, bits, failed) => {
        const command = innermost(graph.commands[number]!)
        const name = command.spec?.name
        if (name === 'menu' || name === 'form') bits[0] = has(command, 'delete') ? 0 : 1
        else if ((name === 'choose' || name === 'present') && !has(command, 'keep')) bits[0] = 0
        else if (!failed && mayRunOther(command)) bits[0] = 1
        // the next ones have the same fault
        else if (name === 'item') bits[0] = 1
      })
      if (!open) return
      for (const number of uses) {
        if (open[number] === 1 || !flow.runs(number)) continue
        const command = graph.commands[number]!
        if (command.problem) continue
        report({
          line: command.line,
          at: command.nameWord,
          reason: `No menu is open when ${quote(command.name)} runs here`,
          note: 'It fails, and the script ends. A `choose` without `--keep` has closed the menu, or `menu` comes later.',
        })
      }
    },
  }),
}

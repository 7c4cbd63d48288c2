import { has } from '../analysis/outcomes.js'
import type { Rule } from './rule.js'

export const chooseWithoutTimeout: Rule = {
  id: 'choose-without-timeout',
  summary: 'A menu that waits for ever.',
  severity: 'info',
  preset: 'strict',
  judges: 'script',
  docs: {
    why:
      'Without `--timeout` the machine stays at the menu until somebody comes. Machines that nobody stands at need one; ' +
      'it counts milliseconds. Only the first menu of the script counts: in the others somebody has already chosen.',
    ok: ['menu A\nitem a A\nchoose --timeout 20000 x || exit\n', 'echo no menu\n'],
    notOk: ['menu A\nitem a A\n«choose» x || exit\n'],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      const [first] = flow.named('choose')
      if (first === undefined || !flow.runs(first)) return
      const command = flow.graph.commands[first]!
      if (has(command, 'timeout') || !command.certain || command.problem) return
      report({
        line: command.line,
        at: command.nameWord,
        reason: 'This menu waits until somebody chooses',
        note: 'Write `choose --timeout 30000 …`: it counts milliseconds and then takes the default.',
      })
    },
  }),
}

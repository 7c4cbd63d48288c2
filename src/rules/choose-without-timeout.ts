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
      'it counts milliseconds. Only the first menu of a script that runs `dhcp` counts: at others somebody has already ' +
      'chosen.',
    ok: [
      'dhcp\nmenu A\nitem a A\nchoose --timeout 20000 x || exit\n',
      'menu A\nitem a A\nchoose x || exit\n',
    ],
    notOk: ['dhcp\nmenu A\nitem a A\n«choose» x || exit\n'],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      const [first] = flow.named('choose')
      // a script that brings the network up is the first one: at others somebody has chosen already
      if (first === undefined || flow.named('ifconf').length === 0 || !flow.runs(first)) return
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

import { end } from '../analysis/flow.js'
import { hole } from '../analysis/text.js'
import type { Rule } from './rule.js'

export const chooseWithoutFallback: Rule = {
  id: 'choose-without-fallback',
  summary: 'A `choose` that ends the script when somebody presses Esc.',
  severity: 'info',
  preset: 'strict',
  judges: 'script',
  docs: {
    why:
      'Esc and Ctrl-C make `choose` fail. Without `||` that ends the script, and the machine goes on with the next boot ' +
      'device. Switch it off where that is meant.',
    ok: ['menu A\nitem a A\nchoose x || goto cancel\n:cancel\nshell\n'],
    notOk: ['menu A\nitem a A\n«choose» x && goto ${x}\n:a\nboot\n'],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      const { graph } = flow
      for (const number of flow.named('choose')) {
        const command = graph.commands[number]!
        if (graph.afterFailure[number] !== end || command.name.includes(hole) || command.problem) continue
        // on the last line of all there is nothing to come back to
        const { children } = command.line
        if (children.some((child) => child.type === 'operator' && child.value !== '&&')) continue
        report({
          line: command.line,
          at: command.nameWord,
          reason: 'Esc ends the script here',
          note: 'Write `|| goto …` behind it, for example to show the menu again.',
        })
      }
    },
  }),
}

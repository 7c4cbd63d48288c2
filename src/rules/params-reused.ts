import { flowForward } from '../analysis/forward.js'
import { innermost, optionValue } from '../analysis/outcomes.js'
import type { Rule } from './rule.js'

export const paramsReused: Rule = {
  id: 'params-reused',
  summary: 'A second URL with `##params`, after the first has used the list up.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'A list of parameters belongs to the first request that names it; after that there is none, and `##params` of a ' +
      'missing list is ignored without a word. So the second server of `chain a##params || chain b##params` gets nothing. ' +
      'Build the list again before each request.',
    ok: [
      'params\nparam mac ${mac}\nchain http://a/x##params || exit\n',
      ':retry\nparams\nparam a b\nchain http://a/x##params || goto retry\n',
      'chain http://a/x##params\n',
    ],
    notOk: [
      'params\nparam mac ${mac}\nchain http://a/x##params || chain «http://b/x##params»\n',
      'params\nparam a b\n:retry\nimgfetch http://a/x##params ||\nchain «http://a/y##params» || goto retry\n',
    ],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      const lists = flow.named('params')
      if (lists.length === 0) return
      const { graph } = flow
      if (lists.some((number) => optionValue(graph.commands[number]!, 'name') !== undefined)) return
      const open = flowForward(graph, 1, flow.targets, (number, bits) => {
        const command = innermost(graph.commands[number]!)
        if (command.spec?.name === 'params') bits[0] = 1
        else if (command.positionals.some(({ text }) => text.endsWith('##params'))) bits[0] = 0
      })
      if (!open) return
      for (const [number, command] of graph.commands.entries()) {
        if (open[number] === 1 || !flow.runs(number)) continue
        const uri = innermost(command).positionals.find(({ text }) => text.endsWith('##params'))
        if (!uri || command.spec?.name === 'set' || command.spec?.name === 'echo') continue
        report({
          line: command.line,
          at: uri.word,
          reason: 'There is no list of parameters any more when this is asked for',
          note: 'The request goes out without them. Write `params` and `param` again before it.',
        })
      }
    },
  }),
}

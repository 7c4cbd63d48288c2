import { isGuarded } from '../analysis/loader-needs.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

export const chainWithoutFallback: Rule = {
  id: 'chain-without-fallback',
  summary: 'A download that ends the script when it fails.',
  severity: 'info',
  preset: 'strict',
  judges: 'script',
  docs: {
    why:
      'A server that does not answer for a moment ends the script, and the machine goes to its next boot device or stays ' +
      'black. On machines that nobody stands at write `|| goto retry` or the like behind `chain`.',
    ok: ['chain http://x/a.ipxe || goto retry\n:retry\nshell\n', 'chain http://x/a.ipxe ||\n'],
    notOk: ['«chain» http://x/a.ipxe\n'],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      const { graph } = flow
      for (const number of flow.named('imgexec')) {
        const command = graph.commands[number]!
        const { line, nameWord, name, positionals, problem } = command
        if (positionals.length === 0 || problem || isGuarded(command) || !flow.runs(number)) continue
        report({
          line,
          at: nameWord,
          reason: `The script ends when this ${quote(name)} fails`,
          note: 'Write `|| goto …` behind it, to try again or to say what went wrong.',
        })
      }
    },
  }),
}

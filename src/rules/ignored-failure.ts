import type { Line } from '../ast/nodes.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

const loads = new Set(['imgselect', 'imgfetch', 'imgverify'])

export const ignoredFailure: Rule = {
  id: 'ignored-failure',
  summary: 'A failure that is ignored, next to one of the same kind that is not.',
  severity: 'info',
  preset: 'strict',
  judges: 'script',
  docs: {
    why:
      '`initrd … ||` goes on when the download failed, and the kernel starts without it; the `kernel` beside it has ' +
      '`|| goto failed`. One of the two is probably an oversight. Switch it off for files that may be missing.',
    ok: [
      'kernel http://x/k ||\ninitrd http://x/i ||\nboot\n',
      'kernel http://x/k || goto failed\ninitrd http://x/i || goto failed\nboot\n:failed\nshell\n',
    ],
    notOk: ['kernel http://x/k || goto failed\n«initrd» http://x/i ||\nboot\n:failed\nshell\n'],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      const { graph } = flow
      const labels = new Set(graph.labels.map(({ entry }) => entry))
      let ignored: number[] = []
      let handled = 0
      const finish = (): void => {
        for (const number of handled > 0 ? ignored : []) {
          const { line, nameWord, name } = graph.commands[number]!
          report({
            line,
            at: nameWord,
            reason: `A failure of this ${quote(name)} is ignored, that of the other downloads here is not`,
            note: 'The boot goes on without the file. Write the same behind `||` as there.',
          })
        }
        ignored = []
        handled = 0
      }
      for (const [number, command] of graph.commands.entries()) {
        if (labels.has(number)) finish()
        if (!loads.has(command.spec?.name ?? '')) continue
        const what = orElse(command.line)
        // a file for a path of its own, an answer file: those may be missing
        if (what === 'nothing' && command.positionals.length === 1) ignored.push(number)
        else if (what === 'something') handled++
      }
      finish()
    },
  }),
}

/** What stands behind `||` of a line with one command before it. */
function orElse({ children }: Line): 'nothing' | 'something' | undefined {
  const tokens = children.filter(({ type }) => type === 'command' || type === 'operator')
  const [first, operator, ...rest] = tokens
  if (first?.type !== 'command' || operator?.type !== 'operator' || operator.value !== '||') return undefined
  return rest.length === 0 ? 'nothing' : 'something'
}

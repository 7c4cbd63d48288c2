import { fails, jumps, succeeds } from '../analysis/outcomes.js'
import { end, jumpOf } from '../analysis/flow.js'
import { imageNames } from '../analysis/images.js'
import type { Rule } from './rule.js'

export const retryWithoutImgfree: Rule = {
  id: 'retry-without-imgfree',
  summary: 'A way back to an `initrd` without `imgfree`: the second time there are two.',
  severity: 'info',
  preset: 'strict',
  judges: 'script',
  docs: {
    why:
      '`initrd` and `imgfetch` always load and add. After a boot that failed, a menu that is shown again leads to more ' +
      'initrds than the kernel should get, those of the first choice among them. `imgfree` before them clears all. ' +
      'Reported once for each script, at the first such command.',
    ok: [
      ':start\nimgfree\nkernel http://x/k\ninitrd http://x/i\nboot || goto start\n',
      'kernel http://x/k\ninitrd http://x/i\nboot\n',
    ],
    notOk: [':start\nkernel http://x/k\n«initrd» http://x/i\nboot || goto start\n'],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      const { graph, values } = flow
      for (const number of flow.named('imgfetch').slice(0, 40)) {
        if (!flow.runs(number)) continue
        const seen = new Set<number>()
        const waiting: number[] = [number]
        const again = { isThere: false }
        const own = new Set(imageNames(graph.commands[number]!, number, values))
        for (let next = waiting.pop(); next !== undefined && !again.isThere; next = waiting.pop()) {
          if (next === end || seen.has(next)) continue
          if (next !== number) seen.add(next)
          const { spec, positionals } = graph.commands[next]!
          if (
            spec?.name === 'imgfree' &&
            (positionals.length === 0 || positionals.some(({ text }) => own.has(text)))
          )
            continue
          if (!values.spend()) return
          const outcome = graph.outcomes[next]!
          const add = (to: number): void => {
            if (to === number) again.isThere = true
            waiting.push(to)
          }
          // what was started does not come back by itself
          const isBoot = spec?.name === 'imgexec' && positionals.length === 0
          if (outcome & succeeds && !isBoot) add(graph.afterSuccess[next]!)
          // what could not be loaded is not there
          if (outcome & fails && next !== number) add(graph.afterFailure[next]!)
          if (!(outcome & jumps)) continue
          const jump = jumpOf(graph, next)
          if (typeof jump === 'number') add(jump)
          else if (jump === undefined) for (const entry of flow.targets(next) ?? []) add(entry)
        }
        if (!again.isThere) continue
        const { line, nameWord } = graph.commands[number]!
        report({
          line,
          at: nameWord,
          reason: 'The script can come here again, and then loads it on top of the first',
          note: 'Write `imgfree` before the first image of each entry.',
        })
        return
      }
    },
  }),
}

import { end, jumpOf } from '../analysis/flow.js'
import { ends, fails, jumps, succeeds } from '../analysis/outcomes.js'
import type { Rule } from './rule.js'

/** Commands that neither wait for anything nor ask anybody. */
const idle = new Set([
  'goto',
  'set',
  'echo',
  'clear',
  'isset',
  'iseq',
  'inc',
  'menu',
  'item',
  'imgfree',
  'params',
  'param',
])

export const endlessLoop: Rule = {
  id: 'endless-loop',
  summary: 'Lines that only lead to each other, and wait for nothing.',
  severity: 'error',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'From here the script comes to no end, to no download and to no key: the machine hangs until it is switched off. A ' +
      'loop that tries something again, such as `:retry` with `dhcp || goto retry`, is not meant.',
    ok: [
      ':retry\ndhcp || goto retry\n',
      ':start\nmenu M\nitem a A\nchoose x || goto start\n:a\ngoto start\n',
      'set n:int32 0\n:again\ninc n\niseq ${n} 5 || goto again\necho done\n',
    ],
    notOk: [':a\necho a\n«goto» a\n', 'echo hello\n:a\ngoto b\n:b\nset x 1\n«goto» a\n'],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      const { graph } = flow
      const { commands, outcomes } = graph
      const back = flow.named('goto').filter((number) => {
        const jump = jumpOf(graph, number)
        return typeof jump === 'number' && jump !== end && jump <= number
      })
      if (back.length === 0) return
      /** What gets out of all loops, or waits. */
      const leaves = new Uint8Array(commands.length)
      const isOut = (number: number): boolean => number === end || leaves[number] === 1
      let changed = true
      for (let sweep = 0; changed; sweep++) {
        if (sweep > 60) return
        changed = false
        for (let number = commands.length - 1; number >= 0; number--) {
          if (leaves[number] === 1) continue
          const outcome = outcomes[number]!
          const name = commands[number]!.spec?.name
          let out = name === undefined || !idle.has(name) || (outcome & ends) !== 0
          out ||= (outcome & succeeds) !== 0 && isOut(graph.afterSuccess[number]!)
          out ||= (outcome & fails) !== 0 && isOut(graph.afterFailure[number]!)
          if (!out && outcome & jumps) {
            const jump = jumpOf(graph, number)
            out = jump === undefined || jump === 'missing' || isOut(jump)
          }
          if (!out) continue
          leaves[number] = 1
          changed = true
        }
      }
      const told = new Set<number>()
      for (const number of back) {
        const to = jumpOf(graph, number) as number
        if (leaves[number] === 1 || told.has(to) || !flow.runs(number)) continue
        for (let inside = to; inside <= number; inside++) told.add(inside)
        const command = commands[number]!
        report({
          line: command.line,
          at: command.nameWord,
          reason: 'This loop never ends and waits for nothing',
          note: 'Leave it under some condition, or put `prompt`, `sleep` or a download into it.',
        })
      }
    },
  }),
}

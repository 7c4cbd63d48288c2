import { end, jumpOf } from '../analysis/flow.js'
import { fails, has, jumps, succeeds } from '../analysis/outcomes.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

/** Commands that wait for a person or for time, or start something else. */
const pauses = new Set([
  'choose',
  'prompt',
  'read',
  'sleep',
  'shell',
  'config',
  'login',
  'present',
  'sanboot',
  'autoboot',
  'reboot',
  'poweroff',
])

export const chainloadLoop: Rule = {
  id: 'chainload-loop',
  summary: 'A script that always chains itself.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'On every way through the script it comes to the `chain` of its own file, without a key, a pause or another boot ' +
      'before. The machine loads it again and again, and without `--replace` keeps each copy in memory. The examples are ' +
      'in a file `script.ipxe`.',
    ok: [
      'echo a\nchain other.ipxe\n',
      'prompt Again? && chain script.ipxe\n',
      'chain http://x/script.ipxe\n',
    ],
    notOk: ['echo a\n«chain script.ipxe» || echo no\n', 'set a 1\n«chain ./script.ipxe»\n'],
  },
  create: ({ report, pathOf, analysis: { flow } }) => ({
    end() {
      const { graph } = flow
      for (const number of flow.named('imgexec')) {
        const command = graph.commands[number]!
        const target = command.positionals[0]?.text.replace(/^\.\//, '')
        const own = pathOf(command.line).replace(/^.*\//, '')
        if (target !== own || has(command, 'name')) continue
        if (!isInevitable(flow, number)) continue
        report({
          line: command.line,
          at: command.node,
          reason: `This script, ${quote(own)}, always chains itself`,
          note: 'Put a menu, a `prompt` or a `sleep` before it, or chain something else.',
        })
      }
    },
  }),
}

/** Whether all ways from the start lead to the command, and none has a pause. */
function isInevitable({ graph }: Parameters<Rule['create']>[0]['analysis']['flow'], wanted: number): boolean {
  const seen = new Set<number>()
  const waiting = [graph.start]
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    if (number === wanted || seen.has(number)) continue
    if (number === end || seen.size > 2000) return false
    seen.add(number)
    const { spec } = graph.commands[number]!
    if (!spec || pauses.has(spec.name) || spec.name === 'exit' || spec.name.startsWith('img')) return false
    const outcome = graph.outcomes[number]!
    if (outcome & succeeds) waiting.push(graph.afterSuccess[number]!)
    if (outcome & fails && graph.afterFailure[number] !== end) waiting.push(graph.afterFailure[number]!)
    if (!(outcome & jumps)) continue
    const jump = jumpOf(graph, number)
    if (typeof jump !== 'number') return false
    waiting.push(jump)
  }
  return true
}

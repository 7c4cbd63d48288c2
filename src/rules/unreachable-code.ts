import type { ParsedCommand } from '../analysis/commands.js'
import { end } from '../analysis/flow.js'
import type { FlowFacts } from '../analysis/flow-facts.js'
import { ends, fails, jumps } from '../analysis/outcomes.js'
import { hole } from '../analysis/text.js'
import { literalText } from '../ast/walk.js'
import type { Rule } from './rule.js'

export const unreachableCode: Rule = {
  id: 'unreachable-code',
  summary: 'Commands that can never run: the script always leaves before them.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'A line that fails ends the script, and `goto` and `exit` leave the line. What follows `choose x && goto ${x}` ' +
      'without a label never runs: either the jump was made or the script is over. Every label counts as a place that ' +
      'somebody may jump to. `reboot` and `boot` count as commands that may come back. What is there to be on the safe side is not ' +
      'reported: a `goto` below `goto there ||` or below `exit`, and a `shell` on the last line. Switch it off for a line ' +
      'that is kept for later.',
    ok: [
      ':start\nmenu Main\nitem a A\nchoose x || goto start\ngoto ${x} || goto start\n:a\nexit\n',
      'reboot\ngoto start\n:start\necho again\n',
      'goto there || echo never, and harmless\n:there\nboot\n',
      'isset ${ip} && goto there ||\necho no\n:there\necho yes\n',
      'chain --replace http://10.0.0.1/a.ipxe ||\necho failed\n',
      'iseq ${platform} efi && goto efi\necho the test lacks its ||\n:efi\nboot\n',
      'goto there ||\ngoto menu\n:there\nboot\n:menu\nshell\n',
      'isset ${ip} && goto there || echo none && goto menu\ngoto menu\n:there\nboot\n:menu\nshell\n',
      'chain --replace http://10.0.0.1/a.ipxe && exit ||\necho failed\n',
      ':start\nshell\nexit\ngoto start\n',
      ':start\nautoboot ||\ngoto start\n# just in case\nshell\n',
    ],
    notOk: [
      'menu Main\nitem a A\nchoose x && goto ${x}\n«echo cancelled»\n:a\nboot\n',
      'goto a\n«echo one»\necho two\n:a\necho three\n',
      'menu Main\nitem a A\nchoose x && goto ${x}\n«goto ${x}»\n:a\nboot\n',
      'goto a\n«goto b»\n:a\nboot\n:b\nshell\n',
      'exit 0 && «echo bye»\n',
      'chain --replace http://10.0.0.1/a.ipxe || goto a\n«echo never»\n:a\nshell\n',
      'menu Main\nitem a A\nchoose x ||\ngoto ${x}\n«shell»\n:a\nboot\n',
      ':start\nautoboot ||\ngoto start\n«echo failed»\nshell\n',
      'goto a\n«shell»\n:a\nboot\n',
      'exit\n«boot»\n',
    ],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      const { commands, outcomes } = flow.graph
      if (commands.length < 2) return
      let isInRun = false
      for (const [number, command] of commands.entries()) {
        if (flow.runsFromSomeLabel(number)) {
          isInRun = false
          continue
        }
        // `goto x || echo`: x is there, and so be it
        if (isFallback(command)) continue
        if (!isInRun && !isBelowTest(commands[number - 1], command) && !isSpare(flow, number)) {
          const before = commands[number - 1]
          const left =
            before && (outcomes[number - 1]! & jumps) !== 0 ? 'the `goto` before it' : 'what is before it'
          report({
            line: command.line,
            at: command.node,
            reason: 'This can never run',
            note: `It has no label, and ${left} either leaves or ends the script. Is a \`||\` or a label missing?`,
          })
        }
        isInRun = true
      }
    },
  }),
}

function isFallback({
  node,
  line,
}: {
  node: object
  line: { children: readonly { type: string; value?: unknown }[] }
}): boolean {
  const { children } = line
  const at = children.findIndex((child) => child === node)
  for (let index = at - 1; index >= 0; index--) {
    const child = children[index]!
    if (child.type === 'operator') return child.value === '||'
    if (child.type === 'command') return false
  }
  return false
}

/**
 * A `goto` or `exit` to be on the safe side, and nothing else: below a line that says what happens when it fails
 * (`goto x ||`), below an `exit`, or after `chain --replace … &&`. Or a `shell`, the script's last command, below a `goto`.
 */
function isSpare(flow: FlowFacts, number: number): boolean {
  const { commands, outcomes, afterFailure } = flow.graph
  const first = commands[number]!
  if (first.name === 'shell') {
    const left = commands[number - 1]
    return number === commands.length - 1 && left?.name === 'goto' && isPlain(left) && !isComputedJump(left)
  }
  for (let at = number; at < commands.length && !flow.runsFromSomeLabel(at); at++) {
    const { name } = commands[at]!
    if (name !== 'goto' && name !== 'exit') return false
  }
  const above = commands[number - 1]
  if (!above) return false
  if (above.line === first.line) return first.name === 'exit' && above.spec?.name === 'imgexec'
  if (above.name === 'exit' && isPlain(above) && outcomes[number - 1] === ends) return true
  if (isPlain(above)) return false
  for (let at = number - 1; commands[at]?.line === above.line; at--) {
    const mayFail = (outcomes[at]! & fails) !== 0 || isComputedJump(commands[at]!)
    if (mayFail && commands[at]!.name !== 'sleep' && afterFailure[at] === end) return false
  }
  return true
}

/** Alone on its line. */
function isPlain({ line }: ParsedCommand): boolean {
  return !line.children.some((child) => child.type === 'operator')
}

function isComputedJump({ spec, positionals }: ParsedCommand): boolean {
  return spec?.name === 'goto' && positionals[0]?.text.includes(hole) === true
}

/** Below `isset … && goto …` without `||`: `condition-ends-script` says what is missing there. */
function isBelowTest(above: ParsedCommand | undefined, { line }: ParsedCommand): boolean {
  if (!above || above.line === line) return false
  const { children } = above.line
  const first = children
    .find((child) => child.type === 'command')
    ?.children.find(({ type }) => type === 'word')
  const name = first?.type === 'word' ? literalText(first) : undefined
  if (name !== 'isset' && name !== 'iseq' && name !== 'cpuid') return false
  const operators = children.filter((child) => child.type === 'operator')
  return operators.length > 0 && operators.every(({ value }) => value === '&&')
}

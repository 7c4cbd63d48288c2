import type { ParsedCommand } from '../analysis/commands.js'
import { end } from '../analysis/flow.js'
import type { FlowFacts } from '../analysis/flow-facts.js'
import { gluedArgument } from './glued-operator.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

const tests = ['isset', 'iseq', 'cpuid']

export const conditionEndsScript: Rule = {
  id: 'condition-ends-script',
  summary: '`isset … && …` without `||`: the script ends where the test fails.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'The status of the line is that of the last command that ran. Where the test fails that is the test, and a line ' +
      'that fails ends the script. Meant is nearly always "if": put `||` at the end of the line, and the script goes on. ' +
      'A test alone on its line is taken for what it is, and so is one on the last line.',
    ok: [
      'isset ${x} && echo x is set ||\necho more\n',
      'isset ${x}\necho only with x\n',
      'echo more\nisset ${x} && boot\n',
      'iseq ${a} b && goto c || goto d\n:c\n:d\necho\n',
    ],
    notOk: [
      '«isset» ${x} && echo x is set\necho more\n',
      'echo a\n«iseq» ${platform} efi && set arch efi\nboot\n',
      '«cpuid» --ext 29 && set arch x86_64\nboot\n',
      '«isset» ${x} && echo x is set||\necho more\n',
    ],
  },
  create: ({ report, fix, analysis: { flow } }) => ({
    end() {
      const { graph } = flow
      for (const number of tests.flatMap((name) => flow.named(name))) {
        const command = graph.commands[number]!
        if (graph.afterFailure[number] !== end || command.problem) continue
        const next = graph.commands[number + 1]
        if (next?.line !== command.line) continue
        const { children } = command.line
        const operators = children.filter((child) => child.type === 'operator')
        if (operators[0]?.value !== '&&' || operators.some(({ value }) => value !== '&&')) continue
        if (children.find((child) => child.type === 'command') !== command.node) continue
        if (!goesOnBelow(flow, number)) continue
        const last = children.findLast((child) => child.type === 'command')
        const at = last?.span?.[1]
        // `… && echo x||`: glued-operator mends it
        const isGlued = gluedArgument(lastOfLine(flow, number))?.isAtEnd === true
        report({
          line: command.line,
          at: command.nameWord,
          reason: `The script ends here when ${quote(command.name)} fails`,
          note: isGlued
            ? 'The `||` at the end is part of the word before it: put a blank between them.'
            : 'Write `||` at the end of the line if the script is to go on.',
          fix:
            at === undefined || isGlued
              ? undefined
              : fix(command.line, 'Go on when the test fails', [{ span: [at, at], text: ' ||' }]),
        })
      }
    },
  }),
}

function lastOfLine({ graph: { commands } }: FlowFacts, number: number): ParsedCommand {
  const command = commands[number]!
  return commands.findLast(({ line }) => line === command.line) ?? command
}

/** Whether a line below would run if this one had not failed. */
function goesOnBelow({ graph }: FlowFacts, number: number): boolean {
  const { line } = graph.commands[number]!
  let last = number
  while (graph.commands[last + 1]?.line === line) last++
  const next = graph.commands[last + 1]
  if (!next) return false
  // a label ends what this line belongs to, unless the line above the label goes on into it
  const name = graph.commands[last]!.spec?.name
  const startsLabel = graph.labels.some(({ entry }) => entry === last + 1)
  return !startsLabel || (name !== 'goto' && name !== 'exit' && name !== 'imgexec')
}

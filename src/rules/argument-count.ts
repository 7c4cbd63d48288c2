import type { ParsedCommand } from '../analysis/commands.js'
import type { CommandSpec } from '../data/types.js'
import { gluedArgument } from './glued-operator.js'
import { count, quote } from './message.js'
import { misplacedOptionIn } from './misplaced-option.js'
import type { Rule } from './rule.js'

/** `MAX_ARGUMENTS` in include/ipxe/parseopt.h. */
const maxArguments = 255

export const argumentCount: Rule = {
  id: 'argument-count',
  summary: 'A command with too few or too many arguments.',
  severity: 'error',
  preset: 'default',
  judges: 'line',
  docs: {
    why:
      'iPXE counts words as they are written: `${x}` is one argument even when its value has blanks or is empty. With the ' +
      'wrong number a command prints its usage and fails, which after `iseq` looks like "not equal".',
    ok: [
      'set a\nset a b c\niseq ${a} 1 && echo same ||\n',
      'exit\nexit 1\n',
      'menu A title of many words\n',
      'imgverify ${option} a b\n',
      'goto --help\n',
    ],
    notOk: [
      '«goto»\n',
      ':a\ngoto a «b»\n',
      'set a 1\niseq ${a} one «two»\n',
      '«set»\n',
      '«choose»\n',
      'time «sleep»\n',
      'shell «now»\n',
    ],
  },
  create: ({ report }) => ({
    command(command) {
      const { spec, positionals, problem, line, name, nameWord, options, certain } = command
      if (!spec || problem || spec.name === 'help' || options.some(({ spec: { long } }) => long === 'help'))
        return
      const given = positionals.length
      const most = spec.maxArgs ?? maxArguments
      if (given >= spec.minArgs && (given <= most || (!certain && spec.maxArgs !== null))) return
      // an option whose name is not known yet leaves nothing to count
      if (given < spec.minArgs && !certain) return
      if (misplacedOptionIn(command) || gluedArgument(command)) return
      const first = positionals[most]
      const last = positionals[positionals.length - 1]
      const span =
        given > most && first?.word.span && last?.word.span
          ? ([first.word.span[0], last.word.span[1]] as const)
          : nameWord.span
      report({
        line,
        ...(span ? { at: span } : {}),
        reason: `${quote(name)} takes ${takes(spec)}, not ${given === 0 ? 'none' : given}`,
        expected: [usage(name, spec)],
        note: note(command),
      })
    },
  }),
}

function takes({ minArgs, maxArgs }: CommandSpec): string {
  if (maxArgs === null)
    return minArgs > 0 ? `at least ${count(minArgs, 'argument')}` : `at most ${maxArguments} arguments`
  if (maxArgs === 0) return 'no argument'
  if (minArgs === 0) return `at most ${count(maxArgs, 'argument')}`
  return minArgs === maxArgs ? count(maxArgs, 'argument') : `${minArgs} to ${count(maxArgs, 'argument')}`
}

function usage(name: string, { positional, minArgs }: CommandSpec): string {
  const args = positional.map((argument, index) => {
    const word = `${argument.name.toUpperCase()}${argument.repeats ? '…' : ''}`
    return index < minArgs ? word : `[${word}]`
  })
  return [name, ...args].join(' ')
}

function note({ spec, positionals, name }: ParsedCommand): string {
  const many = spec?.maxArgs != null && positionals.length > spec.maxArgs
  if (many && (spec.name === 'iseq' || spec.name === 'isset')) {
    return 'Every word counts, there are no quotes: put text with blanks in a setting of its own and compare that.'
  }
  if (many && spec.name === 'goto') return 'Was `#` or `||` meant before the rest?'
  return `${quote(name)} prints its usage and fails.`
}

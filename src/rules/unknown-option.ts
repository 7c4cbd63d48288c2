import { type OptionProblem, type ParsedCommand, isText } from '../analysis/commands.js'
import { hole } from '../analysis/text.js'
import { suggest } from '../data/suggest.js'
import type { CommandSpec } from '../data/types.js'
import { didYouMean, quote } from './message.js'
import type { Problem, Rule, RuleContext } from './rule.js'

export const unknownOption: Rule = {
  id: 'unknown-option',
  summary: 'An option that the command does not have, or that lacks its value.',
  severity: 'error',
  preset: 'default',
  judges: 'line',
  docs: {
    why:
      'Until its first argument a command takes every word that begins with `-` for an option, and refuses those it does ' +
      'not know with its usage text: the line fails. Long names are written in full. `--` ends the options.',
    ok: [
      'chain --autofree http://10.0.0.1/x.ipxe\n',
      'kernel vmlinuz --anything\n',
      'echo -- ---- Tools ----\n',
      'menu Main\nitem --gap -- ------\nitem --key=x x Exit\nchoose -t5000 target\n',
      'chain ${option} x.ipxe\n',
    ],
    notOk: [
      'chain «--autofre» x.ipxe\n',
      'chain «--auto» x.ipxe\n',
      'chain «-z» x.ipxe\n',
      'chain «--autofree=yes» x.ipxe\n',
      'choose «--timeout»\n',
      'choose «--default» --keep target\n',
      'echo «----» Tools ----\n',
      'item --gap «-----»\n',
      'isset «-»\n',
    ],
  },
  create: (context) => ({
    command(command) {
      const { spec, problem } = command
      if (spec && problem)
        context.report({ line: command.line, ...describe(spec, problem, command, context) })
    },
  }),
}

type Description = Pick<Problem, 'at' | 'reason' | 'expected' | 'note' | 'fix'>

function describe(
  spec: CommandSpec,
  problem: OptionProblem,
  command: ParsedCommand,
  context: RuleContext,
): Description {
  const { kind, option, span, word } = problem
  const { line, name } = command
  const at = span
  const refused = `${quote(name)} prints its usage and fails.`
  const long = problem.spec?.long ?? ''
  if (kind === 'flag-with-value') {
    return { at, reason: `${quote(option)} takes no value`, expected: [option], note: refused }
  }
  if (kind === 'missing-value') {
    const expected = [`${option} ${valueName(problem)}`]
    return { at, reason: `${quote(option)} needs a value`, expected, note: refused }
  }
  if (kind === 'dash-value') {
    const equals = `--${long}=${valueName(problem)}`
    const note = `As its own word a value cannot begin with \`-\`: write \`${equals}\`, or the value that is missing.`
    return {
      at,
      reason: `${quote(option)} needs a value; the next word looks like an option`,
      expected: [equals],
      note,
    }
  }

  const written = command.args.find((argument) => argument.word === word)?.text ?? option
  const names = spec.options.map((candidate) => `--${candidate.long}`)
  const isRule = /^-+$/.test(written) || (!/^--?[A-Za-z]/.test(written) && isText(spec, 0))
  const full = option.startsWith('--') ? names.filter((candidate) => candidate.startsWith(option)) : []
  if (isRule || (names.length === 0 && spec.maxArgs !== 0 && !/^--[a-z]/.test(option))) {
    return {
      at: word,
      reason: `${quote(name)} takes ${quote(written)} for an option, and has none of that name`,
      expected: [`-- ${written.replaceAll(hole, '${…}')}`],
      note: 'Every word that begins with `-` is one until the first argument. Write `--` before text like this.',
      fix:
        word.span &&
        context.fix(line, 'Write `--` before it', [{ span: [word.span[0], word.span[0]], text: '-- ' }]),
    }
  }
  const near = full.length > 0 ? full : [suggest(option, names)].flatMap((candidate) => candidate ?? [])
  const [only] = near
  const known =
    names.length === 0 ? 'It has none.' : `It has ${names.map((candidate) => `\`${candidate}\``).join(', ')}.`
  return {
    at,
    reason:
      full.length > 0
        ? `${quote(option)} is cut short${didYouMean(full.length === 1 ? only : undefined)}`
        : `${quote(name)} has no option ${quote(option)}${didYouMean(only)}`,
    expected: near.length > 0 ? near : names,
    note: full.length > 0 ? 'Long options are written in full.' : `${refused} ${known}`,
    fix: full.length === 1 ? context.fix(line, `Write \`${only!}\``, [{ span, text: only! }]) : undefined,
  }
}

function valueName({ spec }: OptionProblem): string {
  return (spec?.arg ?? 'value').toUpperCase().replace('TIMEOUT-MS', 'MILLISECONDS')
}

import { type ParsedCommand, positionalSpec } from '../analysis/commands.js'
import type { CommandSpec, OptionSpec } from '../data/types.js'
import { plain, quote } from './message.js'
import type { Rule } from './rule.js'

export const misplacedOption: Rule = {
  id: 'misplaced-option',
  summary: 'An option after the first argument is an ordinary word.',
  severity: 'warning', // an error where the command has no room for more words
  preset: 'default',
  judges: 'line',
  docs: {
    why:
      'Options end at the first argument. `choose target --default x` fails with too many arguments, `kernel URL --name k` ' +
      'passes `--name k` to the kernel, and `item foo --key x Text` shows `--key x Text` in the menu.',
    ok: [
      'menu Main\nitem --key x foo Text\nchoose --default foo target\n',
      'kernel --name k http://10.0.0.1/vmlinuz quiet -n\n',
      'echo use --help or -n\n',
      'chain x.lkrn --keep\n',
      'chain -- x.lkrn --name\n',
    ],
    notOk: [
      'menu Main\nitem foo Text\nchoose target «--default» foo\n',
      'chain http://10.0.0.1/x.ipxe «--autofree»\n',
      'kernel http://10.0.0.1/vmlinuz «--name» k\n',
      'menu Main\nitem foo «--key» x Text\n',
      'menu Main\nitem foo Text\nchoose target «-k»\n',
      'menu Main\nitem foo «--key=x» Text\n',
    ],
  },
  create: ({ report }) => ({
    command(command) {
      const found = misplacedOptionIn(command)
      if (!found) return
      const { index, option } = found
      const { line, name, positionals } = command
      const { word, text } = positionals[index]!
      const spec = command.spec!
      report({
        line,
        at: word,
        ...(spec.maxArgs === null ? {} : { severity: 'error' as const }),
        reason: `${quote(text)} after the first argument is not an option of ${quote(name)}`,
        expected: [
          `${name} ${text.split('=')[0]!}${option.arg === null ? '' : ' …'} ${plain(positionals[0]!.text)}`,
        ],
        note: `${fate(spec, index)} Options go before the arguments.`,
      })
    },
  }),
}

/** The first argument that is spelled like an option of its command. */
export function misplacedOptionIn(command: ParsedCommand): { index: number; option: OptionSpec } | undefined {
  const { spec, positionals, problem, terminated } = command
  if (!spec || problem || terminated || spec.options.length === 0 || isProseFirst(spec)) return undefined
  for (let index = 1; index < positionals.length; index++) {
    const { text } = positionals[index]!
    const option = text.startsWith('-') ? ownOption(spec, text) : undefined
    if (option) return { index, option }
  }
  return undefined
}

/** `echo`, `menu`, `prompt`: all of the arguments are prose. */
function isProseFirst(spec: CommandSpec): boolean {
  return positionalSpec(spec, 0)?.kind === 'text'
}

function ownOption(spec: CommandSpec, text: string): OptionSpec | undefined {
  const name = /^--([^=]+)/.exec(text)?.[1]
  if (name !== undefined) {
    return spec.options.find(({ long, arg }) => long === name && (arg !== null || !text.includes('=')))
  }
  // `-n` may well be meant for a kernel or shown in a menu; where there is no room for text it cannot
  if (spec.maxArgs === null) return undefined
  return spec.options.find(({ short }) => text === `-${short}`)
}

function fate(spec: CommandSpec, index: number): string {
  if (spec.maxArgs !== null) return 'iPXE counts it as one argument more.'
  if (spec.name === 'item') return 'It becomes part of the text in the menu.'
  return positionalSpec(spec, index)?.kind === 'text'
    ? 'It is passed on with the arguments of the image.'
    : 'iPXE takes it for one argument more.'
}

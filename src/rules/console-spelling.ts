import { parseConsole } from '../analysis/console-value.js'
import type { ParsedCommand } from '../analysis/commands.js'
import { hole, spanInWord } from '../analysis/text.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

/** Commands whose words are, or become, a kernel command line, and the first of those words. */
const commandLines: Readonly<Record<string, number>> = { imgselect: 1, imgargs: 1, set: 1, imgexec: 1 }

export const consoleSpelling: Rule = {
  id: 'console-spelling',
  summary: 'A `console=` that Linux does not understand.',
  severity: 'warning',
  preset: 'default',
  judges: 'line',
  docs: {
    why:
      'The kernel wants the name of the driver and the number of the port, then a comma, speed, parity and bits: ' +
      '`console=ttyS0,115200n8`. Names are case-sensitive and have no `/dev/`. What it does not know it ignores, and the ' +
      'machine boots without a word.',
    ok: [
      'kernel vmlinuz console=ttyS0,115200n8 console=tty0\n',
      'kernel vmlinuz console=ttyS1,115200 console=hvc0 console=uart8250,io,0x3f8,115200n8\n',
      'set args console=${port},115200\n',
      'echo console=ttys0\n',
    ],
    notOk: [
      'kernel vmlinuz console=«ttys0,115200»\n',
      'kernel vmlinuz console=«/dev/ttyS0»\n',
      'set args console=«TTYS0» quiet\n',
      'kernel vmlinuz console=«ttyS0,11520»\n',
    ],
  },
  create: ({ report, fix }) => ({
    command(command) {
      for (const { word, text } of argumentsOf(command)) {
        const value = /^console=(.+)$/.exec(text)?.[1]
        if (value === undefined || value.includes(hole)) continue
        const wrong = problemOf(value)
        if (!wrong) continue
        const span = spanInWord(word, 'console='.length, text.length)
        const { meant, reason } = wrong
        const edits = meant === undefined ? [] : [{ span, text: meant }]
        report({
          line: command.line,
          at: span,
          reason,
          ...(meant !== undefined && { expected: [meant] }),
          note: 'Linux ignores it: nothing, not even an error, appears on that line.',
          fix: meant === undefined ? undefined : fix(command.line, `Write ${quote(meant)}`, edits),
        })
      }
    },
  }),
}

function argumentsOf({ spec, positionals }: ParsedCommand): ParsedCommand['positionals'] {
  const first = spec && commandLines[spec.name]
  return first === undefined ? [] : positionals.slice(first)
}

/** Only what is certain: drivers that are not in the table exist. */
function problemOf(value: string): { meant?: string; reason: string } | undefined {
  if (value.startsWith('/dev/')) {
    return { meant: value.slice('/dev/'.length), reason: '`console=` wants the name without `/dev/`' }
  }
  const [port = '', mode] = value.split(/,(.*)/s, 2)
  const proper = port.replace(/^ttys(?=\d)/i, 'ttyS').replace(/^tty(?=\d)/i, 'tty')
  if (proper !== port) {
    const meant = mode === undefined ? proper : `${proper},${mode}`
    return { meant, reason: `There is no port ${quote(port)}; it is ${quote(proper)}` }
  }
  if (!/^ttyS\d+$/.test(port) || mode === undefined) return undefined
  const parsed = parseConsole(value)
  return 'problem' in parsed ? { reason: `${quote(value)} ${parsed.problem}` } : undefined
}

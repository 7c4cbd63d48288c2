import type { ParsedCommand } from '../analysis/commands.js'
import { isText } from '../analysis/commands.js'
import { hole, spanInWord } from '../analysis/text.js'
import { findCommand } from '../data/lookup.js'
import { printJoined } from '../syntax/stringify.js'
import { plain, quote } from './message.js'
import type { Rule } from './rule.js'

/** Offset and length of the first operator inside a word that should be a command's name. */
export function gluedOperatorIn(name: string): { at: number; length: number } | undefined {
  const found = /&&|\|\||;/.exec(name)
  return found ? { at: found.index, length: found[0].length } : undefined
}

export const gluedOperator: Rule = {
  id: 'glued-operator',
  summary: '`&&`, `||` or `;` without a blank on both sides is no operator.',
  severity: 'warning',
  preset: 'default',
  judges: 'line',
  docs: {
    why:
      'iPXE takes `&&`, `||` and `;` for operators only where they are words of their own. `dhcp||shell` is one unknown ' +
      'command (an error), and `echo a; reboot` prints `a; reboot`.',
    ok: [
      'dhcp || shell\n',
      'kernel vmlinuz ds=nocloud-net;s=http://10.0.0.1/\n',
      'chain http://10.0.0.1/boot?a=1&&b=2\n',
      'echo Loading; please wait\n',
      'echo && reboot\n',
    ],
    notOk: [
      'dhcp«||»shell\n',
      'dhcp «||»shell\n',
      'isset ${x}«&&» goto end\n:end\n',
      'isset ${x} «&&»goto end\n:end\n',
      'isset ${x}«&&»goto end\n:end\n',
      'echo bye«;» reboot\n',
      'dhcp net0«;»shell\n',
    ],
  },
  create: ({ report, fix }) => ({
    command(command) {
      const { line, nameWord, name } = command
      const inName = gluedOperatorIn(name)
      const found = inName
        ? { ...inName, word: nameWord, text: name }
        : command.inner
          ? undefined
          : gluedArgument(command)
      if (!found) return
      const { word, text, at, length } = found
      const operator = text.slice(at, at + length)
      const span = spanInWord(word, at, at + length)
      const before = at > 0 ? ' ' : ''
      const after = at + length < text.length ? ' ' : ''
      report({
        line,
        at: span,
        ...(inName ? { severity: 'error' as const } : {}),
        reason: `${quote(operator)} in ${quote(printJoined(word))} is no operator: it needs a blank on both sides`,
        expected: [plain(`${text.slice(0, at)}${before}${operator}${after}${text.slice(at + length)}`)],
        note: inName
          ? 'iPXE looks for a command of that whole name and fails with "command not found".'
          : 'isAtEnd' in found && found.isAtEnd && operator === '||'
            ? 'iPXE passes the word to the command as it is, and where the command fails the script ends.'
            : 'iPXE passes the word to the command as it is, and what follows is not run.',
        fix: fix(line, 'Put blanks around it', [{ span, text: `${before}${operator}${after}` }]),
      })
    },
  }),
}

interface Glued {
  word: ParsedCommand['nameWord']
  text: string
  at: number
  length: number
  /** Nothing follows it on the line. */
  isAtEnd: boolean
}

/** The first argument with an operator in it that is likely meant as one. */
export function gluedArgument(command: ParsedCommand): Glued | undefined {
  for (const [index, { word, text }] of command.args.entries()) {
    const found = /&&|\|\||;(?=[a-z]*$)/.exec(text)
    if (!found || text === found[0] || /[?=]|:\/\//.test(text.slice(0, found.index))) continue
    const operator = found[0]
    const rest = text.slice(found.index + operator.length)
    const next = command.args[index + 1]?.text
    const isMeant =
      operator === ';'
        ? rest === ''
          ? startsCommand(command, index + 1)
          : !isProse(command, index) && findCommand(rest) !== undefined
        : rest === '' || rest.includes(hole)
          ? found.index > 0 && (next === undefined ? text.length > 2 : findCommand(next) !== undefined)
          : findCommand(rest) !== undefined || (found.index === 0 && !isProse(command, index))
    if (isMeant) {
      const lastPart = command.line.children.findLast(({ type }) => type === 'command' || type === 'operator')
      const isAtEnd = rest === '' && next === undefined && lastPart === command.node
      return { word, text, at: found.index, length: operator.length, isAtEnd }
    }
  }
  return undefined
}

/** Words from `index` on are a command with arguments that fit; in prose, `boot` and `time` are only words. */
function startsCommand({ args, spec }: ParsedCommand, index: number): boolean {
  const [name, ...rest] = args.slice(index, index + 8).map(({ text }) => text)
  const found = name === undefined ? undefined : findCommand(name)?.spec
  if (!found || spec?.name === 'imgselect' || spec?.name === 'imgargs') return false
  if (rest.length < found.minArgs || (found.maxArgs !== null && rest.length > found.maxArgs)) return false
  const first = found.positional[0]?.kind
  return first !== 'command' && (first !== 'uri' || rest.some((word) => /[/.]|\ue000/.test(word)))
}

function isProse({ spec }: ParsedCommand, index: number): boolean {
  return spec !== undefined && isText(spec, index)
}

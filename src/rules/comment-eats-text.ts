import type { ParsedCommand } from '../analysis/commands.js'
import type { Comment, Line } from '../ast/nodes.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

export const commentEatsText: Rule = {
  id: 'comment-eats-text',
  summary: 'A `#` at the start of a word that looks like text, not like a comment.',
  severity: 'warning',
  preset: 'default',
  judges: 'line',
  docs: {
    why:
      'Every word that begins with `#` starts a comment, also in the middle of text: `set color #ff0000` deletes the ' +
      'setting, `item x Node #1` loses the number, and a parameter list needs its `##params` glued to the URI.',
    ok: [
      'set color ff0000 # red\n',
      'set timeout 5000 #ms\n',
      'echo a#1 # one\n',
      'item x Press # to go\n',
      'chain http://10.0.0.1/x##params\n',
      'set x # nothing\n',
    ],
    notOk: [
      'set color «#ff0000»\n',
      'item x Node «#1»\n',
      'set a b «#00ff00» c\n',
      'chain http://10.0.0.1/x «##params»\n',
    ],
  },
  create: ({ report, analysis }) => ({
    comment(comment, line) {
      const before = commandBefore(line, comment)
      const command = before?.type === 'command' ? analysis.commandOf.get(before) : undefined
      if (!command?.spec || !eats(command, comment.value)) return
      const isParams = comment.value.startsWith('#params')
      const word = /^\S*/.exec(comment.value)![0]
      const start = comment.span?.[0] ?? 0
      report({
        line,
        at: comment.breaks || !comment.span ? comment : [start, start + 1 + word.length],
        reason: `${quote(`#${word}`)} starts a comment: the command does not see it`,
        note: isParams
          ? 'Write it directly after the URI, without a blank.'
          : command.spec.name === 'set' && command.positionals.length === 1
            ? 'So this deletes the setting. There are no quotes: a value cannot begin with `#`, unless from a `:hex` setting.'
            : 'Put something before the `#`, as in `No.#1`, or a blank after it when it is meant as a comment.',
      })
    },
  }),
}

function commandBefore(line: Line, comment: Comment): Line['children'][number] | undefined {
  let before: Line['children'][number] | undefined
  for (const child of line.children) {
    if (child === comment) break
    if (child.type === 'command' || child.type === 'operator') before = child
  }
  return before
}

function eats({ spec, positionals }: ParsedCommand, value: string): boolean {
  if (/^#params(=\S*)?(\s|$)/.test(value))
    return spec?.positional.some(({ kind }) => kind === 'uri' || kind === 'image') ?? false
  const isColour = /^([\da-f]{6}|[\da-f]{3})(\s|$)/i.test(value)
  if (spec?.name === 'set') return isColour || (positionals.length === 1 && /^\w/.test(value))
  const showsText =
    spec?.name === 'item' || spec?.name === 'echo' || spec?.name === 'menu' || spec?.name === 'prompt'
  return showsText && positionals.length > 0 && /^\d+(\s|$)/.test(value)
}

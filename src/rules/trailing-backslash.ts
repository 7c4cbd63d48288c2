import type { LineContent } from '../ast/nodes.js'
import { textWithHoles } from '../analysis/text.js'
import { wordsOf } from '../ast/walk.js'
import type { Rule } from './rule.js'

/** Commands that draw: there a backslash at the end is likely a picture. */
const drawing = new Set(['echo', 'item', 'menu', 'form', 'prompt'])

export const trailingBackslash: Rule = {
  id: 'trailing-backslash',
  summary: 'A backslash followed by a blank does not continue the line.',
  severity: 'warning',
  preset: 'default',
  judges: 'line',
  docs: {
    why:
      'Only a backslash that is the very last byte of a line continues it. With a blank after it, it is an ordinary ' +
      'character, and the next line is a line of its own.',
    ok: ['chain x \\\n  y\n', 'echo  /\\_/\\ \n', 'chain x\\ y\n'],
    notOk: ['kernel vmlinuz «\\» \n  quiet\n', 'kernel vmlinuz quiet«\\»\t\n'],
  },
  create: ({ report }) => ({
    line(line) {
      const contents = line.children.filter(({ type }) => type !== 'lineEnding' && type !== 'continuation')
      const last: LineContent | undefined = contents[contents.length - 1]
      const command = contents[contents.length - 2]
      if (last?.type !== 'blank' || command?.type !== 'command') return
      const words = wordsOf(command)
      const word = words[words.length - 1]!
      if (!textWithHoles(word).endsWith('\\') || drawing.has(textWithHoles(words[0]!))) return
      const end = word.span?.[1]
      report({
        line,
        ...(end === undefined ? {} : { at: [end - 1, end] }),
        reason: 'White space after the backslash: the line is not continued',
        expected: ['\\ at the very end of the line'],
        note: 'The backslash is passed on as it is, and the next line runs as a command. Remove the blanks.',
      })
    },
  }),
}

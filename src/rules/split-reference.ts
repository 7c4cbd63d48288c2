import { hasLoneClose, openReference } from '../analysis/open-references.js'
import { textWithHoles } from '../analysis/text.js'
import type { Command, Word } from '../ast/nodes.js'
import { wordsOf } from '../ast/walk.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

export const splitReference: Rule = {
  id: 'split-reference',
  summary: 'White space inside `${ … }`.',
  severity: 'error',
  preset: 'default',
  judges: 'line',
  docs: {
    why:
      'iPXE splits a line into words before it looks for `${…}`. With a blank inside, the parts are separate words of plain ' +
      'text: `echo ${ ip }` prints `${ ip }`.',
    ok: ['echo ${ip}\n', 'echo { ip }\n'],
    notOk: ['echo «${ ip }»\n', 'echo «${ip }»/x\n', 'kernel http://«${next-server /x}»\nset x 1\n'],
  },
  create: ({ report, fix }) => ({
    command({ node, line, inner }) {
      const found = inner ? undefined : splitIn(node)
      if (!found) return
      const { words, from, to } = found
      const joined = words.map(textWithHoles).join('')
      const isPlain = /^[^$]*\$\{[\w./:-]+\}[^{}]*$/.test(joined) && words.length < 5
      const blanks = words.slice(1).map((word, index) => ({
        span: words[index]?.span && word.span ? ([words[index].span[1], word.span[0]] as const) : undefined,
        text: '',
      }))
      report({
        line,
        ...(from === undefined || to === undefined ? {} : { at: [from, to] }),
        reason: `White space breaks the reference ${quote(words.map(textWithHoles).join(' '))} into words`,
        ...(isPlain ? { expected: [joined] } : {}),
        note: 'The parts stay as they are written: nothing is expanded. Write it without blanks.',
        fix: isPlain ? fix(line, 'Remove the blanks', blanks) : undefined,
      })
    },
  }),
}

interface Split {
  words: Word[]
  from: number | undefined
  to: number | undefined
}

/** The first `${` of a command that stays open in its word and is closed in a later one. */
export function splitIn(command: Command): Split | undefined {
  const words = wordsOf(command)
  for (let index = 0; index < words.length; index++) {
    const open = openReference(words[index]!)
    if (!open) continue
    const length = words.slice(index + 1, index + 9).findIndex((word) => hasLoneClose(word))
    if (length < 0) continue
    const parts = words.slice(index, index + length + 2)
    return { words: parts, from: open[0], to: closeOf(parts[parts.length - 1]!) }
  }
  return undefined
}

function closeOf(word: Word): number | undefined {
  const text = word.children.find((child) => child.type === 'text' && child.value.includes('}'))
  if (text?.type !== 'text' || !text.span) return word.span?.[1]
  return text.span[1] - text.span[0] === text.value.length
    ? text.span[0] + text.value.indexOf('}') + 1
    : text.span[1]
}

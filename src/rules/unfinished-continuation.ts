import type { Rule } from './rule.js'

export const unfinishedContinuation: Rule = {
  id: 'unfinished-continuation',
  summary: 'The file ends in the middle of a continued line.',
  severity: 'error',
  preset: 'default',
  judges: 'line',
  docs: {
    why:
      'A backslash at the end of a line joins the next line to it. When there is none, iPXE drops the line unread and ' +
      'the script fails with "Invalid argument"; a `goto` to a label that does not exist fails so, too.',
    ok: ['echo one \\\n  two\n'],
    notOk: ['echo one «\\\n»', 'echo one\necho two «\\»'],
  },
  create: ({ report, fix }) => ({
    invalid(line) {
      const backslash = line.value.lastIndexOf('\\')
      const span = [backslash, line.value.length] as const
      report({
        line,
        at: span,
        reason: 'The file ends while this line is being continued',
        expected: ['another line', 'no backslash'],
        note: 'iPXE never runs the line, and the script fails. Remove the backslash, or write what should follow.',
        fix: /\\\s*$/.test(line.value.slice(0, backslash))
          ? undefined
          : fix(line, 'Remove the backslash', [{ span: [backslash, backslash + 1], text: '' }]),
      })
    },
  }),
}

import type { Rule } from './rule.js'

export const nulByte: Rule = {
  id: 'nul-byte',
  summary: 'A NUL byte hides the rest of its line.',
  severity: 'error',
  preset: 'default',
  judges: 'line',
  docs: {
    why: 'To iPXE a line is a C string: it ends at the first NUL byte, and what follows on the line is never seen.',
    ok: ['echo hello\n'],
    notOk: ['echo hello«\0 world»\n'],
  },
  create: ({ report, fix }) => ({
    ignored(node, line) {
      const rest = node.value.length - 1
      report({
        line,
        at: node,
        reason: `A NUL byte ends the line${rest > 0 ? ' in the middle' : ''}`,
        note: 'iPXE ignores it and everything after it on this line. Remove it.',
        fix: rest === 0 ? fix(line, 'Remove the NUL byte', [{ span: node.span, text: '' }]) : undefined,
      })
    },
  }),
}

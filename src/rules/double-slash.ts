import { positionalSpec } from '../analysis/commands.js'
import { spanInWord } from '../analysis/text.js'
import type { Rule } from './rule.js'

export const doubleSlash: Rule = {
  id: 'double-slash',
  summary: 'Two slashes in a row in the path of a URL.',
  severity: 'warning',
  preset: 'strict',
  judges: 'line',
  docs: {
    why:
      'To HTTP `a//b` is another path than `a/b`. Many servers forgive it, object stores and caches do not. Where a setting ' +
      'that ends in a slash stands before it nothing is reported: its value is not known here.',
    ok: [
      'chain http://10.0.0.1/a/b.ipxe\n',
      'chain ${base}//b.ipxe\n',
      'chain http://10.0.0.1/x?next=http://10.0.0.2/\n',
    ],
    notOk: ['chain http://10.0.0.1«//»a.ipxe\n', 'initrd http://10.0.0.1/a«//»${name}\n'],
  },
  create: ({ report, fix }) => ({
    command({ spec, line, positionals }) {
      if (!spec) return
      for (const [index, { word, text }] of positionals.entries()) {
        const kind = positionalSpec(spec, index)?.kind
        if (kind === 'text') break
        if (kind !== 'uri' && kind !== 'image') continue
        const path = /^(?:https?|tftp):\/\/[^/?#]+([^?#]*)/.exec(text)
        const at = path?.[1]?.indexOf('//') ?? -1
        if (!path || at < 0) continue
        const start = path[0].length - path[1]!.length + at
        const span = spanInWord(word, start, start + 2)
        report({
          line,
          at: span,
          reason: 'There are two slashes in the path',
          expected: ['/'],
          note: 'The server may answer "not found".',
          fix: fix(line, 'Write one slash', [{ span, text: '/' }]),
        })
      }
    },
  }),
}

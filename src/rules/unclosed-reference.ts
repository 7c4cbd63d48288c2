import { openReference } from '../analysis/open-references.js'
import { wordsOf } from '../ast/walk.js'
import type { Rule } from './rule.js'
import { splitIn } from './split-reference.js'

export const unclosedReference: Rule = {
  id: 'unclosed-reference',
  summary: '`${` without a `}`.',
  severity: 'warning',
  preset: 'default',
  judges: 'line',
  docs: {
    why: 'Without its `}` a `${` is plain text, and so is what follows it.',
    ok: ['echo ${ip} ${${a}b}\nset a x\nset xb 1\n', 'echo $ { }\n'],
    notOk: ['echo «${»ip\n', 'chain http://«${»next-server/x.ipxe\n', 'set a x\necho «${»x${a}\n'],
  },
  create: ({ report }) => ({
    command({ node, line, inner }) {
      if (inner || splitIn(node)) return
      for (const word of wordsOf(node)) {
        const at = openReference(word)
        if (!at) continue
        report({
          line,
          at,
          reason: 'This `${` has no `}` in its word',
          expected: ['${name}'],
          note: 'iPXE leaves it as it is written: nothing is expanded.',
        })
      }
    },
  }),
}

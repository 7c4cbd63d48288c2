import type { Span } from '../ast/nodes.js'
import type { Suppression } from './disabled.js'
import { quote } from './message.js'
import type { Rule, SpanEdit } from './rule.js'

export const unusedDirective: Rule = {
  id: 'unused-directive',
  summary: 'A `# ipxetool disable=…` that silences nothing.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'It is left over from something that was repaired, or it stands in the wrong place, and would hide the next mistake. ' +
      'Rules that do not run, because the project switched them off or because nothing is known of its loaders, are not ' +
      'counted; nor is `unset-setting` where several loose files are checked together.',
    ok: [
      'foo # ipxetool disable=unknown-command\n',
      'echo a\n# ipxetool disable-start=unknown-command\nfoo\nbar\n# ipxetool disable-end\n',
      'ping 10.0.0.1 # ipxetool disable=not-in-loader\n',
    ],
    notOk: [
      'echo a # ipxetool disable=«unknown-command»\n',
      'foo # ipxetool disable=«bad-url», unknown-command\n',
      'foo # ipxetool disable=unknown-command,«bad-url»\n',
      '# ipxetool disable-start=«bad-url»\necho a\n# ipxetool disable-end\n',
      'echo a\n# ipxetool «disable-end»\n',
    ],
  },
  // it is the last rule: what the others report has been asked for
  create: ({ report, fix, suppressions }) => ({
    end() {
      for (const suppression of suppressions()) {
        const { line, comment, text, directive } = suppression
        const base = (comment.span?.[0] ?? 0) + 1
        const at: Span | undefined =
          comment.span && !comment.breaks
            ? [base + (text ?? directive).start, base + (text ?? directive).end]
            : comment.span
        const isEnd = directive.scope === 'end'
        report({
          line,
          ...(at && { at }),
          reason: isEnd
            ? `There is no block to end${text ? ` for ${quote(text.value)}` : ''}`
            : `${quote(suppression.rule)} has nothing to report ${directive.scope === 'start' ? 'in this block' : 'here'}`,
          note: isEnd
            ? 'A block begins with `# ipxetool disable-start=RULE`.'
            : 'Remove it: it would hide the next mistake of that kind.',
          // the end of a block would be left over
          fix:
            comment.breaks || directive.scope === 'start'
              ? undefined
              : fix(line, 'Remove it', removal(suppression)),
        })
      }
    },
  }),
}

function removal({ line, comment, directive, text }: Suppression): SpanEdit[] {
  if (text && directive.rules.length > 1) {
    // with the comma after it, or the one before the last
    const index = directive.rules.indexOf(text)
    const next = directive.rules[index + 1]
    const start = next ? text.start : directive.rules[index - 1]!.end
    const base = (comment.span?.[0] ?? 0) + 1
    return [{ span: [base + start, base + (next?.start ?? text.end)], text: '' }]
  }
  const [start, end] = comment.span ?? [0, 0]
  const index = line.children.indexOf(comment)
  const before = line.children[index - 1]
  const isAlone = line.children.slice(0, index).every(({ type }) => type === 'blank')
  const ending = line.children.at(-1)
  if (isAlone && ending?.span) return [{ span: [0, ending.span[1]], text: '' }]
  return [{ span: [before?.type === 'blank' && before.span ? before.span[0] : start, end], text: '' }]
}

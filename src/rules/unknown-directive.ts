import { directiveForms, parseDirective } from '../analysis/directives.js'
import type { Comment, Span } from '../ast/nodes.js'
import { suggest } from '../data/suggest.js'
import { linkRuleIds, ruleIds } from './ids.js'
import { didYouMean, quote } from './message.js'
import type { Rule } from './rule.js'

export const unknownDirective: Rule = {
  id: 'unknown-directive',
  summary: 'A comment for ipxetool that it does not understand.',
  severity: 'warning',
  preset: 'default',
  judges: 'line',
  docs: {
    why:
      'A comment that begins with `ipxetool` is a directive: `# ipxetool include FILE`, `# ipxetool disable=RULE`, and around ' +
      'a block `# ipxetool disable-start=RULE` and `# ipxetool disable-end`. One that is misspelt does nothing.',
    ok: [
      '# ipxetool disable=unset-setting, duplicate-label the other script does it\n',
      '# ipxetool is what built this menu\n',
    ],
    notOk: [
      '# ipxetool «disabel=unset-setting»\n',
      'echo ${foo} # ipxetool disable=«unset-seting»\n',
      '# ipxetool «disable=»\n',
      '# ipxetool «inclde» common.ipxe\n',
    ],
  },
  create: ({ report, fix }) => ({
    comment(comment, line) {
      const directive = parseDirective(comment)
      if (!directive || directive.kind === 'include' || directive.kind === 'destructive') return
      const expected = [...directiveForms]
      const note = 'It has no effect as it is.'
      if (directive.kind === 'unknown') {
        const word = directive.word.split('=')[0]!
        const near = suggest(word, ['include', 'disable', 'disable-start', 'disable-end', 'destructive'])
        if (
          near === undefined &&
          !word.startsWith('disable') &&
          (directive.words > 2 || !/^[a-z=-]+$/.test(directive.word))
        )
          return
        const at = spanOf(comment, directive)
        const reason = `ipxetool has no directive ${quote(directive.word)}${didYouMean(near)}`
        report({
          line,
          at,
          reason,
          expected:
            near === undefined
              ? expected
              : expected.filter((form) => form.replace(/\W(?!start|end).*/, '') === near),
          note,
        })
        return
      }
      if (directive.rules.length === 0 && directive.scope !== 'end') {
        const at = spanOf(comment, directive)
        const form = directive.scope === 'start' ? 'disable-start=' : 'disable='
        report({ line, at, reason: `\`${form}\` names no rule`, expected: [`${form}RULE[,RULE]`], note })
      }
      for (const rule of directive.rules) {
        if (ruleIds.has(rule.value) || linkRuleIds.has(rule.value)) continue
        const near = suggest(rule.value, [...ruleIds, ...linkRuleIds])
        const at = spanOf(comment, rule)
        report({
          line,
          at,
          reason: `There is no rule ${quote(rule.value)}${didYouMean(near)}`,
          ...(near === undefined ? {} : { expected: [near] }),
          note,
          fix:
            near === undefined || comment.breaks
              ? undefined
              : fix(line, `Write \`${near}\``, [{ span: at, text: near }]),
        })
      }
    },
  }),
}

/** A range of `comment.value`; the whole comment where a continuation cuts it. */
function spanOf(comment: Comment, { start, end }: { start: number; end: number }): Span {
  if (!comment.span || comment.breaks) return comment.span ?? [0, 0]
  const base = comment.span[0] + 1
  return [base + start, base + end]
}

import { hole, mayBecome } from '../analysis/text.js'
import { didYouMean, quote } from './message.js'
import type { Rule } from './rule.js'
import { suggester } from './suggester.js'

/** So many computed targets and labels are not compared with each other. */
const maxLabels = 200

export const missingLabel: Rule = {
  id: 'missing-label',
  summary: 'A `goto` to a label that is not in the script.',
  severity: 'error',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'A missing label makes `goto` fail without a word, and without `||` the script ends there. Only the running script ' +
      'is searched, and the case of labels counts.',
    ok: [
      ':start\ngoto start\n',
      ':a\ngoto ${target}\n',
      ':item_a\ngoto item_${x}\n',
      ':a${b}\ngoto end\n:end\n',
    ],
    notOk: [
      ':start\ngoto «strat»\n',
      'goto «retry» || echo no\n',
      ':Start\ndhcp\ngoto «start»\n',
      ':item_a\ngoto «entry_${x}»\n',
    ],
  },
  create: ({ report, fix, analysis: { labels } }) => ({
    end() {
      const names = [...labels.names]
      const nearest = suggester(names)
      const computed = names.some((name) => name.includes(hole))
      for (const { target, command } of labels.gotos) {
        const { word } = command.positionals[0]!
        const isComputed = target.includes(hole)
        if (computed || labels.find(target)) continue
        if (isComputed && (names.length > maxLabels || names.some((name) => mayBecome(target, name))))
          continue
        const near = isComputed ? undefined : nearest(target)
        report({
          line: command.line,
          at: word,
          reason: isComputed
            ? `No label in this script fits ${quote(target)}`
            : `There is no label ${quote(target)} in this script${didYouMean(near)}`,
          ...(near === undefined ? {} : { expected: [near] }),
          note: '`goto` fails silently: without `||` the script ends here.',
          fix:
            near !== undefined && near.toLowerCase() === target.toLowerCase()
              ? fix(command.line, `Write ${quote(near)}`, [{ span: word.span, text: near }])
              : undefined,
        })
      }
    },
  }),
}

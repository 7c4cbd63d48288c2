import { optionValue } from '../analysis/outcomes.js'
import { hole } from '../analysis/text.js'
import { didYouMean, quote } from './message.js'
import type { Rule } from './rule.js'
import { suggester } from './suggester.js'

export const defaultNamesNoItem: Rule = {
  id: 'default-names-no-item',
  summary: '`choose --default` with a name that no item of the menu has.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'iPXE then silently starts at the first item, and that is what a timeout boots. The items of the menu are those ' +
      'that can be there at this `choose`; where one of them is computed nothing is said.',
    ok: [
      'menu Main\nitem a A\nitem b B\nchoose --default b x || exit\n',
      'set d b\nmenu Main\nitem a A\nitem b B\nchoose --default ${d} x || exit\n',
      'menu Main\nitem ${a} A\nchoose --default b x || exit\n',
    ],
    notOk: [
      'menu Main\nitem a A\nitem local B\nchoose --default «locla» x || exit\n',
      'set d c\nmenu Main\nitem a A\nitem b B\nchoose --default «${d}» x || exit\n',
    ],
  },
  create: ({ report, fix, analysis: { flow } }) => ({
    end() {
      for (const number of flow.named('choose')) {
        const command = flow.graph.commands[number]!
        if (optionValue(command, 'default') === undefined || command.problem) continue
        const option = command.options.filter(({ spec }) => spec.long === 'default').at(-1)!
        const { items, isComplete, names } = flow.values.menus.itemsOf(number)
        if (!isComplete || items.length === 0 || names.some((name) => name.includes(hole))) continue
        const value = option.value!
        const texts =
          value.includes(hole) && option.valueWord ? flow.values.textsOf(option.valueWord, number) : [value]
        if (texts.some((text) => text === '' || text.includes(hole) || names.includes(text))) continue
        const [wanted] = texts
        const near = suggester(names)(wanted!)
        const isSlip = near?.toLowerCase() === wanted!.toLowerCase() && !value.includes(hole)
        report({
          line: command.line,
          at: option.valueSpan ?? option.span,
          reason: `No item of this menu is called ${texts.slice(0, 3).map(quote).join(' or ')}${didYouMean(near)}`,
          expected: near === undefined ? names.slice(0, 12) : [near],
          note: `The menu starts at ${quote(items[0]!.name)} instead, and a timeout takes that.`,
          fix: isSlip
            ? fix(command.line, `Write ${quote(near)}`, [{ span: option.valueSpan, text: near }])
            : undefined,
        })
      }
    },
  }),
}

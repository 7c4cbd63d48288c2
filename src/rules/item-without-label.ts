import { isGuarded } from '../analysis/loader-needs.js'
import { hole } from '../analysis/text.js'
import { didYouMean, quote } from './message.js'
import type { Rule } from './rule.js'
import { suggester } from './suggester.js'

export const itemWithoutLabel: Rule = {
  id: 'item-without-label',
  summary: 'A menu item that `goto` is to jump to, without a label of that name.',
  severity: 'error',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'The name of the chosen item is stored in the setting of `choose`, and a later `goto ${setting}` wants a label of ' +
      'that name. Without one the jump fails silently and the script ends: the screen of the machine goes back to the ' +
      'firmware. Not reported: a `goto` with a fallback (`goto ${x} || chain ${x}.ipxe`), and items that some `iseq` of ' +
      'the script tests.',
    ok: [
      'menu Main\nitem a A\nchoose x && goto ${x} || exit\n:a\nboot\n',
      'menu Main\nitem a A\nitem b B\nchoose x || exit\niseq ${x} b && chain b.ipxe ||\ngoto ${x}\n:a\nboot\n',
      'menu Main\nitem a A\nchoose x || exit\ngoto ${x} || chain ${x}.ipxe\n',
      'menu Main\nitem a A\nchoose x || exit\nset y boot_${x}\ngoto ${y}\n:boot_a\nboot\n',
      'menu Main\nitem a A\nitem b B\nchoose x || exit\niseq ${x} a && goto ${x} ||\nchain ${x}.ipxe\n:a\nboot\n',
    ],
    notOk: [
      'menu Main\nitem a A\nitem «debain» Debian\nchoose x || exit\ngoto ${x}\n:a\nboot\n:debian\nboot\n',
      'menu Main\nitem «a» A\nitem b B\nchoose x || exit\nset y boot_${x}\ngoto ${y}\n:boot_b\nboot\n',
    ],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      if (flow.named('choose').length === 0) return
      const { graph, values } = flow
      const nearest = suggester([...graph.labelNames])
      const told = new Set<number>()
      let tested: Set<string> | undefined
      for (const number of flow.named('goto')) {
        const command = graph.commands[number]!
        const target = command.positionals[0]
        if (!target?.text.includes(hole) || isGuarded(command) || !flow.runs(number)) continue
        for (const { text, setBy } of values.expand(target.word, number)) {
          if (setBy === undefined || text.includes(hole) || graph.finds(text) !== false) continue
          const choose = graph.commands[setBy]!
          if (choose.spec?.name !== 'choose') continue
          const items = values.menus.itemsOf(setBy).items
          // the item of which the target is made: the whole of it, or between other text
          const item =
            items.find(({ name }) => name === text) ??
            items.find(({ name }) => name !== '' && !name.includes(hole) && wraps(target.text, text, name)) ??
            items.find(({ name }) => name !== '' && !name.includes(hole) && text.endsWith(name))
          if (!item || told.has(item.number)) continue
          tested ??= testedTexts(flow)
          if (tested.has(item.name)) continue
          told.add(item.number)
          const near = nearest(text)
          report({
            line: item.command.line,
            at: item.command.positionals[0]!.word,
            reason: `There is no label ${quote(text)} for this item in the script${didYouMean(near)}`,
            ...(near === undefined ? {} : { expected: [near] }),
            note: `Whoever chooses it ends the script: \`goto\`${placeOf(command.line)} finds nothing and says nothing.`,
          })
        }
      }
    },
  }),
}

function wraps(pattern: string, text: string, name: string): boolean {
  const [before = '', after = ''] = pattern.split(hole)
  return text === before + name + after
}

/** What `iseq` compares with. */
function testedTexts(flow: Parameters<Rule['create']>[0]['analysis']['flow']): Set<string> {
  const tested = new Set<string>()
  for (const number of flow.named('iseq')) {
    for (const { text } of flow.graph.commands[number]!.positionals) tested.add(text)
  }
  return tested
}

function placeOf(line: { position?: { start: { line: number } } | undefined }): string {
  return line.position ? ` on line ${line.position.start.line}` : ''
}

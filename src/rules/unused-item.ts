import { hole } from '../analysis/text.js'
import { referenceParts } from '../analysis/settings.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

export const unusedItem: Rule = {
  id: 'unused-item',
  summary: 'Menu items that the script asks for by `iseq`, but not all of them.',
  severity: 'info',
  preset: 'strict',
  judges: 'script',
  docs: {
    why:
      'Where the choice is only compared with names, each item but one should be compared: one may be what is left. ' +
      'More than one item that nothing asks for do the same, or nothing. Switch it off for items that are only shown.',
    ok: [
      'menu Main\nitem a A\nitem b B\nchoose x || exit\niseq ${x} a && chain a.ipxe ||\nchain b.ipxe\n',
      'menu Main\nitem a A\nitem b B\nitem c C\nchoose x || exit\nchain ${x}.ipxe\n',
    ],
    notOk: [
      'menu Main\nitem a A\nitem «b» B\nitem c C\nchoose x || exit\niseq ${x} a && chain a.ipxe ||\nchain b.ipxe\n',
    ],
  },
  create: ({ report, analysis: { flow } }) => {
    /** Settings that are read by something else than `iseq`. */
    const used = new Set<string>()
    const tests = new Map<string, Set<string>>()
    return {
      command(command) {
        if (command.spec?.name !== 'iseq') return
        const [left, right] = command.positionals
        for (const [one, other] of [
          [left, right],
          [right, left],
        ]) {
          const [only] = one?.word.children ?? []
          if (only?.type !== 'reference' || one?.word.children.length !== 1 || !other) continue
          const { name } = referenceParts(only)
          const set = tests.get(name) ?? new Set<string>()
          tests.set(name, set.add(other.text))
        }
      },
      word(word, line) {
        if (line.children.some((child) => child.type === 'command' && isTest(child, word))) return
        for (const child of word.children)
          if (child.type === 'reference') used.add(referenceParts(child).name)
      },
      end() {
        const { graph, values } = flow
        for (const number of flow.named('choose')) {
          const name = graph.commands[number]!.positionals[0]?.text
          if (name === undefined || used.has(name)) continue
          const asked = tests.get(name)
          const { items, isComplete } = values.menus.itemsOf(number)
          if (!asked || !isComplete || [...asked].some((text) => text.includes(hole))) continue
          const left = items.filter((item) => !item.name.includes(hole) && !asked.has(item.name))
          if (left.length < 2) continue
          const [first] = left
          report({
            line: first!.command.line,
            at: first!.command.positionals[0]!.word,
            reason: `Nothing asks for ${left
              .slice(0, 6)
              .map((item) => quote(item.name))
              .join(', ')}`,
            note: 'These items all do the same. Compare the choice with each name, or jump to it.',
          })
        }
      },
    }
  },
}

function isTest(command: { children: readonly object[] }, word: object): boolean {
  const [first] = command.children as readonly { type: string; children?: readonly { value?: unknown }[] }[]
  return first?.children?.[0]?.value === 'iseq' && command.children.includes(word)
}

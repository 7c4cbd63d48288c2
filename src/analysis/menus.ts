/** Which items a `choose` shows. */
import type { ParsedCommand } from './commands.js'
import type { Flow } from './flow.js'
import type { FlowValues } from './flow-values.js'
import { has, innermost, mayRunOther, optionValue } from './outcomes.js'
import { hole } from './text.js'

export interface MenuItem {
  readonly number: number
  readonly command: ParsedCommand
  /** Text with holes. */
  readonly name: string
}

export interface MenuItems {
  readonly items: readonly MenuItem[]
  /** What the setting may become; a lone hole stands for items that are not known. */
  readonly names: readonly string[]
  /** All items are known. */
  readonly isComplete: boolean
  /** The `menu` commands that may have begun it. */
  readonly begunBy: readonly number[]
}

export class Menus {
  readonly #flow: Flow
  readonly #values: FlowValues
  readonly #known = new Map<number, MenuItems>()

  constructor(flow: Flow, values: FlowValues) {
    this.#flow = flow
    this.#values = values
  }

  /** The items that may be there when the `choose` with this number runs. */
  itemsOf(choose: number): MenuItems {
    const known = this.#known.get(choose)
    if (known) return known
    this.#known.set(choose, { items: [], names: [hole], isComplete: false, begunBy: [] })
    const found = this.#search(choose)
    this.#known.set(choose, found)
    return found
  }

  #search(choose: number): MenuItems {
    const { commands } = this.#flow
    const wanted = optionValue(innermost(commands[choose]!), 'menu')
    const items = new Map<number, MenuItem>()
    const begunBy = new Set<number>()
    let isComplete = wanted?.includes(hole) !== true
    const ended = this.#values.walkBack(choose, (number) => {
      const command = innermost(commands[number]!)
      const name = command.spec?.name
      if (name === 'item') {
        const menu = optionValue(command, 'menu') ?? optionValue(command, 'form')
        if (menu?.includes(hole)) isComplete = false
        else if (menu === wanted) {
          const [first] = command.positionals
          if (command.problem || !command.certain) isComplete = false
          else if (first && !has(command, 'gap')) items.set(number, { number, command, name: first.text })
        }
      } else if (name === 'menu' || name === 'form') {
        const menu = optionValue(command, 'name')
        if (menu === wanted) {
          begunBy.add(number)
          return 'enough'
        }
        if (menu?.includes(hole)) isComplete = false
      } else if (name === 'choose' && !has(command, 'keep') && optionValue(command, 'menu') === wanted) {
        // it has destroyed the menu: nothing before counts
        return 'enough'
      } else if (mayRunOther(command)) isComplete = false
      return 'on'
    })
    if (ended !== 'within') isComplete = false
    const sorted = [...items.values()].sort((a, b) => a.number - b.number)
    const names = new Set<string>()
    for (const { command, number } of sorted) {
      for (const text of this.#values.textsOf(command.positionals[0]!.word, number, 2)) names.add(text)
    }
    if (!isComplete) names.add(hole)
    return { items: sorted, names: [...names], isComplete, begunBy: [...begunBy] }
  }
}

/** What the script of the page reads: the screens, without what the page says already. */
import { spelled } from './html.js'
import { describeMachines, machines, shortNames } from './machines.js'
import type { TextRun } from './texts.js'
import type { Variant } from './variants.js'
import { type ItemView, menuName, type MenuView } from './view.js'

/** `[text]`, or `[text, 1]` for a setting. */
type ClientRun = [text: string, setting?: 1]

/** Names must be spelled as the page spells them in `data-` attributes. */
export function clientData(menus: readonly MenuView[]): object {
  return { machines, menus: menus.map(clientMenu) }
}

function clientMenu(menu: MenuView): object {
  const variantsOf = new Map(menu.entries.map(({ name, variants }) => [name, variants]))
  const { timeout } = menu
  return {
    key: spelled(menu.key),
    name: spelled(menuName(menu)),
    title: clientRuns(menu.cutTitle),
    seconds: timeout !== undefined && /^\d+$/.test(timeout) ? Math.ceil(Number(timeout) / 1000) : 0,
    initial: spelled(menu.initial ?? ''),
    escape: { text: menu.escape[0]?.summary ?? '', opens: opensOf(menu.escape) },
    items: menu.items.map((item) => clientItem(item, variantsOf.get(item.name ?? '') ?? [])),
  }
}

function clientItem(item: ItemView, variants: readonly Variant[]): object {
  const marks = [describeMachines(item.later, shortNames), item.onlyLater ? 'later' : undefined]
  return {
    name: spelled(item.name ?? ''),
    hotkey: item.hotkey ?? '',
    text: clientRuns(item.cutLabel),
    first: item.first,
    later: item.later,
    mark: marks.filter((mark) => mark !== undefined).join(', '),
    opens: opensOf(variants),
    leaves: variants.reduce((set, { machines: own, leaves }) => (leaves ? set | own : set), 0),
  }
}

function opensOf(variants: readonly Variant[]): [machines: number, menu: string][] {
  return variants.flatMap(({ machines: set, opens }): [number, string][] =>
    opens === undefined ? [] : [[set, spelled(opens)]],
  )
}

function clientRuns(runs: readonly TextRun[]): ClientRun[] {
  return runs.map(({ text, setting }) => (setting ? [spelled(text), 1] : [spelled(text)]))
}

/** Menus while they are put together: submenus are references, ids come last. */
import type { Entry, Menu, Source } from '../../model/schema.js'
import { IdPool, slug } from '../text.js'

export interface Draft {
  title: string
  /** What its id is made from. */
  name: string
  timeout?: string
  default?: DraftItem
  items: DraftItem[]
  source: Source
}

export interface DraftItem {
  entry: Entry
  /** Of a submenu entry. */
  opens?: Draft
}

/** Removes what only leads to empty menus. @returns whether something is left that can be picked */
export function prune(first: Draft): boolean {
  const drafts = new Set([first])
  for (const draft of drafts) for (const { opens } of draft.items) if (opens) drafts.add(opens)
  const usable = new Set<Draft>()
  const isUsable = ({ entry, opens }: DraftItem): boolean =>
    opens ? usable.has(opens) : entry.kind !== 'separator'
  // from the inside; again as long as menus that lead in circles make more of each other usable
  const order = [...drafts].reverse()
  for (let count = -1; count !== usable.size;) {
    count = usable.size
    for (const draft of order) if (!usable.has(draft) && draft.items.some(isUsable)) usable.add(draft)
  }
  for (const draft of drafts) {
    draft.items = draft.items.filter((item) => item.entry.kind === 'separator' || isUsable(item))
    if (draft.default && !draft.items.includes(draft.default)) delete draft.default
  }
  return usable.has(first)
}

/** Drafts that have one key make the same menus. */
export function keyOf(draft: Draft): string {
  const numbers = new Map<Draft, number>()
  const queue: Draft[] = []
  const numberOf = (one: Draft): number => {
    const known = numbers.get(one)
    if (known !== undefined) return known
    numbers.set(one, numbers.size)
    queue.push(one)
    return numbers.size - 1
  }
  numberOf(draft)
  const parts: unknown[] = []
  for (let one = queue.shift(); one; one = queue.shift()) {
    parts.push([
      one.title,
      one.timeout ?? '',
      one.default ? one.items.indexOf(one.default) : -1,
      one.items.map(({ entry, opens }) => [{ ...entry, source: undefined }, opens ? numberOf(opens) : -1]),
    ])
  }
  return JSON.stringify(parts)
}

/** Gives drafts their ids, and collects the menus in the order in which they are reached. */
export class MenuWriter {
  readonly menus: Menu[] = []
  readonly #ids = new Map<Draft, string>()
  readonly #pool = new IdPool([])
  readonly #keys = new Map<string, string>()

  /** @returns the id of the menu; that of an equal one, where there is one already */
  add(draft: Draft, id: string): string {
    const key = keyOf(draft)
    const known = this.#ids.get(draft) ?? this.#keys.get(key)
    if (known !== undefined) return known
    const taken = this.#write(draft, id)
    this.#keys.set(key, taken)
    return taken
  }

  #write(first: Draft, wanted: string): string {
    const id = this.#pool.take(wanted, 'menu')
    this.#ids.set(first, id)
    const queue = [first]
    // a list and not recursion: menus may be nested as deeply as they like
    for (let draft = queue.shift(); draft; draft = queue.shift()) {
      const { title, timeout, source } = draft
      const chosen = draft.default && entryIdOf(draft.default)
      this.menus.push({
        id: this.#ids.get(draft)!,
        title,
        ...(timeout !== undefined && { timeout }),
        ...(chosen !== undefined && { default: chosen }),
        entries: draft.items.map(({ entry, opens }) => {
          if (!opens || entry.kind !== 'submenu') return entry
          let menu = this.#ids.get(opens)
          if (menu === undefined) {
            menu = this.#pool.take(slug(opens.name) || slug(opens.title), 'menu')
            this.#ids.set(opens, menu)
            queue.push(opens)
          }
          return { ...entry, menu }
        }),
        source,
      })
    }
    return id
  }
}

function entryIdOf({ entry }: DraftItem): string | undefined {
  return entry.kind === 'separator' ? undefined : entry.id
}

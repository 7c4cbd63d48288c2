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

/** Larger ones are not compared. */
const compareLimit = 1000

const texts = new WeakMap<Entry, string>()

function textOf(entry: Entry): string {
  const known = texts.get(entry)
  if (known !== undefined) return known
  const text = JSON.stringify({ ...entry, source: undefined })
  texts.set(entry, text)
  return text
}

/** Drafts that have one key make the same menus. `undefined` for large ones. */
export function keyOf(draft: Draft): string | undefined {
  const numbers = new Map([[draft, 0]])
  const parts: unknown[] = []
  let size = 0
  // what is added in the loop is visited too
  for (const [one] of numbers) {
    size += one.items.length
    if (size > compareLimit) return undefined
    const items = one.items.map(({ entry, opens }) => {
      if (opens && !numbers.has(opens)) numbers.set(opens, numbers.size)
      return [textOf(entry), opens ? numbers.get(opens) : -1]
    })
    parts.push([one.title, one.timeout ?? '', one.default ? one.items.indexOf(one.default) : -1, items])
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
    return this.#known(draft) ?? this.#write(draft, id)
  }

  #known(draft: Draft): string | undefined {
    const known = this.#ids.get(draft)
    if (known !== undefined) return known
    const key = keyOf(draft)
    return key === undefined ? undefined : this.#keys.get(key)
  }

  #take(draft: Draft, wanted: string): string {
    const id = this.#pool.take(wanted, 'menu')
    this.#ids.set(draft, id)
    const key = keyOf(draft)
    if (key !== undefined) this.#keys.set(key, id)
    return id
  }

  #write(first: Draft, wanted: string): string {
    const id = this.#take(first, wanted)
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
          let menu = this.#known(opens)
          if (menu === undefined) {
            menu = this.#take(opens, slug(opens.name) || slug(opens.title))
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

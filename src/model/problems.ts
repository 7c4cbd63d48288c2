/** What is wrong with menus taken together, and with texts that would not stay in their place in a script. */
import { suggest } from '../data/suggest.js'
import { missingFiles } from './kernels.js'
import type { Entry, KernelEntry, Menu, Source } from './schema.js'

export interface ModelProblem {
  rule: string
  severity: 'error' | 'warning'
  source: Source | undefined
  /** The key of what `source` is the place of; one below another after a point. */
  field?: string
  reason: string
  expected?: string[]
  note: string
}

/** Labels of the script that are not entries. */
export const reservedIds = ['menu', 'failed', 'edit', 'back', 'leave'] as const

/**
 * @param first id of the menu that machines see first; `undefined` when a script of the user's is first
 * @param reached menus that something else than a submenu leads to
 */
export function modelProblems(
  menus: readonly Menu[],
  first: string | undefined,
  reached: Iterable<string> = [],
): ModelProblem[] {
  const problems: ModelProblem[] = []
  const byId = new Map<string, Menu>()
  for (const menu of menus) {
    const other = byId.get(menu.id)
    if (other) {
      problems.push({
        rule: 'duplicate-menu',
        severity: 'error',
        source: menu.source,
        field: 'id',
        reason: `There are two menus \`${menu.id}\`${other.source ? `; the other is at ${shownSource(other.source)}` : ''}`,
        note: 'The id of a menu is the name of its script. Rename one of them.',
      })
    } else byId.set(menu.id, menu)
  }
  for (const menu of menus) checkMenu(menu, byId, problems)
  if (first !== undefined) checkReachable(menus, first, reached, problems)
  return problems
}

export function shownSource({ file, line, column }: Source): string {
  return `${file}:${line}:${column}`
}

function checkMenu(menu: Menu, byId: ReadonlyMap<string, Menu>, problems: ModelProblem[]): void {
  const entries = new Map<string, Entry>()
  const keys = new Map<string, string>()
  const report = (problem: Omit<ModelProblem, 'severity'>): void => {
    problems.push({ severity: 'error', ...problem })
  }
  for (const entry of menu.entries) {
    const id = entryId(entry)
    for (const [field, value] of Object.entries(entry)) {
      if (field === 'source' || field === 'kind' || (entry.kind === 'raw' && field === 'script')) continue
      for (const reason of textProblems(value)) {
        report({
          rule: 'menu-text',
          source: entry.source,
          field,
          reason: `\`${field}\`${id === undefined ? '' : ` of \`${id}\``}: ${reason}`,
          note: 'iPXE has no quotes: blanks part words, and such a word ends or cuts the command it stands in.',
        })
      }
    }
    if (id === undefined) continue
    for (const { part, architecture, because } of missingFiles(entry as KernelEntry)) {
      report({
        rule: 'missing-architecture',
        source: entry.source,
        field: part,
        reason: `The entry \`${id}\` has no \`${part}\` for ${architecture}`,
        note: `It should have one, because ${because}. Add it, or say whom it is for: needs: { architecture: … }`,
      })
    }
    if ((reservedIds as readonly string[]).includes(id)) {
      report({
        rule: 'reserved-id',
        source: entry.source,
        field: 'id',
        reason: `An entry cannot be called \`${id}\``,
        note: `The generated script uses ${reservedIds.map((name) => `\`${name}\``).join(', ')} as labels of its own.`,
      })
    }
    const twin = entries.get(id)
    if (twin) {
      report({
        rule: 'duplicate-entry',
        source: entry.source,
        field: entry.kind === 'submenu' && entry.id === undefined ? 'menu' : 'id',
        reason: `The menu \`${menu.id}\` has two entries \`${id}\`${twin.source ? `; the other is at ${shownSource(twin.source)}` : ''}`,
        note: 'Only the first could ever be started. Rename one of them.',
      })
    } else entries.set(id, entry)
    const key = 'key' in entry ? entry.key : undefined
    if (key !== undefined) {
      const holder = keys.get(key)
      if (holder !== undefined) {
        report({
          rule: 'duplicate-key',
          source: entry.source,
          field: 'key',
          reason: `The key \`${key}\` already picks \`${holder}\``,
          note: 'Give the entry another key, or none: then a free letter of its label is taken.',
        })
      } else keys.set(key, id)
    }
  }
  for (const reason of textProblems(menu.title)) {
    report({
      rule: 'menu-text',
      source: menu.source,
      field: 'title',
      reason: `\`title\`: ${reason}`,
      note: 'Write it without that word.',
    })
  }
  const ids = [...entries.keys()]
  const target = (
    wanted: string,
    candidates: string[],
    what: string,
    source: Source | undefined,
    field: string,
  ): void => {
    if (candidates.includes(wanted)) return
    const near = suggest(wanted, candidates)
    report({
      rule: 'missing-entry',
      source,
      field,
      reason: `${what} \`${wanted}\` does not exist${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
      expected: near === undefined ? candidates : [near],
      note: 'It must be the id of one of those.',
    })
  }
  if (menu.default !== undefined && !menu.default.startsWith('$<')) {
    target(menu.default, ids, `The default entry of the menu \`${menu.id}\`,`, menu.source, 'default')
  }
  for (const entry of menu.entries) {
    if (entry.kind === 'submenu') target(entry.menu, [...byId.keys()], 'The menu', entry.source, 'menu')
    if (entry.kind === 'form' && entry.then !== undefined)
      target(entry.then, ids, 'The entry', entry.source, 'then')
  }
}

function checkReachable(
  menus: readonly Menu[],
  first: string,
  others: Iterable<string>,
  problems: ModelProblem[],
): void {
  const byId = new Map(menus.map((menu) => [menu.id, menu]))
  const reached = new Set<string>()
  const queue = [...new Set([first, ...others])]
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    if (reached.has(id)) continue
    reached.add(id)
    for (const entry of byId.get(id)?.entries ?? []) if (entry.kind === 'submenu') queue.push(entry.menu)
  }
  for (const menu of menus) {
    if (reached.has(menu.id)) continue
    problems.push({
      rule: 'unreachable-menu',
      severity: 'warning',
      source: menu.source,
      reason: `Nobody can reach the menu \`${menu.id}\``,
      note: `No chain of submenus leads to it from \`${first}\`. Add a submenu entry, or remove it.`,
    })
  }
}

/** The name by which a menu picks an entry; separators have none. */
export function entryId(entry: Entry): string | undefined {
  if (entry.kind === 'separator') return undefined
  return entry.kind === 'submenu' ? (entry.id ?? entry.menu) : entry.id
}

/** What would make a text, or one in an array or object, change the shape of the line that it is put in. */
function textProblems(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textProblems)
  if (typeof value === 'object' && value !== null) return Object.entries(value).flat().flatMap(textProblems)
  if (typeof value !== 'string') return []
  const problems: string[] = []
  for (const word of value.split(/[ \t\v\f]+/)) {
    if (word === '||' || word === '&&' || word === ';')
      problems.push(`the word \`${word}\` is an operator of iPXE`)
    if (word.startsWith('#')) problems.push(`the word \`${word}\` starts a comment`)
  }
  if (value.endsWith('\\')) problems.push('a backslash at its end would join the next line')
  if (/\$\{[^}]*[ \t]/.test(value)) problems.push('a setting reference cannot hold a blank')
  return problems
}

/** What the page says: screens, entries and what they do, as plain data made from {@link explore}. */
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import type { Entry, Menu } from '../model/schema.js'
import { entryId } from '../model/problems.js'
import { decodeText } from '../syntax/bytes.js'
import type { BootIndex } from './boot-index.js'
import type { DiagnosticIndex } from './diagnostic-index.js'
import type { ExploredScreen, Explored } from './explore.js'
import type { FileFacts } from './files.js'
import { type MachineSet, describeMachines } from './machines.js'
import { optionValue } from './program.js'
import { type FoundScreen, itemKey, itemName, textStart } from './screens.js'
import {
  itemColumns,
  itemRows,
  knownLength,
  plainText,
  readableRuns,
  runsOfWords,
  type TextRun,
  titleColumns,
} from './texts.js'
import { type Variant, variantsOf } from './variants.js'

export interface MenuView {
  /** The first part of a deep link. */
  key: string
  /** Of its script. */
  path: string
  title: TextRun[]
  /** As much of it as fits on the screen. */
  cutTitle: TextRun[]
  items: ItemView[]
  entries: EntryView[]
  /** Milliseconds, or a setting; `undefined` waits for ever. */
  timeout: string | undefined
  /** Name of the item that is selected first. */
  initial: string | undefined
  escape: Variant[]
  warnings: string[]
  diagnostics: Diagnostic[]
  isReached: boolean
  /** Ids of the machines that start with it; those of their values are shown that the first has. */
  machines: readonly string[]
}

export interface ItemView {
  /** `undefined`: a line that cannot be selected. */
  name: string | undefined
  hotkey: string | undefined
  label: TextRun[]
  cutLabel: TextRun[]
  /** Machines that show it when the menu comes up for the first time, and those that may ever. */
  first: MachineSet
  later: MachineSet
  condition: string | undefined
  /** Which machines, in words; `undefined` for all. */
  machines: string | undefined
  /** Only shown when something has happened before: a failure, a choice. */
  onlyLater: boolean
}

export interface EntryView {
  name: string
  /** What items say that pick it: more than one when the text changes. */
  items: ItemView[]
  entry: Entry | undefined
  variants: Variant[]
  diagnostics: Diagnostic[]
}

export interface ViewContext {
  models: ReadonlyMap<string, Menu>
  /** By path of a script: the machines that start with it. */
  machines: ReadonlyMap<string, readonly { machine: string }[]>
  diagnostics: DiagnosticIndex
  files: FileFacts
  boots: BootIndex
}

export function menuViews({ screens }: Explored, context: ViewContext): MenuView[] {
  const keys = keysOf(screens, context.models)
  return screens.map((explored) => menuView(explored, keys, context))
}

function keysOf(
  screens: readonly ExploredScreen[],
  models: ReadonlyMap<string, Menu>,
): Map<FoundScreen, string> {
  const perPath = new Map<string, number>()
  for (const { screen } of screens) {
    perPath.set(screen.program.path, (perPath.get(screen.program.path) ?? 0) + 1)
  }
  const taken = new Set<string>()
  const keys = new Map<FoundScreen, string>()
  for (const { screen } of screens) {
    const { path, lines } = screen.program
    const label = lines.slice(0, screen.from + 1).findLast((line) => line.label !== undefined)?.label
    const own = models.get(path)?.id ?? decodeText(path.replace(/\.ipxe$/, '').replaceAll('/', '.'))
    const base = perPath.get(path) === 1 || label === undefined ? own : `${own}.${decodeText(label)}`
    const plain = base.replace(/[\s/#%]+/g, '-')
    let key = plain
    for (let count = 2; taken.has(key); count++) key = `${plain}-${count}`
    taken.add(key)
    keys.set(screen, key)
  }
  return keys
}

function menuView(
  { screen, visits, reachedBy }: ExploredScreen,
  keys: ReadonlyMap<FoundScreen, string>,
  context: ViewContext,
): MenuView {
  const { path } = screen.program
  const best = visits[Math.max(0, firstMachine(reachedBy))]!
  const { settings } = best.shown
  const titleWords = screen.titles[best.shown.title]!.command.positionals.map(({ word }) => word)
  const titleRuns = runsOfWords(titleWords)
  const warnings: string[] = []
  const cut = (what: string, words: typeof titleWords, room: number): void => {
    const { length } = knownLength(words, settings)
    if (length <= room) return
    const text = readableRuns(runsOfWords(words))
    const shown = Array.from(plainText(text))
    const quoted = shown.length > 40 ? `${shown.slice(0, 39).join('')}…` : shown.join('')
    const withSettings = text.some(({ setting }) => setting) ? ' with its settings' : ''
    warnings.push(
      `${what} “${quoted}” is ${length} characters long${withSettings}; iPXE shows the first ${room}.`,
    )
  }
  cut('The title', titleWords, titleColumns)

  const items = screen.items.map((item, index): ItemView => {
    const name = itemName(item, settings)
    const words = item.command.positionals.slice(textStart(item)).map(({ word }) => word)
    const runs = runsOfWords(words)
    const set = (
      test: (shown: { first: boolean | undefined; later: boolean | undefined }) => boolean,
    ): MachineSet =>
      visits.reduce((bits, { shown }, at) => bits | (test(shown.items[index]!) ? 1 << at : 0), 0)
    const first = set((shown) => shown.first !== false)
    const later = first | set((shown) => shown.later !== false)
    cut(name === undefined ? 'The line' : 'The label', words, itemColumns)
    const key = itemKey(item, settings)
    return {
      name: name === undefined ? undefined : decodeText(name),
      hotkey: key,
      label: readableRuns(runs),
      cutLabel: readableRuns(runs, itemColumns),
      first,
      later,
      condition: item.condition,
      machines: describeMachines(later),
      onlyLater: first === 0 && later !== 0,
    }
  })
  const most = Math.max(
    ...visits.map((_, at) => items.filter(({ first }) => (first & (1 << at)) !== 0).length),
  )
  if (most > itemRows) {
    warnings.push(
      `${most} lines do not fit on one screen: iPXE shows ${itemRows} and pages through the rest.`,
    )
  }
  if (items.every(({ name }) => name === undefined)) {
    warnings.push('Nothing here can be selected: iPXE refuses to show the menu.')
  }

  const models = new Map((context.models.get(path)?.entries ?? []).map((entry) => [entryId(entry), entry]))
  const escape = variantsOf(
    screen,
    visits.map(({ cancelled }) => cancelled),
    keys,
    context.files,
  )
  const indices = new Map<string, number[]>()
  items.forEach(({ name }, index) => {
    if (name === undefined) return
    const known = indices.get(name)
    if (known) known.push(index)
    else indices.set(name, [index])
  })
  const entries = [...indices].map(([name, at]): EntryView => {
    const runs = visits.map((visit) => findRun(visit.runs, name))
    const entry = models.get(name)
    const itemLines = at.map((index) => ({ path, line: screen.items[index]!.line }))
    return {
      name,
      items: at.map((index) => items[index]!),
      entry,
      variants: variantsOf(screen, runs, keys, context.files).map((variant) => ({
        ...variant,
        boot: context.boots.find(path, name, variant),
      })),
      diagnostics: context.diagnostics.take(
        [...itemLines, ...runs.flatMap((run) => run?.lines ?? [])],
        entry?.source,
      ),
    }
  })
  const menuLines = screen.program.lines.slice(screen.from, screen.to + 1).map((line) => ({ path, line }))
  const taken = new Set(entries.flatMap(({ diagnostics }) => diagnostics))
  const selected =
    optionValue(screen.choose.command, 'default', settings) ??
    screen.items
      .filter(({ command }) => command.options.some(({ spec }) => spec.long === 'default'))
      .map((item) => itemName(item, settings))
      .at(-1)
  return {
    key: keys.get(screen)!,
    path: decodeText(path),
    title: readableRuns(titleRuns),
    cutTitle: readableRuns(titleRuns, titleColumns),
    items,
    entries,
    timeout: timeoutOf(screen, settings),
    initial: selected === undefined ? undefined : decodeText(selected),
    escape,
    warnings: [...new Set(warnings)],
    diagnostics: context.diagnostics
      .take(menuLines, context.models.get(path)?.source)
      .filter((diagnostic) => !taken.has(diagnostic)),
    isReached: reachedBy !== 0 || context.machines.has(path),
    machines: (context.machines.get(path) ?? []).map(({ machine }) => machine),
  }
}

function timeoutOf({ choose }: FoundScreen, settings: Parameters<typeof optionValue>[2]): string | undefined {
  const text = optionValue(choose.command, 'timeout', settings)
  return text === undefined || text === '0' ? undefined : decodeText(text)
}

function findRun<Run>(runs: ReadonlyMap<string, Run>, name: string): Run | undefined {
  const direct = runs.get(name)
  if (direct !== undefined) return direct
  for (const [raw, run] of runs) if (decodeText(raw) === name) return run
  return undefined
}

function firstMachine(set: MachineSet): number {
  // 64-bit UEFI is what most people have
  return (set & 4) !== 0 ? 2 : set === 0 ? 2 : 31 - Math.clz32(set & -set)
}

/** The name of a menu for lists. */
export function menuName({ title, key }: MenuView): string {
  return plainText(title).trim() || key
}

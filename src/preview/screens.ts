/**
 * The menus of a script: a `menu`, the `item`s after it, and the `choose` that shows them, in the order of the file.
 * Where jumps go is followed forward only, as far as it decides which items a machine sees.
 */
import type { ParsedCommand } from '../analysis/commands.js'
import { settingWrites } from '../analysis/settings.js'
import { decodeText } from '../syntax/bytes.js'
import { printJoined } from '../syntax/stringify.js'
import { applyWrites, type Facts, runTest } from './effects.js'
import type { PreviewMachine } from './machines.js'
import { commandName, hasFlag, optionValue, type Program, type ProgramLine, runLine } from './program.js'
import { and, keyOf, type KnownSettings, type Maybe, maybePredefined, not, or } from './settings.js'

export interface FoundItem {
  command: ParsedCommand
  line: ProgramLine
  /** What stands before it on its line and decides whether it is shown. */
  condition: string | undefined
}

export interface FoundScreen {
  program: Program
  /** Alternatives when there are several: `iseq … && menu A || menu B`. */
  titles: { command: ParsedCommand; line: ProgramLine }[]
  items: FoundItem[]
  choose: { command: ParsedCommand; line: ProgramLine; index: number }
  /** From the first title to `choose`, as indices of lines. */
  from: number
  to: number
}

interface Open {
  titles: FoundScreen['titles']
  items: FoundItem[]
  from: number
}

/** All menus of a script that some `choose` shows, in their order. */
export function findScreens(program: Program): FoundScreen[] {
  const screens: FoundScreen[] = []
  const open = new Map<string, Open>()
  for (const line of program.lines) {
    line.commands.forEach(({ command }, index) => {
      if (!command) return
      const name = commandName(command)
      if (name === 'menu') {
        if (hasFlag(command, 'delete')) return
        const id = uiName(command, 'name')
        const before = open.get(id)
        if (before?.items.length === 0) before.titles.push({ command, line })
        else open.set(id, { titles: [{ command, line }], items: [], from: line.index })
      } else if (name === 'item') {
        const ui = open.get(uiName(command, 'menu', 'form'))
        ui?.items.push({ command, line, condition: conditionOf(line, command) })
      } else if (name === 'choose') {
        const id = uiName(command, 'menu')
        const ui = open.get(id)
        if (!ui) return
        screens.push({ program, ...ui, choose: { command, line, index }, to: line.index })
        open.delete(id)
      } else if (name === 'present' || name === 'form') {
        open.delete(uiName(command, 'form', 'name'))
      }
    })
  }
  return screens
}

function uiName(command: ParsedCommand, ...longs: string[]): string {
  return command.options.findLast(({ spec }) => longs.includes(spec.long))?.value ?? ''
}

function conditionOf(line: ProgramLine, item: ParsedCommand): string | undefined {
  const index = line.commands.findIndex(({ command }) => command === item)
  const before = line.commands.slice(0, Math.max(0, index))
  if (before.length === 0) return undefined
  return before
    .map(({ command, then }, at) => {
      const text = command ? decodeText(printJoined(command.node)).trim() : ''
      const isLast = at === before.length - 1
      return `${text}${isLast ? (then === '||' ? ' fails' : '') : ` ${then!} `}`
    })
    .join('')
}

export interface Shown {
  /** By item: when the menu is shown for the first time, and whether it can ever be. */
  items: { first: Maybe; later: Maybe }[]
  /** Index of the title that is shown. */
  title: number
  /** What is known where `choose` waits. */
  settings: KnownSettings
}

/** What a machine sees that comes to the menu knowing `settings`. */
export function showScreen(screen: FoundScreen, machine: PreviewMachine, settings: KnownSettings): Shown {
  const first = settings.copy()
  const titles = new Map<ParsedCommand, Maybe>()
  const atFirst = scan(
    screen,
    { machine, settings: first, isUnset: (name) => !maybePredefined(name) },
    titles,
  )
  // what is changed behind the menu may be anything when it is shown again
  const again = settings.copy()
  for (const name of changedFrom(screen)) again.give(name)
  const later = scan(screen, { machine, settings: again, isUnset: () => false })
  return {
    items: screen.items.map(({ command }) => ({ first: atFirst.get(command), later: later.get(command) })),
    title: Math.max(
      0,
      screen.titles.findIndex(({ command }) => titles.get(command) !== false),
    ),
    settings: first,
  }
}

/** By command: whether it is run. */
function scan(
  screen: FoundScreen,
  facts: Facts,
  runs = new Map<ParsedCommand, Maybe>(),
): Map<ParsedCommand, Maybe> {
  const { program, from, to } = screen
  const pending = new Map<string, Maybe>()
  let reached: Maybe = true
  for (const line of program.lines.slice(from, to + 1)) {
    if (line.label !== undefined) {
      // a label that nothing above jumps to may still be reached from elsewhere
      reached = pending.has(line.label) ? or(reached, pending.get(line.label)) : or(reached, undefined)
    }
    const entered = reached
    runLine(line, (command, processed) => {
      const run = and(entered, processed)
      runs.set(command, run)
      if (commandName(command) === 'goto') {
        const target = command.positionals[0]
        const label = target ? facts.settings.expand(target.word) : ''
        if ((program.labels.get(label) ?? -1) > line.index)
          pending.set(label, or(pending.get(label) ?? false, run))
        reached = and(reached, not(run))
        return true
      }
      const test = runTest(command, facts)
      if (test) return test.status
      if (run !== false) applyWrites(command, facts.settings)
      return true
    })
  }
  return runs
}

const changedNames = new WeakMap<FoundScreen, ReadonlySet<string>>()

/** Settings that the script changes from the menu on. */
function changedFrom(screen: FoundScreen): ReadonlySet<string> {
  let names = changedNames.get(screen)
  if (names) return names
  names = new Set(
    screen.program.lines
      .slice(screen.from)
      .flatMap(({ commands }) =>
        commands.flatMap(({ command }) =>
          command ? settingWrites(command, false).map(({ text }) => keyOf(text)) : [],
        ),
      ),
  )
  changedNames.set(screen, names)
  return names
}

/** The name by which `choose` knows an item; `undefined` for a line that cannot be selected. */
export function itemName({ command }: FoundItem, settings: KnownSettings): string | undefined {
  if (hasFlag(command, 'gap')) return undefined
  const [name] = command.positionals
  return name && settings.expand(name.word)
}

/** Where the text of an item starts among its arguments. */
export function textStart({ command }: FoundItem): number {
  return hasFlag(command, 'gap') ? 0 : 1
}

/** As `parse_key` reads it (`core/parseopt.c`): one character, or a number. */
export function itemKey({ command }: FoundItem, settings: KnownSettings): string | undefined {
  const value = optionValue(command, 'key', settings)
  if (value === undefined || value === '') return undefined
  if (value.length === 1) return value
  const code = Number(value)
  return Number.isInteger(code) && code > 0 && code < 0x7f ? String.fromCharCode(code) : undefined
}

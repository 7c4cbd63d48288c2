/** Walks through all menus as each machine would: from the entry script on, every entry of every menu once. */
import type { KnownCommands } from '../analysis/analyse.js'
import type { ParsedCommand } from '../analysis/commands.js'
import type { Script } from '../ast/nodes.js'
import { follow, type Followed, type World } from './follow.js'
import { type MachineSet, machines, type PreviewMachine } from './machines.js'
import { type Program, programOf } from './program.js'
import { findScreens, type FoundScreen, itemName, showScreen, type Shown } from './screens.js'
import { KnownSettings } from './settings.js'

/** One menu on one machine. */
export interface Visit {
  shown: Shown
  /** By name of the item. */
  runs: ReadonlyMap<string, Followed>
  /** After Escape. */
  cancelled: Followed
}

export interface ExploredScreen {
  screen: FoundScreen
  /** By index of the machine. */
  visits: readonly Visit[]
  /** Machines that come to it from the entry script. */
  reachedBy: MachineSet
}

export interface Explored {
  world: World
  /** In the order in which somebody finds them; those that nobody reaches last. */
  screens: ExploredScreen[]
  /** What the entry script does on each machine. */
  entry: readonly Followed[]
}

export interface ExploredScript {
  path: string
  script: Script
  /** Scripts like this one, by their paths: what leads there leads here. */
  alike?: readonly { path: string }[]
}

/** @param known commands as the checks have read them */
export function explore(scripts: readonly ExploredScript[], entry: string, known?: KnownCommands): Explored {
  const programs = new Map<string, Program>()
  const screens: FoundScreen[] = []
  const screenOf = new Map<ParsedCommand, FoundScreen>()
  for (const { path, script, alike = [] } of scripts) {
    const program = programOf(path, script, known)
    programs.set(path, program)
    for (const other of alike) programs.set(other.path, program)
    for (const screen of findScreens(program)) {
      screens.push(screen)
      for (const { command } of screen.titles) screenOf.set(command, screen)
    }
  }
  const world: World = { programs, screenOf }
  const perMachine: OneMachine[] = []
  const earlier = (screen: FoundScreen): Visit[] =>
    perMachine.flatMap(({ visits }) => visits.get(screen) ?? [])
  for (const machine of machines) {
    perMachine.push(exploreAs(world, machine, programs.get(entry), screens, earlier))
  }
  const order = new Map<FoundScreen, ExploredScreen>()
  for (const { reached } of perMachine) {
    for (const screen of reached) {
      order.set(screen, {
        screen,
        visits: perMachine.map(({ visits }) => visits.get(screen)!),
        reachedBy: perMachine.reduce((set, other, at) => set | (other.reached.has(screen) ? 1 << at : 0), 0),
      })
    }
  }
  for (const screen of screens) {
    if (order.has(screen)) continue
    const visits = perMachine.map(({ visits }) => visits.get(screen)!)
    order.set(screen, { screen, visits, reachedBy: 0 })
  }
  return {
    world,
    screens: [...order.values()],
    entry: perMachine.flatMap(({ start }) => (start ? [start] : [])),
  }
}

interface OneMachine {
  visits: Map<FoundScreen, Visit>
  reached: Set<FoundScreen>
  start: Followed | undefined
}

function exploreAs(
  world: World,
  machine: PreviewMachine,
  entry: Program | undefined,
  screens: readonly FoundScreen[],
  earlier: (screen: FoundScreen) => readonly Visit[],
): OneMachine {
  const visits = new Map<FoundScreen, Visit>()
  const queue: { screen: FoundScreen; settings: KnownSettings }[] = []
  const enter = ({ outcome }: Followed): void => {
    if (outcome.kind === 'menu') queue.push(outcome)
  }
  const visitAll = (): void => {
    // grows while it is read: in the order of a person who tries one menu after the other
    for (let next = 0; next < queue.length; next++) {
      const { screen, settings } = queue[next]!
      if (visits.has(screen)) continue
      const visit = visitScreen(world, machine, screen, settings, earlier(screen))
      visits.set(screen, visit)
      for (const run of visit.runs.values()) enter(run)
      enter(visit.cancelled)
    }
    queue.length = 0
  }

  const start = entry && follow(world, machine, { program: entry, line: 0 }, KnownSettings.of(machine))
  if (start) enter(start)
  visitAll()
  const reached = new Set(visits.keys())
  for (const screen of screens) {
    if (visits.has(screen)) continue
    // what its own script does before is the best guess at what is known there
    enter(follow(world, machine, { program: screen.program, line: 0 }, KnownSettings.of(machine)))
    queue.push({ screen, settings: KnownSettings.of(machine) })
    visitAll()
  }
  return { visits, reached, start }
}

/** @param earlier what the same menu was on other machines: most entries do the same on all */
function visitScreen(
  world: World,
  machine: PreviewMachine,
  screen: FoundScreen,
  settings: KnownSettings,
  earlier: readonly Visit[],
): Visit {
  const shown = showScreen(screen, machine, settings)
  const { choose } = screen
  const [target] = choose.command.positionals
  const setting = target && shown.settings.copy().expand(target.word)
  const after = (status: boolean) => ({ index: choose.index, status })
  const position = { program: screen.program, line: choose.line.index }
  const runs = new Map<string, Followed>()
  screen.items.forEach((item, index) => {
    const name = itemName(item, shown.settings)
    if (name === undefined || runs.has(name) || shown.items[index]!.later === false) return
    const same = earlier
      .filter((visit) => mayReuse(visit.runs.get(name), visit.shown.settings, shown.settings, setting))
      .map((visit) => visit.runs.get(name)!)[0]
    if (same) {
      runs.set(name, same)
      return
    }
    const own = shown.settings.copy()
    if (setting !== undefined) own.set(setting, name)
    runs.set(name, follow(world, machine, { ...position, after: after(true) }, own))
  })
  const cancelled = follow(world, machine, { ...position, after: after(false) }, shown.settings)
  return { shown, runs, cancelled }
}

/** Whether a run would be the same from other settings. One that leads to a menu takes them there, so it is not. */
function mayReuse(
  run: Followed | undefined,
  before: KnownSettings,
  now: KnownSettings,
  chosen: string | undefined,
): boolean {
  if (!run || run.asksProcessor || run.outcome.kind === 'menu') return false
  for (const name of run.reads) if (name !== chosen && !before.sameValue(name, now)) return false
  return true
}

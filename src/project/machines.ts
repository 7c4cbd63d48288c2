/** Who gets what, and why: the answers of `ipxetool machines`. */
import {
  type MachineKey,
  keyLabel,
  machinePath,
  type MatchKind,
  matchKinds,
  type ResolvedMachine,
} from '../model/machines.js'
import { isByArchitecture } from '../model/kernels.js'
import { entryId } from '../model/problems.js'
import type { Group, Machine } from '../model/machine-schema.js'
import type { Consoles, Menu } from '../model/schema.js'
import type { ProjectModel } from './model.js'

/** A value and who gave it: the machine itself, one of its groups, the project, or the entry that it starts. */
export interface Told<Value> {
  value: Value
  from: { kind: 'machine' | 'group' | 'project' | 'entry'; id?: string }
}

export interface MachineReport {
  id: string
  keys: readonly MachineKey[]
  /** From the machine outwards. */
  groups: readonly string[]
  menu: Told<string> | undefined
  entry: Told<string> | undefined
  /** The serial console of what it boots. */
  console: Told<string> | undefined
  boot: Told<'always' | 'once'>
  /** As written: `4 GiB`. */
  memory: Told<string> | undefined
  variables: Readonly<Record<string, Told<string>>>
  /** In the output tree. */
  script: string
}

export function machineReports(model: ProjectModel): MachineReport[] {
  const groups = new Map(model.groups.map((group) => [group.id, group]))
  return model.machines.map((machine) => reportOf(machine, groups, model))
}

function reportOf(
  { machine, groups: ids, keys, variables }: ResolvedMachine,
  byId: ReadonlyMap<string, Group>,
  { menus, options }: ProjectModel,
): MachineReport {
  const layers: { layer: Machine | Group; from: Told<string>['from'] }[] = [
    { layer: machine, from: { kind: 'machine', id: machine.id } },
    ...ids.map((id) => ({ layer: byId.get(id)!, from: { kind: 'group' as const, id } })),
  ]
  const told = <Value>(read: (layer: Machine | Group) => Value | undefined): Told<Value> | undefined => {
    for (const { layer, from } of layers) {
      const value = read(layer)
      if (value !== undefined) return { value, from }
    }
    return undefined
  }
  const ofProject = (value: string | undefined): Told<string> | undefined =>
    value === undefined ? undefined : { value, from: { kind: 'project' } }
  const menu = told((layer) => layer.menu) ?? ofProject(options.first?.menu)
  const entry = told((layer) => layer.entry)
  return {
    id: machine.id,
    keys,
    groups: ids,
    menu,
    entry,
    console:
      ofEntry(menu?.value, entry?.value, menus) ??
      told(({ console }) => consoleText(console)) ??
      ofProject(options.console),
    boot: told(({ boot }) => boot) ?? { value: 'always', from: { kind: 'project' } },
    memory: told(({ memory }) => memory),
    variables: Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [
        name,
        told((layer) => (layer.variables && Object.hasOwn(layer.variables, name) ? value : undefined))!,
      ]),
    ),
    script: machinePath(machine.id),
  }
}

/** What an entry says about its console counts before what a machine says. */
function ofEntry(
  menu: string | undefined,
  id: string | undefined,
  menus: readonly Menu[],
): Told<string> | undefined {
  const entry = menus.find((item) => item.id === menu)?.entries.find((item) => entryId(item) === id)
  if (id === undefined || !entry || !('console' in entry) || entry.console === undefined) return undefined
  const from = { kind: 'entry' as const, id }
  if (entry.console === false) return { value: 'none', from }
  if (isByArchitecture<Consoles>(entry.console)) return { value: 'one for each architecture', from }
  return {
    value: [entry.console]
      .flat()
      .map((console) => consoleText(console)!)
      .join(' '),
    from,
  }
}

function consoleText(console: Machine['console']): string | undefined {
  if (typeof console !== 'object') return console
  return console.speed === undefined ? console.port : `${console.port},${console.speed}`
}

/** What a machine says of itself. */
export type MachineFacts = Partial<Record<MatchKind, string>>

/** The machine that the index finds, and the key that finds it. */
export function findMachine(
  reports: readonly MachineReport[],
  facts: MachineFacts,
): { report: MachineReport; key: MachineKey } | undefined {
  for (const kind of matchKinds) {
    const value = facts[kind]
    if (value === undefined) continue
    const label = keyLabel(kind, value)
    for (const report of reports) {
      const key = report.keys.find((item) => item.label === label)
      if (key) return { report, key }
    }
  }
  return undefined
}

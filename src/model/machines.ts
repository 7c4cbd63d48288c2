/**
 * Who boots what. Every machine gets a script of its own; `machines/index.ipxe` finds it by a label per key, so that
 * any static server will do and a machine asks for three files: the first script, the index, its own.
 */
import { suggest } from '../data/suggest.js'
import { compileMenu, type CompileOptions, type GeneratedScript, machineIndexPath } from './compile.js'
import { entryId, type ModelProblem, shownSource } from './problems.js'
import { isByArchitecture } from './kernels.js'
import type { Group, Machine } from './machine-schema.js'
import type { Consoles, Menu } from './schema.js'
import { type LineCache, ScriptWriter } from './writer.js'

/** In this order: the first that matches counts. A card's address says more than what a vendor left in SMBIOS. */
export const matchKinds = ['mac', 'uuid', 'serial', 'asset', 'hostname'] as const
export type MatchKind = (typeof matchKinds)[number]

export interface MachineKey {
  kind: MatchKind
  /** As the user wrote it. */
  value: string
  /** The label in the index. */
  label: string
}

/** A machine with everything that its groups say filled in. */
export interface ResolvedMachine {
  machine: Machine
  /** From the machine outwards. */
  groups: readonly string[]
  keys: readonly MachineKey[]
  menu: string | undefined
  entry: string | undefined
  boot: 'always' | 'once'
  console: Machine['console']
  /** `2 GiB`. */
  memory: string | undefined
  variables: Readonly<Record<string, string>>
}

export function machinePath(id: string): string {
  return `machines/${id}.ipxe`
}

/** Groups filled in, keys normalised; problems are about groups, keys and names. */
export function resolveMachines(
  machines: readonly Machine[],
  groups: readonly Group[],
): { machines: ResolvedMachine[]; problems: ModelProblem[] } {
  const problems: ModelProblem[] = []
  const groupById = new Map(groups.map((group) => [group.id, group]))
  const report = (
    rule: string,
    source: Machine['source'],
    reason: string,
    note: string,
    field?: string,
  ): void => {
    problems.push({ rule, severity: 'error', source, reason, note, ...(field !== undefined && { field }) })
  }
  const ids = new Map<string, Machine>()
  const owners = new Map<string, Machine>()
  const resolved = machines.map((machine): ResolvedMachine => {
    const twin = ids.get(machine.id)
    if (twin) {
      report(
        'duplicate-machine',
        machine.source,
        `There are two machines \`${machine.id}\`${at(twin)}`,
        'Rename one of them.',
        'id',
      )
    } else ids.set(machine.id, machine)

    const keys = keysOf(machine)
    if (keys.length === 0) {
      report(
        'machine-match',
        machine.source,
        `Nothing says which machine \`${machine.id}\` is`,
        `\`match\` needs one of ${matchKinds.join(', ')}.`,
      )
    }
    for (const key of keys) {
      const owner = owners.get(key.label)
      if (owner && owner !== machine) {
        report(
          'duplicate-machine',
          machine.source,
          `The ${key.kind} \`${key.value}\` of \`${machine.id}\` already belongs to \`${owner.id}\`${at(owner)}`,
          'However it is spelt, a key names one machine.',
          `match.${key.kind}`,
        )
      } else owners.set(key.label, machine)
    }

    const chain: Group[] = []
    let next = machine.group
    while (next !== undefined) {
      const group = groupById.get(next)
      if (!group) {
        const near = suggest(next, [...groupById.keys()])
        report(
          'missing-group',
          chain.at(-1)?.source ?? machine.source,
          `There is no group \`${next}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
          'Groups are listed under `groups:`.',
          chain.length > 0 ? 'extends' : 'group',
        )
        break
      }
      if (chain.includes(group)) {
        report(
          'group-cycle',
          group.source,
          `Groups extend each other: ${[...chain.map(({ id }) => id), group.id].join(' -> ')}`,
          'One of them must not have `extends`.',
        )
        break
      }
      chain.push(group)
      next = group.extends
    }
    const layers = [machine, ...chain]
    const first = <Key extends 'menu' | 'entry' | 'boot' | 'console' | 'memory'>(key: Key) =>
      (layers.find((layer) => layer[key] !== undefined) as Machine | undefined)?.[key]
    return {
      machine,
      groups: chain.map(({ id }) => id),
      keys,
      menu: first('menu'),
      entry: first('entry'),
      boot: first('boot') ?? 'always',
      console: first('console'),
      memory: first('memory'),
      variables: Object.fromEntries(
        [...layers]
          .reverse()
          .flatMap(({ variables = {} }) =>
            Object.entries(variables).map(([name, value]) => [name, String(value)]),
          ),
      ),
    }
  })
  return { machines: resolved, problems }
}

function at(machine: Machine): string {
  return machine.source ? ` (${shownSource(machine.source)})` : ''
}

function keysOf({ match }: Machine): MachineKey[] {
  return matchKinds.flatMap((kind) =>
    [match[kind] ?? []].flat().map((value) => ({ kind, value, label: keyLabel(kind, value) })),
  )
}

/** The label of a key, equal to what `goto` makes of the machine's settings; free text as hex, so that any text fits. */
export function keyLabel(kind: MatchKind, value: string): string {
  switch (kind) {
    case 'mac':
      return `mac-${(value.match(/[0-9a-f]{2}/gi) ?? []).join('-').toLowerCase()}`
    case 'uuid': {
      const hex = value.replaceAll('-', '').toLowerCase()
      return `uuid-${[8, 12, 16, 20].reduceRight((text, cut) => `${text.slice(0, cut)}-${text.slice(cut)}`, hex)}`
    }
    default:
      return `${kind}-${hexOf(value)}`
  }
}

function hexOf(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/**
 * The index and a script per machine; machines that start alike share one tree. With an error among the problems there
 * are no scripts.
 */
export function compileMachines(
  machines: readonly Machine[],
  groups: readonly Group[],
  menus: readonly Menu[],
  options: CompileOptions,
): { scripts: GeneratedScript[]; problems: ModelProblem[]; resolved: ResolvedMachine[] } {
  const { machines: resolved, problems } = resolveMachines(machines, groups)
  const byId = new Map(menus.map((menu) => [menu.id, menu]))
  const scripts: GeneratedScript[] = []
  const shared = new Map<string, GeneratedScript>()
  for (const machine of resolved) {
    const start = startOf(machine, byId, options, problems)
    if (!start) continue
    const { menu, entry, console } = start
    const path = machinePath(machine.machine.id)
    const once = machine.boot === 'once' ? machine.machine.id : undefined
    const key = JSON.stringify([menu.id, entry, console, once])
    // scripts of machines lie in one folder, so that what they refer to is spelt alike
    const known =
      shared.get(key) ??
      compileMenu(
        menu,
        byId,
        { ...options, ...(console !== undefined && { console }) },
        { own: { path, start: entry, once } },
      )
    shared.set(key, known)
    scripts.push({ ...known, path, machine })
  }
  if (problems.some(({ severity }) => severity === 'error')) return { scripts: [], problems, resolved }
  if (machines.length > 0)
    scripts.push({ path: machineIndexPath, script: writeIndex(resolved, options.lines) })
  return { scripts, problems, resolved }
}

interface Start {
  menu: Menu
  entry: string | undefined
  console: string | undefined
}

function startOf(
  { machine, menu: menuId, entry, boot, console }: ResolvedMachine,
  byId: ReadonlyMap<string, Menu>,
  options: CompileOptions,
  problems: ModelProblem[],
): Start | undefined {
  const report = (reason: string, note: string, expected?: string[], field?: 'menu' | 'entry'): void => {
    problems.push({
      rule: 'machine-boot',
      severity: 'error',
      source: machine.source,
      reason,
      note,
      // of a group's there is no telling here
      ...(field !== undefined && machine[field] !== undefined && { field }),
      ...(expected === undefined ? {} : { expected }),
    })
  }
  if (boot === 'once' && options.remembers !== true) {
    report(
      `\`${machine.id}\` boots once, which a tree of files cannot remember`,
      'Either boot it always and let its disk come first in the firmware, or serve the tree with `ipxetool serve`, which ' +
        'remembers, and say so in ipxetool.yaml: `servedBy: ipxetool`.',
    )
    return undefined
  }
  const wanted = menuId ?? options.first?.menu
  if (wanted === undefined) {
    report(`Nothing says what \`${machine.id}\` boots`, 'Give it a menu, or an entry of one.')
    return undefined
  }
  const menu = byId.get(wanted)
  if (!menu) {
    const near = suggest(wanted, [...byId.keys()])
    report(
      `The menu \`${wanted}\` of \`${machine.id}\` does not exist${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
      'It must be the id of a menu.',
      near === undefined ? [...byId.keys()] : [near],
      'menu',
    )
    return undefined
  }
  if (entry !== undefined) {
    const entries = menu.entries.map(entryId).filter((name) => name !== undefined)
    if (!entries.includes(entry)) {
      const near = suggest(entry, entries)
      report(
        `The menu \`${wanted}\` has no entry \`${entry}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
        `\`${machine.id}\` would start it.`,
        near === undefined ? entries : [near],
        'entry',
      )
      return undefined
    }
  }
  const port = typeof console === 'object' ? consoleText(console) : console
  const kept = port === undefined ? undefined : consoleKept(menu, entry, port)
  if (kept !== undefined) {
    problems.push({
      rule: 'console-not-used',
      severity: 'warning',
      source: machine.source,
      reason: `The console \`${port}\` of \`${machine.id}\` has no effect: its entry \`${entry}\` says ${kept} itself`,
      note: 'Remove the `console` of the entry, then each machine and the project have their say; or that of the machine.',
      // of a group's there is no telling here
      ...(machine.console !== undefined && { field: 'console' }),
    })
  }
  return { menu, entry, console: port ?? options.console }
}

/** What an entry says in place of the console of a machine; `undefined` when it says the same, or nothing. */
function consoleKept(menu: Menu, id: string | undefined, port: string): string | undefined {
  const entry = id === undefined ? undefined : menu.entries.find((item) => entryId(item) === id)
  if (!entry || !('console' in entry) || entry.console === undefined) return undefined
  const said = isByArchitecture<Consoles>(entry.console) ? Object.values(entry.console) : [entry.console]
  const texts = said
    .flat()
    .map((one) => (one === false ? 'false' : typeof one === 'object' ? consoleText(one) : one))
  return texts.includes(port) ? undefined : texts.map((text) => `\`${text}\``).join(', ')
}

function consoleText({ port, speed }: { port: string; speed?: string | number | undefined }): string {
  return speed === undefined ? port : `${port},${speed}`
}

function writeIndex(
  machines: readonly ResolvedMachine[],
  lines: LineCache | undefined,
): GeneratedScript['script'] {
  const writer = new ScriptWriter(undefined)
  writer.line('#!ipxe')
  writer.comment(
    'Written by ipxetool. Which machine is this? A label per key; a missing one costs no request.',
  )
  const used = new Set(machines.flatMap(({ keys }) => keys.map(({ kind }) => kind)))
  if (used.has('mac')) {
    writer.line()
    writer.comment('By the address of any of its cards')
    writer.line('set nic:int32 0')
    writer.line(':next')
    writer.line('isset ${net${nic}/mac} || goto no-more')
    writer.line('goto mac-${net${nic}/mac:hexhyp} ||')
    writer.line('inc nic')
    writer.line('goto next')
    writer.line(':no-more')
  }
  writer.line()
  writer.comment('By what the firmware says, texts in hexadecimal; by the name that DHCP gave')
  if (used.has('uuid')) writer.line('goto uuid-${uuid} ||')
  for (const kind of ['serial', 'asset', 'hostname'] as const) {
    if (used.has(kind)) writer.line(`goto ${kind}-\${${kind}:hexraw} ||`)
  }
  writer.line('exit')
  for (const { machine, keys } of machines) {
    writer.source = machine.source
    writer.line()
    for (const [index, { kind, value, label }] of keys.entries()) {
      writer.line(`:${label}`)
      writer.line(`set matched ${kind} ${printable(value)}`)
      // after the last one it follows
      if (index < keys.length - 1) writer.line(`goto machine-${machine.id}`)
    }
    if (keys.length > 1) writer.line(`:machine-${machine.id}`)
    writer.line(`set machine ${machine.id}`)
    writer.line(`echo This is ${machine.id}, by \${matched}`)
    writer.line(`chain --autofree ${machine.id}.ipxe || echo The script of ${machine.id} failed.`)
    writer.line('exit')
  }
  return writer.finish(lines, machineIndexPath)
}

/** For the screen: what could end or cut the line is left out. */
function printable(text: string): string {
  return text
    .replace(/[^!-~ ]/g, '?')
    .replace(/(^|\s)(#|\|\||&&|;)/g, '$1?')
    .replace(/[${}\\]/g, '?')
    .trim()
}

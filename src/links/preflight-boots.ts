/** The preflight of everything that is booted, for the entries and the machines of a project. */
import { Diagnostic } from '../diagnostics/diagnostic.js'
import type { ResolvedMachine } from '../model/machines.js'
import type { Entry } from '../model/schema.js'
import { placeOfSource } from '../project/model.js'
import { joinPaths } from '../project/paths.js'
import { quote } from '../rules/message.js'
import { encodeText } from '../syntax/bytes.js'
import type { Boot } from './boots.js'
import { parseSize, preflight, type Preflight, type PreflightOptions, shownSize } from './preflight.js'
import { targetPaths } from './reach.js'
import type { LinkReport } from './resolve.js'

/** A script and the entries that it was made from. */
export interface EntriesOfScript {
  path: string
  menu?: { entries: readonly Entry[]; default?: string | undefined }
  machine?: Pick<ResolvedMachine, 'machine' | 'entry' | 'memory'>
}

/** A machine that says how much memory it has, and that can get to a boot. */
export interface BootMachine {
  id: string
  /** Bytes. */
  memory: number
  /** It has at least what is needed. */
  fits: boolean
}

export interface CheckedBoot {
  boot: Boot
  /** The id of the entry, when the script was made from a menu. */
  entry?: string
  preflight: Preflight
  machines: readonly BootMachine[]
}

/**
 * @param scripts those that were made from menus (`compileMenus`, `compileMachines`): they know what entries need
 * @param configFile where machines are declared when nothing says more
 */
export function preflightBoots(
  report: Pick<LinkReport, 'boots' | 'links' | 'tree' | 'entry' | 'scripts'>,
  scripts: readonly EntriesOfScript[] = [],
  options: PreflightOptions & { root?: string; configFile?: string } = {},
): { boots: CheckedBoot[]; diagnostics: Diagnostic[] } {
  const menus = new Map(scripts.flatMap(({ path, menu }) => (menu ? [[path, menu.entries] as const] : [])))
  const diagnostics: Diagnostic[] = []
  const reported = new Set<string>()
  // machines whose scripts are the same have the same boots
  const known = new WeakMap<readonly string[], { menu: unknown; found: Unfinished }>()
  const checked = report.boots.map((boot): Unfinished => {
    const menu = menus.get(boot.from)
    const same = known.get(boot.args)
    if (same?.menu === menu && same?.found.preflight.problems.length === 0) {
      return { ...same.found, boot, machines: [] }
    }
    const entry = entryOf(menu, boot.label)
    const needs = entry && 'needs' in entry ? entry.needs : undefined
    const memory = needs?.memory === undefined ? undefined : parseSize(needs.memory)
    const result = preflight(
      {
        name: quote(
          encodeText((entry && 'label' in entry ? entry.label : undefined) ?? boot.label ?? boot.from),
        ),
        kernel: {
          size: boot.kernel.size,
          ...(boot.initrdMax !== undefined && { initrdMax: boot.initrdMax }),
        },
        initrds: boot.initrds.map(({ size }) => size),
        later: boot.later.map(({ size }) => size),
        args: boot.args,
        ...(memory !== undefined && { memory }),
        ...(needs?.firmware && { firmware: needs.firmware }),
      },
      options,
    )
    for (const { ruleId, severity, reason, note } of result.problems) {
      const { file, place } = boot
      // the scripts of machines say again what the script of their menu says
      const key = JSON.stringify([ruleId, file, place?.start, reason])
      if (reported.has(key)) continue
      reported.add(key)
      diagnostics.push(new Diagnostic({ ruleId, severity, file, reason, note, ...(place && { place }) }))
    }
    const machines: BootMachine[] = []
    const found = { boot, ...(entry?.id !== undefined && { entry: entry.id }), preflight: result, machines }
    known.set(boot.args, { menu, found })
    return found
  })
  diagnostics.push(...checkMachines(report, checked, scripts, options))
  return { boots: checked, diagnostics }
}

type Unfinished = CheckedBoot & { machines: BootMachine[] }

/** Each machine that says how much memory it has, against everything that its menus can boot. */
function checkMachines(
  report: Pick<LinkReport, 'links' | 'tree'>,
  boots: readonly Unfinished[],
  scripts: readonly EntriesOfScript[],
  { root = '.', configFile = 'ipxetool.yaml' }: { root?: string; configFile?: string },
): Diagnostic[] {
  const stated = scripts.filter(({ machine }) => machine?.memory !== undefined)
  if (stated.length === 0) return []
  const machinePaths = new Set(scripts.flatMap(({ path, machine }) => (machine ? [path] : [])))
  const next = new Map<string, Set<string>>()
  for (const link of report.links) {
    if (link.role !== 'chain' && link.role !== 'kernel') continue
    // who is another machine is decided before
    const targets = targetPaths(link, report.tree).filter((path) => !machinePaths.has(path))
    const known = next.get(link.from) ?? new Set()
    for (const path of targets) known.add(path)
    next.set(link.from, known)
  }
  const byScript = new Map<string, Unfinished[]>()
  for (const boot of boots) {
    const list = byScript.get(boot.boot.from)
    if (list) list.push(boot)
    else byScript.set(boot.boot.from, [boot])
  }
  const diagnostics: Diagnostic[] = []
  for (const { path, machine, menu } of stated) {
    const memory = parseSize(machine!.memory!)
    if (memory === undefined) continue
    const { id, source } = machine!.machine
    const small: Unfinished[] = []
    for (const script of reachedFrom(path, next)) {
      for (const boot of byScript.get(script) ?? []) {
        const fits = memory >= boot.preflight.needed
        boot.machines.push({ id, memory, fits })
        if (!fits) small.push(boot)
      }
    }
    if (small.length === 0) continue
    const own = machine!.entry ?? menu?.default
    const starts = small.find(({ boot, entry }) => boot.from === path && own !== undefined && entry === own)
    const named = starts ?? small.reduce((a, b) => (b.preflight.needed > a.preflight.needed ? b : a))
    const others = new Set(small.map(nameOf)).size - 1
    const more =
      others > 0 ? ` The same is true of ${others === 1 ? 'one more entry' : `${others} more entries`}.` : ''
    const { minimum, needed } = named.preflight
    const why = minimum && minimum.bytes >= needed ? minimum.system : 'with all its files in memory'
    diagnostics.push(
      new Diagnostic({
        ruleId: 'memory-too-small',
        severity: starts ? 'warning' : 'info',
        file: source ? joinPaths(root, source.file) : configFile,
        ...(source && { place: placeOfSource(source) }),
        reason: `The machine ${quote(id)} has ${shownSize(memory)} of memory, and ${quote(encodeText(nameOf(named)))} needs ${shownSize(needed)} (${why})`,
        note: `${starts ? 'It starts this entry by itself, and stops while that unpacks or starts.' : 'Its menu offers the entry all the same.'}${more}`,
      }),
    )
  }
  return diagnostics
}

function nameOf({ boot, entry }: CheckedBoot): string {
  return entry ?? boot.label ?? boot.from
}

function reachedFrom(start: string, next: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const reached = new Set([start])
  // a set goes on with what is added meanwhile
  for (const path of reached) for (const target of next.get(path) ?? []) reached.add(target)
  return reached
}

/** The numbers of a boot for programs: `boots` of `ipxetool check --json`. Sizes in bytes. */
export interface BootNumbers {
  /** Paths in the tree: the scripts of machines often boot the same. */
  scripts: string[]
  label?: string
  entry?: string
  kernel: Boot['kernel']
  initrds: Boot['initrds']
  /** What the booted system fetches into memory. */
  later: Boot['later']
  bytes: number
  laterBytes: number
  /** Files whose size is not known. */
  unknown: number
  memory: { needed: number; minimum?: Preflight['minimum'] }
  times: Preflight['times']
  machines: BootMachine[]
}

/** In the order in which the scripts have them; what is the same in several scripts is there once. */
export function bootNumbers(boots: readonly CheckedBoot[]): BootNumbers[] {
  const all = new Map<string, BootNumbers>()
  for (const { boot, entry, preflight: result, machines } of boots) {
    const { bytes, laterBytes, unknown, needed, minimum, times } = result
    const numbers = {
      ...(boot.label !== undefined && { label: boot.label }),
      ...(entry !== undefined && { entry }),
      kernel: boot.kernel,
      initrds: boot.initrds,
      later: boot.later,
      bytes,
      laterBytes,
      unknown,
      memory: { needed, ...(minimum && { minimum }) },
      times: times.map((time) => ({ ...time, seconds: Math.round(time.seconds * 100) / 100 })),
    }
    const key = JSON.stringify(numbers)
    const same = all.get(key)
    if (same) {
      same.scripts.push(boot.from)
      same.machines.push(...machines)
    } else all.set(key, { scripts: [boot.from], ...numbers, machines: [...machines] })
  }
  for (const numbers of all.values()) {
    const known = new Set<string>()
    numbers.machines = numbers.machines.filter(({ id }) => known.size < known.add(id).size)
  }
  return [...all.values()]
}

type EntryWithId = Extract<Entry, { id?: string | undefined }>

/** Labels are the ids of entries, with the processor behind them where the files differ. */
function entryOf(entries: readonly Entry[] | undefined, label: string | undefined): EntryWithId | undefined {
  const withIds = (entries ?? []).filter((entry): entry is EntryWithId => 'id' in entry)
  const plain = label?.replace(/-(x86_64|i386|arm64)$/, '')
  return withIds.find(({ id }) => id === label) ?? withIds.find(({ id }) => id === plain)
}

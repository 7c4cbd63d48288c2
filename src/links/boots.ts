/** Kernels with their initrds and arguments, as the scripts put them together, and the preflight of each. */
import type { Line } from '../ast/nodes.js'
import { Diagnostic, type Place } from '../diagnostics/diagnostic.js'
import type { Entry } from '../model/schema.js'
import { decodeText } from '../syntax/bytes.js'
import { type KnownKinds, pathOf } from './check-kinds.js'
import { heldInMemory } from './minimums.js'
import { parseSize, preflight, type Preflight, type PreflightOptions } from './preflight.js'
import type { CheckedLink, LinkReport } from './resolve.js'
import type { ScriptSettings } from './scan.js'
import { shown, type Values } from './values.js'

export interface BootFile {
  /** As the script says it. */
  url: string
  /** In the tree. */
  path?: string
  /** Bytes, when it is in the tree. */
  size?: number
}

/** What one label of a script loads. Of files that stand in for each other the one that is here. */
export interface Boot {
  /** Path of the script in the tree. */
  from: string
  /** As the user knows the file. */
  file: string
  place?: Place
  label?: string
  kernel: BootFile
  initrdMax?: number
  initrds: readonly BootFile[]
  /** The words of the command line, those of all settings that may hold some. */
  args: readonly string[]
  /** What the booted system fetches into memory. */
  later: readonly BootFile[]
}

/** @param found of one script */
export function findBoots(
  found: readonly CheckedLink[],
  settings: ScriptSettings,
  values: Values,
  kinds: KnownKinds,
): Boot[] {
  const groups = new Map<string, CheckedLink[]>()
  for (const checked of found) {
    const key = checked.link.label ?? ''
    const group = groups.get(key)
    if (group) group.push(checked)
    else groups.set(key, [checked])
  }
  const boots: Boot[] = []
  for (const group of groups.values()) {
    const kernels = group.filter(({ link }) => link.role === 'kernel' && link.target.kind !== 'image')
    const [first] = kernels
    if (!first) continue
    const best = kernels.find((kernel) => pathOf(kernel) !== undefined) ?? first
    const initrds = byLine(group.filter(({ link }) => link.role === 'initrd'))
    const later = byLine(
      group.filter(({ link }) => link.role === 'argument' && heldInMemory.has(link.command)),
    )
    const { file, place, label, from } = best.link
    const path = pathOf(best)
    const initrdMax = path === undefined ? undefined : kinds.of(path)?.initrdMax
    boots.push({
      from,
      file,
      ...(place && { place }),
      ...(label !== undefined && { label }),
      kernel: fileOf(best, kinds),
      ...(initrdMax !== undefined && { initrdMax }),
      initrds: initrds.map((checked) => fileOf(checked, kinds)),
      args: argumentsOf(kernels, settings, values),
      later: later.map((checked) => fileOf(checked, kinds)),
    })
  }
  return boots
}

/** One of each line: the others there are tried when it fails. */
function byLine(all: readonly CheckedLink[]): CheckedLink[] {
  const lines = new Map<Line, CheckedLink>()
  for (const checked of all) {
    const { line } = checked.uri.at.command
    const known = lines.get(line)
    if (!known || (pathOf(known) === undefined && pathOf(checked) !== undefined)) lines.set(line, checked)
  }
  return [...lines.values()]
}

function fileOf(checked: CheckedLink, kinds: KnownKinds): BootFile {
  const path = pathOf(checked)
  const size = path === undefined ? undefined : kinds.sizeOf(path)
  return {
    url: checked.link.text,
    ...(path !== undefined && { path }),
    ...(size !== undefined && { size }),
  }
}

function argumentsOf(kernels: readonly CheckedLink[], script: ScriptSettings, values: Values): string[] {
  const words = new Set<string>()
  for (const { uri } of kernels) {
    const place = { script, section: uri.at.section, index: uri.at.index }
    for (const { word } of uri.at.command.positionals.slice(1, 300)) {
      for (const text of values.expand(word, place)) {
        for (const part of decodeText(shown(text)).split(' ')) if (part !== '') words.add(part)
      }
    }
  }
  return [...words]
}

/** A script and the entries that it was made from. */
export interface EntriesOfScript {
  path: string
  menu?: { entries: readonly Entry[] }
}

export interface CheckedBoot {
  boot: Boot
  /** The id of the entry, when the script was made from a menu. */
  entry?: string
  preflight: Preflight
}

/**
 * @param scripts those that were made from menus (`compileMenus`, `compileMachines`): they know what entries need
 */
export function preflightBoots(
  { boots }: Pick<LinkReport, 'boots'>,
  scripts: readonly EntriesOfScript[] = [],
  options: PreflightOptions = {},
): { boots: CheckedBoot[]; diagnostics: Diagnostic[] } {
  const menus = new Map(scripts.flatMap(({ path, menu }) => (menu ? [[path, menu.entries] as const] : [])))
  const diagnostics: Diagnostic[] = []
  const checked = boots.map((boot): CheckedBoot => {
    const entry = entryOf(menus.get(boot.from), boot.label)
    const needs = entry && 'needs' in entry ? entry.needs : undefined
    const memory = needs?.memory === undefined ? undefined : parseSize(needs.memory)
    const result = preflight(
      {
        name: `\`${(entry && 'label' in entry ? entry.label : undefined) ?? boot.label ?? boot.from}\``,
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
      diagnostics.push(new Diagnostic({ ruleId, severity, file, reason, note, ...(place && { place }) }))
    }
    return { boot, ...(entry?.id !== undefined && { entry: entry.id }), preflight: result }
  })
  return { boots: checked, diagnostics }
}

type EntryWithId = Extract<Entry, { id?: string | undefined }>

/** Labels are the ids of entries, with the processor behind them where the files differ. */
function entryOf(entries: readonly Entry[] | undefined, label: string | undefined): EntryWithId | undefined {
  const withIds = (entries ?? []).filter((entry): entry is EntryWithId => 'id' in entry)
  const plain = label?.replace(/-(x86_64|i386|arm64)$/, '')
  return withIds.find(({ id }) => id === label) ?? withIds.find(({ id }) => id === plain)
}

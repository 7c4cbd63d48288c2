/** Kernels with their initrds and arguments, as the scripts put them together. */
import type { Line } from '../ast/nodes.js'
import type { Place } from '../diagnostics/diagnostic.js'
import { decodeText } from '../syntax/bytes.js'
import { type KnownKinds, pathOf } from './check-kinds.js'
import { heldInMemory } from './minimums.js'
import type { CheckedLink } from './resolve.js'
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

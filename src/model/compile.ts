/**
 * Menus to scripts. One menu is one script; every entry is a label in it, says what it is about to do, and comes back
 * to the menu with the reason when that fails. The result is meant to be read.
 */
import type { Script } from '../ast/nodes.js'
import { assetProblems, type ScriptPlace } from './assets.js'
import { exitsToFirmware, writeEntry } from './entries.js'
import { assignKeys } from './keys.js'
import type { LockedSet } from './lock.js'
import { writeMenuLines } from './menu-lines.js'
import { writeOwnDisk } from './once.js'
import type { ResolvedMachine } from './machines.js'
import { entryId, modelProblems, type ModelProblem, shownSource } from './problems.js'
import type { Entry, KernelEntry, Menu } from './schema.js'
import { relativePath } from './relative-path.js'
import { type LineCache, ScriptWriter } from './writer.js'

export interface CompileOptions {
  /** Id of the menu that machines see first and the path of its script; absent when a script of the user's is first. */
  first?: { menu: string; path: string }
  /** The serial console of the project, as after `console=`: `ttyS1,115200` or `$<console>`. */
  console?: string
  /** The first menu asks `machines/index.ipxe` whether the machine is known. */
  machines?: boolean
  /** What `use` of entries may name. */
  locked?: readonly LockedSet[]
  /** Absolute URL of the tree for booted systems, without a slash at its end: `$<base>`. Default: where iPXE got it. */
  base?: string
  /** `ipxetool serve` serves the tree: it remembers which machines have been installed. */
  remembers?: boolean
  /** Lines that the scripts of one build share. */
  lines?: LineCache
}

export interface GeneratedScript {
  /** In the output tree. */
  path: string
  menu?: Menu
  script: Script
  /** Whose script it is. */
  machine?: ResolvedMachine
}

export interface Compiled {
  scripts: GeneratedScript[]
  problems: ModelProblem[]
}

/** Where the script of a menu lies in the output tree. */
export function menuPath(id: string, options: CompileOptions): string {
  return options.first?.menu === id ? options.first.path : `menus/${id}.ipxe`
}

/**
 * Compiles validated menus. With an error among the problems there are no scripts.
 *
 * @param reached menus that something else than a submenu leads to: a machine
 */
export function compileMenus(
  menus: readonly Menu[],
  options: CompileOptions = {},
  reached: Iterable<string> = [],
): Compiled {
  const problems = [
    ...modelProblems(menus, options.first?.menu, reached),
    ...assetProblems(menus, options.locked ?? []),
  ]
  if (problems.some(({ severity }) => severity === 'error')) return { scripts: [], problems }
  const byId = new Map(menus.map((menu) => [menu.id, menu]))
  const started = [...reached, options.first?.menu ?? '']
  const scripts = menus.map((menu) => compileMenu(menu, byId, options, { started }))
  return { scripts, problems }
}

/** What the writers of entries need to know about where they are. */
export interface MenuContext {
  menu: Menu
  path: string
  isFirst: boolean
  /** Ask the index of machines before the menu shows. */
  asksMachines: boolean
  /** Go to this entry before the menu shows. */
  start: string | undefined
  /** The machine that the script is for, when it is to run once. */
  once: string | undefined
  /** Some machine's script may go on with its own disk: the first menu is then left, too. */
  mayLeave: boolean
  /** The same of the script of a menu that this one opens. */
  leaves: (menu: string) => boolean
  console: string | undefined
  locked: readonly LockedSet[]
  place: ScriptPlace
  keys: ReadonlyMap<string, string>
  /** Some entry lets its kernel arguments be edited. */
  canEdit: boolean
  /** Some entry comes back with a reason. */
  canFail: boolean
  titleOf: (menu: string) => string
  /** The script of another menu, relative to this one. */
  pathTo: (menu: string) => string
  /** The index of machines, relative to this script. */
  machineIndex: string
}

export const machineIndexPath = 'machines/index.ipxe'

/**
 * The script of one menu; of a machine when `own` says where it lies and what it starts.
 *
 * @param of.started menus that scripts of machines begin with
 */
export function compileMenu(
  menu: Menu,
  byId: ReadonlyMap<string, Menu>,
  options: CompileOptions,
  {
    own,
    started = [],
  }: {
    own?: { path: string; start: string | undefined; once?: string | undefined }
    started?: readonly string[]
  },
): GeneratedScript {
  const leaving = leavingMenus(byId)
  const path = own?.path ?? menuPath(menu.id, options)
  const canEdit = menu.entries.some((entry) => isKernel(entry) && entry.editArgs !== false)
  const isFirst = own === undefined && options.first?.menu === menu.id
  const context: MenuContext = {
    menu,
    path,
    isFirst,
    asksMachines: isFirst && options.machines === true,
    start: own?.start,
    once: own?.once,
    mayLeave: options.remembers === true || started.some((id) => leaving.has(id)),
    leaves: (id) => leaving.has(id),
    console: options.console,
    locked: options.locked ?? [],
    place: {
      up: '../'.repeat(path.split('/').length - 1),
      ...(options.base !== undefined && { base: options.base }),
    },
    canEdit,
    canFail: false,
    keys: keysOf(menu, canEdit, isFirst),
    titleOf: (id) => byId.get(id)?.title ?? id,
    pathTo: (id) => relativePath(path, menuPath(id, options)),
    machineIndex: relativePath(path, machineIndexPath),
  }
  const entries = new ScriptWriter(menu.source, path)
  for (const entry of menu.entries) {
    const id = entryId(entry)
    if (id === undefined) continue
    entries.source = entry.source ?? menu.source
    entries.line()
    entries.comment(`${labelOf(entry, context)}${entry.source ? ` (${shownSource(entry.source)})` : ''}`)
    entries.line(`:${id}`)
    writeEntry(entries, entry, context)
  }
  context.canFail = entries.goesTo('failed')

  const writer = new ScriptWriter(menu.source)
  writer.line('#!ipxe')
  writer.comment(
    `Written by ipxetool${menu.source ? ` from ${menu.source.file}: change that file, not this one` : ''}.`,
  )
  writeMenuLines(writer, context)
  writer.append(entries)
  writer.source = menu.source
  writeTail(writer, context)
  if (context.once !== undefined) writeOwnDisk(writer, context.once)
  return { path, menu, script: writer.finish(options.lines, nameOf(path, own, options)) }
}

/**
 * The menus that may end because the machine is to go on with its own disk, there or in a menu that they open: `exit`
 * only ends the script itself, and whoever opened it shows a menu again unless it is told.
 */
function leavingMenus(byId: ReadonlyMap<string, Menu>): ReadonlySet<string> {
  const known = leavingOf.get(byId)
  if (known) return known
  const openers = new Map<string, string[]>()
  const leaving = new Set<string>()
  for (const { id, entries } of byId.values()) {
    for (const entry of entries) {
      if (entry.kind === 'local' && exitsToFirmware(entry)) leaving.add(id)
      if (entry.kind === 'submenu') openers.set(entry.menu, [...(openers.get(entry.menu) ?? []), id])
    }
  }
  for (const id of leaving) for (const opener of openers.get(id) ?? []) leaving.add(opener)
  leavingOf.set(byId, leaving)
  return leaving
}

const leavingOf = new WeakMap<ReadonlyMap<string, Menu>, ReadonlySet<string>>()

/** Unlike those of other scripts of one build: paths of machines are shared. */
function nameOf(
  path: string,
  own: { start: string | undefined; once?: string | undefined } | undefined,
  { console }: CompileOptions,
): string {
  return own ? `${path} ${own.start ?? ''} ${console ?? ''} ${own.once ?? ''}` : path
}

function isKernel(entry: Entry): entry is KernelEntry {
  return kernelKinds.has(entry.kind)
}

const kernelKinds = new Set<Entry['kind']>([
  'linux',
  'coreos',
  'flatcar',
  'anaconda',
  'debian',
  'casper',
  'alpine',
])

/** What the menu shows for an entry. */
export function labelOf(entry: Entry, context: MenuContext): string {
  if (entry.kind === 'separator') return entry.label ?? ''
  if (entry.kind === 'submenu') return entry.label ?? context.titleOf(entry.menu)
  return entry.label
}

function keysOf(menu: Menu, canEdit: boolean, isFirst: boolean): Map<string, string> {
  const requests = menu.entries.flatMap((entry) => {
    const id = entryId(entry)
    if (id === undefined || entry.kind === 'separator') return []
    return [{ id, label: entry.label ?? id, key: entry.key }]
  })
  // the keys of the menu's own items come before the letters of labels, after what was asked for
  const taken = new Set(requests.map(({ key }) => key))
  const own = (id: string, key: string) => [{ id, label: id, key: taken.has(key) ? undefined : key }]
  return assignKeys([...requests, ...(canEdit ? own('edit', 'e') : []), ...(isFirst ? [] : own('back', 'b'))])
}

function writeTail(writer: ScriptWriter, { isFirst, canEdit, canFail }: MenuContext): void {
  if (canEdit) {
    writer.line()
    writer.comment('Ask for the kernel arguments of the next entry, or no longer')
    writer.line(':edit')
    writer.line('iseq ${edit} yes && clear edit || set edit yes')
    writer.line('goto menu')
  }
  writer.line()
  if (isFirst) {
    writer.comment('Escape leads to the shell: somebody sits at the machine')
    writer.line(':leave')
    writer.line('echo Type exit to come back to the menu.')
    writer.line('shell ||')
    writer.line('goto menu')
  } else {
    writer.line(':back')
    writer.line('exit')
  }
  if (!canFail) return
  writer.label('failed')
  writer.line('set problem ${what}')
  writer.line('set error ${errno:hexraw}')
  writer.line('imgfree')
  writer.line('prompt --timeout 5000 Press a key to go back to the menu. ||')
  writer.line('goto menu')
}

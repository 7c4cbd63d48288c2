/** The screen of a menu: what the machine is, the items, the choice. */
import { labelOf, type MenuContext } from './compile.js'
import { writeLeave } from './entries.js'
import { writeOnce } from './once.js'
import { architecturesOf, isByArchitecture } from './kernels.js'
import { entryId } from './problems.js'
import {
  architectures,
  type Architecture,
  type Entry,
  type EntryOf,
  type Firmware,
  type KernelEntry,
  type Menu,
  type Needs,
} from './schema.js'
import type { ScriptWriter } from './writer.js'

export function writeMenuLines(writer: ScriptWriter, context: MenuContext): void {
  const { menu, isFirst, asksMachines, start, canEdit, keys, machineIndex } = context
  const needsArchitecture = menu.entries.some((entry) => entryArchitectures(entry) !== undefined)
  if (isFirst || needsArchitecture) {
    writer.line()
    writer.comment('What the processor can do, which on BIOS is more than the 32-bit loader says')
    writer.line('set arch ${buildarch}')
    writer.line('iseq ${platform} pcbios && cpuid --ext 29 && set arch x86_64 ||')
  }

  if (asksMachines) {
    writer.line()
    writer.comment('Machines that the project knows by name go their own way, once')
    writer.line(`isset \${machine} || chain --autofree ${machineIndex} ||`)
    if (context.mayLeave) writeLeave(writer)
  }
  if (context.once !== undefined) writeOnce(writer, context)
  writeFieldValues(writer, menu)
  if (start !== undefined) {
    writer.line()
    writer.line(`goto ${start}`)
  }

  writer.label('menu')
  writer.line(`menu ${optionsEnd(menu.title)}${menu.title}`)
  if (context.canFail) {
    writer.line('isset ${problem} && item --gap -- Failed: ${problem} ||')
    writer.line('isset ${problem} && item --gap -- From ${from} ||')
    writer.line('isset ${problem} && item --gap -- Error ${error}, explained at https://ipxe.org/${error} ||')
    writer.line('isset ${problem} && item --gap ||')
  }
  for (const entry of menu.entries) {
    writer.source = entry.source ?? menu.source
    writer.line(itemLine(entry, context))
  }
  writer.source = menu.source
  if (canEdit || !isFirst) writer.line('item --gap')
  if (canEdit) {
    const key = keyOption(keys.get('edit'))
    writer.line(`iseq \${edit} yes && item ${key}edit Edit the kernel arguments first: yes ||`)
    writer.line(`iseq \${edit} yes || item ${key}edit Edit the kernel arguments first: no`)
  }
  if (!isFirst) writer.line(`item ${keyOption(keys.get('back'))}back Back`)

  const initial = menu.default === undefined ? '' : `--default ${menu.default} `
  const timeout = menu.timeout === undefined ? 0 : milliseconds(menu.timeout)
  const wait = timeout === 0 ? '' : `--timeout ${timeout} `
  writer.line(`choose ${initial}${wait}target || set target ${isFirst ? 'leave' : 'back'}`)
  if (context.canFail) writer.line('clear problem')
  writer.line('goto ${target}')
}

/** Whoever picks an entry without its form, or starts it by itself, gets what the form would have started with. */
function writeFieldValues(writer: ScriptWriter, menu: Menu): void {
  const forms = menu.entries.filter((entry) => entry.kind === 'form')
  const known = forms.filter(({ fields }) => fields.some(({ value }) => value !== undefined))
  if (known.length === 0) return
  writer.line()
  writer.comment('What the questions below start with, and what counts where nobody answers them')
  for (const { fields, source } of known) {
    if (source) writer.source = source
    for (const { name, value } of fields) {
      if (value !== undefined) writer.line(`isset \${${name}} || set ${name} ${value}`)
    }
  }
  writer.source = menu.source
}

function itemLine(entry: Entry, context: MenuContext): string {
  const id = entryId(entry)
  const label = labelOf(entry, context)
  if (id === undefined) return label === '' ? 'item --gap' : `item --gap -- ${label}`
  const item = `item ${keyOption(context.keys.get(id))}${id} ${label}`
  const conditions = shownWhen(entry)
  return conditions === '' ? item : `${conditions} && ${item} ||`
}

/** As iPXE evaluates it: one level, from the left. */
function shownWhen(entry: Entry): string {
  const only = entryArchitectures(entry)
  const conditions: string[] = []
  if (only) conditions.push(only.map((architecture) => `iseq \${arch} ${architecture}`).join(' || '))
  const firmware = entryFirmware(entry)
  if (firmware) conditions.push(`iseq \${platform} ${firmware === 'uefi' ? 'efi' : 'pcbios'}`)
  return conditions.join(' && ')
}

/** The architectures that an entry is shown on; `undefined` for all. */
export function entryArchitectures(entry: Entry): readonly Architecture[] | undefined {
  switch (entry.kind) {
    case 'linux':
    case 'coreos':
    case 'flatcar':
    case 'anaconda':
    case 'debian':
    case 'casper':
    case 'alpine':
      return architecturesOf(entry satisfies KernelEntry)
    case 'separator':
      return undefined
    case 'memtest':
      return asked(entry) ?? namedIn(entry.image)
    case 'chain':
      // with something for BIOS it is of use on every PC
      return asked(entry) ?? (hasFirmware(entry.url) && !entry.url.bios ? namedIn(entry.url.uefi) : undefined)
    default:
      return asked(entry)
  }
}

function asked({ needs }: { needs?: Needs | undefined }): readonly Architecture[] | undefined {
  return needs?.architecture === undefined ? undefined : [needs.architecture].flat()
}

function namedIn(value: unknown): readonly Architecture[] | undefined {
  return isByArchitecture(value) ? architectures.filter((architecture) => architecture in value) : undefined
}

type ByFirmware = Exclude<EntryOf<'chain'>['url'], string | string[]>

function hasFirmware(url: EntryOf<'chain'>['url']): url is ByFirmware {
  return typeof url === 'object' && !Array.isArray(url)
}

/** The firmware that an entry is shown on; `undefined` for both. */
function entryFirmware(entry: Entry): Firmware | undefined {
  if (entry.kind === 'separator') return undefined
  if (entry.needs?.firmware !== undefined) return entry.needs.firmware
  if (entry.kind !== 'chain' || !hasFirmware(entry.url)) return undefined
  const { bios, uefi } = entry.url
  return bios === undefined ? 'uefi' : uefi === undefined ? 'bios' : undefined
}

function keyOption(key: string | undefined): string {
  return key === undefined ? '' : `--key ${key} `
}

/** Text that may begin with `-` would be read as options. */
function optionsEnd(text: string): string {
  return text.startsWith('-') ? '-- ' : ''
}

/** @param duration as the schema allows it: 500ms, 30s, 5min; a variable stays as it is */
export function milliseconds(duration: string): number | string {
  if (duration.startsWith('$')) return duration
  const [, number, unit] = /^(\d+)(ms|s|min)$/.exec(duration) ?? []
  return Number(number) * (unit === 'min' ? 60_000 : unit === 's' ? 1000 : 1)
}

/** What happens when an entry is picked: the lines below its label. */
import { parse } from '../syntax/parse.js'
import { printNode } from '../syntax/stringify.js'
import { AssetFiles, setsOf } from './assets.js'
import type { MenuContext } from './compile.js'
import { showUse } from './lock.js'
import { architecturesOf, expandKernel, isByArchitecture, type KernelBoot } from './kernels.js'
import type { Architecture, Entry, EntryOf, FormField, KernelEntry, Uris } from './schema.js'
import type { ScriptWriter } from './writer.js'

export function writeEntry(writer: ScriptWriter, entry: Entry, context: MenuContext): void {
  switch (entry.kind) {
    case 'linux':
    case 'coreos':
    case 'flatcar':
    case 'anaconda':
    case 'debian':
    case 'casper':
    case 'alpine':
      writeKernelEntry(writer, entry, context)
      break
    case 'memtest':
      writer.line('imgfree')
      writeByArchitecture(writer, entry, imagesOf(entry, context), (image) => {
        writeFetch(writer, entry.label, 'kernel', [image].flat(), '')
        writeBoot(writer, entry.label)
      })
      break
    case 'wimboot':
      writeWimboot(writer, entry)
      break
    case 'iso':
      writer.line(`set what ${entry.label}`)
      writer.line(`set from ${writer.uri(entry.url)}`)
      writer.line(`sanboot --no-describe ${writer.uri(entry.url)} || goto failed`)
      writer.line('goto menu')
      break
    case 'chain':
      writeChain(writer, entry)
      break
    case 'local':
      writeLocal(writer, entry, context)
      break
    case 'shell':
      writer.line('echo Type exit to come back to the menu.')
      writer.line('shell ||')
      writer.line('goto menu')
      break
    case 'settings':
      writer.line('config ||')
      writer.line('goto menu')
      break
    case 'network-test':
      writeNetworkTest(writer)
      break
    case 'serial-test':
      writeSerialTest(writer)
      break
    case 'reboot':
      writer.line('reboot')
      break
    case 'poweroff':
      writer.line(`set what ${entry.label}`)
      writer.line('set from a loader that cannot turn the machine off')
      writer.line('poweroff || goto failed')
      break
    case 'submenu':
      writer.line(`set what the menu ${entry.menu}`)
      writer.line(`set from ${context.pathTo(entry.menu)}`)
      writer.line(`chain --autofree ${context.pathTo(entry.menu)} || goto failed`)
      if (context.leaves(entry.menu)) writeLeave(writer)
      writer.line('goto menu')
      break
    case 'form':
      for (const field of entry.fields) writeField(writer, entry.id, field)
      writer.line(`goto ${entry.then ?? 'menu'}`)
      break
    case 'raw':
      writeRaw(writer, entry)
      break
    case 'separator':
      break
  }
}

function imagesOf(
  entry: EntryOf<'memtest'>,
  context: MenuContext,
): Uris | Partial<Record<Architecture, Uris>> {
  if (entry.image !== undefined) return entry.image
  const images: Partial<Record<Architecture, Uris>> = {}
  for (const [architecture, set] of Object.entries(setsOf(entry, context.locked) ?? {})) {
    const urls = new AssetFiles(set, context.place).urls('kernel', 'loader')
    if (urls) images[architecture as Architecture] = urls
  }
  return images
}

function writeKernelEntry(writer: ScriptWriter, entry: KernelEntry, context: MenuContext): void {
  const sets = setsOf(entry, context.locked)
  const versions = new Set(Object.values(sets ?? {}).map(({ version }) => version))
  if (entry.use !== undefined) {
    writer.comment(`${showUse(entry.use)} is ${[...versions].join(' and ')} (ipxetool.lock)`)
  }
  writer.line('imgfree')
  const boots = architecturesOf(entry, sets).map((architecture) => {
    const set = sets?.[architecture]
    const assets = set && new AssetFiles(set, context.place)
    return [architecture, expandKernel(entry, architecture, context.console, assets)] as const
  })
  const [first] = boots
  const differ = boots.some(([, boot]) => JSON.stringify(boot) !== JSON.stringify(first?.[1]))
  const write = (boot: KernelBoot): void => {
    writeKernelBoot(writer, entry, boot)
  }
  if (differ) writeByArchitecture(writer, entry, Object.fromEntries(boots), write)
  else write(first?.[1] ?? expandKernel(entry, 'x86_64', context.console))
}

/** One block per architecture where they differ, behind `goto ID-ARCH`. */
function writeByArchitecture<Value>(
  writer: ScriptWriter,
  { id, label }: { id: string; label: string },
  value: Value | Partial<Record<Architecture, Value>>,
  write: (value: Value) => void,
): void {
  if (!isByArchitecture(value)) {
    write(value)
    return
  }
  writer.line(`set what ${label}`)
  writer.line('set from files for this processor (${arch})')
  writer.line(`goto ${id}-\${arch} || goto failed`)
  for (const [architecture, own] of Object.entries(value)) {
    writer.label(`${id}-${architecture}`)
    write(own)
  }
}

function writeKernelBoot(writer: ScriptWriter, entry: KernelEntry, boot: KernelBoot): void {
  if (entry.destructive === true) writer.line('# ipxetool destructive')
  for (const { name, value, otherwise } of boot.settings ?? []) {
    writer.line(`set ${name} ${value}`)
    writer.line(`isset \${cwduri} || set ${name} ${otherwise}`)
  }
  const initrdArgs = boot.initrds.flatMap(({ name }) => (name === undefined ? [] : [`initrd=${name}`]))
  let tail = [...initrdArgs, ...boot.args].join(' ')
  if (entry.editArgs !== false) {
    writer.line(`set args ${boot.args.join(' ')}`)
    writer.line(
      'iseq ${edit} yes && echo Kernel arguments: Enter accepts, Ctrl-C leaves them as they were. ||',
    )
    writer.line('iseq ${edit} yes && read args ||')
    tail = [...initrdArgs, '${args}'].join(' ')
  }
  writeFetch(writer, `the kernel of ${entry.label}`, 'kernel', boot.kernel, tail)
  for (const { urls, name, path, mode } of boot.initrds) {
    const command = name === undefined ? 'initrd' : `initrd --name ${name}`
    writeFetch(
      writer,
      `an initrd of ${entry.label}`,
      command,
      urls,
      path === undefined ? '' : `${path}${mode === undefined ? '' : ` mode=${mode}`}`,
    )
  }
  writeBoot(writer, entry.label)
}

/** `command URL tail`, falling back to the next URL, then to the menu. */
function writeFetch(
  writer: ScriptWriter,
  what: string,
  command: string,
  urls: readonly string[],
  tail: string,
): void {
  writer.line(`set what ${what}`)
  writer.line(`set from ${writer.uri(urls.at(-1)!)}`)
  const attempts = urls.map((url) => `${command} ${writer.uri(url)}${tail === '' ? '' : ` ${tail}`}`)
  writer.line(`${attempts.join(' || ')} || goto failed`)
}

function writeBoot(writer: ScriptWriter, label: string): void {
  writer.line(`set what starting ${label}`)
  writer.line('boot || goto failed')
  // an EFI program may end well: the next entry must not start then
  writer.line('goto menu')
}

function writeWimboot(writer: ScriptWriter, { wimboot, files, label }: EntryOf<'wimboot'>): void {
  writer.line('imgfree')
  writeFetch(writer, 'wimboot', 'kernel', [wimboot].flat(), '')
  for (const [path, name] of [
    ['bootmgr', 'bootmgr'],
    ['bootmgr.efi', 'bootmgr.efi'],
  ] as const) {
    // BIOS wants the one and UEFI the other; an image has both or one
    writer.line(`initrd --name ${name} ${writer.uri(`${files}/${path}`)} ${name} ||`)
  }
  // unpacked images differ in case
  for (const [name, ...paths] of [
    ['bcd', 'boot/bcd', 'Boot/BCD'],
    ['boot.sdi', 'boot/boot.sdi', 'Boot/boot.sdi'],
    ['boot.wim', 'sources/boot.wim', 'Sources/boot.wim'],
  ] as const) {
    writeFetch(
      writer,
      `${name} of ${label}`,
      `initrd --name ${name}`,
      paths.map((path) => `${files}/${path}`),
      name,
    )
  }
  writeBoot(writer, label)
}

function writeChain(writer: ScriptWriter, { id, url, label }: EntryOf<'chain'>): void {
  const chain = (urls: Uris): void => {
    writeFetch(writer, label, 'chain --autofree', [urls].flat(), '')
    writer.line('goto menu')
  }
  if (typeof url === 'string' || Array.isArray(url)) {
    chain(url)
    return
  }
  const { bios, uefi } = url
  if (bios !== undefined && uefi !== undefined) writer.line(`iseq \${platform} pcbios || goto ${id}-uefi`)
  if (bios !== undefined) chain(bios)
  if (uefi === undefined) return
  if (bios !== undefined) writer.label(`${id}-uefi`)
  writeByArchitecture(writer, { id, label }, uefi, chain)
}

/** Says to the scripts that led here that the machine goes on with its own disk; see {@link writeLeave}. */
export const ownDisk = 'set own-disk yes'

/** After a script that came back. */
export function writeLeave(writer: ScriptWriter): void {
  writer.line('isset ${own-disk} && exit ||')
}

/** Whether an entry ends with `exit`, on some firmware at least. */
export function exitsToFirmware({ method = 'auto' }: EntryOf<'local'>): boolean {
  return method === 'auto' || method === 'exit'
}

function writeLocal(writer: ScriptWriter, entry: EntryOf<'local'>, { isFirst }: MenuContext): void {
  const disk = `sanboot --no-describe --drive ${entry.drive ?? '0x80'}`
  switch (entry.method ?? 'auto') {
    case 'auto':
      writer.comment('A BIOS starts the first disk; UEFI goes on with its next boot option')
      if (!isFirst) writer.line(ownDisk)
      writer.line(`iseq \${platform} pcbios && ${disk} ||`)
      writer.line('exit')
      break
    case 'exit':
      if (!isFirst) writer.line(ownDisk)
      writer.line('exit')
      break
    case 'disk':
      writer.line(`set what ${entry.label}`)
      writer.line(`set from drive ${entry.drive ?? '0x80'}`)
      writer.line(`${disk} || goto failed`)
      writer.line('goto menu')
      break
    case 'efi-file':
      writer.line(`set what ${entry.label}`)
      writer.line(`set from ${entry.filename ?? '\\EFI\\BOOT\\BOOTX64.EFI'}`)
      writer.line(
        `sanboot --no-describe --filename ${entry.filename ?? '\\EFI\\BOOT\\BOOTX64.EFI'} || goto failed`,
      )
      writer.line('goto menu')
      break
  }
}

function writeNetworkTest(writer: ScriptWriter): void {
  writer.line('ifstat')
  writer.line('route')
  writer.line('echo Address ${ip}, gateway ${gateway}, DNS ${dns}, next server ${next-server}')
  writer.line('prompt Press a key to go back to the menu. ||')
  writer.line('goto menu')
}

/**
 * Offset 44 of the ACPI table SPCR: the address of the port that the firmware's console is on, low 16 bits
 * (`include/ipxe/spcr.h`, `core/acpi_settings.c`).
 */
const spcrAddress = '${acpi/0x53504352.0.0.44.2:uint16}'
/** I/O addresses, 0x3f8 and so on, in the decimal that iPXE expands them to. */
const pcPorts = [
  [1016, 'ttyS0'],
  [760, 'ttyS1'],
  [1000, 'ttyS2'],
  [744, 'ttyS3'],
] as const

/**
 * iPXE writes to all its consoles at once and cannot choose one at run time, so nothing it prints tells ports apart.
 * What it can do is to ask the firmware (UEFI builds; BIOS builds have no `acpi` settings), and to say what to type.
 */
function writeSerialTest(writer: ScriptWriter): void {
  writer.line(
    'echo You read this on the console that iPXE writes to. Firmware ${platform}, loader ${buildarch}.',
  )
  writer.line(
    'echo On a PC the first serial port (COM1, 0x3f8) is console=ttyS0, the second (COM2, 0x2f8) console=ttyS1;',
  )
  writer.line('echo serial-over-LAN is mostly the second or third. On arm64 it is console=ttyAMA0.')
  for (const [address, port] of pcPorts) {
    writer.line(
      `iseq ${spcrAddress} ${address} && echo The firmware names its console: console=${port},115200 ||`,
    )
  }
  writer.line('echo To try a port: press e in the menu, pick an entry, and add its console= at the end.')
  writer.line('echo The port that then shows the kernel is the right one.')
  writer.line('prompt Press a key to go back to the menu. ||')
  writer.line('goto menu')
}

/** iPXE checks values by storing them in a typed setting. */
const checkTypes = { integer: 'int32', ipv4: 'ipv4', mac: 'hex', uuid: 'uuid' } as const

function writeField(writer: ScriptWriter, id: string, field: FormField): void {
  const again = `${id}-${field.name}`
  writer.label(again)
  const hint = field.values ? ` (${field.values.join(', ')})` : ''
  writer.line(`echo ${field.label}${hint}:`)
  writer.line(`read ${field.name} || goto menu`)
  if (field.required !== false) writer.line(`isset \${${field.name}} || goto ${again}`)
  if (field.values) {
    const matches = field.values.map((value) => `iseq \${${field.name}} ${value}`).join(' || ')
    writer.line(`${matches} || echo It must be one of: ${field.values.join(', ')}`)
    writer.line(`${matches} || goto ${again}`)
  }
  if (field.type !== undefined && field.type !== 'text') {
    writer.line(`set checked:${checkTypes[field.type]} \${${field.name}} || goto ${again}`)
  }
}

function writeRaw(writer: ScriptWriter, { script, source }: EntryOf<'raw'>): void {
  const whole = writer.source
  for (const [index, line] of rawLines(script).entries()) {
    const point = source?.lines?.[index]
    writer.source = source && point ? { file: source.file, ...point } : whole
    writer.line(line)
  }
  writer.source = whole
  writer.line('goto menu')
}

export function rawLines(script: string): string[] {
  return script.replace(/\n$/, '').split('\n')
}

/** The lines of a raw entry must parse to whole lines. */
export function rawProblem(script: string): string | undefined {
  const tree = parse(script)
  const last = tree.children.at(-1)
  return last?.type === 'invalid' ? `it ends in a continuation: ${printNode(last)}` : undefined
}

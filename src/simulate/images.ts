/** Images: what their first bytes say they are, and what a boot hands over (`core/image.c`, `image/*.c`, `core/cpio.c`). */
import { bytesToText } from '../syntax/bytes.js'
import { isScript } from './script.js'
import type { Ending, Machine, SimulatedPlatform } from './types.js'
import { formatUri, hasSignedChars, type Uri } from './uri.js'

export type ImageFormat =
  | 'script'
  | 'bzImage'
  | 'EFI'
  | 'Multiboot'
  | 'ELF'
  | 'PXE-NBP'
  | 'lkrn'
  | 'gzip'
  | 'zlib'
  | 'DER'
  | 'PEM'
  | 'PNG'
  | 'PNM'
  | 'none'
  /** nobody looked at the file */
  | 'assumed'

export interface Image {
  name: string
  uri: Uri | undefined
  /** the beginning at least */
  data: Uint8Array
  /** undefined: nobody knows */
  size: number | undefined
  assumed: boolean
  format: ImageFormat | undefined
  cmdline: string | undefined
  autofree: boolean
  /** its signature was verified */
  trusted: boolean
  replacement: Image | undefined
}

const executables: ReadonlySet<ImageFormat> = new Set([
  'script',
  'bzImage',
  'EFI',
  'Multiboot',
  'ELF',
  'PXE-NBP',
  'assumed',
])

export function executable(image: Image): boolean {
  return executables.has(image.format ?? 'none')
}

/** The first type that takes the image, in iPXE's order; it depends on the platform what there is. */
export function probe(image: Image, platform: SimulatedPlatform): ImageFormat {
  const { data } = image
  if (image.assumed) return 'assumed'
  const head = bytesToText(data.subarray(0, 16))
  if (isScript(head)) return 'script'
  if (platform === 'efi' && head.startsWith('MZ')) return 'EFI'
  if (platform === 'pcbios') {
    if (isLinux(data)) return 'bzImage'
    if (multiboot(data)) return 'Multiboot'
    if (head.startsWith('\x7fELF')) return 'ELF'
  }
  if (head.startsWith('\x89PNG')) return 'PNG'
  if (/^P[1-6]\s/.test(head)) return 'PNM'
  if (head.startsWith('-----BEGIN')) return 'PEM'
  if (head.startsWith('\x1f\x8b')) return platform === 'linux' ? 'gzip' : notNbp(image, platform)
  return notNbp(image, platform)
}

/** BIOS takes whatever fits below 640 KiB for a network boot program (`arch/x86/image/pxe_image.c`). */
function notNbp(image: Image, platform: SimulatedPlatform): ImageFormat {
  const size = image.size ?? image.data.length
  return platform === 'pcbios' && size > 0 && size < 0x9_0000 ? 'PXE-NBP' : 'none'
}

function isLinux(data: Uint8Array): boolean {
  return (
    data.length >= 0x206 &&
    data[0x1fe] === 0x55 &&
    data[0x1ff] === 0xaa &&
    bytesToText(data.subarray(0x202, 0x206)) === 'HdrS'
  )
}

function multiboot(data: Uint8Array): boolean {
  for (let at = 0; at + 4 <= Math.min(data.length, 8192); at += 4) {
    if (data[at] === 0x02 && data[at + 1] === 0xb0 && data[at + 2] === 0xad && data[at + 3] === 0x1b)
      return true
  }
  return false
}

/** `arch/x86/image/bzimage.c`: the longest command line that a kernel reads. */
function commandLineLimit(data: Uint8Array): number | undefined {
  if (!isLinux(data)) return undefined
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const version = view.getUint16(0x206, true)
  return version >= 0x206 && data.length >= 0x23c ? view.getUint32(0x238, true) : 255
}

/** PE machine types by `${buildarch}`. */
const peMachines: Readonly<Record<string, number>> = {
  i386: 0x14c,
  x86_64: 0x8664,
  arm32: 0x1c2,
  arm64: 0xaa64,
  loong64: 0x6264,
  riscv64: 0x5064,
}

function peMachine(data: Uint8Array): number | undefined {
  if (data.length < 0x40 || data[0] !== 0x4d || data[1] !== 0x5a) return undefined
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const header = view.getUint32(0x3c, true)
  return header + 6 <= data.length ? view.getUint16(header + 4, true) : undefined
}

/** What the machine is left to: the kernel, everything else that is registered, and what speaks against it. */
export function describeBoot(kernel: Image, others: readonly Image[], machine: Machine): Ending {
  const shown = (image: Image) => ({
    name: image.name,
    uri: image.uri && formatUri(image.uri, hasSignedChars(machine.arch)),
    size: image.size,
    arguments: image.cmdline ?? '',
  })
  const initrds = others
    .filter((image) => image !== kernel)
    .map((image) => ({ ...shown(image), path: image.cmdline?.split(' ')[0] || undefined }))
  return {
    kind: 'boot',
    format: kernel.format === 'assumed' ? 'unknown' : (formats[kernel.format ?? 'none'] ?? 'unknown'),
    kernel: shown(kernel),
    initrds,
    warnings: warnings(kernel, others, machine),
  }
}

const formats: Partial<Record<ImageFormat, string>> = {
  bzImage: 'linux',
  EFI: 'efi',
  Multiboot: 'multiboot',
  ELF: 'elf',
  'PXE-NBP': 'nbp',
}

function warnings(kernel: Image, others: readonly Image[], machine: Machine): string[] {
  const found: string[] = []
  const cmdline = kernel.cmdline ?? ''
  const limit = commandLineLimit(kernel.data)
  if (limit !== undefined && cmdline.length > limit) {
    found.push(`the command line has ${cmdline.length} bytes, and this kernel reads ${limit}`)
  }
  const machineType = peMachine(kernel.data)
  const wanted = peMachines[machine.arch]
  if (
    machine.platform === 'efi' &&
    machineType !== undefined &&
    wanted !== undefined &&
    machineType !== wanted
  ) {
    const name = Object.entries(peMachines).find(([, value]) => value === machineType)?.[0]
    found.push(
      `the kernel is for ${name ?? `machine type 0x${machineType.toString(16)}`}, and the machine is ${machine.arch}`,
    )
  }
  const names = new Set(others.map((image) => image.name))
  for (const word of cmdline.split(' ')) {
    if (!word.startsWith('initrd=')) continue
    for (const name of word.slice(7).split(',')) {
      if (name !== '' && name !== 'initrd.magic' && !names.has(name)) {
        found.push(
          `\`initrd=${name}\` names no image: ${names.size ? `there are ${[...names].join(', ')}` : 'no initrd was loaded'}`,
        )
      }
    }
  }
  return found
}

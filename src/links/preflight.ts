/** Whether what is loaded fits into a machine, and how long it takes to get there. Pure arithmetic. */
import { minimumOf, type Minimum } from './minimums.js'

export interface BootProfile {
  /** For messages: `Fedora CoreOS`. */
  name: string
  /** Bytes; `undefined`: not known, as of a file on another server. `initrdMax`: see `kinds.ts`. */
  kernel?: { size: number | undefined; initrdMax?: number }
  /** Bytes of each. */
  initrds: readonly (number | undefined)[]
  /** Words of the kernel's command line, without settings. */
  args: readonly string[]
  /** Bytes that the booted system fetches and keeps in memory: a root file system, an ISO image. */
  later?: readonly (number | undefined)[]
  /** What the entry says it needs (`needs.memory`), or what a machine has, bytes. */
  memory?: number
  /** Default: both may happen. */
  firmware?: 'bios' | 'uefi'
}

export interface PreflightOptions {
  /** Seconds. Default 0.0005: a switched network in one building. */
  roundTrip?: number
  /** Bytes. Default 1432, iPXE's own. */
  blockSize?: number
  /** Blocks before an acknowledgement. Default 1: iPXE does not negotiate more. */
  window?: number
}

export interface Preflight {
  /** Known sizes of kernel and initrds. */
  bytes: number
  /** Known sizes of what is fetched later. */
  laterBytes: number
  /** Files whose size is not known. */
  unknown: number
  minimum?: Minimum
  /** At least so much memory is needed, bytes: the larger of the minimum and of all files together. */
  needed: number
  times: LoadTime[]
  problems: PreflightProblem[]
}

export interface LoadTime {
  link: '100 Mb/s' | '1 Gb/s'
  protocol: 'http' | 'tftp'
  /** For `bytes`, nothing else on the line. */
  seconds: number
}

export interface PreflightProblem {
  ruleId: 'memory-too-small' | 'bios-initrd-limit'
  severity: 'warning'
  reason: string
  note: string
}

const links = [
  { link: '100 Mb/s', rate: 100e6 / 8 },
  { link: '1 Gb/s', rate: 1e9 / 8 },
] as const

export function preflight(profile: BootProfile, options: PreflightOptions = {}): Preflight {
  const loaded = [...(profile.kernel ? [profile.kernel.size] : []), ...profile.initrds]
  const later = profile.later ?? []
  const bytes = sum(loaded)
  const laterBytes = sum(later)
  const unknown = [...loaded, ...later].filter((size) => size === undefined).length
  const minimum = minimumOf(profile.args, profile.initrds.length)
  const needed = Math.max(minimum?.bytes ?? 0, bytes + laterBytes)
  const times = links.flatMap(({ link, rate }): LoadTime[] => [
    { link, protocol: 'http', seconds: httpSeconds(bytes, rate) },
    { link, protocol: 'tftp', seconds: tftpSeconds(bytes, rate, options) },
  ])
  const facts = { bytes, laterBytes, unknown, needed, times, ...(minimum && { minimum }) }
  return { ...facts, problems: [...memoryProblems(profile, facts), ...biosProblems(profile)] }
}

/** TCP with timestamps: 1,448 bytes in a frame that takes the room of 1,538 on the wire. */
export function httpSeconds(bytes: number, rate: number): number {
  return bytes / ((rate * 1448) / 1538)
}

/**
 * A window of blocks for each round trip (reference/boot-servers.md section 8), and the time that the frames themselves
 * take: 70 bytes of headers, preamble and gap around each block.
 */
export function tftpSeconds(
  bytes: number,
  rate: number,
  { roundTrip = 0.0005, blockSize = 1432, window = 1 }: PreflightOptions = {},
): number {
  // RFC 1350: a last block that is not full, be it empty, ends the file
  const blocks = bytes === 0 ? 0 : Math.floor(bytes / blockSize) + 1
  return Math.ceil(blocks / window) * roundTrip + (bytes + blocks * 70) / rate
}

function memoryProblems(
  { name, memory }: BootProfile,
  { needed, minimum, bytes, laterBytes }: Pick<Preflight, 'needed' | 'minimum' | 'bytes' | 'laterBytes'>,
): PreflightProblem[] {
  if (memory === undefined || memory >= needed) return []
  const byFiles = bytes + laterBytes > (minimum?.bytes ?? 0)
  const what = byFiles
    ? `its files alone take ${shownSize(bytes + laterBytes)}`
    : `${minimum!.system} needs ${shownSize(minimum!.bytes)}`
  return [
    {
      ruleId: 'memory-too-small',
      severity: 'warning',
      reason: `${name} says that ${shownSize(memory)} of memory are enough, but ${what}`,
      note: byFiles
        ? 'Packed files and what they unpack to are in memory at the same time, so more is needed still.'
        : `The machine would stop while it unpacks or starts (${minimum!.source}).`,
    },
  ]
}

/** `core/cpio.c`, `include/ipxe/initrd.h`: each initrd begins on a page. */
const page = 4096
/** A bzImage is put at 1 MiB (`arch/x86/include/bzimage.h` BZI_LOAD_HIGH_ADDR). */
const kernelAddress = 2 ** 20

/**
 * What iPXE does on BIOS: it has 32-bit addresses and keeps all downloads in one block, the largest below 4 GiB
 * (`core/uheap.c` `uheap_find`); initrds have to lie above the kernel and end where the kernel says
 * (`arch/x86/image/bzimage.c` `bzimage_check_initrds`, `initrd_addr_max`). UEFI has neither limit.
 */
function biosProblems({ name, kernel, initrds, firmware }: BootProfile): PreflightProblem[] {
  if (firmware === 'uefi' || !kernel || initrds.length === 0) return []
  const total = initrds.reduce<number>((all, size) => all + Math.ceil((size ?? 0) / page) * page, 0)
  const end = Math.min(kernel.initrdMax ?? 0xffffffff, 0xffffffff) + 1
  const room = end - kernelAddress - (kernel.size ?? 0)
  if (total <= room) return []
  const limit =
    kernel.initrdMax === undefined
      ? 'iPXE on BIOS reaches 4 GiB of memory'
      : `the kernel takes initrds below ${shownSize(end)} only`
  return [
    {
      ruleId: 'bios-initrd-limit',
      severity: 'warning',
      reason: `The initrds of ${name} have ${shownSize(total)}, and on BIOS ${shownSize(Math.max(0, room))} fit: ${limit}`,
      note: 'There the boot fails with "No buffer space available". Boot by UEFI, or let the system fetch its root file system by URL.',
    },
  ]
}

function sum(sizes: readonly (number | undefined)[]): number {
  return sizes.reduce<number>((all, size) => all + (size ?? 0), 0)
}

const units: Readonly<Record<string, number>> = { MiB: 2 ** 20, GiB: 2 ** 30 }

/** `needs.memory` of an entry: `512 MiB`, `2 GiB`. Bytes, or `undefined`. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s?(MiB|GiB)$/.exec(text)
  return match ? Number(match[1]) * units[match[2]!]! : undefined
}

/** `812.3 MiB`, `3 GB` where that is the round number. */
export function shownSize(bytes: number): string {
  if (bytes >= 1e9 && bytes % 1e9 === 0) return `${bytes / 1e9} GB`
  for (const [unit, size] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (bytes >= size) return `${Number((bytes / size).toFixed(1))} ${unit}`
  }
  return `${bytes} bytes`
}

/** `42 s`, `3 min 20 s`; below ten seconds with a tenth. */
export function shownSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const rest = whole % 60
  return `${(whole - rest) / 60} min${rest === 0 ? '' : ` ${rest} s`}`
}

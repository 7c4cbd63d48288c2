/** What a file that may be an iPXE loader is. */
import type { LoaderPlatform } from '../data/loader-targets.js'
import { bytesToText } from '../syntax/bytes.js'
import { type PeFile, parsePe } from './pe.js'
import { findSlot } from './slot.js'
import type { EmbeddedScript, LoaderInfo, LoaderKind } from './types.js'

/** PE's machine numbers, by iPXE's names. */
const machines: Readonly<Record<number, string>> = {
  0x014c: 'i386',
  0x01c2: 'arm32',
  0x8664: 'x86_64',
  0xaa64: 'arm64',
  0x5032: 'riscv32',
  0x5064: 'riscv64',
  0x6264: 'loong64',
}

/** As iPXE's banner lists them (`FEATURE` in its sources). */
const featureNames = [
  'DNS',
  'FTP',
  'HTTP',
  'HTTPS',
  'iSCSI',
  'NFS',
  'SLAM',
  'TFTP',
  'VLAN',
  'AoE',
  'SRP',
  'FCoE',
  'bzImage',
  'COMBOOT',
  'EFI',
  'ELF',
  'MBOOT',
  'NBI',
  'PXE',
  'PXEXT',
  'SDI',
  'Menu',
]

/** Never throws, whatever the bytes. */
export function inspectLoader(bytes: Uint8Array): LoaderInfo {
  const pe = parsePe(bytes)
  const kind = pe ? 'efi' : kindOf(bytes)
  const notes: string[] = []
  const text = bytesToText(bytes)
  const buildName = buildNameIn(text)
  const version = versionIn(text)
  // the last is what the code in front of a BIOS disk says (arch/x86/prefix/hdprefix.S)
  const says = /ipxe\.org|Could not load iPXE/i.test(text)
  const ipxe = buildName !== undefined || version !== undefined || says || isIpxeNbp(bytes)
  const open = kind === 'efi' || /\0#!ipxe\0/.test(text)
  if (ipxe && !open) {
    notes.push('Its code is compressed, as in all BIOS loaders: features and embedded script cannot be read.')
  }
  // shim's own line in its SBAT section
  if (kind === 'efi' && /\nshim,\d+,UEFI shim,/.test(text)) {
    notes.push('It is shim, which starts a loader beside it that is signed by a key it knows.')
  }
  const platform = platformOf(kind, bytes)
  if (kind === 'rom' && platform === undefined) notes.push('It holds images for more than one platform.')
  return {
    kind,
    size: bytes.length,
    ipxe,
    platform,
    architecture: pe ? machines[pe.machine] : architectureOf(kind, bytes),
    version,
    buildName,
    features: open && ipxe ? featureNames.filter((name) => text.includes(`\0${name}\0`)) : [],
    sections: pe?.sections ?? [],
    signed: pe?.signed ?? false,
    embedded: open && ipxe ? scriptIn(bytes, text, pe, notes) : undefined,
    notes,
  }
}

function kindOf(bytes: Uint8Array): LoaderKind {
  const word = (at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
  const is = (at: number, text: string): boolean => bytesToText(bytes.subarray(at, at + text.length)) === text
  if (word(0) === 0xaa55) return 'rom'
  if (is(0x8001, 'CD001')) return 'iso'
  if (is(0x202, 'HdrS')) return 'lkrn'
  if (isJumpToNbp(bytes)) return 'nbp'
  if (bytes.length >= 512 && word(510) === 0xaa55) return 'disk'
  return 'unknown'
}

/** A far jump to segment 07c0, with which iPXE's NBPs begin (arch/x86/prefix/pxeprefix.S). */
function isJumpToNbp(bytes: Uint8Array): boolean {
  return bytes[0] === 0xea && bytes[3] === 0xc0 && bytes[4] === 0x07
}

/** Since 2.x the jump is followed by the word size and a magic number; all push LRET on the stack first. */
function isIpxeNbp(bytes: Uint8Array): boolean {
  return isJumpToNbp(bytes) && (hasNbpMagic(bytes) || bytesToText(bytes.subarray(0, 64)).includes('LRET'))
}

function hasNbpMagic(bytes: Uint8Array): boolean {
  return bytes[6] === 0xae && bytes[7] === 0x18
}

function platformOf(kind: LoaderKind, bytes: Uint8Array): LoaderPlatform | undefined {
  switch (kind) {
    case 'efi':
      return 'efi'
    case 'nbp':
    case 'lkrn':
      return 'pcbios'
    case 'rom': {
      // PCI data structure: code type 3 is EFI; without bit 7 of the next byte another image follows
      const at = (bytes[0x18] ?? 0) | ((bytes[0x19] ?? 0) << 8)
      if (((bytes[at + 0x15] ?? 0x80) & 0x80) === 0) return undefined
      return bytes[at + 0x14] === 3 ? 'efi' : 'pcbios'
    }
    case 'disk':
      // a protective or plain MBR of iPXE's BIOS disks begins with code; genfsimg's EFI disks are bare FAT
      return bytesToText(bytes.subarray(0x36, 0x5a)).includes('FAT') ? 'efi' : 'pcbios'
    default:
      return undefined
  }
}

function architectureOf(kind: LoaderKind, bytes: Uint8Array): string | undefined {
  if (kind !== 'nbp' || !hasNbpMagic(bytes)) return undefined
  return bytes[5] === 0x64 ? 'x86_64' : bytes[5] === 0x32 ? 'i386' : undefined
}

function buildNameIn(text: string): string | undefined {
  const name =
    '([0-9a-z][0-9a-z_-]{0,60}\\.(?:efi|efidrv|kpxe|kkpxe|kkkpxe|pxe|lkrn|usb|iso|hd|dsk|rom|mrom|efirom))'
  // its own entry in the SBAT section is the surest
  return (
    new RegExp(`\\nipxe,\\d+,iPXE,${name},`).exec(text)?.[1] ?? new RegExp(`\\0${name}\\0`).exec(text)?.[1]
  )
}

function versionIn(text: string): string | undefined {
  const sbat = /\nipxe,\d+,iPXE,[^,\n]{1,80},([0-9][^,\n\0]{0,60}),/.exec(text)?.[1]
  if (sbat !== undefined) return sbat
  return /(?<![\w./-])([12]\.\d{1,3}\.\d{1,3}(?:\+(?:[\w.~-]{1,60})?)?(?: \(g?[0-9a-f]{1,40}\))?)(?=\0| -- Open| \n)/.exec(
    text,
  )?.[1]
}

/** The slot, or else a script in plain sight. */
function scriptIn(
  bytes: Uint8Array,
  text: string,
  pe: PeFile | undefined,
  notes: string[],
): EmbeddedScript | undefined {
  try {
    const slot = findSlot(bytes)
    if (slot) return { offset: slot.offset, bytes: slot.script, capacity: slot.capacity }
  } catch (problem) {
    notes.push(`${(problem as Error).message}.`)
    return undefined
  }
  const found = [...text.matchAll(/#!(?:ipxe|gpxe)[ \t\r\n]/g)]
    .map(({ index }) => index)
    .filter((at) => !pe || pe.sections.some(({ offset, size }) => at >= offset && at < offset + size))
  if (found.length === 0) return undefined
  if (found.length > 1) notes.push(`${found.length} scripts are in it; the first is shown.`)
  const [offset] = found as [number]
  const end = text.indexOf('\0', offset)
  return { offset, bytes: bytes.slice(offset, end < 0 ? bytes.length : end), capacity: undefined }
}

/** What a file is by its first bytes, and what that is worth to the command that loads it. */

export type FileKind =
  | 'empty'
  | 'html'
  | 'xml'
  | 'git-lfs'
  | 'script'
  | 'shell-script'
  | 'bzimage'
  | 'arm64-image'
  | 'riscv-image'
  | 'zimg'
  | 'pe'
  | 'elf'
  | 'gzip'
  | 'zstd'
  | 'xz'
  | 'bzip2'
  | 'lz4'
  | 'cpio'
  | 'unknown'

export interface FileFacts {
  kind: FileKind
  /** `${buildarch}` spelling, where the file says it. */
  architecture?: 'x86_64' | 'i386' | 'arm64' | 'riscv64'
  /** bzImage: the highest address that an initrd may reach (`initrd_addr_max`), bytes. */
  initrdMax?: number
}

/** What a kind is called in a sentence. */
export const kindNames: Readonly<Record<FileKind, string>> = {
  empty: 'an empty file',
  html: 'an HTML page',
  xml: 'an XML document',
  'git-lfs': 'a git-lfs pointer, a text of three lines in place of the file',
  script: 'an iPXE script',
  'shell-script': 'a shell script',
  bzimage: 'a Linux kernel for x86',
  'arm64-image': 'a Linux kernel for arm64',
  'riscv-image': 'a Linux kernel for RISC-V',
  zimg: 'a compressed EFI kernel',
  pe: 'an EFI program',
  elf: 'an ELF program',
  gzip: 'gzip-compressed data',
  zstd: 'zstd-compressed data',
  xz: 'xz-compressed data',
  bzip2: 'bzip2-compressed data',
  lz4: 'lz4-compressed data',
  cpio: 'a cpio archive',
  unknown: 'no format that is known here',
}

const magics: readonly (readonly [kind: FileKind, offset: number, bytes: readonly number[]])[] = [
  // image/lkrn.c, include/ipxe/lkrn.h; Linux Documentation/arch/arm64/booting and riscv/boot-image-header
  ['arm64-image', 0x38, [0x41, 0x52, 0x4d, 0x64]],
  ['riscv-image', 0x38, [0x52, 0x53, 0x43, 0x05]],
  ['zimg', 4, [0x7a, 0x69, 0x6d, 0x67]],
  ['elf', 0, [0x7f, 0x45, 0x4c, 0x46]],
  ['gzip', 0, [0x1f, 0x8b]],
  ['zstd', 0, [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', 0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['bzip2', 0, [0x42, 0x5a, 0x68]],
  ['lz4', 0, [0x04, 0x22, 0x4d, 0x18]],
  ['lz4', 0, [0x02, 0x21, 0x4c, 0x18]],
]

/** @param head the first 4 KiB, or all when the file is smaller */
export function fileFacts(head: Uint8Array, size: number): FileFacts {
  if (size === 0) return { kind: 'empty' }
  const has = (offset: number, bytes: readonly number[]): boolean =>
    bytes.every((byte, index) => head[offset + index] === byte)
  const number = (offset: number, length: 2 | 4): number => {
    let value = 0
    for (let index = length - 1; index >= 0; index--) value = value * 256 + (head[offset + index] ?? 0)
    return value
  }
  // x86 boot protocol: "HdrS" at 0x202, version at 0x206, xloadflags at 0x236, initrd_addr_max at 0x22c
  if (has(0x1fe, [0x55, 0xaa]) && has(0x202, [0x48, 0x64, 0x72, 0x53])) {
    const version = number(0x206, 2)
    const is64 = version >= 0x020c && (number(0x236, 2) & 1) === 1
    const initrdMax = version >= 0x0203 ? number(0x22c, 4) : 0x37ffffff
    return { kind: 'bzimage', architecture: is64 ? 'x86_64' : 'i386', initrdMax }
  }
  for (const [kind, offset, bytes] of magics) {
    if (!has(offset, bytes)) continue
    if (kind === 'arm64-image') return { kind, architecture: 'arm64' }
    if (kind === 'riscv-image') return { kind, architecture: 'riscv64' }
    return { kind }
  }
  if (has(0, [0x4d, 0x5a])) {
    const header = number(0x3c, 4)
    if (!has(header, [0x50, 0x45, 0, 0])) return { kind: 'unknown' }
    const machine = machines.get(number(header + 4, 2))
    return machine === undefined ? { kind: 'pe' } : { kind: 'pe', architecture: machine }
  }
  return { kind: textKind(head) }
}

const machines = new Map<number, NonNullable<FileFacts['architecture']>>([
  [0x14c, 'i386'],
  [0x8664, 'x86_64'],
  [0xaa64, 'arm64'],
  [0x5064, 'riscv64'],
])

function textKind(head: Uint8Array): FileKind {
  let text = ''
  for (const byte of head.subarray(0, 512)) text += String.fromCharCode(byte)
  if (/^#![ig]pxe\s/.test(text)) return 'script'
  if (/^07070[12]/.test(text)) return 'cpio'
  const start = text.replace(/^(\xef\xbb\xbf|\s)+/, '').toLowerCase()
  if (start.startsWith('<!doctype html') || start.startsWith('<html')) return 'html'
  if (start.startsWith('<?xml')) return start.includes('<html') ? 'html' : 'xml'
  if (text.startsWith('version https://git-lfs.github.com/spec/')) return 'git-lfs'
  if (text.startsWith('#!')) return 'shell-script'
  return 'unknown'
}

const notDownloads = new Set<FileKind>(['empty', 'html', 'xml', 'git-lfs'])
/** Kinds that never start by themselves. */
const archives = new Set<FileKind>(['xz', 'bzip2', 'lz4', 'cpio'])
const kernels = new Set<FileKind>(['bzimage', 'arm64-image', 'riscv-image', 'zimg', 'pe', 'elf'])
const initrds = new Set<FileKind>(['gzip', 'zstd', 'xz', 'bzip2', 'lz4', 'cpio'])

export interface KindProblem {
  severity: 'error' | 'warning'
  /** What would be right, for "… is X, not Y". */
  wanted: string
  note: string
}

/** What is wrong with loading a file of this kind as that. Formats that are not known here get the benefit of doubt. */
export function kindProblem(
  role: 'kernel' | 'chain' | 'initrd' | 'file',
  facts: FileFacts,
  context: { name: string; isScriptName: boolean; linuxKernel: boolean; hasPath: boolean },
): KindProblem | undefined {
  const { kind } = facts
  const wanted = { kernel: 'a kernel', chain: 'something to start', initrd: 'an initrd', file: 'the file' }[
    role
  ]
  if (notDownloads.has(kind)) {
    // an empty file makes a folder of an initrd's path
    if (kind === 'empty' && role === 'initrd' && context.hasPath) return undefined
    if (role === 'file' && kind !== 'git-lfs' && kind !== 'empty') return undefined
    return {
      severity: 'error',
      wanted,
      note:
        kind === 'html' || kind === 'xml'
          ? 'The download saved the page of an error or of a login in place of the file. Fetch it again.'
          : kind === 'git-lfs'
            ? 'Run `git lfs pull`, then build again.'
            : 'The download failed or was cut. Fetch it again.',
    }
  }
  if (role === 'chain' && context.isScriptName && kind !== 'script') {
    return {
      severity: 'error',
      wanted: 'an iPXE script',
      note: 'A script begins with `#!ipxe` and a line end, without anything before it; otherwise it does not start.',
    }
  }
  if (role === 'kernel' || role === 'chain') {
    if (kind === 'shell-script' || archives.has(kind)) {
      const note = archives.has(kind)
        ? 'This looks like an initrd. Are the two files swapped?'
        : 'iPXE cannot start it ("Exec format error").'
      return { severity: 'error', wanted, note }
    }
    if (role === 'kernel' && kind === 'script') {
      const note = 'iPXE runs the script in place of a kernel, and hands it the arguments. Write `chain`.'
      return { severity: 'warning', wanted, note }
    }
  }
  if (role === 'initrd' && !context.hasPath) {
    if (kind === 'script' || kind === 'shell-script')
      return { severity: 'warning', wanted, note: 'Only a file with a path in the initrd may be anything.' }
    if (!context.linuxKernel) return undefined
    if (kernels.has(kind))
      return { severity: 'error', wanted, note: 'This is a kernel. Are the two files swapped?' }
    if (!initrds.has(kind)) {
      const note = 'Linux unpacks cpio archives, plain or compressed with gzip, zstd, xz, bzip2 or lz4.'
      return { severity: 'warning', wanted, note }
    }
  }
  return undefined
}

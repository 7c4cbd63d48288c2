/** COM32 modules of SYSLINUX and other files that are not Linux kernels: what stands for them here. */

/** What to do about what has no counterpart. */
const advice = new Map<string, string>([
  ['hdt.c32', 'Boot a rescue system to look at the hardware; it works on UEFI too.'],
  [
    'mboot.c32',
    'On BIOS iPXE loads Multiboot kernels by itself: write a `raw` entry with a `kernel` line and a `module` line for each file. ESXi on UEFI: a `chain` entry to efi/boot/bootx64.efi.',
  ],
  [
    'ifcpu64.c32',
    'Give the entry its files by architecture, `kernel: {x86_64: …, i386: …}`: each machine gets its own.',
  ],
  ['ifcpu.c32', 'Give entries `needs: {architecture: …}`.'],
  ['whichsys.c32', 'It asks for the kind of boot loader, which is iPXE now.'],
  ['gfxboot.c32', 'Its menu is in files that are not read. Import the plain menu, or write one.'],
  ['cmd.c32', 'Import the file that it runs, or write what it does as a `raw` entry.'],
  ['linux.c32', 'Name the kernel in APPEND and import again.'],
  ['sanboot.c32', 'Write an `iso` entry with the address of the disk.'],
  ['memdisk', 'Name the image in INITRD or APPEND initrd= and import again.'],
])

const general =
  'Write a `raw` entry with the lines of iPXE that do the same, or boot a system that has the tool.'

export function adviceFor(name: string): string {
  return advice.get(name) ?? general
}

/** What boots when a file has one of these endings and was named by KERNEL. */
export function kindOfFile(
  name: string,
): 'module' | 'nbp' | 'efi' | 'sector' | 'ipxe' | 'memdisk' | 'memtest' | 'linux' {
  if (/^(ipxe|gpxe|undionly|snponly)\b.*\.(lkrn|krn|0|k?kpxe|pxe|efi)$/.test(name)) return 'ipxe'
  if (name.endsWith('.c32')) return 'module'
  if (name === 'memdisk') return 'memdisk'
  if (/^(memtest|mt86)/.test(name)) return 'memtest'
  if (/\.(0|k?kpxe|pxe|n12)$/.test(name)) return 'nbp'
  if (name.endsWith('.efi')) return 'efi'
  if (/\.(bin|bs|bss|img|com|cbt)$/.test(name)) return 'sector'
  return 'linux'
}

export const powerOff = new Set(['poweroff.c32', 'poweroff.com', 'acpioff.c32'])

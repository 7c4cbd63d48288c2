/**
 * The loaders that `ipxetool compile` makes: the only table of them in this program.
 * Origin: reference/ipxe-build.md 1 and the Makefiles of iPXE 0ab2277c (2026-08-21), v1.21.1, v1.20.1 and 36a4c85f
 * (2019-01-25), which all know these. Option 93: src/data/architectures.ts. Written by hand.
 */
import { architectures } from './architectures.js'

export const loaderPlatforms = ['pcbios', 'efi'] as const
export type LoaderPlatform = (typeof loaderPlatforms)[number]

export const loaderArchitectures = ['i386', 'x86_64', 'arm64'] as const
export type LoaderArchitecture = (typeof loaderArchitectures)[number]

export const loaderFormats = ['kpxe', 'pxe', 'lkrn', 'usb', 'iso', 'efi'] as const
export type LoaderFormat = (typeof loaderFormats)[number]

/** Programs that the make target runs beside the compiler, binutils and perl. */
export const loaderNeeds = ['mtools', 'xorriso', 'isolinux'] as const
export type LoaderNeed = (typeof loaderNeeds)[number]

export interface LoaderTarget {
  /** What make is asked for, below `src/`: `bin-x86_64-efi/ipxe.efi`. Unique. */
  readonly make: string
  /** `bin-x86_64-efi` */
  readonly bindir: string
  /** The file in the bindir: `ipxe.efi`. iPXE writes it into the binary as its build name. */
  readonly name: string
  readonly platform: LoaderPlatform
  readonly architecture: LoaderArchitecture
  /** The part before the dot: which network drivers are in it. */
  readonly driver: 'ipxe' | 'undionly' | 'snponly'
  readonly format: LoaderFormat
  /** Its name in the output tree: `ipxe-arm64.efi`. Unique; src/dhcp-config hands out the same names. */
  readonly output: string
  /** Option 93 of the machines that can boot it from the network; empty: it is started from a medium. */
  readonly dhcpArchitectures: readonly number[]
  /** One sentence: when to choose it. */
  readonly use: string
  readonly needs: readonly LoaderNeed[]
}

/** Debian's prefix of the compiler for each processor; a host of that processor needs none. */
export const crossPrefixes: Readonly<Record<LoaderArchitecture, string>> = {
  i386: 'x86_64-linux-gnu-',
  x86_64: 'x86_64-linux-gnu-',
  arm64: 'aarch64-linux-gnu-',
}

const uses: Readonly<Record<string, string>> = {
  'undionly.kpxe':
    'BIOS machines that boot from the network: the first choice. It uses the driver in the network card’s own ROM.',
  'ipxe.pxe':
    'BIOS machines where undionly.kpxe hangs or finds no card: it brings its own drivers for all network cards.',
  'ipxe.lkrn': 'BIOS: started like a Linux kernel by GRUB, SYSLINUX or QEMU -kernel.',
  'ipxe.usb': 'A USB stick, to be written to the whole device.',
  'ipxe.iso': 'A CD, or the virtual CD of a management controller.',
  'ipxe.efi': 'UEFI machines: it brings its own drivers, and uses the firmware’s where it has none.',
  'snponly.efi':
    'UEFI machines that boot from the network: the first choice. It uses the firmware’s driver of the card it came by.',
}

/** iPXE's makefiles want isolinux.bin even for a CD that only UEFI can boot. */
const needs: Partial<Record<LoaderFormat, readonly LoaderNeed[]>> = {
  iso: ['mtools', 'xorriso', 'isolinux'],
  usb: ['mtools'],
}

function target(
  bindir: string,
  platform: LoaderPlatform,
  architecture: LoaderArchitecture,
  name: string,
  suffix: string,
  only?: string,
): LoaderTarget {
  const [driver, format] = name.split('.') as [LoaderTarget['driver'], LoaderFormat]
  const media = format === 'usb' || format === 'iso' || format === 'lkrn'
  const firmware = platform === 'efi' ? 'uefi' : 'bios'
  return {
    make: `${bindir}/${name}`,
    bindir,
    name,
    platform,
    architecture,
    driver,
    format,
    output: `${driver}${suffix}.${format}`,
    // A BIOS sends 0, whatever its processor can do; the PC-98 is none of ours.
    dhcpArchitectures: media
      ? []
      : architectures
          .filter((known) =>
            platform === 'pcbios'
              ? known.code === 0
              : known.firmware === firmware && known.cpu === architecture,
          )
          .map(({ code }) => code),
    use: `${uses[name]!}${only === undefined ? '' : ` ${only}`}`,
    // A BIOS stick is a bare disk image.
    needs: platform === 'pcbios' && format === 'usb' ? [] : (needs[format] ?? []),
  }
}

/**
 * BIOS loaders come from `bin`, which is i386 + pcbios: it runs on every x86 processor, is a tenth smaller and compiles
 * in three quarters of the time (72,498 against 81,485 bytes, 71 against 95 s), needs no gcc-multilib, and all versions
 * have it. `bin-x86_64-pcbios` can be named, for compilers without -m32.
 */
const biosNames = ['undionly.kpxe', 'ipxe.pxe', 'ipxe.lkrn', 'ipxe.usb', 'ipxe.iso'] as const
const efiNames = ['ipxe.efi', 'snponly.efi', 'ipxe.usb', 'ipxe.iso'] as const

export const loaderTargets: readonly LoaderTarget[] = [
  ...biosNames.map((name) =>
    target('bin', 'pcbios', 'i386', name, '', /usb|iso/.test(name) ? 'Only BIOS boots it.' : undefined),
  ),
  ...biosNames.map((name) =>
    target(
      'bin-x86_64-pcbios',
      'pcbios',
      'x86_64',
      name,
      '-x86_64-pcbios',
      'The 64-bit build: only for compilers without -m32.',
    ),
  ),
  ...(['x86_64', 'i386', 'arm64'] as const).flatMap((architecture) =>
    efiNames.map((name) => {
      const media = /usb|iso/.test(name)
      return target(
        `bin-${architecture}-efi`,
        'efi',
        architecture,
        name,
        media ? `-${architecture}-efi` : architecture === 'x86_64' ? '' : `-${architecture}`,
        media ? 'Only UEFI boots it.' : undefined,
      )
    }),
  ),
]

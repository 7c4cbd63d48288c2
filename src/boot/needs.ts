/** The programs and files of other packages that a boot takes, and which package has them. */
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import type { BootArch, BootWish } from './types.js'

export interface Found {
  readonly qemu: string
  /** UEFI: the code, and the variables that are copied */
  readonly code?: string
  readonly variables?: string
  /** UEFI: what the machine's disk starts */
  readonly loader?: string
}

interface FirmwareFiles {
  readonly qemu: string
  readonly qemuPackage: string
  readonly code: readonly string[]
  readonly variables: readonly string[]
  readonly firmwarePackage: string
}

const firmwareFiles: Readonly<Record<BootArch, FirmwareFiles>> = {
  x86_64: {
    qemu: 'qemu-system-x86_64',
    qemuPackage: 'qemu-system-x86',
    code: [
      '/usr/share/OVMF/OVMF_CODE_4M.fd',
      '/usr/share/OVMF/OVMF_CODE.fd',
      '/usr/share/edk2/ovmf/OVMF_CODE.fd',
    ],
    variables: [
      '/usr/share/OVMF/OVMF_VARS_4M.fd',
      '/usr/share/OVMF/OVMF_VARS.fd',
      '/usr/share/edk2/ovmf/OVMF_VARS.fd',
    ],
    firmwarePackage: 'ovmf (edk2-ovmf on Fedora)',
  },
  i386: {
    qemu: 'qemu-system-x86_64',
    qemuPackage: 'qemu-system-x86',
    code: ['/usr/share/OVMF/OVMF32_CODE_4M.secboot.fd'],
    variables: ['/usr/share/OVMF/OVMF32_VARS_4M.fd'],
    firmwarePackage: 'ovmf-ia32',
  },
  arm64: {
    qemu: 'qemu-system-aarch64',
    qemuPackage: 'qemu-system-arm',
    code: ['/usr/share/AAVMF/AAVMF_CODE.fd', '/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw'],
    variables: ['/usr/share/AAVMF/AAVMF_VARS.fd', '/usr/share/edk2/aarch64/vars-template-pflash.raw'],
    firmwarePackage: 'qemu-efi-aarch64 (edk2-aarch64 on Fedora)',
  },
}

/** Debian and Fedora have no other. */
const stockLoaders = ['/usr/lib/ipxe/ipxe.efi', '/usr/share/ipxe/ipxe-x86_64.efi']
const rom = [
  '/usr/lib/ipxe/qemu/pxe-virtio.rom',
  '/usr/share/qemu/pxe-virtio.rom',
  '/usr/share/ipxe/qemu/pxe-virtio.rom',
]
const seabios = [
  '/usr/share/seabios/bios-256k.bin',
  '/usr/share/qemu/bios-256k.bin',
  '/usr/share/seabios/bios.bin',
]

/**
 * @param wish Its `loader` may be `none`, too: the firmware gets it elsewhere.
 * @throws IpxetoolError `missing-package`, with what to install; `no-loader` where no package has one
 */
export function findNeeds(
  { firmware, arch, loader }: Pick<BootWish, 'firmware' | 'arch' | 'loader'>,
  path: string,
): Found {
  const files = firmwareFiles[arch]
  const missing: [what: string, from: string][] = []
  const first = (candidates: readonly string[], what: string, from: string): string => {
    const found = candidates.find((candidate) => existsSync(candidate))
    if (found === undefined) missing.push([what, from])
    return found ?? ''
  }
  const qemu = commandIn(files.qemu, path)
  if (qemu === undefined) missing.push([files.qemu, files.qemuPackage])
  let found: Found = { qemu: qemu ?? '' }
  if (firmware !== 'bios') {
    found = {
      ...found,
      code: first(files.code, `UEFI firmware for ${arch}`, files.firmwarePackage),
      variables: first(files.variables, 'variables of that firmware', files.firmwarePackage),
      ...(loader === 'stock' && arch === 'x86_64'
        ? { loader: first(stockLoaders, "iPXE's ipxe.efi", 'ipxe (ipxe-bootimgs-x86 on Fedora)') }
        : ['stock', 'none'].includes(loader)
          ? {}
          : { loader }),
    }
  } else {
    first(seabios, 'SeaBIOS', 'seabios')
    if (['stock', 'none'].includes(loader) || isChained(loader))
      first(rom, "iPXE's ROM for QEMU", 'ipxe-qemu')
  }
  if (missing.length > 0) {
    const packages = [...new Set(missing.map(([, from]) => from))].join(', ')
    throw new IpxetoolError('missing-package', `there is no ${missing.map(([what]) => what).join(', no ')}`, {
      hint: `install ${packages} (names of Debian)`,
    })
  }
  if (firmware !== 'bios' && loader === 'stock' && found.loader === undefined) {
    throw new IpxetoolError(
      'no-loader',
      `no package has an iPXE for ${arch} UEFI: Debian's ipxe is for x86_64 alone`,
      {
        hint: `ipxetool compile --target snponly-${arch}.efi, then --loader compiled; or --loader FILE`,
      },
    )
  }
  return found
}

/** BIOS: whether the ROM of the network card must load it, as boot ROMs of real cards do. */
export function isChained(loader: string): boolean {
  return /\.(?:kpxe|kkpxe|pxe)$/.test(loader)
}

/** The full path of a command. @param path PATH */
export function commandIn(command: string, path: string): string | undefined {
  for (const folder of path.split(delimiter)) {
    const full = join(folder, command)
    try {
      accessSync(full, constants.X_OK)
      return full
    } catch {
      // the next folder
    }
  }
  return undefined
}

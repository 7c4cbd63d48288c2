/** The programs and files of other packages that a boot takes, and which package has them. */
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import type { BootWish } from './types.js'

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

const x86: FirmwareFiles = {
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
}
const arm64: FirmwareFiles = {
  qemu: 'qemu-system-aarch64',
  qemuPackage: 'qemu-system-arm',
  code: ['/usr/share/AAVMF/AAVMF_CODE.fd', '/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw'],
  variables: ['/usr/share/AAVMF/AAVMF_VARS.fd', '/usr/share/edk2/aarch64/vars-template-pflash.raw'],
  firmwarePackage: 'qemu-efi-aarch64 (edk2-aarch64 on Fedora)',
}

const stockLoader = '/usr/lib/ipxe/ipxe.efi'
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

/** @throws IpxetoolError `missing-package`, with what to install */
export function findNeeds({ firmware, arch, loader }: BootWish, path: string): Found {
  const files = arch === 'arm64' ? arm64 : x86
  const missing: [what: string, from: string][] = []
  const first = (candidates: readonly string[], what: string, from: string): string => {
    const found = candidates.find((candidate) => existsSync(candidate))
    if (found === undefined) missing.push([what, from])
    return found ?? ''
  }
  const qemu = inPath(files.qemu, path)
  if (qemu === undefined) missing.push([files.qemu, files.qemuPackage])
  let found: Found = { qemu: qemu ?? '' }
  if (firmware === 'uefi') {
    found = {
      ...found,
      code: first(files.code, 'UEFI firmware', files.firmwarePackage),
      variables: first(files.variables, 'its variables', files.firmwarePackage),
      loader: loader === 'stock' ? first([stockLoader], stockLoader, 'ipxe') : loader,
    }
  } else {
    first(seabios, 'SeaBIOS', 'seabios')
    if (loader === 'stock') first(rom, "iPXE's ROM for QEMU", 'ipxe-qemu')
  }
  if (missing.length === 0) return found
  const packages = [...new Set(missing.map(([, from]) => from))].join(', ')
  throw new IpxetoolError('missing-package', `there is no ${missing.map(([what]) => what).join(', no ')}`, {
    hint: `install ${packages} (names of Debian)`,
  })
}

function inPath(command: string, path: string): string | undefined {
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

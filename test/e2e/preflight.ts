/** What a boot needs, and saying so when it is not here. */
import { findCommand, missingPackages } from '../../scripts/system-packages.mjs'
import { notRun } from '../support/not-run.js'
import { whyNoLan } from './namespace.js'
import type { AnyFirmware } from './qemu.js'

const NEEDS: Readonly<Record<AnyFirmware, readonly string[]>> = {
  bios: ['qemu-system-x86', 'seabios', 'ipxe-qemu', 'busybox-static', 'linux-image-cloud-amd64'],
  uefi: [
    ...['qemu-system-x86', 'ovmf', 'ipxe', 'busybox-static', 'linux-image-cloud-amd64'],
    ...['dnsmasq-base', 'iproute2'],
  ],
  'uefi-ia32': ['qemu-system-x86', 'ovmf-ia32', 'dnsmasq-base', 'iproute2'],
  'uefi-arm64': ['qemu-system-arm', 'qemu-efi-aarch64', 'dnsmasq-base', 'iproute2'],
}

const COMMANDS: Readonly<Record<AnyFirmware, readonly string[]>> = {
  bios: ['setpriv'],
  uefi: ['setpriv', 'unshare', 'nsenter'],
  'uefi-ia32': ['setpriv', 'unshare', 'nsenter'],
  'uefi-arm64': ['setpriv', 'unshare', 'nsenter'],
}

/** What only boots of Linux need. */
const LINUX: readonly string[] = ['busybox-static', 'linux-image-cloud-amd64']

/**
 * Why this firmware cannot be booted here, in one line, or undefined.
 * @param linux false: no further than iPXE
 */
export async function whyNotBoot(firmware: AnyFirmware, { linux = true } = {}): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'the boot tests need Linux'
  const wanted = NEEDS[firmware].filter((name) => linux || !LINUX.includes(name))
  const missing = missingPackages().filter(({ name }) => wanted.includes(name))
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(' ')
    return `missing ${names}; run: node scripts/system-packages.mjs --install`
  }
  const command = COMMANDS[firmware].find((name) => findCommand(name) === undefined)
  if (command !== undefined) return `there is no ${command} (package util-linux)`
  return firmware === 'bios' ? undefined : whyNoLan()
}

/** For `before` hooks: the suite does not run when there is a reason; in CI that is a failure. */
export function needs(context: Mocha.Context, reason: string | undefined): void {
  if (reason !== undefined) notRun(context, reason)
}

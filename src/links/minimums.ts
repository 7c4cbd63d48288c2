/** How much memory systems need at least, told from their kernel arguments. */

export interface Minimum {
  /** Bytes. */
  bytes: number
  /** What needs it. */
  system: string
  /** Who says so. */
  source: string
}

const GiB = 2 ** 30

/**
 * Of reference/catalog.md, whose cards name the documentation of each system. Systems without a card there have no
 * row here: a number from memory would be worse than none.
 *
 * @param args the words of the kernel's command line
 * @param initrdCount how many initrds are loaded
 */
export function minimumOf(args: readonly string[], initrdCount: number): Minimum | undefined {
  const has = (pattern: RegExp): boolean => args.some((arg) => pattern.test(arg))
  if (has(/^coreos\.live\.rootfs_url=/)) {
    return {
      bytes: 2 * GiB,
      system: 'Fedora CoreOS with its root file system by URL',
      source: 'Fedora CoreOS, live reference',
    }
  }
  if (has(/^(coreos\.inst|ignition\.platform\.id=metal)/) && !has(/^flatcar\./)) {
    if (initrdCount < 2) return undefined
    return {
      bytes: 4 * GiB,
      system: 'Fedora CoreOS with its root file system as an initrd',
      source: 'Fedora CoreOS, live reference',
    }
  }
  if (has(/^flatcar\./)) {
    return { bytes: 3e9, system: 'Flatcar in memory', source: 'Flatcar, booting with iPXE' }
  }
  if (has(/^iso-url=/) || (has(/^url=.*\.iso/) && has(/^(ip=dhcp|boot=casper|cloud-config-url=)/))) {
    return { bytes: 3e9, system: 'Ubuntu with its image in memory', source: 'netboot.xyz issue 1128' }
  }
  return undefined
}

/** Arguments whose file ends up in memory as a whole. */
export const heldInMemory: ReadonlySet<string> = new Set([
  'coreos.live.rootfs_url',
  'root',
  'iso-url',
  'url',
  'fetch',
  'modloop',
])

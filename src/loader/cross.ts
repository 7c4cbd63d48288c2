/** What loaders of other processors, and media, want beside the usual compiler. */
import { arch } from 'node:os'
import { crossPrefixes, type LoaderArchitecture, type LoaderTarget } from '../data/loader-targets.js'

/** Prefixes of the cross compilers that this machine, and so a container on it, needs. */
export function hostCrossPrefixes(host: string = arch()): Partial<Record<LoaderArchitecture, string>> {
  const isArm = host === 'arm64'
  const { i386, x86_64, arm64 } = crossPrefixes
  return isArm ? { i386, x86_64 } : { arm64 }
}

/** Debian's package of the compiler: `gcc-aarch64-linux-gnu`. */
export function crossPackage(prefix: string): string {
  return `gcc-${prefix.replace(/_/g, '-').replace(/-$/, '')}`
}

/** Debian packages for these targets beside the usual ones. */
export function packagesFor(targets: readonly LoaderTarget[], host: string = arch()): string[] {
  const packages = new Set<string>()
  const prefixes = hostCrossPrefixes(host)
  for (const { architecture, needs } of targets) {
    const prefix = prefixes[architecture]
    if (prefix !== undefined) packages.add(crossPackage(prefix))
    for (const need of needs) packages.add(need)
    if (needs.includes('isolinux')) packages.add('syslinux-common')
  }
  return [...packages].sort()
}

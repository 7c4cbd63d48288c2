export interface MissingPackage {
  /** The Debian package. */
  readonly name: string
  /** The command or the file that was looked for. */
  readonly proof: string
}
export declare function findCommand(name: string): string | undefined
export declare function cacheDirectory(): string
export declare function kernelImage(): string | undefined
/** How to run a DHCP server of the tests: its path, and what its libraries need in the environment. */
export declare function serverCommand(
  command: 'kea-dhcp4' | 'dhcpd',
): { path: string; env: Record<string, string> } | undefined
export declare function missingPackages(): MissingPackage[]
export declare function ensureSystemPackages(options: { install: boolean }): {
  missing: MissingPackage[]
  message: string
}

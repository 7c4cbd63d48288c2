/** One endpoint of netboot.xyz: files of one system in one folder. */
import type { Architecture } from '../../model/schema.js'
import type { At } from '../result.js'

export interface Asset {
  key: string
  at: At
  os: string
  /** As written: `13.0` is not 13. */
  version: string
  flavor: string
  codename: string
  architecture: Architecture
  /** URL of the folder with a slash at its end. */
  folder: string
  files: readonly string[]
  /** Where kernel and initrd are: mostly itself. */
  kernel: Asset
}

export function has(asset: Asset, ...files: string[]): boolean {
  return files.every((file) => asset.files.includes(file))
}

/** The first of some names that an asset has. */
export function oneOf(asset: Asset, ...names: string[]): string | undefined {
  return names.find((name) => asset.files.includes(name))
}

/** As endpoints spell them. */
export const architectureNames: Readonly<Record<string, Architecture>> = {
  amd64: 'x86_64',
  x86_64: 'x86_64',
  i386: 'i386',
  i686: 'i386',
  x86: 'i386',
  arm64: 'arm64',
  aarch64: 'arm64',
}

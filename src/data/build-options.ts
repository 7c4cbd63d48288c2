import type { LoaderPlatform } from './loader-targets.js'

/** Versions whose headers were read; a source is judged by the newest one that is not newer. */
export const sourceEras = ['1.0.0', '1.20.1', '1.21.1', '2.0.0', '2.0.0+'] as const
export type SourceEra = (typeof sourceEras)[number]

export interface BuildOptionSpec {
  readonly name: string
  /** in `config/` */
  readonly header: string
  readonly platforms: readonly LoaderPlatform[]
}

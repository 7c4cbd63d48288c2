/** Which table of options fits a source. */
import {
  type BuildOptionSpec,
  buildOptions,
  type OptionHistory,
  type SourceEra,
  sourceEras,
} from '../data/build-options.js'
import type { LoaderArchitecture, LoaderPlatform } from '../data/loader-targets.js'
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'

export interface EraFacts {
  readonly era: SourceEra
  /** A snapshot after the era's release: it may have options of the next era. */
  readonly between: boolean
  /** `major.minor.patch+` */
  readonly numbers: readonly [major: number, minor: number, patch: number]
  readonly plus: boolean
}

/** The names of the build options that one loader has, with their values; what is off is `false`. */
export type OptionValues = ReadonlyMap<string, string | boolean>

/**
 * @param version of the source's Makefile: `2.0.0+`
 * @throws IpxetoolError `unknown-source-version`
 */
export function eraOf(version: string): EraFacts {
  const match = /^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?([+-].*)?$/.exec(version)
  if (!match) {
    throw new IpxetoolError('unknown-source-version', `"${visible(version)}" is no version of iPXE`, {
      hint: 'It looks like 2.0.0 or 1.21.1+.',
    })
  }
  const numbers = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] as const
  const plus = match[4] !== undefined
  const own = [...numbers, plus ? 1 : 0]
  const found = sourceEras.filter((era) => compare(keyOf(era), own) <= 0).at(-1) ?? sourceEras[0]
  const next = sourceEras[sourceEras.indexOf(found) + 1]
  return { era: found, between: next !== undefined && compare(keyOf(found), own) < 0, numbers, plus }
}

/** What an unmodified build has. Options that this source or this processor cannot have are absent. */
export function defaultOptions(
  era: SourceEra,
  platform: LoaderPlatform,
  architecture: LoaderArchitecture,
): Map<string, string | boolean> {
  const values = new Map<string, string | boolean>()
  for (const spec of buildOptions) {
    const found = defaultOf(spec, era, platform, architecture)
    if (found !== undefined) values.set(spec.name, found)
  }
  return values
}

/** Values as people write them; `undefined`: it cannot be had. */
export function defaultOf(
  spec: BuildOptionSpec,
  era: SourceEra,
  platform: LoaderPlatform,
  architecture: LoaderArchitecture,
): string | boolean | undefined {
  const history = spec.defaults[platform]
  if (!history || !fitsProcessor(spec, architecture)) return undefined
  const found = at(history, era)
  if (found === null || found === undefined) return undefined
  if (found === 'x86 only') return architecture !== 'arm64'
  if (found === 'non-x86 only') return architecture === 'arm64'
  return typeof found === 'string' && spec.kind === 'text' ? found.slice(1, -1) : found
}

export function fitsProcessor(spec: BuildOptionSpec, architecture: LoaderArchitecture): boolean {
  return spec.processors === undefined || (spec.processors === 'x86') === (architecture !== 'arm64')
}

/** The first version that has it; for messages. */
export function firstEra(spec: BuildOptionSpec, platform: LoaderPlatform): SourceEra | undefined {
  return sourceEras.find((era) => spec.defaults[platform]?.[era] != null)
}

/** `null`: gone; `undefined`: not there yet. */
function at(history: OptionHistory, era: SourceEra): OptionHistory[SourceEra] {
  const passed = sourceEras.slice(0, sourceEras.indexOf(era) + 1)
  const last = passed.filter((known) => history[known] !== undefined).at(-1)
  return last && history[last]
}

function keyOf(era: SourceEra): number[] {
  return [...era.replace('+', '').split('.').map(Number), era.endsWith('+') ? 1 : 0]
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    if (value !== b[index]) return value - (b[index] ?? 0)
  }
  return 0
}

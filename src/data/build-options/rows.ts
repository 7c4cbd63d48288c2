/**
 * Shapes of the table of build options, and helpers to write its rows.
 * Origin: config/*.h of iPXE 36a4c85f (2019-01-25, its version says 1.0.0+), v1.20.1, v1.21.1, v2.0.0 and 0ab2277c
 * (2026-08-21, 2.0.0+), run through the preprocessor for each platform and processor; meanings by hand.
 */
import type { LoaderPlatform } from '../loader-targets.js'

/** Versions whose headers were read; a source is judged by the newest of them that is not newer than itself. */
export const sourceEras = ['1.0.0', '1.20.1', '1.21.1', '2.0.0', '2.0.0+'] as const
export type SourceEra = (typeof sourceEras)[number]

/** What a value has to look like. */
export const optionValueKinds = ['integer', 'text', 'port', 'speed', 'keymap', 'log', 'tls'] as const
export type OptionValueKind = (typeof optionValueKinds)[number]

/**
 * From which version on an unmodified build has what: on or off (or `x86 only`, `non-x86 only`), or the value as it is
 * written in C; `null`: the option is gone. Before the first version it did not exist.
 */
export type OptionHistory = Readonly<Partial<Record<SourceEra, boolean | string | null>>>

export interface BuildOptionSpec {
  readonly name: string
  /** The file in `config/` and in `config/local/`. */
  readonly header: string
  /** A flag is defined or not; a value is always defined, and has to be undefined before it is defined anew. */
  readonly kind: 'flag' | OptionValueKind
  /** `undefined`: the platform cannot have it, and linking would fail. */
  readonly defaults: Readonly<Record<LoaderPlatform, OptionHistory | undefined>>
  /** Absent: all processors. */
  readonly processors?: 'x86' | 'non-x86'
  /** A few words. */
  readonly meaning: string
}

type Row = Omit<BuildOptionSpec, 'header'>

export const never = undefined
export const on: OptionHistory = { '1.0.0': true }
export const off: OptionHistory = { '1.0.0': false }
export const on121: OptionHistory = { '1.21.1': true }
export const off121: OptionHistory = { '1.21.1': false }
export const on2: OptionHistory = { '2.0.0': true }
export const off2: OptionHistory = { '2.0.0': false }
export const onArm2: OptionHistory = { '2.0.0': 'non-x86 only' }
export const onLatest: OptionHistory = { '2.0.0+': true }
export const offLatest: OptionHistory = { '2.0.0+': false }
export const onSince121: OptionHistory = { '1.0.0': false, '1.21.1': true }
export const offSince121: OptionHistory = { '1.0.0': true, '1.21.1': false }
export const onSince2: OptionHistory = { '1.0.0': false, '2.0.0': true }
export const offUntilLatest: OptionHistory = { '1.0.0': false, '2.0.0+': null }

export function always(value: string): OptionHistory {
  return { '1.0.0': value }
}

export function of(header: string, rows: readonly Row[]): BuildOptionSpec[] {
  return rows.map((row) => ({ ...row, header }))
}

export function flag(
  name: string,
  pcbios: OptionHistory | undefined,
  efi: OptionHistory | undefined,
  meaning: string,
  processors?: 'x86' | 'non-x86',
): Row {
  return { name, kind: 'flag', defaults: { pcbios, efi }, meaning, ...(processors ? { processors } : {}) }
}

export function value(
  name: string,
  kind: OptionValueKind,
  pcbios: OptionHistory | undefined,
  efi: OptionHistory | undefined,
  meaning: string,
): Row {
  return { name, kind, defaults: { pcbios, efi }, meaning }
}

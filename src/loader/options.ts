/** Build options as somebody writes them, checked against what the loader's platform and source can have. */
import { buildOptions, type BuildOptionSpec, findBuildOption } from '../data/build-options.js'
import { type LoaderArchitecture, type LoaderPlatform, loaderPlatforms } from '../data/loader-targets.js'
import { suggest } from '../data/suggest.js'
import type { DiagnosticOptions } from '../diagnostics/diagnostic.js'
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import {
  defaultOf,
  defaultOptions,
  type EraFacts,
  firstEra,
  fitsProcessor,
  type OptionValues,
} from './eras.js'
import { checkTogether } from './option-checks.js'
import { presetOf } from './presets.js'
import type { Define, PresetName } from './types.js'
import { readValue } from './values.js'

export interface LoaderOptions {
  /** All that this loader has or could have. */
  readonly values: OptionValues
  /** What has to be written into config/local; in the order of the table. */
  readonly changes: OptionValues
}

export interface OptionWishes {
  readonly defines: readonly Define[]
  readonly presets: readonly PresetName[]
  readonly forceSerial?: boolean | undefined
}

export interface OptionPlace {
  readonly platform: LoaderPlatform
  readonly architecture: LoaderArchitecture
  readonly source: EraFacts
}

export type Report = (problem: Omit<DiagnosticOptions, 'file'> & { file?: string }) => void

const platformNames: Readonly<Record<LoaderPlatform, string>> = { pcbios: 'BIOS', efi: 'UEFI' }
const insist = 'force'

/**
 * `CONSOLE_CMD`, `COMSPEED=115200`, `NET_PROTO_IPV6=off`; `efi:…` and `bios:…` for loaders of one platform only.
 *
 * @param from for messages: `--define`
 * @throws IpxetoolError `bad-define` (exit code 2)
 */
export function parseDefine(text: string, from: string): Define {
  const match = /^\s*(?:([a-z]+):)?\s*([A-Za-z_]\w*)\s*(?:=(.*))?$/s.exec(text)
  const platform = match?.[1] === 'bios' ? 'pcbios' : loaderPlatforms.find((known) => known === match?.[1])
  if (!match || (match[1] !== undefined && platform === undefined)) {
    throw new IpxetoolError('bad-define', `"${visible(text)}" names no build option`, {
      exitCode: 2,
      hint: 'Write NAME, NAME=VALUE or NAME=off, with bios: or efi: before it for one platform only.',
    })
  }
  return { name: match[2]!, value: match[3], from, platform }
}

/** The options of one loader: the source's defaults, then presets, then what was written, which wins. */
export function resolveOptions(wishes: OptionWishes, place: OptionPlace, report: Report): LoaderOptions {
  const { platform, architecture, source } = place
  const values = defaultOptions(source.era, platform, architecture)
  const changes = new Map<string, string | boolean>()
  const set = (name: string, value: string | boolean): void => {
    if (values.get(name) === value && !changes.has(name)) return
    values.set(name, value)
    changes.set(name, value)
  }
  for (const name of wishes.presets) applyPreset(name, place, wishes, values, set, report)
  const written = new Set<string>()
  for (const define of wishes.defines) {
    if (define.platform !== undefined && define.platform !== platform) continue
    const known = applyDefine(define, place, values, set, report)
    if (known && values.get(define.name) !== false) written.add(define.name)
  }
  checkTogether(values, written, place, report)
  const order = buildOptions.map(({ name }) => name)
  return { values, changes: new Map([...changes].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))) }
}

function applyPreset(
  name: PresetName,
  { platform, source }: OptionPlace,
  wishes: OptionWishes,
  values: OptionValues,
  set: (name: string, value: string | boolean) => void,
  report: Report,
): void {
  const preset = presetOf(name)
  if (name === 'serial' && platform === 'efi' && wishes.forceSerial !== true) {
    report({
      ruleId: 'serial-on-efi',
      severity: 'info',
      reason: 'The preset `serial` changes nothing in UEFI loaders.',
      note: 'Most firmware shows its console on the serial port already, and every letter would come twice. Where it does not: --define efi:CONSOLE_SERIAL.',
    })
    return
  }
  // A 2019 source knows https, but hardly any server still speaks its ciphers: not by a collection.
  const tooOld = name === 'full' && isOldTls(source) ? ['DOWNLOAD_PROTO_HTTPS'] : []
  for (const option of preset.on) {
    if (!values.has(option) || tooOld.includes(option)) continue
    if (option === 'DOWNLOAD_PROTO_HTTPS' && !allowHttps(source, `the preset ${name}`, report)) continue
    set(option, true)
  }
  for (const option of preset.off) if (values.has(option)) set(option, false)
  for (const [option, value] of Object.entries(preset.values ?? {}))
    if (values.has(option)) set(option, value)
}

/** False when the option is not there or its value is wrong. */
function applyDefine(
  define: Define,
  place: OptionPlace,
  values: OptionValues,
  set: (name: string, value: string | boolean) => void,
  report: Report,
): boolean {
  const { name, from: file } = define
  const spec = findBuildOption(name)
  if (!spec) {
    const near = suggest(
      name,
      buildOptions.map((known) => known.name),
    )
    report({
      ruleId: 'unknown-build-option',
      severity: 'error',
      file,
      reason: `There is no build option \`${visible(name)}\`${near === undefined ? '.' : `; did you mean \`${near}\`?`}`,
      ...(near === undefined ? { note: 'ipxetool compile --list names them all.' } : { expected: [near] }),
    })
    return false
  }
  const insisted = define.value === insist && name === 'DOWNLOAD_PROTO_HTTPS'
  const read = readValue(spec, insisted ? true : (define.value ?? true), place.source.era)
  if ('wrong' in read) {
    report({
      ruleId: spec.header === 'serial.h' ? 'serial-port-value' : 'build-option-value',
      severity: 'error',
      file,
      reason: `\`${name}\` (${spec.meaning}): ${visible(read.wrong)}${read.wrong.endsWith('?') ? '' : '.'}`,
      expected: read.expected,
    })
    return false
  }
  const { value } = read
  if (!values.has(name)) {
    const early = isNotYet(spec, place)
    if (!(early && place.source.between)) {
      // To leave out what cannot be there is no mistake.
      if (value !== false) report({ severity: 'error', file, ...whyNot(spec, place, early) })
      return false
    }
    report({
      ruleId: 'maybe-build-option',
      severity: 'warning',
      file,
      reason: `This source, a snapshot after ${place.source.era}, may not have \`${name}\` yet.`,
      note: 'If it does not, the option changes nothing.',
    })
  }
  if (name === 'DOWNLOAD_PROTO_HTTPS' && value === true && !insisted && values.get(name) !== true) {
    if (!allowHttps(place.source, '', report, file)) return false
  }
  set(name, value)
  return true
}

/** 1.21.1 and older: RSA key exchange and AES-CBC are all they can. */
export function isOldTls({ era, between }: EraFacts): boolean {
  return era === '1.0.0' || era === '1.20.1' || (era === '1.21.1' && !between)
}

export function allowHttps(source: EraFacts, wish: string, report: Report, file?: string): boolean {
  if (!isOldTls(source)) return true
  report({
    ruleId: 'old-https',
    severity: 'error',
    ...(file === undefined ? {} : { file }),
    reason: `iPXE ${source.numbers.join('.')} is too old for https${wish === '' ? '' : ` (${wish})`}.`,
    note: `It has no ECDHE and no AES-GCM, which today’s servers want. Take a source of 2.0.0 or newer, use http, or insist with DOWNLOAD_PROTO_HTTPS=${insist}.`,
  })
  return false
}

function isNotYet(spec: BuildOptionSpec, { platform, architecture }: OptionPlace): boolean {
  return spec.defaults[platform] !== undefined && fitsProcessor(spec, architecture)
}

function whyNot(
  spec: BuildOptionSpec,
  { platform, architecture, source }: OptionPlace,
  early: boolean,
): { ruleId: string; reason: string; note: string } {
  const { name } = spec
  if (early) {
    const first = firstEra(spec, platform)
    const gone = first !== undefined && defaultOf(spec, first, platform, architecture) !== undefined
    return {
      ruleId: 'foreign-build-option',
      reason: `iPXE ${source.numbers.join('.')} has no option \`${name}\` (${spec.meaning}).`,
      note: gone ? `It is there from ${first} on, or was until it was taken out.` : 'Take another source.',
    }
  }
  const others = loaderPlatforms.filter((known) => known !== platform && spec.defaults[known])
  const processor = !fitsProcessor(spec, architecture)
  const where = processor
    ? spec.processors === 'x86'
      ? 'x86 processors'
      : 'other processors than x86'
    : others.map((known) => platformNames[known]).join(' and ')
  return {
    ruleId: 'foreign-build-option',
    reason: `\`${name}\` (${spec.meaning}) is only for ${where}, not for ${architecture} ${platformNames[platform]} loaders.`,
    note:
      others.length > 0 && !processor
        ? `Write ${others[0] === 'pcbios' ? 'bios' : 'efi'}:${name} to have it there only.`
        : 'Leave it out, or compile this loader by itself.',
  }
}

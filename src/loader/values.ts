/** Values of build options: what people write, and what stands in C. */
import {
  type BuildOptionSpec,
  keyboardMaps,
  logLevels,
  serialPortNicknames,
  serialPorts,
  serialSpeeds,
  type SourceEra,
  tlsVersions,
} from '../data/build-options.js'
import { suggest } from '../data/suggest.js'

export type ReadValue = { value: string | boolean } | { wrong: string; expected: string[] }

const onWords = ['', 'on', 'yes', 'true', '1']
const offWords = ['off', 'no', 'false', '0']

/** @param written `true`: only the name was written */
export function readValue(spec: BuildOptionSpec, written: string | boolean, era: SourceEra): ReadValue {
  if (spec.kind === 'flag') return readFlag(written)
  if (typeof written === 'boolean' || written === '') {
    return {
      wrong: written === false ? 'it cannot be switched off, only be set' : 'it needs a value',
      expected: [`${spec.name}=${exampleOf(spec)}`],
    }
  }
  const text = written.trim().replace(/^"(.*)"$/s, '$1')
  switch (spec.kind) {
    case 'integer':
      return readInteger(text, spec)
    case 'text':
      return readText(text, spec)
    case 'port': {
      const near = serialPortNicknames.get(text.toLowerCase())
      return readWord(text, serialPorts, near)
    }
    case 'speed':
      return readWord(text, serialSpeeds.map(String))
    case 'keymap': {
      const all = era === '2.0.0+' ? [...keyboardMaps, 'dynamic'] : keyboardMaps
      return readWord(text.replaceAll('_', '-'), all)
    }
    case 'log':
      return readWord(text, logLevels)
    case 'tls':
      return readWord(text, tlsVersions)
  }
}

/** As it stands behind `#define NAME`. */
export function valueInC(spec: BuildOptionSpec, value: string): string {
  if (spec.kind === 'text') return `"${value.replace(/[\\"]/g, '\\$&')}"`
  return spec.kind === 'keymap' ? value.replaceAll('-', '_') : value
}

function readFlag(written: string | boolean): ReadValue {
  if (typeof written === 'boolean') return { value: written }
  const word = written.trim().toLowerCase()
  if (onWords.includes(word)) return { value: true }
  if (offWords.includes(word)) return { value: false }
  return { wrong: 'it takes no value, it is on or off', expected: ['on', 'off'] }
}

function readInteger(text: string, spec: BuildOptionSpec): ReadValue {
  const number = /^(?:0x[0-9a-f]{1,8}|\d{1,9})$/i.test(text) ? Number(text) : NaN
  if (Number.isNaN(number)) return { wrong: `"${text}" is no number`, expected: [exampleOf(spec)] }
  return { value: String(number) }
}

/** iPXE prints with some of them: another `%` would read memory at random. */
const formats: Readonly<Record<string, string>> = {
  PRODUCT_ERROR_URI: '%08x',
  PRODUCT_COMMAND_URI: '%s',
  PRODUCT_SETTING_URI: '%s',
}

function readText(text: string, spec: BuildOptionSpec): ReadValue {
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) {
    return { wrong: 'control characters and line ends cannot be in it', expected: [exampleOf(spec)] }
  }
  if (text.length > 500) return { wrong: 'it is longer than 500 characters', expected: [exampleOf(spec)] }
  const format = formats[spec.name]
  const percents = text.match(/%[^%]*?[a-z]/gi) ?? []
  if (format !== undefined && (text.split('%').length !== 2 || percents[0] !== format)) {
    return { wrong: `it must hold ${format} once, and no other %`, expected: [exampleOf(spec)] }
  }
  return { value: text }
}

function readWord(text: string, words: readonly string[], near?: string): ReadValue {
  if (words.includes(text)) return { value: text }
  const meant = near ?? suggest(text, words)
  return {
    wrong: `"${text}" is none of its values${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    expected: [...words],
  }
}

function exampleOf(spec: BuildOptionSpec): string {
  const values = Object.values(spec.defaults.pcbios ?? spec.defaults.efi ?? {})
  const last = String(values.filter((known) => known !== null).at(-1) ?? '1')
  return spec.kind === 'text' ? last.slice(1, -1) : last
}

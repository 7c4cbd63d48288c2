/** Options and arguments as iPXE reads them (`core/getopt.c`, `core/parseopt.c`), on expanded words. */
import { helpOption } from '../data/lookup.js'
import type { CommandSpec, OptionSpec } from '../data/types.js'
import { readInteger } from './numbers.js'
import type { Run } from './run.js'

export interface Arguments {
  /** `argv[0]`: the name that was used */
  readonly name: string
  /** flags are '' */
  readonly options: ReadonlyMap<string, string>
  /** integers, timeouts and keys */
  readonly numbers: ReadonlyMap<string, number>
  readonly words: readonly string[]
}

/** `MAX_ARGUMENTS` of `include/ipxe/parseopt.h`. */
const maxArguments = 0xff

/** @returns the status of a usage error, after printing what iPXE prints */
export function readArguments(run: Run, spec: CommandSpec, argv: readonly string[]): Arguments | number {
  const options = new Map<string, string>()
  const numbers = new Map<string, number>()
  const usage = (status: number): number => {
    printUsage(run, spec, argv[0]!)
    return status
  }
  const take = (option: OptionSpec, value: string): number | undefined => {
    options.set(option.long, value)
    switch (option.arg) {
      case 'integer':
      case 'timeout-ms':
      case 'key': {
        if (option.arg === 'key' && value.length === 1) {
          numbers.set(option.long, value.charCodeAt(0))
          return undefined
        }
        const number = parseInteger(run, value)
        if (number === undefined) return run.fail('EINVAL', 'parseopt', 1)
        const special = option.arg === 'key' && number > 0x7f && number < 0x110000
        numbers.set(option.long, special ? number + 0x110000 : number)
        return undefined
      }
      case 'configurator':
        if (value === 'dhcp' || value === 'ipv6') return undefined
        run.print(`"${value}": no such configurator\n`)
        return run.fail('ENOTSUP', 'parseopt')
      case 'uuid':
        if (/^[0-9a-fA-F]{2}(-?[0-9a-fA-F]{2}){15}$/.test(value)) return undefined
        run.print(`"${value}": invalid UUID\n`)
        return run.fail('EINVAL', 'uuid')
      default:
        return undefined
    }
  }
  const next = (index: number): string | undefined => {
    const word = argv[index]
    return word === undefined || word.startsWith('-') ? undefined : word
  }

  let index = 1
  words: while (index < argv.length) {
    const word = argv[index]!
    if (!word.startsWith('-')) break
    if (word === '--') {
      index++
      break
    }
    if (word.startsWith('--')) {
      const equals = word.indexOf('=')
      const name = equals < 0 ? word.slice(2) : word.slice(2, equals)
      const option = find(spec, (known) => known.long === name)
      if (!option) {
        run.print(`Unrecognised option "--${word.slice(2)}"\n`)
        return usage(run.fail('EINVAL', 'parseopt', 2))
      }
      index++
      if (option === helpOption && equals < 0) return usage(run.fail('ECANCELED', 'parseopt', 1))
      let value = equals < 0 ? undefined : word.slice(equals + 1)
      if (option.arg === null) {
        if (value !== undefined) {
          run.print(`Option "${option.long}" takes no argument\n`)
          return usage(run.fail('EINVAL', 'parseopt', 3))
        }
        options.set(option.long, '')
        continue
      }
      if (value === undefined) {
        value = next(index)
        if (value === undefined) {
          run.print(`Option "${option.long}" requires an argument\n`)
          return usage(run.fail('EINVAL', 'parseopt', 3))
        }
        index++
      }
      const error = take(option, value)
      if (error !== undefined) return error
      continue
    }
    for (let at = 1; ; at++) {
      const letter = word[at] ?? ''
      const option = letter === '' ? undefined : find(spec, (known) => known.short === letter)
      if (!option) {
        run.print(`Unrecognised option "-${letter === '' ? '\0' : letter}"\n`)
        return usage(run.fail('EINVAL', 'parseopt', 2))
      }
      if (option === helpOption) return usage(run.fail('ECANCELED', 'parseopt', 1))
      if (option.arg === null) {
        options.set(option.long, '')
        if (at + 1 < word.length) continue
        index++
        continue words
      }
      index++
      let value: string | undefined = word.slice(at + 1)
      if (value === '') {
        value = next(index)
        if (value === undefined) {
          run.print(`Option "${letter}" requires an argument\n`)
          return usage(run.fail('EINVAL', 'parseopt', 3))
        }
        index++
      }
      const error = take(option, value)
      if (error !== undefined) return error
      continue words
    }
  }
  const words = argv.slice(index)
  if (words.length < spec.minArgs || words.length > (spec.maxArgs ?? maxArguments)) {
    return usage(run.fail('ERANGE', 'parseopt'))
  }
  return { name: argv[0]!, options, numbers, words }
}

function find(spec: CommandSpec, matches: (option: OptionSpec) => boolean): OptionSpec | undefined {
  return spec.options.find(matches) ?? (matches(helpOption) ? helpOption : undefined)
}

/** Prints the complaint and returns undefined when the text is no integer. */
export function parseInteger(run: Run, text: string): number | undefined {
  const number = readInteger(text)
  if (number === undefined) run.print(`"${text}": invalid integer value\n`)
  return number
}

function printUsage(run: Run, spec: CommandSpec, name: string): void {
  const options = spec.options.map(
    ({ long, short, arg }) => ` [-${short}|--${long}${arg === null ? '' : ` <${long}>`}]`,
  )
  const words = spec.positional.map(({ name: word, repeats }, index) => {
    const text = `<${word}>${repeats ? '...' : ''}`
    return index < spec.minArgs ? ` ${text}` : ` [${text}]`
  })
  run.print(
    `Usage:\n\n  ${name}${options.join('')}${words.join('')}\n\nSee https://ipxe.org/cmd/${name} for further information\n`,
  )
}

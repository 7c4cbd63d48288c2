/** How a run ended, for people and for programs. */
import {
  errorName,
  errorText,
  type Ending,
  type RunReport,
  type ScriptPlace,
  type TraceStep,
} from '../simulate/index.js'
import { visible } from '../diagnostics/visible.js'
import { decodeText } from '../syntax/bytes.js'
import { ExitCode } from './exit-codes.js'

const shown = (text: string) => visible(decodeText(text))

/** 0 when something boots or the script ended well, else 1. */
export function exitCodeOf({ ending }: RunReport): number {
  switch (ending.kind) {
    case 'boot':
    case 'sanboot':
    case 'reboot':
    case 'poweroff':
    case 'quit':
      return ExitCode.ok
    case 'exit':
      return ending.status === 0 ? ExitCode.ok : ExitCode.problems
    default:
      return ExitCode.problems
  }
}

export function placeText(place: ScriptPlace | undefined): string {
  return place ? `${shown(place.image)}:${place.line}` : 'the start'
}

function size(bytes: number | undefined): string {
  return bytes === undefined ? 'size unknown' : `${bytes.toLocaleString('en')} bytes`
}

function imageLines(ending: Ending & { kind: 'boot' }, { drives }: RunReport): string[] {
  const { kernel, initrds } = ending
  return [
    `  kernel    ${shown(kernel.uri ?? kernel.name)} (${size(kernel.size)})`,
    ...(kernel.arguments ? [`  arguments ${shown(kernel.arguments)}`] : []),
    ...initrds.map(
      ({ uri, name, size: bytes, path }) =>
        `  initrd    ${shown(uri ?? name)} (${size(bytes)})${path === undefined ? '' : ` as ${shown(path)}`}`,
    ),
    ...[...drives].map(
      ([drive, uris]) => `  disk      0x${drive.toString(16)} is ${uris.map(shown).join(' and ')}`,
    ),
    ...ending.warnings.map((warning) => `  warning   ${shown(warning)}`),
  ]
}

const formats: Readonly<Record<string, string>> = {
  linux: 'boots Linux',
  efi: 'boots an EFI program',
  multiboot: 'boots a Multiboot kernel',
  elf: 'boots an ELF program',
  nbp: 'boots a network boot program',
  unknown: 'boots what another server has',
}

/** Lines for people. */
export function endingText(report: RunReport): string {
  const { ending, place, lastFailure } = report
  switch (ending.kind) {
    case 'boot':
      return [`It ${formats[ending.format]!} (${placeText(place)}):`, ...imageLines(ending, report)].join(
        '\n',
      )
    case 'sanboot': {
      const drive = ending.drive === undefined ? '' : ` drive 0x${ending.drive.toString(16)}`
      const what = [...ending.uris, ...(ending.filename === undefined ? [] : [ending.filename])]
        .map(shown)
        .join(' ')
      return `It boots from disk${drive}${what ? ` ${what}` : ''} (${placeText(place)}).`
    }
    case 'reboot':
    case 'poweroff':
      return `The machine ${ending.kind === 'reboot' ? 'restarts' : 'is switched off'} (${placeText(place)}).`
    case 'shell':
      return `It ends in the iPXE shell (${placeText(place)}).`
    case 'quit':
      return 'Ended by you.'
    case 'waiting': {
      const what = { menu: 'The menu', form: 'The form', key: 'The prompt', line: 'The input' }[ending.for]
      return `${what} "${shown(ending.what)}" waits for somebody at the keyboard (${placeText(place)}).`
    }
    case 'stopped':
      return `Stopped at ${placeText(place)}: ${shown(ending.reason)}.`
    case 'exit': {
      if (ending.status === 0)
        return `The script ended well (${placeText(place)}): iPXE goes back to the firmware, or to who started it.`
      const words = lastFailure ? `: ${lastFailure.words.map(shown).join(' ')}` : ''
      const why = ending.status > 0 ? `exit ${ending.status}` : errorText(ending.status)
      const silent = lastFailure && !lastFailure.said ? '\nNothing on the screen says so.' : ''
      return `The script failed at ${placeText(lastFailure?.place ?? place)}${words}\n  ${why}${silent}`
    }
  }
}

export function fetchedText({ fetched }: RunReport): string {
  const failed = fetched.filter(({ ok }) => !ok)
  return failed
    .map(
      ({ uri, reason }) => `Not fetched: ${shown(uri)}${reason === undefined ? '' : `: ${shown(reason)}`}\n`,
    )
    .join('')
}

/** Where a real machine may do otherwise. */
export function assumedText({ assumed }: RunReport): string {
  return assumed
    .map(({ place, text }) => `Taken for granted (${placeText(place)}): ${shown(text)}\n`)
    .join('')
}

/** Byte strings become readable text. */
function readable(value: unknown): unknown {
  if (typeof value === 'string') return decodeText(value)
  if (Array.isArray(value)) return value.map(readable)
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, inside]) => [key, readable(inside)]))
  if (value instanceof Set) return [...(value as Set<unknown>)]
  if (typeof value === 'function') return undefined
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, readable(inside)]))
  }
  return value
}

/** @param trace with `--trace` */
export function reportJson(report: RunReport, trace: readonly TraceStep[] | undefined): string {
  const { status } = report
  const error = errorName(status)
  const document = {
    ...(readable(report) as object),
    ...(error === undefined ? {} : { error }),
    exitCode: exitCodeOf(report),
    ...(trace ? { trace: trace.map(readable) } : {}),
  }
  return `${JSON.stringify(document, undefined, 2)}\n`
}

export function traceText({ place, words, source, status, depth }: TraceStep): string {
  const written = source.map(shown).join(' ')
  const expanded = words.map((word) => (word === '' ? "''" : shown(word))).join(' ')
  const result = status === 0 ? 'ok' : status > 0 ? `exit ${status}` : (errorName(status) ?? String(status))
  const arrow = written === expanded ? '' : `  ->  ${expanded}`
  return `${'  '.repeat(Math.max(0, depth - 1))}${placeText(place)}  ${written}${arrow}  [${result}]\n`
}

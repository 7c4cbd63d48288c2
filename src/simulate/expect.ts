/** Menu tests as data: a machine, what somebody picks, and what must come of it. */
import { decodeText } from '../syntax/bytes.js'
import { errorText } from './errors.js'
import type { MachineWish } from './machine.js'
import type { Answer } from './tree-host.js'
import type { Ending, RunReport } from './types.js'

/** In all texts a `*` stands for anything. */
export interface Expectation {
  /** the kernel's address, or more about the boot */
  readonly boots?:
    | string
    | {
        readonly kernel?: string
        /** each must be among the arguments, as a whole word */
        readonly arguments?: readonly string[]
        /** none of these may be */
        readonly without?: readonly string[]
        /** their addresses, in order */
        readonly initrds?: readonly string[]
      }
  /** the title of the menu in which it ends */
  readonly menu?: string
  readonly ends?: 'exit' | 'shell' | 'reboot' | 'poweroff' | 'disk' | 'waits'
  /** it ends with a failure; part of the message */
  readonly fails?: string
  /** parts of what the console shows */
  readonly prints?: string | readonly string[]
  /** nothing but these is downloaded */
  readonly fetches?: readonly string[]
  readonly settings?: Readonly<Record<string, string>>
}

export interface MenuTest {
  readonly name: string
  /** path of the script in the tree; default: the first one */
  readonly script?: string
  readonly machine?: MachineWish
  /** entries of menus, in order; without `choose` and `answers` nobody is there and the timeouts decide */
  readonly choose?: readonly string[]
  readonly answers?: readonly Answer[]
  readonly net?: 'offline' | 'tree'
  readonly expect: Expectation
}

/** Whether a text fits a pattern in which `*` stands for anything. */
export function fits(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^]*')}$`).test(text)
}

/** One line: how the run ended. */
export function endingWords({ ending, lastFailure }: Pick<RunReport, 'ending' | 'lastFailure'>): string {
  switch (ending.kind) {
    case 'boot':
      return `boots ${decodeText(ending.kernel.uri ?? ending.kernel.name)}`
    case 'sanboot':
      return `boots from disk${ending.uris.map((uri) => ` ${decodeText(uri)}`).join('')}`
    case 'reboot':
      return 'restarts the machine'
    case 'poweroff':
      return 'switches the machine off'
    case 'shell':
      return 'ends in the iPXE shell'
    case 'waiting':
      return `waits at the ${ending.for} "${decodeText(ending.what)}"`
    case 'stopped':
      return `is stopped: ${ending.reason}`
    case 'quit':
      return 'was ended'
    case 'exit': {
      if (ending.status === 0) return 'exits well'
      const words = lastFailure ? ` at \`${lastFailure.words.map(decodeText).join(' ')}\`` : ''
      const place = lastFailure?.place
        ? ` (${decodeText(lastFailure.place.image)}:${lastFailure.place.line})`
        : ''
      return `fails${words}${place}: ${ending.status > 0 ? `exit ${ending.status}` : errorText(ending.status)}`
    }
  }
}

const endKinds: Readonly<Record<NonNullable<Expectation['ends']>, (ending: Ending) => boolean>> = {
  exit: (ending) => ending.kind === 'exit' && ending.status === 0,
  shell: ({ kind }) => kind === 'shell',
  reboot: ({ kind }) => kind === 'reboot',
  poweroff: ({ kind }) => kind === 'poweroff',
  disk: ({ kind }) => kind === 'sanboot',
  waits: ({ kind }) => kind === 'waiting',
}

/** What is not as expected, one sentence each. */
export function judge(report: RunReport, expect: Expectation): string[] {
  const found: string[] = []
  const { ending } = report
  const really = `it ${endingWords(report)}`
  if (expect.boots !== undefined) found.push(...judgeBoot(ending, expect.boots, really))
  if (expect.menu !== undefined) {
    const title = ending.kind === 'waiting' && ending.for === 'menu' ? decodeText(ending.what) : undefined
    if (title === undefined || !fits(expect.menu, title))
      found.push(`it must end in the menu "${expect.menu}", and ${really}`)
  }
  if (expect.ends !== undefined && !endKinds[expect.ends](ending))
    found.push(`it must end with "${expect.ends}", and ${really}`)
  if (expect.fails !== undefined) {
    const failed = (ending.kind === 'exit' && ending.status !== 0) || ending.kind === 'stopped'
    const text = `${really}\n${decodeText(report.output)}`
    if (!failed) found.push(`it must fail, and ${really}`)
    else if (!fits(`*${expect.fails}*`, text))
      found.push(`it must fail with "${expect.fails}", and ${really}`)
  }
  const output = decodeText(report.output)
  for (const part of typeof expect.prints === 'string' ? [expect.prints] : (expect.prints ?? [])) {
    if (!fits(`*${part}*`, output)) found.push(`the console must show "${part}"`)
  }
  if (expect.fetches) {
    for (const { uri } of report.fetched) {
      const text = decodeText(uri)
      if (!expect.fetches.some((pattern) => fits(pattern, text)))
        found.push(`${text} is downloaded, which is not in the list`)
    }
  }
  for (const [name, value] of Object.entries(expect.settings ?? {})) {
    const real = decodeText(report.expand(name))
    if (!fits(value, real)) found.push(`the setting ${name} must be "${value}", and is "${real}"`)
  }
  return found
}

function judgeBoot(ending: Ending, wanted: NonNullable<Expectation['boots']>, really: string): string[] {
  if (ending.kind !== 'boot') return [`it must boot, and ${really}`]
  const {
    kernel,
    arguments: words,
    without,
    initrds,
  } = typeof wanted === 'string' ? { kernel: wanted } : wanted
  const found: string[] = []
  const address = decodeText(ending.kernel.uri ?? ending.kernel.name)
  if (kernel !== undefined && !fits(kernel, address))
    found.push(`it must boot ${kernel}, and boots ${address}`)
  const cmdline = decodeText(ending.kernel.arguments)
  const has = (word: string) =>
    cmdline.split(' ').some((own) => fits(word, own)) || (word.includes(' ') && fits(`*${word}*`, cmdline))
  for (const word of words ?? []) if (!has(word)) found.push(`the argument ${word} is missing in: ${cmdline}`)
  for (const word of without ?? [])
    if (has(word)) found.push(`the argument ${word} must not be in: ${cmdline}`)
  if (initrds) {
    const real = ending.initrds.map(({ uri, name }) => decodeText(uri ?? name))
    const same = real.length === initrds.length && real.every((text, index) => fits(initrds[index]!, text))
    if (!same)
      found.push(`the initrds must be ${initrds.join(', ') || 'none'}, and are ${real.join(', ') || 'none'}`)
  }
  for (const warning of ending.warnings) found.push(warning)
  return found
}

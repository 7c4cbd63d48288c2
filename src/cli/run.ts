/** `ipxetool run`: a script as a machine would run it, in the terminal or by answers. */
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { IpxetoolError, isIpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import {
  Answers,
  makeMachine,
  simulate,
  treeBase,
  treeHost,
  type Answer,
  type FetchAnswer,
  type FetchError,
  type Host,
  type Machine,
  type MachineWish,
  type RunReport,
  type TraceStep,
} from '../simulate/index.js'
import { decodeText, encodeText } from '../syntax/bytes.js'
import type { Io } from './io.js'
import { assumedText, endingText, exitCodeOf, fetchedText, reportJson, traceText } from './run-report.js'
import { Quit, Terminal } from './run-terminal.js'
import { simulatedTree, type SimulatedTree } from './simulated-tree.js'
import { parseVariables } from './variables.js'

export interface MachineOptions {
  platform?: string
  arch?: string
  mac?: string
  uuid?: string
  serial?: string
  cpu?: string
  /** ADDRESS=VENDOR:DEVICE */
  pci?: string[]
  usb?: string[]
  /** NAME=VALUE */
  set?: string[]
  /** OPTION=VALUE */
  dhcp?: string[]
  with?: string[]
  without?: string[]
}

export interface RunOptions extends MachineOptions {
  project?: string
  var?: string[]
  net?: 'offline' | 'tree' | 'http'
  choose?: string
  answers?: string
  json?: boolean
  trace?: boolean
  step?: boolean
  /** an HTML file that plays it in a browser, instead of playing it here */
  page?: string
  quiet?: boolean
  color?: boolean
}

/** @throws IpxetoolError (exit code 2) for a wrong call, (1) for a project that cannot be built */
export async function runRun(target: string | undefined, options: RunOptions, io: Io): Promise<number> {
  const machine = machineOf(options)
  const answers = await answersOf(options, io)
  const tree = await simulatedTree(target, { ...options, variables: parseVariables(options.var ?? []) }, io)
  const entry = tree.files(tree.entry)
  if (!entry) {
    throw new IpxetoolError('no-script', `there is no ${visible(tree.entry)} in the tree`, {
      hint: 'the project says which script is the first one: entry',
    })
  }
  if (options.page !== undefined) return writePage(tree, options, io)
  const unattended = answers !== undefined || options.json === true
  const terminal = !unattended && Terminal.possible(io) ? new Terminal(io) : undefined
  const steps: TraceStep[] = []
  const host = hostOf(tree, answers ?? [], options, { terminal, io, steps })
  terminal?.open()
  let report: RunReport
  try {
    report = await simulate({
      machine,
      host,
      script: entry.data,
      uri: treeBase + encodeText(tree.entry),
      // somebody may sit before a menu all day
      limits: terminal ? { output: 1 << 28, time: Number.MAX_SAFE_INTEGER } : {},
    })
  } catch (error) {
    if (!(error instanceof Quit)) throw error
    return 0
  } finally {
    terminal?.close()
  }
  if (options.json === true) io.stdout.write(reportJson(report, options.trace === true ? steps : undefined))
  else {
    if (options.quiet !== true || exitCodeOf(report) !== 0) {
      if (!report.output.endsWith('\n') && report.output !== '' && !terminal) io.stdout.write('\n')
      io.stderr.write(fetchedText(report) + assumedText(report))
      io.stdout.write(`${endingText(report)}\n`)
    }
    const hint = hintFor(report, unattended || terminal !== undefined)
    if (hint !== undefined) io.stderr.write(hint)
  }
  return exitCodeOf(report)
}

function hintFor({ ending, menus }: RunReport, hadAnswers: boolean): string | undefined {
  if (ending.kind !== 'waiting') return undefined
  const how = 'give the answers with --choose a,b or --answers FILE'
  const reason = hadAnswers ? '' : 'there is no terminal to ask in; '
  return `ipxetool: ${reason}${how}${menus.length ? '' : ', or run it in a terminal of 80x25 characters'}\n`
}

async function writePage(tree: SimulatedTree, options: RunOptions, io: Io): Promise<number> {
  const { playerPage } = await import('./run-page.js')
  const file = options.page!
  await writeFile(resolve(io.cwd, file), await playerPage(tree, wishOf(options))).catch((error: unknown) => {
    if (isIpxetoolError(error)) throw error
    throw new IpxetoolError('page-write', `${visible(file)} cannot be written`, { cause: error })
  })
  if (options.quiet !== true) io.stdout.write(`${visible(file)}\n`)
  return 0
}

/** @throws IpxetoolError `bad-machine`, `bad-setting` (exit code 2) */
export function machineOf(options: MachineOptions): Machine {
  return makeMachine(wishOf(options))
}

function wishOf(options: MachineOptions): MachineWish {
  const { platform, arch, mac, uuid, serial, cpu } = options
  return {
    ...(platform === undefined ? {} : { platform }),
    ...(arch === undefined ? {} : { arch }),
    ...(mac === undefined ? {} : { mac }),
    ...(uuid === undefined ? {} : { uuid }),
    ...(serial === undefined ? {} : { serial }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(options.pci === undefined ? {} : { pci: pairs('pci', options.pci) }),
    ...(options.usb === undefined ? {} : { usb: pairs('usb', options.usb) }),
    set: pairs('set', options.set),
    dhcp: pairs('dhcp', options.dhcp),
    with: options.with ?? [],
    without: options.without ?? [],
  }
}

const examples: Readonly<Record<string, string>> = {
  dhcp: 'for example --dhcp 67=menu.ipxe or --dhcp hostname=box',
  set: 'for example --set site=lab',
  pci: 'for example --pci 00:03.0=1af4:1000',
  usb: 'for example --usb 1:2=1d6b:0002',
}

function pairs(option: string, list: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    list.map((text) => {
      const equals = text.indexOf('=')
      if (equals <= 0) {
        throw new IpxetoolError('bad-setting', `--${option} "${visible(text)}" does not say NAME=VALUE`, {
          exitCode: 2,
          hint: examples[option]!,
        })
      }
      return [text.slice(0, equals), text.slice(equals + 1)]
    }),
  )
}

async function answersOf({ choose, answers: file }: RunOptions, io: Io): Promise<Answer[] | undefined> {
  const chosen =
    choose === undefined
      ? undefined
      : choose
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '')
  if (file === undefined) return chosen
  let list: unknown
  try {
    const { parse: parseYaml } = await import('yaml')
    list = parseYaml(await readFile(resolve(io.cwd, file), 'utf8'))
  } catch (error) {
    throw new IpxetoolError('bad-answers', `${visible(file)} cannot be read as YAML or JSON`, {
      exitCode: 2,
      cause: error,
    })
  }
  return [...(chosen ?? []), ...checkAnswers(list, file)]
}

/** @throws IpxetoolError `bad-answers` (exit code 2) */
export function checkAnswers(list: unknown, file: string): Answer[] {
  const isAnswer = (value: unknown): value is Answer => {
    if (typeof value === 'string') return true
    if (typeof value !== 'object' || value === null) return false
    const [[name, inside] = [], ...rest] = Object.entries(value)
    if (rest.length || name === undefined) return false
    if (name === 'pick' || name === 'line') return typeof inside === 'string'
    if (name === 'key') return typeof inside === 'number' || (typeof inside === 'string' && inside.length > 0)
    return (name === 'cancel' || name === 'wait') && inside === true
  }
  const bad = Array.isArray(list)
    ? (list as unknown[]).find((value) => !isAnswer(value))
    : (list ?? 'nothing')
  if (bad === undefined) return list as Answer[]
  throw new IpxetoolError(
    'bad-answers',
    `${visible(file)} has an answer that is none: ${visible(JSON.stringify(bad))}`,
    {
      exitCode: 2,
      hint: 'a list of: an entry of a menu, {line: TEXT}, {key: x}, {cancel: true}, {wait: true}',
    },
  )
}

interface Attended {
  readonly terminal: Terminal | undefined
  readonly io: Io
  readonly steps: TraceStep[]
}

function hostOf(
  tree: SimulatedTree,
  list: readonly Answer[],
  options: RunOptions,
  { terminal, io, steps }: Attended,
): Host {
  const net = options.net ?? 'tree'
  const answers = new Answers(list)
  const base = treeHost({ files: tree.files, others: net === 'offline' ? 'offline' : 'assume', answers })
  const silent = options.json === true
  const tracing = options.trace === true || options.step === true
  return {
    ...base,
    digest: (algorithm, data) => createHash(algorithm).update(data).digest(),
    ...(net === 'http' && { fetch: (request) => online(request, base) }),
    ...(terminal
      ? {
          menu: () => ({ draw: true }),
          line: () => ({ draw: true }),
          key: ({ timeout }) => terminal.key(timeout),
          wait: ({ time }) => terminal.wait(time),
          now: () => Date.now(),
          write: (text) => {
            terminal.write(text)
          },
        }
      : {
          ...(silent
            ? {}
            : {
                write: (text: string) => {
                  io.stdout.write(Buffer.from(text, 'latin1'))
                },
              }),
        }),
    ...(tracing && {
      trace: async (step) => {
        steps.push(step)
        if (silent) return
        io.stderr.write(terminal ? traceText(step).replace(/\n/g, '\r\n') : traceText(step))
        if (options.step === true) await inspect(step, terminal, io)
      },
    }),
  }
}

/** By the names and codes of Node's errors. */
const failures: Readonly<Record<string, FetchError>> = {
  TimeoutError: 'timeout',
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  // the server closed the connection in mid-transfer
  UND_ERR_SOCKET: 'reset',
}

/** Other servers are asked; what is large comes in part. */
async function online(request: Parameters<Host['fetch']>[0], base: Host): Promise<FetchAnswer> {
  const own = await base.fetch(request)
  if ('error' in own || own.assumed !== true) return own
  const limit = 4 << 20
  try {
    const response = await fetch(decodeText(request.uri), {
      method: request.method,
      headers: Object.fromEntries(request.headers),
      ...(request.body === undefined
        ? {}
        : {
            body: request.body,
            headers: {
              'content-type': 'application/x-www-form-urlencoded',
              ...Object.fromEntries(request.headers),
            },
          }),
      signal: AbortSignal.timeout(request.timeout || 30_000),
    })
    if (!response.ok) {
      await response.body?.cancel()
      const error = response.status === 404 ? 'not-found' : response.status === 403 ? 'forbidden' : 'status'
      return { error, reason: `the server says ${response.status}` }
    }
    const length = Number(response.headers.get('content-length') ?? Number.NaN)
    const chunks: Uint8Array[] = []
    let received = 0
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      chunks.push(chunk)
      received += chunk.length
      if (received >= limit) break
    }
    const data = Buffer.concat(chunks)
    return received < limit ? { data } : { data, ...(Number.isNaN(length) ? {} : { size: length }) }
  } catch (error) {
    const { name, cause } = error instanceof Error ? error : new Error(String(error))
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : name
    return {
      error: failures[code] ?? 'unreachable',
      reason: cause instanceof Error ? cause.message : String(error),
    }
  }
}

/** `--step`: after each command, until Enter. */
async function inspect(step: TraceStep, terminal: Terminal | undefined, io: Io): Promise<void> {
  if (terminal) {
    io.stderr.write(`-- Enter: next, a name: its value, Ctrl-\\: end --\r\n`)
    for (let name = ''; ;) {
      const key = await terminal.key(0)
      if (key === 13 || key === 10) {
        if (name === '') return
        io.stderr.write(` = ${visible(decodeText(step.expand(name)))}\r\n`)
        name = ''
      } else if (key === 127 || key === 8) name = name.slice(0, -1)
      else if (typeof key === 'number' && key >= 32 && key < 127) {
        name += String.fromCharCode(key)
        io.stderr.write(String.fromCharCode(key))
      }
    }
  }
  const { createInterface } = await import('node:readline')
  const lines = (stepLines ??= createInterface({ input: io.stdin })[Symbol.asyncIterator]())
  for (;;) {
    const { value, done } = (await lines.next()) as IteratorResult<string, undefined>
    if (done === true) throw new Quit()
    if (value.trim() === '') return
    io.stderr.write(`${value.trim()} = ${visible(decodeText(step.expand(encodeText(value.trim()))))}\n`)
  }
}
let stepLines: AsyncIterator<string> | undefined

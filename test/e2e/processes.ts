import { execa } from 'execa'
import { findCommand } from '../../scripts/system-packages.mjs'
import type { Cleanup } from './cleanup.js'

/** Where a process runs: `prefix` is put before its command line. */
export interface Place {
  readonly prefix: readonly string[]
}

export const HERE: Place = { prefix: [] }

export interface Running {
  readonly name: string
  readonly pid: number
  /** Everything printed so far, stdout and stderr in order of arrival. */
  log(): string
  hasExited(): boolean
  /** How it ended; never rejects. */
  readonly exited: Promise<string>
  write(bytes: string): void
  signal(signal: NodeJS.Signals): void
}

interface StartOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly place?: Place
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** An open file that takes stdout instead of the log. */
  readonly stdout?: number
}

/** Starts a process that `cleanup` kills. It also dies with us when we are killed without a chance to clean up. */
export function start(cleanup: Cleanup, options: StartOptions): Running {
  const { name, place = HERE } = options
  const line = [
    ...place.prefix,
    'setpriv',
    '--pdeathsig',
    'KILL',
    '--',
    absolute(options.command),
    ...options.args,
  ]
  const child = execa(absolute(line[0]!), line.slice(1), {
    stdin: 'pipe',
    // Execa takes any descriptor; its types know the small ones.
    stdout: (options.stdout ?? 'pipe') as 'pipe' | 3,
    stderr: 'pipe',
    buffer: false,
    reject: false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  })
  const parts: Buffer[] = []
  const keep = (bytes: Buffer): void => {
    parts.push(bytes)
  }
  child.stdout?.on('data', keep)
  child.stderr.on('data', keep)
  // Writing to a process that has just died is seen by the one who waits for its answer.
  child.stdin.on('error', () => undefined)
  let isOver = false
  const exited = child.then((result) => {
    isOver = true
    if (result.signal !== undefined) return `${name} was ended by ${result.signal}`
    if (result.exitCode !== undefined) return `${name} exited with ${result.exitCode}`
    return `${name} did not start: ${result.shortMessage ?? 'no reason given'}`
  })
  const signal = (which: NodeJS.Signals): void => {
    if (!isOver) child.kill(which)
  }
  cleanup.defer({
    undo: () => {
      signal('SIGKILL')
    },
    settled: () => exited,
  })
  return {
    name,
    pid: child.pid ?? -1,
    log: () => Buffer.concat(parts).toString('utf8'),
    hasExited: () => isOver,
    exited,
    write: (bytes) => {
      child.stdin.write(bytes)
    },
    signal,
  }
}

/** Runs a command to its end and returns its stdout; throws one line with what it said when it fails. */
export async function run(command: string, args: readonly string[], place: Place = HERE): Promise<string> {
  const line = [...place.prefix, absolute(command), ...args]
  const options = { stdin: 'ignore', reject: false, timeout: 30_000 } as const
  const result = await execa(absolute(line[0]!), line.slice(1), options)
  if (!result.failed) return result.stdout
  const said = result.stderr.trim() === '' ? (result.shortMessage ?? 'no reason given') : result.stderr.trim()
  throw new Error(`${command} ${args.join(' ')}: ${said}`)
}

/** Polls until `probe` gives something; `message` is asked only when the time is over or `abort` says why not. */
export async function until<T>(
  probe: () => T | undefined | Promise<T | undefined>,
  seconds: number,
  message: () => string,
  abort: () => string | undefined = () => undefined,
): Promise<T> {
  const end = performance.now() + seconds * 1000
  for (;;) {
    // Asked before the probe: what arrived just before an exit still counts.
    const reason = abort()
    const value = await probe()
    if (value !== undefined) return value
    if (reason !== undefined) throw new Error(`${message()}\n${reason}`)
    if (performance.now() > end) throw new Error(message())
    await pause(25)
  }
}

export async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function absolute(command: string): string {
  return command.includes('/') ? command : (findCommand(command) ?? command)
}

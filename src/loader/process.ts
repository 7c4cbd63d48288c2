/** Other programs, started without a shell, in a process group of their own so that nothing of them stays behind. */
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** A program with its arguments; `env` is all that it gets. */
export interface CommandLine {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface ProcessOptions {
  /** Its standard input; default: none. */
  input?: Readable
  /** Each line of stdout and stderr, without its end. */
  onLine?: (line: string) => void
  /** Aborted: SIGTERM to the group, SIGKILL after `grace`. */
  signal?: AbortSignal | undefined
  /** In place of SIGTERM, where the program is a client of what really works. */
  stop?: () => Promise<void>
  /** Milliseconds; default 10 s. */
  grace?: number
  /** Milliseconds; default: none. */
  timeout?: number
}

export interface Finished {
  /** Undefined: it was ended by a signal or could not be started. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
  /** ENOENT, EACCES: it could not be started. */
  readonly failure: string | undefined
  readonly aborted: boolean
}

/** Only the last part is kept of what a program prints. */
const keep = 4 * 2 ** 20

/** Never rejects for what the program does. */
export async function runProcess(line: CommandLine, options: ProcessOptions = {}): Promise<Finished> {
  const { signal, input, onLine, grace = 10_000, timeout } = options
  if (signal?.aborted === true)
    return { code: undefined, stdout: '', stderr: '', failure: undefined, aborted: true }
  return new Promise((resolve) => {
    const child = spawn(line.command, [...line.args], {
      ...(line.cwd !== undefined && { cwd: line.cwd }),
      ...(line.env !== undefined && { env: { ...line.env } }),
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const out = collect(child.stdout!, onLine)
    const err = collect(child.stderr!, onLine)
    let failure: string | undefined
    const timers: NodeJS.Timeout[] = []
    const kill = (name: NodeJS.Signals): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, name)
      } catch {
        // it has ended
      }
    }
    const end = (): void => {
      if (options.stop) void options.stop().catch(() => undefined)
      else kill('SIGTERM')
      timers.push(
        setTimeout(() => {
          kill('SIGKILL')
        }, grace),
      )
    }
    signal?.addEventListener('abort', end, { once: true })
    if (timeout !== undefined) timers.push(setTimeout(end, timeout))
    child.once('error', (error: NodeJS.ErrnoException) => {
      failure = error.code ?? error.message
      if (child.pid === undefined) finish(undefined)
    })
    // EPIPE: it has ended without reading all
    if (input) pipeline(input, child.stdin!).catch(() => undefined)
    let finished = false
    const finish = (code: number | undefined): void => {
      if (finished) return
      finished = true
      for (const timer of timers) clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve({ code, stdout: out(), stderr: err(), failure, aborted: signal?.aborted === true })
    }
    child.once('close', (code) => {
      finish(code ?? undefined)
    })
  })
}

function collect(stream: Readable, onLine: ((line: string) => void) | undefined): () => string {
  let text = ''
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    text = (text + chunk).slice(-keep)
    if (!onLine) return
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line.replace(/\r$/, ''))
  })
  stream.on('end', () => {
    if (rest !== '') onLine?.(rest)
    rest = ''
  })
  return () => text
}

/** What a compile says while it runs, on stderr: a bar on a terminal, else a line now and then. */
import type { CompileEvent } from '../loader/compile.js'
import type { OutputStream } from './io.js'

/** Without a terminal: seconds between two lines of progress. */
const pause = 15

export class CompileProgress {
  readonly #stream: OutputStream
  readonly #quiet: boolean
  readonly #now: () => number
  #bar = ''
  #last = 0

  /** @param now milliseconds */
  constructor(stream: OutputStream, quiet: boolean, now: () => number) {
    this.#stream = stream
    this.#quiet = quiet
    this.#now = now
  }

  see(event: CompileEvent): void {
    if (this.#quiet) return
    if (event.type === 'progress') {
      this.#progress(event)
      return
    }
    this.clear()
    const text = textOf(event)
    if (text !== undefined) this.#stream.write(`${text}\n`)
    this.#last = this.#now()
  }

  #progress({ bindir, progress }: CompileEvent & { type: 'progress' }): void {
    const isTerminal = this.#stream.isTTY === true
    const now = this.#now()
    if (now - this.#last < (isTerminal ? 100 : pause * 1000)) return
    this.#last = now
    const line = progressLine(bindir, progress, isTerminal ? (this.#stream.columns ?? 80) : undefined)
    if (!isTerminal) this.#stream.write(`${line}\n`)
    else {
      this.#bar = line
      this.#stream.write(`\r${line}\u001b[K`)
    }
  }

  /** Takes the bar away, so that something else can be said. */
  clear(): void {
    if (this.#bar !== '') this.#stream.write('\r\u001b[K')
    this.#bar = ''
  }
}

/** @param columns of a terminal: a bar; undefined: plain text */
export function progressLine(
  bindir: string,
  { step, done, total, fraction, left }: (CompileEvent & { type: 'progress' })['progress'],
  columns: number | undefined,
): string {
  const time = left === undefined ? '' : `, ${duration(left)} left`
  const kind = done === 0 ? 'DEPS' : step.kind === 'DEPS' ? 'CC' : step.kind === 'BUILD' ? 'CC' : step.kind
  const text = `${bindir} [${kind}] ${done}/${total}${time}`
  if (columns === undefined) return text
  const width = Math.min(30, columns - text.length - 4)
  if (width < 5) return text.slice(0, Math.max(0, columns - 1))
  const full = Math.round(width * fraction)
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}] ${text}`
}

function duration(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds))
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}

function textOf(event: CompileEvent): string | undefined {
  switch (event.type) {
    case 'note':
      return event.text
    case 'engine':
      return `engine: ${event.engine.name} ${event.engine.version} (${event.engine.why})`
    case 'unpack':
      return `${event.bindir}: a new tree of the source`
    case 'make':
      return `${event.bindir}: ${event.isWarm ? 'linking' : 'compiling'} ${event.goals.join(', ')}`
    case 'made':
      return `${event.bindir}: made in ${event.seconds.toFixed(1)} s`
    case 'progress':
      return undefined
  }
}

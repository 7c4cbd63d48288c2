/** The keyboard and the screen of `ipxetool run` in a terminal. */
import { IpxetoolError } from '../diagnostics/error.js'
import { keyFromSequence, screenColumns, screenRows, type KeyAnswer } from '../simulate/index.js'
import type { Io } from './io.js'

/** Ctrl-\ : iPXE has no use for it, and Ctrl-C is a key of its menus. */
const quitKey = 0x1c
/** How long an escape may wait for the rest of its sequence. */
const escapeTime = 50

interface RawInput extends NodeJS.ReadableStream {
  readonly isTTY?: boolean
  setRawMode?(raw: boolean): unknown
}

export class Quit extends Error {}

export class Terminal {
  private readonly input: RawInput
  private readonly io: Io
  private readonly queue: number[] = []
  private pending = ''
  private wake: (() => void) | undefined
  private over = false
  private timer: NodeJS.Timeout | undefined

  constructor(io: Io) {
    this.io = io
    this.input = io.stdin
  }

  static possible({ stdin, stdout }: Io): boolean {
    return (stdin as RawInput).isTTY === true && stdout.isTTY === true
  }

  /** @throws IpxetoolError `small-terminal` */
  open(): void {
    const { columns = 0, rows = 0 } = this.io.stdout
    if (columns < screenColumns || rows < screenRows) {
      throw new IpxetoolError(
        'small-terminal',
        `the terminal has ${columns}x${rows} characters, and iPXE's screen has ${screenColumns}x${screenRows}`,
        { hint: 'make the window larger, or give the answers: ipxetool run --choose a,b' },
      )
    }
    this.input.setRawMode?.(true)
    this.input.on('data', this.take)
    this.input.on('end', this.end)
    this.io.signal.addEventListener('abort', this.end)
    this.input.resume()
    this.io.stdout.write('\x1b[2J\x1b[H')
  }

  /** Leaves the terminal as it was, below what is on the screen. */
  close(): void {
    clearTimeout(this.timer)
    this.input.off('data', this.take)
    this.input.off('end', this.end)
    this.io.signal.removeEventListener('abort', this.end)
    this.input.setRawMode?.(false)
    this.input.pause()
    this.io.stdout.write('\x1b[0m\x1b[?25h\r\n')
  }

  write(text: string): void {
    this.io.stdout.write(Buffer.from(text.replace(/\n/g, '\r\n'), 'latin1'))
  }

  /** @throws Quit when the user ends it, or standard input does */
  async key(timeout: number): Promise<KeyAnswer> {
    const next = this.queue.shift()
    if (next !== undefined) return next
    if (this.over) throw new Quit()
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.wake = resolve
      if (timeout > 0) timer = setTimeout(resolve, timeout)
    })
    clearTimeout(timer)
    this.wake = undefined
    const key = this.queue.shift()
    if (key === undefined && (this.over as boolean)) throw new Quit()
    return key ?? 'none'
  }

  /** Time passes; Ctrl-\ ends it. */
  async wait(time: number): Promise<void> {
    const until = Date.now() + time
    for (let left = time; left > 0; left = until - Date.now()) {
      const key = await this.key(left)
      if (key === 3) return
    }
  }

  private readonly end = (): void => {
    this.over = true
    this.wake?.()
  }

  private readonly take = (chunk: Uint8Array | string): void => {
    this.pending += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1')
    clearTimeout(this.timer)
    this.decode(false)
    if (this.pending !== '') {
      this.timer = setTimeout(() => {
        this.decode(true)
      }, escapeTime)
    }
  }

  private decode(final: boolean): void {
    while (this.pending !== '') {
      // eslint-disable-next-line no-control-regex
      const sequence = /^\x1b[[O][0-9;]*[A-Za-z~]/.exec(this.pending)?.[0]
      // eslint-disable-next-line no-control-regex
      if (!sequence && !final && /^\x1b([[O][0-9;]*)?$/.test(this.pending)) break
      const text = sequence ?? this.pending.charAt(0)
      this.pending = this.pending.slice(text.length)
      const key = sequence === undefined ? text.charCodeAt(0) : keyFromSequence(sequence)
      if (key === quitKey) this.end()
      else if (key !== undefined) this.queue.push(key)
    }
    if (this.queue.length) this.wake?.()
  }
}

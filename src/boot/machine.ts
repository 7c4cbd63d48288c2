/** One QEMU from its start to its end: its process, its serial line, its keyboard. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, copyFileSync, mkdirSync, openSync, readSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { keySequence } from './keys.js'
import { loaderPath, type MachinePlan, qemuArguments } from './plan.js'
import { SerialScreen } from './screen.js'

export interface MachineStart {
  /** full path */
  readonly qemu: string
  readonly plan: MachinePlan
  /** further arguments */
  readonly more?: readonly string[]
  /** UEFI: the image of its variables, which is copied */
  readonly variables?: string
  /** words before the command: where and how it runs */
  readonly prefix?: readonly string[]
  readonly onOutput?: (bytes: Uint8Array) => void
}

/** Milliseconds. Firmware polls its UART with a few bytes of buffer: one key at a time. */
const keyTime = 60

/** Puts a loader where the firmware looks for it on a disk. @returns the folder that is the disk */
export function makeLoaderDisk(folder: string, arch: MachinePlan['arch'], loader: string): string {
  const disk = join(folder, 'loader')
  const place = join(disk, loaderPath(arch))
  mkdirSync(dirname(place), { recursive: true })
  copyFileSync(loader, place)
  return disk
}

export class Machine {
  readonly pid: number
  /** Undefined while it runs; then its exit code, or why it did not start. */
  ended: number | Error | undefined
  readonly #child: ChildProcess
  readonly #closed: Promise<void>
  readonly #screen = new SerialScreen()
  readonly #onOutput: ((bytes: Uint8Array) => void) | undefined
  #line: number | undefined
  #errors = ''

  constructor({ qemu, plan, more = [], variables, prefix = [], onOutput }: MachineStart) {
    if (variables !== undefined) copyFileSync(variables, join(plan.folder, 'vars.fd'))
    // the first serial port's number, for SeaBIOS
    writeFileSync(join(plan.folder, 'sercon'), Uint8Array.of(0xf8, 0x03))
    this.#onOutput = onOutput
    // A file, not a pipe: Node's pipes are sockets, which are full after some 270 writes of one byte, and QEMU's
    // UART drops characters when its line is full. A file never is.
    const path = join(plan.folder, 'serial.log')
    const output = openSync(path, 'w')
    this.#line = openSync(path, 'r')
    const [command = qemu, ...args] = [...prefix, qemu, ...qemuArguments(plan), ...more]
    this.#child = spawn(command, args, { stdio: ['pipe', output, 'pipe'] })
    closeSync(output)
    this.pid = this.#child.pid ?? -1
    // a machine that has just died is seen by the one who waits for its answer
    this.#child.stdin!.on('error', () => undefined)
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString()
    })
    this.#closed = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.ended = error
        resolve()
      })
      this.#child.once('close', (code) => {
        this.ended ??= code ?? 0
        resolve()
      })
    })
  }

  /** The screen as of now. */
  look(): SerialScreen {
    if (this.#line === undefined) return this.#screen
    const chunk = Buffer.alloc(65_536)
    for (;;) {
      const length = readSync(this.#line, chunk, 0, chunk.length, null)
      if (length === 0) return this.#screen
      const bytes = Buffer.from(chunk.subarray(0, length))
      this.#onOutput?.(bytes)
      this.#screen.write(bytes.toString('latin1'))
    }
  }

  /** What QEMU itself has said. */
  errors(): string {
    return this.#errors
  }

  /** As it comes, at once. */
  send(bytes: Uint8Array | string): void {
    this.#child.stdin!.write(bytes)
  }

  /** @param keys as for {@link keySequence} */
  async press(keys: string): Promise<void> {
    await this.#each(keySequence(keys))
  }

  /** The characters of a text. */
  async type(text: string): Promise<void> {
    await this.#each(Array.from(text))
  }

  /** Switches it off; nothing happens when it is off. */
  kill(): void {
    if (this.ended === undefined) this.#child.kill('SIGKILL')
  }

  /** Resolves when the process has ended and what it has printed is read. */
  async close(): Promise<void> {
    this.kill()
    await this.#closed
    if (this.#line === undefined) return
    this.look()
    closeSync(this.#line)
    this.#line = undefined
  }

  async #each(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await new Promise((resolve) => setTimeout(resolve, keyTime))
      this.send(key)
    }
  }
}

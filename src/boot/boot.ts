/** Boots a tree in QEMU and watches its serial line. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { arch as hostArch, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import { keySequence } from './keys.js'
import { findNeeds, type Found } from './needs.js'
import { loaderPath, qemuArguments } from './plan.js'
import { SerialScreen } from './screen.js'
import type { BootServer, BootStep, BootWish } from './types.js'

export interface BootOptions {
  readonly wish: BootWish
  readonly server: BootServer
  /** PATH */
  readonly path: string
  /** in order; when all are done the machine is switched off */
  readonly steps: readonly BootStep[]
  /** seconds for the whole boot; undefined: until the machine switches itself off */
  readonly timeout: number | undefined
  /** full path of a PNG, taken when the steps are done */
  readonly screenshot?: string
  /** `kvm`, `tcg`, or what works */
  readonly accelerator: 'auto' | 'kvm' | 'tcg'
  /** what the serial line prints */
  readonly onOutput: (bytes: Uint8Array) => void
  readonly onNote: (text: string) => void
  /** gives the way to type at the machine */
  readonly onReady?: (type: (bytes: Uint8Array | string) => void) => void
  readonly signal: AbortSignal
}

export interface BootResult {
  readonly kind: 'done' | 'off' | 'stopped' | 'timeout'
  /** the text that was waited for, with `timeout` and `off` */
  readonly missed?: string
  /** seconds since it was switched on, for each step */
  readonly times: readonly number[]
  readonly screen: string
}

const pollTime = 30
/** Seconds. There are hosts whose KVM runs firmware for a while and then stands still. */
const kvmPatience = 12
/** Firmware polls its UART with a few bytes of buffer: one key at a time. */
const keyTime = 80

/** @throws IpxetoolError `missing-package`, `qemu-failed`, and what the server throws */
export async function boot(options: BootOptions): Promise<BootResult> {
  const { wish, server } = options
  const found = findNeeds(wish, options.path)
  let asked = false
  const { httpPort } = await server.start(() => {
    asked = true
  })
  const folder = mkdtempSync(join(tmpdir(), 'ipxetool-boot-'))
  try {
    let accelerator = options.accelerator === 'auto' ? probe(found, options) : options.accelerator
    for (;;) {
      prepare(wish, found, folder)
      const args = qemuArguments(wish, found, { folder, httpPort, accelerator })
      const result = await new Watched(found.qemu, args, folder, options, accelerator === 'kvm', () => asked)
        .result
      if (result !== 'kvm-failed') return result
      options.onNote('KVM is here, but this machine cannot run firmware with it: starting again without')
      accelerator = 'tcg'
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
    await server.stop()
  }
}

function prepare({ firmware, arch }: BootWish, { variables, loader }: Found, folder: string): void {
  writeFileSync(join(folder, 'sercon'), Uint8Array.of(0xf8, 0x03))
  if (firmware !== 'uefi') return
  copyFileSync(variables!, join(folder, 'vars.fd'))
  const place = join(folder, 'loader', loaderPath(arch))
  mkdirSync(dirname(place), { recursive: true })
  copyFileSync(loader!, place)
}

/** Having /dev/kvm proves nothing: QEMU is started with it for a moment. */
function probe({ qemu }: Found, { wish, onNote }: BootOptions): 'kvm' | 'tcg' {
  const foreign = wish.arch === 'arm64' ? hostArch() !== 'arm64' : hostArch() !== 'x64'
  const why = foreign ? 'the processor is another one' : kvmProblem(qemu, wish.arch)
  if (why === undefined) return 'kvm'
  onNote(`without KVM (${why}): this takes a little longer`)
  return 'tcg'
}

function kvmProblem(qemu: string, arch: string): string | undefined {
  try {
    closeSync(openSync('/dev/kvm', 'r+'))
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EACCES'
      ? 'no permission for /dev/kvm'
      : 'there is no /dev/kvm'
  }
  const machine = arch === 'arm64' ? 'virt,accel=kvm' : 'q35,accel=kvm'
  const tried = spawnSync(
    qemu,
    ['-nodefaults', '-display', 'none', '-machine', machine, '-S', '-monitor', 'stdio'],
    {
      input: 'quit\n',
      timeout: 3000,
    },
  )
  return tried.status === 0 ? undefined : 'QEMU cannot use /dev/kvm'
}

/** One QEMU from its start to its end. */
class Watched {
  readonly result: Promise<BootResult | 'kvm-failed'>
  private readonly options: BootOptions
  private readonly folder: string
  private readonly screen = new SerialScreen()
  private readonly times: number[] = []
  private readonly child: ChildProcess
  private readonly line: number
  private readonly started = performance.now()
  private readonly mayFallBack: boolean
  private errors = ''
  private next = 0
  private readonly asked: () => boolean

  constructor(
    qemu: string,
    args: readonly string[],
    folder: string,
    options: BootOptions,
    kvm: boolean,
    asked: () => boolean,
  ) {
    this.asked = asked
    this.options = options
    this.folder = folder
    this.mayFallBack = kvm && options.accelerator === 'auto'
    // a file, not a pipe: QEMU's serial line drops what a full pipe does not take
    const path = join(folder, 'serial.log')
    const output = openSync(path, 'w')
    this.line = openSync(path, 'r')
    this.child = spawn(qemu, args, { stdio: ['pipe', output, 'pipe'] })
    closeSync(output)
    this.child.stdin!.on('error', () => undefined)
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString()
    })
    this.result = this.watch()
  }

  private async watch(): Promise<BootResult | 'kvm-failed'> {
    let ended: number | Error | undefined
    this.child.on('error', (error) => (ended = error))
    this.child.on('close', (code) => (ended ??= code ?? 0))
    this.options.onReady?.((bytes) => {
      this.child.stdin!.write(bytes)
    })
    try {
      for (;;) {
        this.read()
        const seconds = (performance.now() - this.started) / 1000
        if (this.mayFallBack && this.failsOnKvm(seconds)) return 'kvm-failed'
        const done = await this.step()
        if (done) return this.finish('done')
        if (ended !== undefined) return this.ended(ended)
        if (this.options.signal.aborted) return this.finish('stopped')
        if (this.options.timeout !== undefined && seconds > this.options.timeout)
          return this.finish('timeout')
        await new Promise((resolve) => setTimeout(resolve, pollTime))
      }
    } finally {
      if (ended === undefined) {
        this.child.kill('SIGKILL')
        await new Promise((resolve) => this.child.once('close', resolve))
      }
      closeSync(this.line)
    }
  }

  private ended(how: number | Error): BootResult {
    this.read()
    if (how instanceof Error || how !== 0) {
      const said = this.errors
        .trim()
        .split('\n')
        .filter((text) => !text.includes('warning:'))
        .pop()
      throw new IpxetoolError(
        'qemu-failed',
        `QEMU ended: ${how instanceof Error ? how.message : (said ?? `exit code ${how}`)}`,
      )
    }
    return this.finish('off')
  }

  private finish(kind: BootResult['kind']): BootResult {
    const missed = this.options.steps[this.next]?.expect
    return {
      kind,
      ...(missed !== undefined && kind !== 'done' ? { missed } : {}),
      times: this.times,
      screen: this.screen.text(),
    }
  }

  private failsOnKvm(seconds: number): boolean {
    if (/KVM internal error|emulation failure|KVM: entry failed/i.test(this.errors)) return true
    // with KVM a machine has asked for its script long before
    return !this.asked() && seconds > kvmPatience
  }

  private read(): void {
    const chunk = Buffer.alloc(65_536)
    for (;;) {
      const length = readSync(this.line, chunk, 0, chunk.length, null)
      if (length === 0) return
      const bytes = Buffer.from(chunk.subarray(0, length))
      this.options.onOutput(bytes)
      this.screen.write(bytes.toString('latin1'))
    }
  }

  /** @returns whether all steps are done, the last one's picture taken */
  private async step(): Promise<boolean> {
    const { steps, screenshot } = this.options
    const step = steps[this.next]
    if (!step) return false
    if (step.expect !== undefined && !this.screen.has(step.expect)) return false
    this.times.push((performance.now() - this.started) / 1000)
    for (const key of keySequence(step.keys ?? '')) {
      await new Promise((resolve) => setTimeout(resolve, keyTime))
      this.child.stdin!.write(key)
    }
    this.next++
    if (this.next < steps.length) return false
    if (screenshot !== undefined) await takePicture(join(this.folder, 'qmp.sock'), screenshot)
    return true
  }
}

/** By QEMU's control socket (QMP); PNG since QEMU 7.1. @throws IpxetoolError `no-picture` */
async function takePicture(socket: string, file: string): Promise<void> {
  const commands = [
    { execute: 'qmp_capabilities' },
    { execute: 'screendump', arguments: { filename: file, format: 'png' } },
  ]
  await new Promise<void>((resolve, reject) => {
    const control = connect(socket)
    let answers = 0
    let text = ''
    control.on('error', reject)
    control.on('data', (chunk) => {
      text += chunk.toString()
      const lines = text.split('\n')
      text = lines.pop()!
      for (const line of lines) {
        const message = JSON.parse(line) as { QMP?: unknown; return?: unknown; error?: { desc: string } }
        if (message.error) {
          control.destroy()
          reject(
            new IpxetoolError('no-picture', `QEMU takes no picture: ${message.error.desc}`, {
              hint: 'PNG needs QEMU 7.1 or newer',
            }),
          )
        } else if (message.QMP !== undefined || message.return !== undefined) {
          const command = commands[answers++]
          if (command) control.write(JSON.stringify(command))
          else {
            control.destroy()
            resolve()
          }
        }
      }
    })
  })
}

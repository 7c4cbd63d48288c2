/** Boots a tree in QEMU and watches its serial line. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import { whyNoKvm } from './accelerator.js'
import { Machine, makeLoaderDisk } from './machine.js'
import { commandIn, findNeeds, type Found, isChained } from './needs.js'
import { takePicture } from './picture.js'
import { hostAddress, type MachinePlan, sharedNetwork, type Starts } from './plan.js'
import type { BootServer, BootStep, BootWish, FetchedLoader } from './types.js'
import { openWire, type Wire } from './wire.js'

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

/** Milliseconds. */
const pollTime = 30
/** Seconds. There are hosts whose KVM runs firmware for a while and then stands still. */
const kvmPatience = 12

/** @throws IpxetoolError `missing-package`, `no-loader`, `qemu-failed`, and what the server throws */
export async function boot(options: BootOptions): Promise<BootResult> {
  const { wish, server } = options
  const found = findNeeds(wish, options.path)
  const folder = mkdtempSync(join(tmpdir(), 'ipxetool-boot-'))
  let asked = false
  let wire: Wire | undefined
  try {
    const loader = fetchedLoader(wish, found, folder)
    const started = await server.start({
      ...(loader === undefined ? {} : { loader }),
      script: wish.script,
      address: hostAddress,
      onRequest: () => {
        asked = true
      },
    })
    // Not QEMU's own `bootfile=`: without a proxy's offer iPXE waits three seconds for one.
    wire = await openWire(started.answer)
    const plan: MachinePlan = {
      firmware: wish.firmware === 'bios' ? 'bios' : 'uefi',
      arch: wish.arch,
      accelerator: options.accelerator === 'auto' ? usable(found, options) : options.accelerator,
      memory: wish.memory,
      display: wish.display,
      folder,
      ...(found.code === undefined ? {} : { code: found.code }),
      netdevs: sharedNetwork(wire.port, loader?.folder),
      starts: starts(wish, found, folder),
      ...(wish.disk === undefined ? {} : { disk: wish.disk }),
      control: true,
    }
    const mayFallBack = plan.accelerator === 'kvm' && options.accelerator === 'auto'
    const result = await new Watched(found, plan, options, mayFallBack, () => asked).result
    if (result !== 'kvm-failed') return result
    options.onNote('KVM is here, but this machine cannot run firmware with it: starting again without')
    const again = await new Watched(found, { ...plan, accelerator: 'tcg' }, options, false, () => asked)
      .result
    return again as BootResult
  } finally {
    await wire?.close()
    rmSync(folder, { recursive: true, force: true })
    await server.stop()
  }
}

/** A loader that comes over the network, in a folder of its own. */
function fetchedLoader(wish: BootWish, found: Found, folder: string): FetchedLoader | undefined {
  const isFetched = wish.firmware === 'uefi-http' || wish.byNetwork === true || isChained(wish.loader)
  const file = isFetched ? (found.loader ?? wish.loader) : undefined
  if (file === undefined) return undefined
  const place = join(folder, 'loaders')
  // a path of somebody else's may have what a URL cannot hold
  const name = basename(file).replaceAll(/[^\w.-]/g, '_')
  mkdirSync(place)
  copyFileSync(file, join(place, name))
  return { folder: place, name, by: wish.firmware === 'uefi-http' ? 'http' : 'tftp' }
}

function starts(wish: BootWish, found: Found, folder: string): Starts {
  if (wish.firmware === 'uefi-http') return { from: 'http' }
  if (wish.firmware === 'uefi' && wish.byNetwork !== true) {
    return { from: 'folder', folder: makeLoaderDisk(folder, wish.arch, found.loader!) }
  }
  return wish.loader === 'stock' || wish.byNetwork === true || isChained(wish.loader)
    ? { from: 'network' }
    : { from: 'kernel', file: wish.loader }
}

function usable({ qemu }: Found, { wish, onNote }: BootOptions): 'kvm' | 'tcg' {
  const why = whyNoKvm(qemu, wish.arch)
  if (why === undefined) return 'kvm'
  onNote(`without KVM (${why}): this takes a little longer`)
  return 'tcg'
}

/** One machine from its start to its end. */
class Watched {
  readonly result: Promise<BootResult | 'kvm-failed'>
  private readonly options: BootOptions
  private readonly plan: MachinePlan
  private readonly times: number[] = []
  private readonly machine: Machine
  private readonly started = performance.now()
  private readonly mayFallBack: boolean
  private readonly asked: () => boolean
  private next = 0

  constructor(
    found: Found,
    plan: MachinePlan,
    options: BootOptions,
    mayFallBack: boolean,
    asked: () => boolean,
  ) {
    this.asked = asked
    this.options = options
    this.plan = plan
    this.mayFallBack = mayFallBack
    // QEMU ends with us, even when we are killed
    const setpriv = commandIn('setpriv', options.path)
    this.machine = new Machine({
      qemu: found.qemu,
      plan,
      ...(found.variables === undefined ? {} : { variables: found.variables }),
      prefix: setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL', '--'],
      onOutput: options.onOutput,
    })
    this.result = this.watch()
  }

  private async watch(): Promise<BootResult | 'kvm-failed'> {
    const { machine, options } = this
    options.onReady?.((bytes) => {
      machine.send(bytes)
    })
    try {
      for (;;) {
        const { ended } = machine
        machine.look()
        const seconds = (performance.now() - this.started) / 1000
        if (this.mayFallBack && this.failsOnKvm(seconds)) return 'kvm-failed'
        const done = await this.step()
        if (done) return this.finish('done')
        if (ended !== undefined) return this.ended(ended)
        if (options.signal.aborted) return this.finish('stopped')
        if (options.timeout !== undefined && seconds > options.timeout) return this.finish('timeout')
        await new Promise((resolve) => setTimeout(resolve, pollTime))
      }
    } finally {
      await machine.close()
    }
  }

  private ended(how: number | Error): BootResult {
    if (how === 0) return this.finish('off')
    const said = this.machine
      .errors()
      .trim()
      .split('\n')
      .filter((text) => !text.includes('warning:'))
      .pop()
    throw new IpxetoolError(
      'qemu-failed',
      `QEMU ended: ${how instanceof Error ? how.message : (said ?? `exit code ${how}`)}`,
    )
  }

  private finish(kind: BootResult['kind']): BootResult {
    const missed = this.options.steps[this.next]?.expect
    return {
      kind,
      ...(missed !== undefined && kind !== 'done' ? { missed } : {}),
      times: this.times,
      screen: this.machine.look().text(),
    }
  }

  private failsOnKvm(seconds: number): boolean {
    if (/KVM internal error|emulation failure|KVM: entry failed/i.test(this.machine.errors())) return true
    // with KVM a machine has asked for its script long before
    return !this.asked() && seconds > kvmPatience
  }

  /** @returns whether all steps are done, the last one's picture taken */
  private async step(): Promise<boolean> {
    const { steps, screenshot } = this.options
    const step = steps[this.next]
    if (!step) return false
    if (step.expect !== undefined && !this.machine.look().has(step.expect)) return false
    this.times.push((performance.now() - this.started) / 1000)
    await this.machine.press(step.keys ?? '')
    this.next++
    if (this.next < steps.length) return false
    if (screenshot !== undefined) await takePicture(join(this.plan.folder, 'qmp.sock'), screenshot)
    return true
  }
}

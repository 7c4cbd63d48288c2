/**
 * From the events of all servers to the story of each machine. DHCP knows machines by MAC address, files are fetched by
 * IP address: the two are joined here. Bounded in machines, boots and steps.
 */
import type { DhcpEvent, OnceEvent, ServeEvent } from '../events.js'
import { diagnose, type Surroundings } from './diagnose.js'
import {
  type Boot,
  kindOfFile,
  type MachineTrace,
  present,
  type Step,
  type StepKind,
  type Trouble,
} from './model.js'

export interface TraceOptions {
  readonly surroundings: () => Surroundings
  /** The MAC address of a neighbour, as the system's own table has it. */
  readonly macOf?: ((address: string) => string | undefined) | undefined
  /** A loader or a script has arrived whole. */
  readonly onArrived?: ((mac: string, kind: StepKind) => void) | undefined
  /** Something new about a machine. */
  readonly onChange?: ((machine: MachineTrace, step: Step) => void) | undefined
  readonly onTrouble?: ((machine: MachineTrace, trouble: Trouble) => void) | undefined
  readonly now?: (() => number) | undefined
}

const MAX_MACHINES = 2000
const MAX_BOOTS = 5
const MAX_STEPS = 200
/** A machine that was silent this long and asks DHCP again has been switched on again. */
const NEW_BOOT_MS = 60_000

type FileEvent = Exclude<
  ServeEvent,
  DhcpEvent | OnceEvent | { type: 'garbage' | 'server-problem' | 'trouble' }
>

export class Trace {
  readonly #options: TraceOptions
  readonly #machines = new Map<string, MachineTrace>()
  /** IP address to MAC address, as DHCP had it last. */
  readonly #leases = new Map<string, string>()
  readonly #listeners = new Set<(machine: MachineTrace, step: Step | undefined) => void>()
  readonly #now: () => number
  #unchecked: MapIterator<MachineTrace> | undefined

  constructor(options: TraceOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
  }

  /** Who was heard of last comes first. */
  machines(): MachineTrace[] {
    return [...this.#machines.values()].reverse()
  }

  find(id: string): MachineTrace | undefined {
    return this.#machines.get(id)
  }

  /** @returns stops it */
  listen(listener: (machine: MachineTrace, step: Step | undefined) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  note(event: ServeEvent): void {
    if (event.type === 'dhcp') this.#noteDhcp(event)
    else if (event.type === 'once') this.#noteOnce(event)
    else if (event.type !== 'garbage' && event.type !== 'server-problem' && event.type !== 'trouble') {
      this.#noteFile(event)
    }
  }

  /**
   * Looks for machines that have stopped; to be called now and then.
   *
   * @param most so many of them, and with the next call the next ones: a look at all takes milliseconds, in which
   *   nobody would be answered
   */
  check(most = Infinity): void {
    const now = this.#now()
    this.#unchecked ??= this.#machines.values()
    for (let left = most; left > 0; left--) {
      const { value: machine, done } = this.#unchecked.next()
      if (done === true) {
        this.#unchecked = undefined
        return
      }
      this.#diagnose(machine, now)
    }
  }

  #noteDhcp(event: DhcpEvent): void {
    const { machine: said, stage, xid } = event
    const known = this.#machines.has(said.mac)
    // An installed system asks for an address too: that is worth a line for machines that we know.
    if (stage === 'other' && !known) return
    const now = this.#now()
    const machine = this.#machine(said.mac)
    for (const key of ['uuid', 'architecture', 'vendorClass', 'userClass'] as const) {
      // the class of an installed system says nothing of the firmware
      if (said[key] !== undefined && (machine[key] === undefined || (stage !== 'other' && key !== 'uuid'))) {
        Object.assign(machine, { [key]: said[key] })
      }
    }
    Object.assign(machine, { mac: said.mac })
    if (said.address !== undefined && event.message !== 'DISCOVER') this.#lease(machine, said.address)
    if (event.client.address !== '0.0.0.0' && event.port !== 67) this.#lease(machine, event.client.address)
    if (event.message === 'DISCOVER' && startsBoot(present(machine), event, now)) begin(machine, now)
    const step: Step = {
      at: now,
      kind: dhcpKind(event),
      protocol: 'dhcp',
      what: `${event.message} on ${event.port}`,
      state: event.outcome === 'silent' ? 'none' : 'done',
      note: event.outcome === 'silent' ? event.reason : `${event.outcome} ${event.file}: ${event.reason}`,
      stage,
      xid,
    }
    this.#push(machine, step, now)
  }

  #noteFile(event: FileEvent): void {
    const now = this.#now()
    const kind = event.type === 'transfer-probe' ? 'probe' : kindOfFile(event.path)
    const address = event.client.address
    const mac = this.#leases.get(address) ?? macInPath(event.path) ?? this.#options.macOf?.(address)
    const id = mac ?? address
    // A person with a browser is no machine that boots.
    if ((kind === 'page' || kind === 'file') && !this.#machines.has(id)) return
    if (event.type === 'request') return
    const machine = this.#machine(id)
    if (mac !== undefined) Object.assign(machine, { mac })
    if (!machine.addresses.includes(address)) this.#lease(machine, address)
    const running = present(machine).steps.findLast(
      ({ state, what, protocol }) =>
        state === 'running' && what === event.path && protocol === event.protocol,
    )
    const step: Step =
      event.type !== 'transfer-start' && running !== undefined
        ? running
        : { at: now, kind, protocol: event.protocol, what: event.path, state: 'running' }
    step.kind = kind
    if (event.type === 'transfer-start') step.size = event.size
    else if (event.type === 'refused')
      Object.assign(step, { state: 'refused', status: event.status, note: event.reason })
    else {
      Object.assign(step, {
        state: event.type === 'transfer-failed' ? 'failed' : 'done',
        bytes: event.bytes,
        ms: event.ms,
      })
      if (event.type === 'transfer-failed') step.note = event.reason
      else if (event.type === 'transfer-done' && event.status !== undefined) step.status = event.status
    }
    if (event.type === 'transfer-done' && mac !== undefined) this.#options.onArrived?.(mac, kind)
    if (step === running) this.#changed(machine, step, now)
    else this.#push(machine, step, now)
  }

  #noteOnce({ client: { address }, machine: name, outcome, reason }: OnceEvent): void {
    const id = this.#leases.get(address) ?? this.#options.macOf?.(address) ?? address
    const now = this.#now()
    const step: Step = {
      at: now,
      kind: 'once',
      protocol: 'http',
      what: `${name} boots once: ${outcome}`,
      state: outcome === 'refused' ? 'refused' : 'done',
      note: reason,
    }
    this.#push(this.#machine(id), step, now)
  }

  #machine(id: string): MachineTrace {
    const known = this.#machines.get(id)
    this.#machines.delete(id)
    const now = this.#now()
    const machine = known ?? {
      id,
      addresses: [],
      boots: [{ startedAt: now, steps: [], dropped: 0 }],
      lastAt: now,
    }
    this.#machines.set(id, machine)
    if (this.#machines.size > MAX_MACHINES) {
      const [oldest] = this.#machines.keys()
      for (const address of this.#machines.get(oldest!)?.addresses ?? []) this.#leases.delete(address)
      this.#machines.delete(oldest!)
    }
    return machine
  }

  #lease(machine: MachineTrace, address: string): void {
    machine.addresses = [...machine.addresses.filter((one) => one !== address), address].slice(-4)
    if (machine.mac !== undefined) this.#leases.set(address, machine.mac)
  }

  #push(machine: MachineTrace, step: Step, now: number): void {
    const boot = present(machine)
    boot.steps.push(step)
    if (boot.steps.length > MAX_STEPS) {
      // the beginning tells who it is, the end what happened
      boot.steps.splice(MAX_STEPS / 2, 1)
      boot.dropped += 1
    }
    this.#changed(machine, step, now)
  }

  #changed(machine: MachineTrace, step: Step, now: number): void {
    machine.lastAt = now
    this.#diagnose(machine, now)
    this.#options.onChange?.(machine, step)
    for (const listener of this.#listeners) listener(machine, step)
  }

  #diagnose(machine: MachineTrace, now: number): void {
    const trouble = diagnose(machine, this.#options.surroundings(), now)
    if (trouble?.code === machine.trouble?.code) return
    machine.trouble = trouble
    if (trouble !== undefined) this.#options.onTrouble?.(machine, trouble)
    for (const listener of this.#listeners) listener(machine, undefined)
  }
}

function dhcpKind({ message, port, stage }: DhcpEvent): StepKind {
  if (stage === 'other') return 'dhcp'
  if (port !== 67) return 'proxy'
  if (message === 'DISCOVER') return 'discover'
  return message === 'REQUEST' ? 'lease' : message === 'INFORM' ? 'inform' : 'dhcp'
}

function startsBoot(boot: Boot, event: DhcpEvent, now: number): boolean {
  const last = boot.steps.at(-1)
  if (last === undefined) return false
  const asked = boot.steps.findLast(({ kind }) => kind === 'discover')
  if (asked?.xid === event.xid && now - asked.at < NEW_BOOT_MS) return false
  const reached = (...kinds: StepKind[]): boolean =>
    boot.steps.some((step) => kinds.includes(step.kind) && step.state === 'done')
  if (now - last.at > NEW_BOOT_MS) return true
  // Firmware asks before anything was loaded; iPXE also in the middle of a script.
  if (event.stage === 'firmware' || event.stage === 'http-boot') return reached('loader', 'script', 'kernel')
  return reached('kernel') || (boot.steps.some(({ stage }) => stage === 'other') && event.stage !== 'other')
}

function begin(machine: MachineTrace, now: number): void {
  machine.boots.push({ startedAt: now, steps: [], dropped: 0 })
  if (machine.boots.length > MAX_BOOTS) machine.boots.shift()
}

/** `${net0/mac}` in a URL, as scripts write it in any of iPXE's spellings. */
function macInPath(path: string): string | undefined {
  const found = /(?<![\da-f])([\da-f]{2})((?:[:-][\da-f]{2}){5})(?![\da-f])/i.exec(
    path.replaceAll(/%3a/gi, ':'),
  )
  return found === null ? undefined : `${found[1]}${found[2]}`.replaceAll('-', ':').toLowerCase()
}

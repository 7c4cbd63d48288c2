/**
 * What a proxy says to whom: from a request to an answer or to the reason for silence. Pure: no socket, no clock, no
 * file; what is needed of them is handed in.
 */
import { loaderTargets } from '../../data/loader-targets.js'
import type { DhcpEvent } from '../events.js'
import { architectureOf, type Client, isBootRequest, readClient } from './client.js'
import { type Machine, Machines } from './memory.js'
import { type DhcpPacket, MessageType, messageName, NO_ADDRESS } from './packet.js'
import { buildReply, destination, type ReplyPlan } from './reply.js'
import { AllowList } from '../allow-list.js'
import { type Override, overrideFor, type ReplyForm } from './rules.js'

export interface PolicyOptions {
  /** What iPXE runs: below the root of the tree, or a URL. */
  readonly script: string
  /** Whether the tree has that file. */
  readonly has: (file: string) => boolean
  readonly allow?: AllowList | undefined
  readonly overrides?: readonly Override[] | undefined
  /** iPXE that is not ours gets our loader first. */
  readonly replaceRom?: boolean | undefined
  /** After two boots that ended with the loader, the next one in the tree is tried. */
  readonly loaderFallback?: boolean | undefined
}

/** This server, as the client's network sees it. */
export interface Self {
  readonly address: string
  /** With a slash at the end; undefined: no HTTP there. */
  readonly httpUrl: string | undefined
  /** The same for TFTP. */
  readonly tftpUrl: string | undefined
  /** TFTP is on port 69: firmware asks on no other. */
  readonly firmwareTftp: boolean
}

export interface Ask {
  readonly packet: DhcpPacket
  /** 67 or 4011: what it was sent to. */
  readonly port: number
  readonly from: { readonly address: string; readonly port: number }
  /** Milliseconds; only differences count. */
  readonly now: number
}

export type Decision = {
  readonly client: Client
  readonly stage: DhcpEvent['stage']
  readonly reason: string
} & (
  | { readonly kind: 'silent'; /** Not worth a line: an ordinary client. */ readonly ordinary: boolean }
  | {
      readonly kind: 'reply'
      readonly type: 'offer' | 'ack'
      readonly form: ReplyPlan['form']
      readonly file: string
      readonly to: { readonly address: string; readonly port: number }
      readonly packet: DhcpPacket
    }
)

/** A loader runs within this after it was named, or not at all. */
const LOADER_MS = 180_000

export class Policy {
  readonly #options: PolicyOptions
  readonly #allow: AllowList
  readonly #machines = new Machines()

  constructor(options: PolicyOptions) {
    this.#options = options
    this.#allow = options.allow ?? new AllowList([])
  }

  decide(ask: Ask, self: Self): Decision {
    const { packet, port } = ask
    const said = readClient(packet)
    const known = this.#machines.find(said.mac)
    if (packet.op !== 1 || (!isBootRequest(said) && !(port !== 67 && known?.client !== undefined))) {
      const what = 'not a network boot: no PXEClient, HTTPClient or iPXE in it'
      return { kind: 'silent', client: said, stage: 'other', reason: what, ordinary: known === undefined }
    }
    const client = port === 67 ? said : completed(said, known)
    const stage = stageOf(client)
    const silent = (reason: string, ordinary = false): Decision => {
      return { kind: 'silent', client, stage, reason, ordinary }
    }
    const refusal = this.#allow.refusal(client.mac, whereabouts(ask, self))
    if (refusal !== undefined) return silent(refusal)
    const machine = this.#machines.get(client.mac)
    if (port === 67) machine.client = client

    const { type } = client
    if (port === 67 && type === MessageType.request) {
      return silent('asks the DHCP server for its address, which is not for a proxy to answer')
    }
    const answered =
      port === 67 ? [MessageType.discover, MessageType.inform] : [MessageType.request, MessageType.inform]
    if (!answered.some((one) => one === type))
      return silent(`${messageName(type)} on ${port} needs no answer`)
    if (port === 67 && type === MessageType.discover && !client.isIpxe) this.#begin(machine, packet.xid)

    const chosen = this.#choose(client, machine, ask, self)
    if ('silent' in chosen) return silent(chosen.silent)
    const plan: ReplyPlan = {
      type: type === MessageType.discover ? 'offer' : 'ack',
      form: chosen.form,
      file: chosen.file,
      server: self.address,
      bootItem: client.bootItem,
    }
    if (client.bootItem !== undefined && client.bootItem[0] === 0 && client.bootItem[1] === 0) {
      return silent('it chose to boot from its own disk')
    }
    if (chosen.file.length > 253)
      return silent(`the name of the boot file is too long for DHCP: ${chosen.file}`)
    return {
      kind: 'reply',
      client,
      stage,
      reason: chosen.reason,
      type: plan.type,
      form: plan.form,
      file: plan.file,
      to: destination(packet, port, ask.from),
      packet: buildReply(packet, plan),
    }
  }

  /** A loader has arrived whole at the machine. */
  noteLoader(mac: string): void {
    const machine = this.#machines.find(mac)
    if (machine !== undefined) machine.boot.loaderDone = true
  }

  /** The machine has got a script from us. */
  noteScript(mac: string): void {
    const machine = this.#machines.find(mac)
    if (machine === undefined) return
    machine.boot.scriptDone = true
    machine.failures = 0
  }

  /** Firmware starts over: it repeats a request with the same number, and a new boot has a new one. */
  #begin(machine: Machine, xid: number): void {
    if (machine.boot.xid === xid) return
    const { loaderDone, scriptDone } = machine.boot
    if (loaderDone && !scriptDone) machine.failures += 1
    machine.boot = { xid, loaderDone: false, scriptDone: false }
    if (this.#options.loaderFallback === true && machine.failures >= 2) {
      machine.failures = 0
      machine.skip += 1
    }
  }

  #choose(client: Client, machine: Machine, ask: Ask, self: Self): Choice {
    if (client.isIpxe) {
      const loader = this.#loaderForIpxe(client, machine, ask, self)
      return loader ?? this.#script(client, self)
    }
    const choice = this.#loader(client, machine, self)
    if (!('silent' in choice)) machine.loader = { file: choice.file, xid: ask.packet.xid, at: ask.now }
    return choice
  }

  #script(client: Client, self: Self): Choice {
    const { overrides = [], script } = this.#options
    const wish = overrideFor(overrides, client, 'script') ?? script
    const base = self.httpUrl ?? self.tftpUrl
    if (!isUrl(wish) && base === undefined)
      return { silent: 'neither HTTP nor TFTP is served on its network' }
    // Never a bare name: which server that means depends on who else has answered.
    const file = isUrl(wish) ? wish : `${base}${wish}`
    const who = client.isOurs ? 'our loader' : 'iPXE'
    const missing = isUrl(wish) || this.#options.has(wish) ? '' : `, but the tree has no ${wish}`
    return { form: 'script', file, reason: `${who} gets the script${missing}` }
  }

  /** With --replace-rom: once, and not to the loader itself, which asks in just the same words. */
  #loaderForIpxe(client: Client, machine: Machine, ask: Ask, self: Self): Choice | undefined {
    if (this.#options.replaceRom !== true || client.isOurs) return undefined
    const { xid } = ask.packet
    const before = machine.loader
    const isRunning = before !== undefined && before.xid !== xid && ask.now - before.at < LOADER_MS
    // Port 4011: xid may be 0, and the loader asks nothing there that was not settled on 67.
    if (ask.port === 67 ? isRunning : before === undefined) return undefined
    const choice = this.#loader(client, machine, self)
    if ('silent' in choice) return undefined
    if (ask.port === 67)
      machine.loader = { file: choice.file, xid, at: before?.xid === xid ? before.at : ask.now }
    return { ...choice, form: 'direct', reason: 'iPXE that is not ours gets our loader (--replace-rom)' }
  }

  #loader(client: Client, machine: Machine, self: Self): Choice {
    const { overrides = [], has } = this.#options
    const form = overrideFor(overrides, client, 'form')
    if (form === 'silent') return { silent: 'a rule says to leave it alone' }
    const wish = overrideFor(overrides, client, 'loader')
    const code = client.architectures.find((one) => loadersFor(one).length > 0) ?? client.architectures[0]
    if (code === undefined && wish === undefined) return { silent: 'it does not say its architecture' }
    const spec = code === undefined ? undefined : architectureOf(code)
    const name = spec?.name ?? `architecture ${code}`
    const all = code === undefined ? [] : loadersFor(code)
    if (wish === undefined && all.length === 0)
      return { silent: `there is no iPXE for ${name} (option 93: ${code})` }
    const there = all.filter(has)
    const file = wish ?? there[machine.skip % Math.max(there.length, 1)]
    if (file === undefined)
      return { silent: `the tree has no loader for ${name}: ${all.join(' or ')} is missing` }
    const fallback =
      wish === undefined && machine.skip > 0 && there.length > 1 ? ', the next loader to try' : ''
    const reason = `${name}${wish === undefined ? fallback : ', by a rule'}`

    if (client.kind === 'HTTPClient') {
      if (!isUrl(file) && self.httpUrl === undefined)
        return { silent: 'HTTP Boot, but HTTP is not served on its network' }
      return { form: 'http', file: isUrl(file) ? file : `${self.httpUrl}${file}`, reason }
    }
    if (self.tftpUrl === undefined)
      return { silent: 'firmware loads by TFTP, which is not served on its network' }
    return { form: form ?? defaultForm(spec?.firmware), file, reason }
  }
}

type Choice =
  | { readonly form: ReplyPlan['form']; readonly file: string; readonly reason: string }
  | { readonly silent: string }

/** Shipped UEFI follows port 4011 more surely than anything else; BIOS boot ROMs take the offer as it is. */
function defaultForm(firmware: string | undefined): Exclude<ReplyForm, 'silent'> {
  return firmware === 'uefi' ? 'binl' : 'direct'
}

/** Loaders for an architecture in the order to try them; HTTP Boot takes the loader of its processor. */
export function loadersFor(code: number): readonly string[] {
  let loaders = byArchitecture.get(code)
  if (loaders === undefined) {
    loaders = findLoaders(code)
    // there are as many codes as a client likes to invent
    if (architectureOf(code) !== undefined) byArchitecture.set(code, loaders)
  }
  return loaders
}

const byArchitecture = new Map<number, readonly string[]>()

function findLoaders(code: number): string[] {
  const spec = architectureOf(code)
  // U-Boot and BIOS have numbers of their own for HTTP; no loader of ours is for them.
  const isHttp = spec?.firmware === 'http' && spec.name.includes('UEFI')
  return loaderTargets
    .filter((target) =>
      isHttp
        ? target.platform === 'efi' && target.architecture === spec.cpu && target.format === 'efi'
        : target.dhcpArchitectures.includes(code),
    )
    .map(({ output }) => output)
}

/** Requests of iPXE on port 4011 may say nothing but `PXEClient`: the rest is what it said on 67. */
function completed(said: Client, known: Machine | undefined): Client {
  const before = known?.client
  if (before === undefined || said.architectures.length > 0 || said.isIpxe) return said
  const { type, bootItem, serverId, address } = said
  return { ...before, type, bootItem, serverId, address }
}

function stageOf(client: Client): DhcpEvent['stage'] {
  if (client.isOurs) return 'our-ipxe'
  if (client.isIpxe) return 'ipxe'
  return client.kind === 'HTTPClient' ? 'http-boot' : 'firmware'
}

/** The address that tells which network it is in. */
function whereabouts({ packet, from }: Ask, self: Self): string {
  if (packet.giaddr !== NO_ADDRESS) return packet.giaddr
  if (packet.ciaddr !== NO_ADDRESS) return packet.ciaddr
  return from.address === NO_ADDRESS ? self.address : from.address
}

function isUrl(file: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(file)
}

/** What one machine did, in order. Plain data: the API sends it as it is. Times are milliseconds since 1970. */
import type { DhcpMachine } from '../events.js'

export type StepKind =
  | 'discover'
  | 'inform'
  | 'lease'
  | 'proxy'
  | 'dhcp'
  | 'probe'
  | 'loader'
  | 'script'
  | 'once'
  | 'kernel'
  | 'initrd'
  | 'file'
  | 'page'

export interface Step {
  readonly at: number
  kind: StepKind
  readonly protocol: 'dhcp' | 'tftp' | 'http'
  /** The file, or what DHCP was asked. */
  readonly what: string
  /** `running`: octets are flowing. `none`: a DHCP request that got no answer from us. */
  state: 'done' | 'running' | 'failed' | 'refused' | 'none'
  /** One clause: the answer, or why there is none. */
  note?: string
  bytes?: number
  ms?: number
  /** Of a file, when it began to flow. */
  size?: number
  status?: number
  /** Of a DHCP request. */
  readonly stage?: 'firmware' | 'http-boot' | 'ipxe' | 'our-ipxe' | 'other'
  readonly xid?: number
}

export interface Boot {
  readonly startedAt: number
  /** In order; the oldest are dropped where there are very many. */
  readonly steps: Step[]
  dropped: number
}

export interface Trouble {
  /** Stable, kebab-case. */
  readonly code: string
  /** One sentence: what happened. */
  readonly problem: string
  /** One or two sentences: what to do. */
  readonly fix: string
}

export interface MachineTrace extends Partial<DhcpMachine> {
  /** The MAC address, or the IP address of one whose MAC address nobody knows. */
  readonly id: string
  addresses: string[]
  /** The last is the present one. */
  readonly boots: Boot[]
  lastAt: number
  trouble?: Trouble | undefined
}

/** What a file is, by its name: the machine says no more. */
export function kindOfFile(path: string): StepKind {
  let kind = kinds.get(path)
  if (kind === undefined) {
    kind = findKind(path)
    if (kinds.size >= MAX_KINDS) kinds.clear()
    kinds.set(path, kind)
  }
  return kind
}

/** A rack asks for few files, each thrice or more for every machine. */
const kinds = new Map<string, StepKind>()
const MAX_KINDS = 500

function findKind(path: string): StepKind {
  const name = (
    path
      .replace(/[?#].*$/s, '')
      .split('/')
      .at(-1) ?? ''
  ).toLowerCase()
  if (/\.(k{0,3}pxe|lkrn|efi|0)$/.test(name)) return 'loader'
  if (/\.ipxe$/.test(name)) return 'script'
  if (/initr(d|amfs)|rootfs|\.cpio|\.(img|iso|squashfs|wim)(\.|$)/.test(name)) return 'initrd'
  if (/vmlinu|bzimage|^linux|kernel|^image$/.test(name)) return 'kernel'
  if (/^$|\.(html|css|js|svg|png|ico|json|txt|webmanifest)$/.test(name)) return 'page'
  return 'file'
}

export function present(machine: MachineTrace): Boot {
  return machine.boots.at(-1)!
}

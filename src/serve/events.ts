/**
 * What a running server tells its owner. Nothing here prints: `cli` makes the access log of it, later the trace
 * does too. Every string that came from a client has been through {@link ./printable.ts}.
 */

/** What files are served by. */
export type FileProtocol = 'http' | 'tftp'
export type Protocol = FileProtocol | 'dhcp'

export interface Peer {
  /** Without the `::ffff:` of an IPv4 client on a dual-stack socket. */
  readonly address: string
  readonly port: number
}

interface FromClient {
  readonly protocol: FileProtocol
  readonly client: Peer
  /** As the client named it, made printable. */
  readonly path: string
  /** `GET`, `HEAD`, …; TFTP reads are `RRQ`, TFTP writes `WRQ`. */
  readonly method: string
}

/** A request has arrived and was understood; nothing has been decided. */
export interface RequestEvent extends FromClient {
  readonly type: 'request'
}

/** Octets of a file are about to flow. */
export interface TransferStartEvent extends FromClient {
  readonly type: 'transfer-start'
  readonly size: number
  /** TFTP only: octets per block. */
  readonly blksize?: number
}

/** The client has what it asked for; also a HEAD, a 304 and a 206. */
export interface TransferDoneEvent extends FromClient {
  readonly type: 'transfer-done'
  readonly bytes: number
  readonly ms: number
  /** HTTP only. */
  readonly status?: number
  /** TFTP only: false when the last ACK never came. */
  readonly acknowledged?: boolean
}

/** TFTP: the client asked for the size only and said goodbye with ERROR 0 or 8. Worth a debug line, no more. */
export interface TransferProbeEvent extends FromClient {
  readonly type: 'transfer-probe'
  readonly bytes: number
  readonly ms: number
}

/** The transfer had begun and did not get to its end. */
export interface TransferFailedEvent extends FromClient {
  readonly type: 'transfer-failed'
  readonly bytes: number
  readonly ms: number
  /** One clause for people. */
  readonly reason: string
}

/** The request was answered with an error: nothing was sent. */
export interface RefusedEvent extends FromClient {
  readonly type: 'refused'
  /** HTTP status or TFTP error code. */
  readonly status: number
  /** One clause for people; may say more than the client was told. */
  readonly reason: string
}

/** What a machine says of itself in a DHCP request; texts have been made printable. */
export interface DhcpMachine {
  /** `52:54:00:12:34:56`; what the hardware address field holds for other kinds of hardware. */
  readonly mac: string
  /** SMBIOS UUID (option 97), `44454c4c-…` as iPXE prints it. */
  readonly uuid?: string
  /** Option 93, else the number in option 60: a code of data/architectures.ts. */
  readonly architecture?: number
  /** Option 60. */
  readonly vendorClass?: string
  /** Option 77. */
  readonly userClass?: string
  /** The address that it asks for or already has. */
  readonly address?: string
}

/** A DHCP request was heard, and this was done about it. */
export interface DhcpEvent {
  readonly type: 'dhcp'
  readonly protocol: 'dhcp'
  readonly client: Peer
  /** The port that it came to. */
  readonly port: number
  /** `DISCOVER`, `REQUEST`, `INFORM`, … */
  readonly message: string
  readonly machine: DhcpMachine
  readonly xid: number
  /** Seconds since the client began to ask, as it says. */
  readonly secs: number
  /** Who runs on the machine. */
  readonly stage: 'firmware' | 'http-boot' | 'ipxe' | 'our-ipxe' | 'other'
  readonly outcome: 'offer' | 'ack' | 'silent'
  /** One clause for people: why this answer, or why none. */
  readonly reason: string
  /** With an answer: how it is laid out, and the boot file in it. */
  readonly form?: string
  readonly file?: string
  /** The interface that the answer left by. */
  readonly interface?: string
}

/** Bytes that are no request at all. Debug level: the internet is full of them. */
export interface GarbageEvent {
  readonly type: 'garbage'
  readonly protocol: Protocol
  readonly client: Peer
  readonly reason: string
}

/** Something is wrong on our side that no single client is to blame for. */
export interface ServerProblemEvent {
  readonly type: 'server-problem'
  readonly protocol: Protocol
  readonly reason: string
}

/** A machine has stopped, as far as can be told from here. */
export interface TroubleEvent {
  readonly type: 'trouble'
  /** Its MAC address, else its IP address. */
  readonly machine: string
  /** Stable, kebab-case: docs/serve.md lists them. */
  readonly code: string
  readonly problem: string
  readonly fix: string
}

/** A machine with `boot: once` has asked what to do, or its installer has said that it is done. */
export interface OnceEvent {
  readonly type: 'once'
  readonly protocol: 'http'
  readonly client: Peer
  /** Its id in the project. */
  readonly machine: string
  /** `install`: its script was given out. `own-disk`: it is installed. `done`: its installer has called. */
  readonly outcome: 'install' | 'own-disk' | 'done' | 'refused'
  /** One clause for people. */
  readonly reason: string
}

export type ServeEvent =
  | RequestEvent
  | TransferStartEvent
  | TransferDoneEvent
  | TransferProbeEvent
  | TransferFailedEvent
  | RefusedEvent
  | DhcpEvent
  | TroubleEvent
  | OnceEvent
  | GarbageEvent
  | ServerProblemEvent

export type OnEvent = (event: ServeEvent) => void

/** The client of a socket as events name it. */
export function peer(address: string | undefined, port: number | undefined): Peer {
  return { address: (address ?? 'unknown').replace(/^::ffff:(?=\d+\.)/i, ''), port: port ?? 0 }
}

/** Milliseconds since `startedAt` (`performance.now()`), to a tenth: what is behind that is noise. */
export function elapsed(startedAt: number): number {
  return Math.round((performance.now() - startedAt) * 10) / 10
}

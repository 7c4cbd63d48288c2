/**
 * What the interpreter is told about a machine, what it asks of the world, and what it reports. Everything outside of a
 * script goes through {@link Host}. Texts are byte strings (one character per byte), as in the syntax tree.
 */

/** What iPXE calls `${platform}`. */
export type SimulatedPlatform = 'pcbios' | 'efi' | 'linux'

export interface NetworkInterface {
  /** bytes of the address, six for Ethernet */
  readonly mac: Uint8Array
  /** as `${netN/chip}` and so on; absent: unset */
  readonly chip?: string
  /** PCI address and ids, as iPXE numbers them */
  readonly busLocation?: number
  readonly busId?: Uint8Array
  /** the tag of a VLAN on another interface */
  readonly vlan?: number
  /** no cable: `dhcp` and `iflinkwait` fail */
  readonly unplugged?: boolean
}

/** A machine that a script runs on. */
export interface Machine {
  readonly platform: SimulatedPlatform
  /** `${buildarch}`: i386, x86_64, arm64, … */
  readonly arch: string
  /** `${version}` */
  readonly version: string
  readonly interfaces: readonly NetworkInterface[]
  /** sixteen bytes as `${uuid}` prints them; absent: no SMBIOS uuid */
  readonly uuid?: Uint8Array
  /** `serial`, `manufacturer`, `product`, `asset`, `board-serial`, or a tag such as `4.7.0` */
  readonly smbios?: Readonly<Record<string, string>>
  /** feature bits for `cpuid`: edx of function 1, ecx of it, and both of function 0x80000001 */
  readonly cpu?: {
    readonly edx: number
    readonly ecx: number
    readonly extEdx: number
    readonly extEcx: number
  }
  /**
   * by address as `pciscan` and `usbscan` give it: the beginning of a PCI device's configuration space, a USB device's
   * descriptor; absent: not known
   */
  readonly devices?: {
    readonly pci?: ReadonlyMap<number, Uint8Array>
    readonly usb?: ReadonlyMap<number, Uint8Array>
  }
  /** settings of hardware, such as `acpi/…`, that a script may read: bytes, as byte strings */
  readonly hardware?: readonly (readonly [name: string, raw: string])[]
  /** settings made before the script starts, as `set NAME VALUE` would (byte strings) */
  readonly settings?: readonly (readonly [name: string, value: string])[]
  /** interfaces that were opened and configured before the script starts: `dhcp` need not be run */
  readonly booted?: boolean
  /** DHCP options that the interface of a `booted` machine already has */
  readonly lease?: DhcpAnswer
  /** commands that this iPXE has though an unmodified build for the platform has not */
  readonly with?: ReadonlySet<string>
  /** commands that it lacks though an unmodified build has them */
  readonly without?: ReadonlySet<string>
  /** the length of a C `long` in bytes; 4 on BIOS and 32-bit builds */
  readonly longSize?: 4 | 8
}

/** Options by number, values in bytes; `yiaddr` is what makes an answer a lease. */
export interface DhcpAnswer {
  readonly options: ReadonlyMap<number, Uint8Array>
  readonly yiaddr?: Uint8Array
  readonly siaddr?: Uint8Array
  /** the reply of a proxyDHCP server beside it */
  readonly proxy?: DhcpAnswer
}

export interface FetchRequest {
  readonly type: 'fetch'
  /** absolute, as on the wire, without fragment */
  readonly uri: string
  readonly method: 'GET' | 'POST' | 'HEAD'
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string | undefined
  /** milliseconds without progress; 0: none */
  readonly timeout: number
}

/** What a download brought. */
export type FetchAnswer =
  | {
      readonly data: Uint8Array
      /** the length where `data` is only the beginning of the file */
      readonly size?: number
      /** nobody looked: the address is taken to be right, and the file to be what the script takes it for */
      readonly assumed?: boolean
    }
  | { readonly error: FetchError; readonly reason: string }

/** `status`: any other HTTP answer. */
export type FetchError =
  'not-found' | 'forbidden' | 'status' | 'unreachable' | 'refused' | 'reset' | 'timeout' | 'unsupported'

export interface MenuEntry {
  /** undefined: a separator */
  readonly name: string | undefined
  readonly text: string
  readonly key: number
  readonly default: boolean
  readonly secret: boolean
}

export interface MenuRequest {
  readonly type: 'menu'
  readonly title: string
  readonly entries: readonly MenuEntry[]
  /** index of the entry that is marked first */
  readonly current: number
  /** milliseconds; 0: it waits for ever */
  readonly timeout: number
  readonly script: ScriptPlace | undefined
}
export type MenuAnswer =
  /** the entry of this name; the first of several */
  | { readonly pick: string }
  /** Esc */
  | { readonly cancel: true }
  /** nobody touches a key */
  | { readonly wait: true }
  /** draw it and ask for keys */
  | { readonly draw: true }
  /** the run ends here */
  | { readonly stop: true }

/** Waits for one key. Codes as iPXE has them: ASCII, and `0x110000` and above for the others. */
export interface KeyRequest {
  readonly type: 'key'
  readonly for: 'menu' | 'form' | 'prompt' | 'line' | 'pause'
  /** milliseconds; 0: for ever */
  readonly timeout: number
  readonly text: string
  readonly script: ScriptPlace | undefined
}
/** `none`: nobody is there; after the timeout the script goes on, without one the run ends. */
export type KeyAnswer = number | 'none'

/** `read`, a field of a form, or a line of the shell. */
export interface LineRequest {
  readonly type: 'line'
  readonly for: 'read' | 'field' | 'shell'
  /** the setting, as written */
  readonly name: string
  readonly value: string
  readonly secret: boolean
  readonly timeout: number
  readonly script: ScriptPlace | undefined
}
export type LineAnswer =
  { readonly line: string } | { readonly cancel: true } | { readonly draw: true } | { readonly wait: true }

export interface DhcpRequest {
  readonly type: 'dhcp'
  /** `net0` */
  readonly interface: string
  readonly mac: Uint8Array
}

export interface WaitRequest {
  readonly type: 'wait'
  /** milliseconds */
  readonly time: number
}

export interface ResolveRequest {
  readonly type: 'resolve'
  readonly host: string
}

/** Told, not asked: a command has run. */
export interface TraceRequest {
  readonly type: 'trace'
  readonly step: TraceStep
}

export type HostRequest =
  | FetchRequest
  | MenuRequest
  | KeyRequest
  | LineRequest
  | DhcpRequest
  | WaitRequest
  | ResolveRequest
  | TraceRequest

type Soon<Value> = Value | Promise<Value>

/** The world outside of the script. What a host throws ends the run with that error. */
export interface Host {
  fetch(request: FetchRequest): Soon<FetchAnswer>
  menu(request: MenuRequest): Soon<MenuAnswer>
  key(request: KeyRequest): Soon<KeyAnswer>
  line(request: LineRequest): Soon<LineAnswer>
  /** undefined: no answer */
  dhcp(request: DhcpRequest): Soon<DhcpAnswer | undefined>
  wait?(request: WaitRequest): Soon<void>
  /** an address of four bytes, or undefined */
  resolve?(request: ResolveRequest): Soon<Uint8Array | undefined>
  /** `md5`, `sha256`, …; absent: sums are empty */
  digest?(algorithm: string, data: Uint8Array): Uint8Array
  /** console output, bytes and escape sequences */
  write?(text: string): void
  /** milliseconds since 1970 */
  now?(): number
  /** each command, after it has run; see {@link TraceStep} */
  trace?(step: TraceStep): Soon<void>
}

export interface ScriptPlace {
  /** the image's name */
  readonly image: string
  /** where it came from, if it has an address */
  readonly uri: string | undefined
  /** 1-based, of the logical line's beginning */
  readonly line: number
}

export interface TraceStep {
  readonly place: ScriptPlace | undefined
  /** words as written */
  readonly source: readonly string[]
  /** words as the command got them */
  readonly words: readonly string[]
  readonly status: number
  /** scripts within scripts: 1 is the first */
  readonly depth: number
  /** what `${…}` is now */
  readonly expand: (setting: string) => string
}

export interface BootedImage {
  readonly name: string
  readonly uri: string | undefined
  readonly size: number | undefined
  readonly arguments: string
}

/** How a run ended. */
export type Ending =
  | {
      readonly kind: 'boot'
      /** `linux`, `efi`, `multiboot`, `nbp`, `unknown`: what the kernel's first bytes say */
      readonly format: string
      readonly kernel: BootedImage
      readonly initrds: readonly (BootedImage & {
        /** the path that it has inside of the initrd, if the script gives one */
        readonly path: string | undefined
      })[]
      /** what speaks against the kernel accepting this */
      readonly warnings: readonly string[]
    }
  | {
      readonly kind: 'sanboot'
      readonly drive: number | undefined
      readonly uris: readonly string[]
      readonly filename: string | undefined
    }
  | { readonly kind: 'reboot' | 'poweroff' }
  | { readonly kind: 'exit'; readonly status: number }
  | { readonly kind: 'shell' }
  /** it asks somebody who is not there */
  | { readonly kind: 'waiting'; readonly for: 'menu' | 'form' | 'key' | 'line'; readonly what: string }
  | {
      readonly kind: 'stopped'
      readonly limit: 'steps' | 'time' | 'output' | 'expansion' | 'depth'
      readonly reason: string
    }
  /** the user ended it */
  | { readonly kind: 'quit' }

/** Something that a real machine may do otherwise. */
export interface Assumption {
  readonly place: ScriptPlace | undefined
  readonly text: string
}

/** One download that the script asked for. */
export interface Fetched {
  readonly uri: string
  readonly ok: boolean
  readonly size: number | undefined
  readonly reason: string | undefined
}

export interface MenuShown {
  readonly title: string
  readonly place: ScriptPlace | undefined
  readonly entries: readonly (string | undefined)[]
  /** the name of what was picked; undefined: cancelled */
  readonly picked: string | undefined
  /** by the timeout, not by a key */
  readonly timedOut: boolean
}

export interface RunReport {
  readonly ending: Ending
  /** where the last command stood */
  readonly place: ScriptPlace | undefined
  readonly status: number
  /** what the console got, escape sequences included */
  readonly output: string
  readonly fetched: readonly Fetched[]
  readonly menus: readonly MenuShown[]
  /** the last error message on the console, if there is one */
  readonly lastFailure:
    | {
        readonly place: ScriptPlace | undefined
        readonly words: readonly string[]
        readonly status: number
        readonly said: boolean
      }
    | undefined
  /** commands that failed and said so on the console, with the number of menus that had been answered before */
  readonly troubles: readonly {
    readonly place: ScriptPlace | undefined
    readonly words: readonly string[]
    readonly status: number
    readonly menus: number
  }[]
  readonly steps: number
  /** SAN disks that are hooked at the end: their addresses by drive number */
  readonly drives: ReadonlyMap<number, readonly string[]>
  /** where the run had to take something for granted, because it is not simulated or was not described */
  readonly assumed: readonly Assumption[]
  /** lines that ran, by the script's address or name */
  readonly lines: ReadonlyMap<string, ReadonlySet<number>>
  /** all generic settings of the root block at the end, formatted by their types */
  readonly settings: Readonly<Record<string, string>>
  /** what `${…}` would be after the run */
  readonly expand: (setting: string) => string
}

export interface Limits {
  /** commands; default 20,000 */
  readonly steps: number
  /** bytes of output; default 1 MiB */
  readonly output: number
  /** simulated milliseconds, waiting included; default one day */
  readonly time: number
  /** scripts within scripts; default 40 */
  readonly depth: number
  /** replacements in one word; default 10,000 */
  readonly expansions: number
}

/**
 * What a DHCP request says about the machine that sent it (PXE 2.1, RFC 4578, RFC 3004, and what firmware makes of
 * them). Nothing is required that real firmware leaves out: ROMs send no GUID, the Raspberry Pi no usable option 93.
 */
import { architectures } from '../../data/architectures.js'
import type { ArchitectureSpec } from '../../data/types.js'
import type { DhcpMachine } from '../events.js'
import { printable } from '../printable.js'
import { decodeOptions, find, IpxeOption, Option, PxeOption, textOf } from './options.js'
import { addressAt, type DhcpPacket, MessageType, NO_ADDRESS } from './packet.js'

/** The user class of the loader that `ipxetool compile` makes: embed/chain.ipxe, `class-1`. */
export const OUR_USER_CLASS = 'iPXE-ipxetool'

export interface Client {
  /** `52:54:00:12:34:56`; longer where the hardware is no Ethernet. Machines are known by it. */
  readonly mac: string
  readonly uuid: string | undefined
  readonly type: number | undefined
  /** Option 60, whole. */
  readonly vendorClass: string
  readonly kind: 'PXEClient' | 'HTTPClient' | undefined
  /** Option 77, without the lengths of RFC 3004. */
  readonly userClass: string
  /** Known codes of option 93 in order; else the number in option 60. */
  readonly architectures: readonly number[]
  readonly isIpxe: boolean
  /** It is the loader that this program made. */
  readonly isOurs: boolean
  /** 175.235: `1.0.0`. */
  readonly ipxeVersion: string | undefined
  /** Type of the boot server that was chosen in a menu: 43.71. */
  readonly bootItem: Uint8Array | undefined
  /** The server that a REQUEST is for; none: it renews. */
  readonly serverId: string | undefined
  /** What it wants to be, or is. */
  readonly address: string | undefined
}

const NOTHING = new Uint8Array()

export function readClient(packet: DhcpPacket): Client {
  const get = (code: number): Uint8Array | undefined => find(packet.options, code)
  const vendorClass = textOf(get(Option.vendorClass) ?? NOTHING)
  const userClass = readUserClass(get(Option.userClass) ?? NOTHING)
  const classes = userClass === '' ? [] : userClass.split(' ')
  const encapsulated = get(Option.ipxe)
  const isOurs = classes.includes(OUR_USER_CLASS)
  const vendor = get(Option.vendor)
  const requested = get(Option.requestedAddress)
  const server = get(Option.serverId)
  const isIpxe = encapsulated !== undefined || isOurs || classes.includes('iPXE')
  return {
    mac: hardwareAddress(packet),
    uuid: readUuid(get(Option.machineId)),
    type: get(Option.messageType)?.[0],
    vendorClass,
    kind: vendorClass.startsWith('PXEClient')
      ? 'PXEClient'
      : vendorClass.startsWith('HTTPClient')
        ? 'HTTPClient'
        : undefined,
    userClass,
    architectures: readArchitectures(get(Option.architecture), vendorClass),
    isIpxe,
    isOurs,
    ipxeVersion: readVersion(encapsulated),
    bootItem: vendor && find(decodeOptions([vendor]).options, PxeOption.bootItem),
    serverId: server?.length === 4 ? addressAt(server, 0) : undefined,
    address:
      packet.ciaddr !== NO_ADDRESS
        ? packet.ciaddr
        : requested?.length === 4
          ? addressAt(requested, 0)
          : undefined,
  }
}

/** For logs and the trace. */
export function describe(client: Client): DhcpMachine {
  const { mac, uuid, vendorClass, userClass, address } = client
  const [architecture] = client.architectures
  return {
    mac,
    ...(uuid !== undefined && { uuid }),
    ...(architecture !== undefined && { architecture }),
    ...(vendorClass !== '' && { vendorClass: printable(vendorClass) }),
    ...(userClass !== '' && { userClass: printable(userClass) }),
    ...(address !== undefined && { address }),
  }
}

export function architectureOf(code: number): ArchitectureSpec | undefined {
  return byCode.get(code)
}

const byCode = new Map(architectures.map((spec) => [spec.code, spec]))

export function hardwareAddress({ chaddr, hlen }: DhcpPacket): string {
  // BOOTP relays of old leave the length at 0
  const length = hlen === 0 ? 6 : Math.min(hlen, 16)
  let text = ''
  for (let at = 0; at < length; at++) text += `${at === 0 ? '' : ':'}${HEX[chaddr[at]!]}`
  return text
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Several may be listed; where the option is not usable, `PXEClient:Arch:00007:UNDI:003016` says it too. */
function readArchitectures(option: Uint8Array | undefined, vendorClass: string): number[] {
  const codes: number[] = []
  for (let at = 0; option !== undefined && at + 1 < option.length; at += 2) {
    codes.push(option[at]! * 256 + option[at + 1]!)
  }
  if (codes.length > 0) return codes
  const said = /:Arch:(\d{1,5})/.exec(vendorClass)?.[1]
  return said === undefined ? [] : [Number(said)]
}

/** iPXE sends bare text; RFC 3004 puts a length before each class. */
function readUserClass(data: Uint8Array): string {
  const classes: string[] = []
  let at = 0
  while (at < data.length && data[at]! > 0 && at + 1 + data[at]! <= data.length) {
    classes.push(textOf(data.subarray(at + 1, at + 1 + data[at]!)))
    at += 1 + data[at]!
  }
  return at === data.length && classes.length > 0 ? classes.join(' ') : textOf(data)
}

/**
 * RFC 4578 section 2.3: a type octet, then 16 octets as SMBIOS has them, where the first three fields are little-endian.
 * EDK2 and iPXE both send them so (seen, test/e2e/proxy.test.ts).
 */
function readUuid(data: Uint8Array | undefined): string | undefined {
  if (data?.length !== 17 || data[0] !== 0) return undefined
  const id = data.subarray(1)
  if (id.every((byte) => byte === 0) || id.every((byte) => byte === 255)) return undefined
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  const text = order.map((index) => id[index]!.toString(16).padStart(2, '0')).join('')
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function readVersion(encapsulated: Uint8Array | undefined): string | undefined {
  if (encapsulated === undefined) return undefined
  const version = find(decodeOptions([encapsulated]).options, IpxeOption.version)
  return version?.length === 3 ? version.join('.') : undefined
}

/** A request that this program has anything to do with. */
export function isBootRequest({ kind, isIpxe }: Client): boolean {
  return kind !== undefined || isIpxe
}

export function isAsking(type: number | undefined): boolean {
  return type === MessageType.discover || type === MessageType.request || type === MessageType.inform
}

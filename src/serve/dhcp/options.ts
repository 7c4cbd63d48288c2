/**
 * The options of a DHCP packet as bytes: code, length, value (RFC 2132 section 2), and the same form inside the
 * options that hold others (43, 82, 175). Pure; no input makes it throw.
 */

export interface DhcpOption {
  /** 1 to 254; 0 and 255 are padding and the end. */
  readonly code: number
  readonly data: Uint8Array
}

/** The options that this program reads or writes: IANA's registry "BOOTP Vendor Extensions and DHCP Options". */
export const Option = {
  vendor: 43,
  requestedAddress: 50,
  overload: 52,
  messageType: 53,
  serverId: 54,
  parameters: 55,
  maxSize: 57,
  vendorClass: 60,
  tftpServer: 66,
  bootFile: 67,
  userClass: 77,
  relayInfo: 82,
  architecture: 93,
  networkInterface: 94,
  machineId: 97,
  ipxe: 175,
} as const

/** Sub-options of 43 as PXE clients use them: PXE 2.1 section 2.4, RFC 2132 section 8.4. */
export const PxeOption = {
  discoveryControl: 6,
  multicastAddress: 7,
  bootServers: 8,
  bootMenu: 9,
  menuPrompt: 10,
  bootItem: 71,
} as const

/** Sub-options of 175: include/ipxe/dhcp.h of iPXE. */
export const IpxeOption = { noPxeDhcp: 176, version: 235 } as const

const PAD = 0
const END = 255

export interface DecodedOptions {
  /** In order of first appearance; pieces of one option are joined (RFC 3396). */
  readonly options: readonly DhcpOption[]
  /** The last option says that it is longer than what there is. It is left out. */
  readonly truncated: boolean
}

/**
 * Reads the options of one or more fields, in the order given: RFC 3396 section 5 makes one of them all. Values are
 * views of the fields where they are whole.
 *
 * @param ends false where 0 and 255 are codes like others (option 82, RFC 3046 section 2)
 */
export function decodeOptions(fields: readonly Uint8Array[], ends = true): DecodedOptions {
  // A rack that is switched on at once asks thousands of times: no octet is copied here.
  const found = new Map<number, DhcpOption>()
  let truncated = false
  for (const bytes of fields) {
    for (let at = 0; at < bytes.length;) {
      const code = bytes[at]!
      if (ends && code === PAD) {
        at += 1
        continue
      }
      if (ends && code === END) break
      const length = bytes[at + 1]
      if (length === undefined || at + 2 + length > bytes.length) {
        truncated = true
        break
      }
      const data = bytes.subarray(at + 2, at + 2 + length)
      const known = found.get(code)
      found.set(code, { code, data: known === undefined ? data : join([known.data, data]) })
      at += 2 + length
    }
  }
  return { options: [...found.values()], truncated }
}

/** Values of more than 255 octets become several options of one code (RFC 3396 section 4). Without the end mark. */
export function encodeOptions(options: readonly DhcpOption[]): Uint8Array {
  let length = 0
  for (const { data } of options) length += data.length + 2 * Math.max(Math.ceil(data.length / 255), 1)
  const bytes = new Uint8Array(length)
  let to = 0
  for (const { code, data } of options) {
    for (let at = 0; at === 0 || at < data.length; at += 255) {
      const piece = data.length <= 255 ? data : data.subarray(at, at + 255)
      bytes[to] = code
      bytes[to + 1] = piece.length
      bytes.set(piece, to + 2)
      to += 2 + piece.length
    }
  }
  return bytes
}

/** What stands inside of option 43 or 175. */
export function encodeEncapsulated(options: readonly DhcpOption[]): Uint8Array {
  return join([encodeOptions(options), Uint8Array.of(END)])
}

export function find(options: readonly DhcpOption[], code: number): Uint8Array | undefined {
  for (const option of options) if (option.code === code) return option.data
  return undefined
}

/** An option whose value is text: latin-1, cut at the first NUL, which some clients and servers add. */
export function textOf(data: Uint8Array): string {
  let text = ''
  for (let at = 0; at < data.length && data[at] !== 0; at++) text += String.fromCharCode(data[at]!)
  return text
}

/** One octet per character. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

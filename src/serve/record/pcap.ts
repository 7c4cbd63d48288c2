/**
 * UDP over IPv4 in the classic file format of libpcap, as pcap-savefile(5) has it. Written with link type RAW: this
 * program sees datagrams, and the headers before them are made up from their addresses. Reads what tcpdump writes, too.
 */

export interface Datagram {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly from: { readonly address: string; readonly port: number }
  readonly to: { readonly address: string; readonly port: number }
  readonly bytes: Uint8Array
}

const MAGIC = 0xa1b2c3d4
const MAGIC_NANO = 0xa1b23c4d
const PCAPNG = 0x0a0d0d0a
const LINK = { ethernet: 1, raw: 101, linuxSll: 113 } as const
const SNAPLEN = 65_535
const UDP = 17
/** One bad length must not take the memory. */
const MAX_RECORD = 262_144

export function pcapHeader(): Uint8Array {
  const bytes = new Uint8Array(24)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, SNAPLEN, true)
  view.setUint32(20, LINK.raw, true)
  return bytes
}

/**
 * @param keep octets of the datagram that are written; default: all
 * @returns undefined for what is not IPv4: such a record could not be written
 */
export function pcapRecord({ at, from, to, bytes }: Datagram, keep = bytes.length): Uint8Array | undefined {
  const source = addressOf(from.address)
  const destination = addressOf(to.address)
  const length = 28 + bytes.length
  if (source === undefined || destination === undefined || length > SNAPLEN) return undefined
  const record = new Uint8Array(16 + 28 + keep)
  const view = new DataView(record.buffer)
  view.setUint32(0, Math.floor(at / 1000), true)
  view.setUint32(4, Math.floor((at % 1000) * 1000), true)
  view.setUint32(8, 28 + keep, true)
  view.setUint32(12, length, true)
  const ip = record.subarray(16)
  const header = new DataView(record.buffer, 16)
  ip[0] = 0x45
  header.setUint16(2, length)
  ip[8] = 64
  ip[9] = UDP
  ip.set(source, 12)
  ip.set(destination, 16)
  header.setUint16(10, checksum(ip.subarray(0, 20)))
  header.setUint16(20, from.port)
  header.setUint16(22, to.port)
  header.setUint16(24, 8 + bytes.length)
  // no checksum: RFC 768 allows it, and nobody has computed one
  ip.set(bytes.subarray(0, keep), 28)
  return record
}

export type DecodedPcap =
  | { readonly ok: true; readonly datagrams: readonly Datagram[]; readonly truncated: boolean }
  | { readonly ok: false; readonly problem: string }

/** What is neither IPv4 nor UDP, and what is not whole, is left out. */
export function decodePcap(bytes: Uint8Array): DecodedPcap {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 24) return { ok: false, problem: 'too short for a recording (pcap)' }
  if (view.getUint32(0) === PCAPNG) {
    return { ok: false, problem: 'a pcapng file; `editcap -F pcap IN OUT` makes a pcap file of it' }
  }
  const little = [MAGIC, MAGIC_NANO].includes(view.getUint32(0, true))
  const magic = view.getUint32(0, little)
  if (magic !== MAGIC && magic !== MAGIC_NANO) return { ok: false, problem: 'no recording (pcap)' }
  const perMs = magic === MAGIC ? 1000 : 1_000_000
  const link = view.getUint32(20, little) & 0xffff
  const offset = networkOffset(link)
  if (offset === undefined)
    return { ok: false, problem: `a recording of link type ${link}, not of Ethernet or IP` }
  const datagrams: Datagram[] = []
  let at = 24
  let truncated = false
  while (at + 16 <= bytes.length) {
    const kept = view.getUint32(at + 8, little)
    if (kept > MAX_RECORD || at + 16 + kept > bytes.length) {
      truncated = true
      break
    }
    const time = view.getUint32(at, little) * 1000 + view.getUint32(at + 4, little) / perMs
    const packet = offset(bytes.subarray(at + 16, at + 16 + kept))
    const datagram = packet === undefined ? undefined : readUdp(packet, time)
    if (datagram !== undefined) datagrams.push(datagram)
    at += 16 + kept
  }
  return { ok: true, datagrams, truncated: truncated || at < bytes.length }
}

/** Takes the IPv4 packet out of a frame. */
function networkOffset(link: number): ((frame: Uint8Array) => Uint8Array | undefined) | undefined {
  if (link === LINK.raw) return (frame) => frame
  const at = link === LINK.ethernet ? 12 : link === LINK.linuxSll ? 14 : undefined
  if (at === undefined) return undefined
  return (frame) => {
    let type = at
    // IEEE 802.1Q and 802.1ad
    while (frame[type] !== undefined && [0x8100, 0x88a8].includes(word(frame, type))) type += 4
    return word(frame, type) === 0x0800 ? frame.subarray(type + 2) : undefined
  }
}

function readUdp(packet: Uint8Array, at: number): Datagram | undefined {
  const head = (packet[0] ?? 0) & 15
  const start = head * 4
  if ((packet[0] ?? 0) >> 4 !== 4 || start < 20 || packet.length < start + 8 || packet[9] !== UDP)
    return undefined
  // a fragment that is not the first, or with more to come
  if ((word(packet, 6) & 0x3fff) !== 0) return undefined
  const length = word(packet, start + 4)
  if (length < 8 || start + length > packet.length) return undefined
  return {
    at,
    from: { address: packet.subarray(12, 16).join('.'), port: word(packet, start) },
    to: { address: packet.subarray(16, 20).join('.'), port: word(packet, start + 2) },
    bytes: packet.slice(start + 8, start + length),
  }
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

function addressOf(address: string): Uint8Array | undefined {
  const parts = address.split('.').map(Number)
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255))
    return undefined
  return Uint8Array.from(parts)
}

/** RFC 1071. */
function checksum(bytes: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += word(bytes, at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/** Ethernet frames that hold UDP over IPv4, read and written; pure. RFC 894, RFC 791, RFC 768. */

export interface Datagram {
  readonly from: { readonly address: string; readonly port: number }
  readonly to: { readonly address: string; readonly port: number }
  readonly data: Uint8Array
}

const ethernetHeader = 14
const ipHeader = 20
const udpHeader = 8
const ipv4Type = 0x0800
const udpProtocol = 17

/** Undefined: anything else, fragments too. */
export function readDatagram(frame: Uint8Array): Datagram | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  if (frame.length < ethernetHeader + ipHeader + udpHeader || view.getUint16(12) !== ipv4Type)
    return undefined
  const headerLength = (frame[ethernetHeader]! & 15) * 4
  const udp = ethernetHeader + headerLength
  const isWhole = (view.getUint16(ethernetHeader + 6) & 0x3fff) === 0
  if (frame[ethernetHeader]! >> 4 !== 4 || headerLength < ipHeader || !isWhole) return undefined
  if (frame[ethernetHeader + 9] !== udpProtocol || frame.length < udp + udpHeader) return undefined
  const length = view.getUint16(udp + 4)
  if (length < udpHeader || udp + length > frame.length) return undefined
  const address = (at: number): string => frame.subarray(at, at + 4).join('.')
  return {
    from: { address: address(ethernetHeader + 12), port: view.getUint16(udp) },
    to: { address: address(ethernetHeader + 16), port: view.getUint16(udp + 2) },
    data: frame.subarray(udp + udpHeader, udp + length),
  }
}

/** @param macs six octets each */
export function writeDatagram(
  { from, to, data }: Datagram,
  macs: { readonly from: Uint8Array; readonly to: Uint8Array },
): Uint8Array {
  const udp = ethernetHeader + ipHeader
  const frame = new Uint8Array(udp + udpHeader + data.length)
  const view = new DataView(frame.buffer)
  frame.set(macs.to, 0)
  frame.set(macs.from, 6)
  view.setUint16(12, ipv4Type)
  frame[ethernetHeader] = 0x45
  view.setUint16(ethernetHeader + 2, frame.length - ethernetHeader)
  frame[ethernetHeader + 8] = 64
  frame[ethernetHeader + 9] = udpProtocol
  frame.set(octets(from.address), ethernetHeader + 12)
  frame.set(octets(to.address), ethernetHeader + 16)
  view.setUint16(ethernetHeader + 10, checksum(view, ethernetHeader, ipHeader))
  view.setUint16(udp, from.port)
  view.setUint16(udp + 2, to.port)
  // a sum of 0 says that there is none
  view.setUint16(udp + 4, udpHeader + data.length)
  frame.set(data, udp + udpHeader)
  return frame
}

function octets(address: string): number[] {
  return address.split('.').map(Number)
}

function checksum(view: DataView, from: number, length: number): number {
  let sum = 0
  for (let at = 0; at < length; at += 2) sum += view.getUint16(from + at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
  return ~sum & 0xffff
}

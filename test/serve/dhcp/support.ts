/** DHCP requests as machines send them. */
import { bytesOf } from '../../../src/serve/dhcp/options.js'
import type { DhcpPacket } from '../../../src/serve/dhcp/packet.js'

export const MAC = '52:54:00:12:34:56'

/** A DISCOVER of a BIOS machine; `options` are added or replace, by code. */
export function request(
  options: Readonly<Record<number, Uint8Array>>,
  header: Partial<DhcpPacket> = {},
  mac = MAC,
): DhcpPacket {
  const all: Record<number, Uint8Array> = {
    53: Uint8Array.of(1),
    60: bytesOf('PXEClient:Arch:00000:UNDI:002001'),
    ...options,
  }
  const chaddr = new Uint8Array(16)
  chaddr.set(mac.split(':').map((part) => Number.parseInt(part, 16)))
  return {
    op: 1,
    htype: 1,
    hlen: 6,
    hops: 0,
    xid: 0x12345678,
    secs: 4,
    flags: 0x8000,
    ciaddr: '0.0.0.0',
    yiaddr: '0.0.0.0',
    siaddr: '0.0.0.0',
    giaddr: '0.0.0.0',
    chaddr,
    sname: new Uint8Array(64),
    file: new Uint8Array(128),
    options: Object.entries(all).map(([code, data]) => ({ code: Number(code), data })),
    ...header,
  }
}

export function u16(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value >> 8, value & 255]))
}

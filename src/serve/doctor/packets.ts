/** Requests as machines make them, for a dry run and to ask who else answers. */
import { bytesOf, encodeEncapsulated, IpxeOption, Option } from '../dhcp/options.js'
import { BROADCAST, type DhcpPacket, MessageType, NO_ADDRESS, Op } from '../dhcp/packet.js'
import { OUR_USER_CLASS } from '../dhcp/client.js'

/** One kind of machine. */
export interface Kind {
  readonly id: string
  readonly name: string
  /** Option 93. */
  readonly architecture: number
  readonly runs: 'pxe' | 'http' | 'ipxe' | 'our-ipxe'
}

/** What stands in racks, the most frequent first. */
export const kinds: readonly Kind[] = [
  { id: 'bios', name: 'BIOS, PXE', architecture: 0, runs: 'pxe' },
  { id: 'uefi-x64', name: 'UEFI x64, PXE', architecture: 7, runs: 'pxe' },
  { id: 'uefi-x64-http', name: 'UEFI x64, HTTP Boot', architecture: 16, runs: 'http' },
  { id: 'uefi-ia32', name: 'UEFI IA32, PXE', architecture: 6, runs: 'pxe' },
  { id: 'uefi-arm64', name: 'UEFI ARM64, PXE', architecture: 11, runs: 'pxe' },
  { id: 'uefi-arm64-http', name: 'UEFI ARM64, HTTP Boot', architecture: 19, runs: 'http' },
  { id: 'uefi-riscv64', name: 'UEFI RISC-V 64, PXE', architecture: 27, runs: 'pxe' },
  { id: 'ipxe-bios', name: 'iPXE of a network card or hypervisor, BIOS', architecture: 0, runs: 'ipxe' },
  { id: 'ipxe-uefi', name: 'iPXE of a network card or hypervisor, UEFI x64', architecture: 7, runs: 'ipxe' },
  { id: 'our-ipxe', name: 'the loader of `ipxetool compile`', architecture: 7, runs: 'our-ipxe' },
]

/** @param mac six octets */
export function discover(kind: Kind, mac: Uint8Array, xid: number): DhcpPacket {
  const name = kind.runs === 'http' ? 'HTTPClient' : 'PXEClient'
  const vendorClass = `${name}:Arch:${String(kind.architecture).padStart(5, '0')}:UNDI:003016`
  const chaddr = new Uint8Array(16)
  chaddr.set(mac)
  const isIpxe = kind.runs === 'ipxe' || kind.runs === 'our-ipxe'
  return {
    op: Op.request,
    htype: 1,
    hlen: 6,
    hops: 0,
    xid,
    secs: 0,
    flags: BROADCAST,
    ciaddr: NO_ADDRESS,
    yiaddr: NO_ADDRESS,
    siaddr: NO_ADDRESS,
    giaddr: NO_ADDRESS,
    chaddr,
    sname: new Uint8Array(64),
    file: new Uint8Array(128),
    options: [
      { code: Option.messageType, data: Uint8Array.of(MessageType.discover) },
      { code: Option.parameters, data: Uint8Array.of(1, 3, 6, 43, 54, 60, 66, 67, 97) },
      { code: Option.maxSize, data: Uint8Array.of(5, 192) },
      { code: Option.vendorClass, data: bytesOf(vendorClass) },
      { code: Option.architecture, data: Uint8Array.of(kind.architecture >> 8, kind.architecture & 255) },
      { code: Option.networkInterface, data: Uint8Array.of(1, 3, 16) },
      ...(isIpxe
        ? [
            { code: Option.userClass, data: bytesOf(kind.runs === 'ipxe' ? 'iPXE' : OUR_USER_CLASS) },
            {
              code: Option.ipxe,
              data: encodeEncapsulated([{ code: IpxeOption.version, data: Uint8Array.of(1, 21, 1) }]),
            },
          ]
        : []),
    ],
  }
}

/** What follows on port 4011 where the offer did not settle it. */
export function request({ options, ...packet }: DhcpPacket): DhcpPacket {
  const rest = options.filter(({ code }) => code !== Option.messageType)
  return {
    ...packet,
    options: [{ code: Option.messageType, data: Uint8Array.of(MessageType.request) }, ...rest],
  }
}

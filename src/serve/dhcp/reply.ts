/** The packets that a proxy sends: PXE 2.1 section 2.4, RFC 2131 section 4.3, RFC 3046 for relays. */
import { bytesOf, type DhcpOption, encodeEncapsulated, find, join, Option, PxeOption } from './options.js'
import { addressBytes, BROADCAST, type DhcpPacket, field, MessageType, NO_ADDRESS, Op } from './packet.js'
import type { ReplyForm } from './rules.js'

export interface ReplyPlan {
  readonly type: 'offer' | 'ack'
  readonly form: Exclude<ReplyForm, 'silent'> | 'http' | 'script'
  /** A path for TFTP, or a URL. */
  readonly file: string
  /** Our address on the interface of the client. */
  readonly server: string
  /** The item that the client chose in our menu. */
  readonly bootItem?: Uint8Array | undefined
}

/** In the range for vendors, and not 0, which is "boot from the local disk". */
const MENU_ITEM = Uint8Array.of(0x80, 0x01)
const MENU_TEXT = bytesOf('iPXE')

/** Bit 3: no menu and no discovery, use the boot file. */
const USE_BOOT_FILE = 8

/** Never an address and never a lease: `yiaddr` 0 is how EDK2 knows a proxy. */
export function buildReply(request: DhcpPacket, plan: ReplyPlan): DhcpPacket {
  const { server, form } = plan
  const inHeader = plan.file.length < 128
  const isIpxe = form === 'script'
  // In a menu the file comes with the choice: with a file in the offer firmware would leave the menu out.
  const file = form === 'menu' && plan.type === 'offer' ? '' : plan.file
  const id = find(request.options, Option.machineId)
  const relay = find(request.options, Option.relayInfo)
  const vendor = vendorOptions(plan)
  const options: DhcpOption[] = [
    { code: Option.messageType, data: Uint8Array.of(MessageType[plan.type]) },
    { code: Option.serverId, data: addressBytes(server) },
    { code: Option.vendorClass, data: bytesOf(form === 'http' ? 'HTTPClient' : 'PXEClient') },
    // Old UEFI reads a name without a NUL to the end of its buffer.
    ...(file === '' ? [] : [{ code: Option.bootFile, data: bytesOf(`${file}\0`) }]),
    ...(vendor === undefined ? [] : [{ code: Option.vendor, data: vendor }]),
    ...(id?.length === 17 ? [{ code: Option.machineId, data: id }] : []),
    // embed/chain.ipxe looks here first
    ...(isIpxe ? [{ code: SCRIPT_OPTION, data: bytesOf(file) }] : []),
    // RFC 3046 section 2.2: as it came, and last
    ...(relay === undefined ? [] : [{ code: Option.relayInfo, data: relay }]),
  ]
  return {
    op: Op.reply,
    htype: request.htype,
    hlen: request.hlen,
    hops: 0,
    xid: request.xid,
    secs: 0,
    flags: request.flags | BROADCAST,
    ciaddr: plan.type === 'ack' ? request.ciaddr : NO_ADDRESS,
    yiaddr: NO_ADDRESS,
    siaddr: server,
    giaddr: request.giaddr,
    chaddr: request.chaddr,
    sname: form === 'http' ? new Uint8Array(64) : field(server, 64),
    file: field(inHeader ? file : '', 128),
    options,
  }
}

/** The option in which embed/chain.ipxe looks for its target. */
const SCRIPT_OPTION = 224

function vendorOptions({ form, type, server, bootItem }: ReplyPlan): Uint8Array | undefined {
  if (form === 'http' || form === 'binl') return undefined
  if (form === 'direct' || form === 'script') {
    return encodeEncapsulated([{ code: PxeOption.discoveryControl, data: Uint8Array.of(USE_BOOT_FILE) }])
  }
  if (type === 'ack') {
    const data = bootItem ?? join([MENU_ITEM, Uint8Array.of(0, 0)])
    return encodeEncapsulated([{ code: PxeOption.bootItem, data }])
  }
  return encodeEncapsulated([
    // no broadcast, no multicast, only the servers of the list
    { code: PxeOption.discoveryControl, data: Uint8Array.of(7) },
    { code: PxeOption.bootServers, data: join([MENU_ITEM, Uint8Array.of(1), addressBytes(server)]) },
    { code: PxeOption.bootMenu, data: join([MENU_ITEM, Uint8Array.of(MENU_TEXT.length), MENU_TEXT]) },
    // 0 seconds: take the first item, ask nobody
    { code: PxeOption.menuPrompt, data: join([Uint8Array.of(0), MENU_TEXT]) },
  ])
}

/** Where it goes: through the relay, back to who asks on 4011, or to everybody. */
export function destination(
  request: DhcpPacket,
  port: number,
  from: { readonly address: string; readonly port: number },
): { address: string; port: number } {
  if (port !== 67) return { address: from.address, port: from.port }
  if (request.giaddr !== NO_ADDRESS) return { address: request.giaddr, port: 67 }
  if (request.ciaddr !== NO_ADDRESS) return { address: request.ciaddr, port: 68 }
  return { address: '255.255.255.255', port: 68 }
}

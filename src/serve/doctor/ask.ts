/** Who answers a machine that boots on this network? A DISCOVER of a machine that does not exist finds out. */
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'
import { find, Option, textOf } from '../dhcp/options.js'
import { addressAt, decodePacket, encodePacket, MessageType, NO_ADDRESS } from '../dhcp/packet.js'
import type { NetworkInterface } from '../dhcp/interfaces.js'
import { printable } from '../printable.js'
import { errorCode } from '../tree.js'
import { discover, kinds } from './packets.js'

export interface Offer {
  /** Option 54, else where it came from. */
  readonly server: string
  /** Kind of machine that was asked for. */
  readonly kind: string
  /** The address that it would lend; undefined: a proxy, which only says what to boot. */
  readonly lease: string | undefined
  /** Next server, and what to load from it. */
  readonly next: string | undefined
  readonly file: string | undefined
  /** It has spoken as a boot server: option 60 in the answer. */
  readonly isPxe: boolean
}

export type Asked =
  { readonly ok: true; readonly offers: readonly Offer[] } | { readonly ok: false; readonly code: string }

/** Servers that first ping an address that they have not lent for long take three seconds. */
const WAIT_MS = 4000
const ASKED = ['bios', 'uefi-x64']

/** Sends by that interface. No lease is taken: a REQUEST never follows. */
export async function askNetwork(
  on: NetworkInterface,
  ports: { readonly server: number; readonly client: number; readonly to: string } = {
    server: 67,
    client: 68,
    to: '255.255.255.255',
  },
  waitMs = WAIT_MS,
): Promise<Asked> {
  const sockets: Socket[] = []
  const open = async (address: string): Promise<Socket> => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    sockets.push(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind({ address, port: ports.client, exclusive: true }, resolve)
    })
    return socket
  }
  try {
    const offers = new Map<string, Offer>()
    const mac = Uint8Array.of(0x02, ...randomBytes(5))
    const asked = new Map(
      kinds
        .filter(({ id }) => ASKED.includes(id))
        .map((kind, index) => [(randomBytes(4).readUInt32BE() >>> 1) + index, kind]),
    )
    const hear = (bytes: Uint8Array, from: string): void => {
      const decoded = decodePacket(bytes)
      if (!decoded.ok || decoded.packet.op !== 2) return
      const { packet } = decoded
      const kind = asked.get(packet.xid)
      if (kind === undefined || find(packet.options, Option.messageType)?.[0] !== MessageType.offer) return
      const id = find(packet.options, Option.serverId)
      const server = id?.length === 4 ? addressAt(id, 0) : from
      const file = textOf(find(packet.options, Option.bootFile) ?? packet.file)
      offers.set(`${server} ${kind.id} ${packet.yiaddr === NO_ADDRESS}`, {
        server,
        kind: kind.id,
        lease: packet.yiaddr === NO_ADDRESS ? undefined : packet.yiaddr,
        next: packet.siaddr === NO_ADDRESS ? undefined : packet.siaddr,
        file: file === '' ? undefined : printable(file),
        isPxe: textOf(find(packet.options, Option.vendorClass) ?? new Uint8Array()).startsWith('PXEClient'),
      })
    }
    // Node ties no socket to an interface: one on its address sends there, one on everybody's address hears.
    const sender = await open(on.address)
    const hearers = ports.to === '255.255.255.255' ? [sender, await open(ports.to)] : [sender]
    for (const socket of hearers) {
      socket.on('message', (bytes, from) => {
        hear(bytes, from.address)
      })
      socket.on('error', () => undefined)
    }
    sender.setBroadcast(true)
    for (const [xid, kind] of asked) {
      const bytes = encodePacket(discover(kind, mac, xid))
      await new Promise<void>((resolve, reject) => {
        sender.send(bytes, ports.server, ports.to, (error) => {
          if (error) reject(error)
          else resolve()
        })
      })
    }
    await sleep(waitMs)
    return { ok: true, offers: [...offers.values()] }
  } catch (error) {
    return { ok: false, code: errorCode(error) }
  } finally {
    for (const socket of sockets) socket.close()
  }
}

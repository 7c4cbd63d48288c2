/**
 * Our end of the machine's cable: QEMU's own network gives the machine its address, and here a proxyDHCP server
 * answers what that network does not know. QEMU sends frames over TCP, each behind its length in four octets.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { readDatagram, writeDatagram } from './frames.js'
import { hostAddress } from './plan.js'
import type { StartedServer } from './types.js'

export interface Wire {
  /** on loopback, for QEMU */
  readonly port: number
  close(): Promise<void>
}

/** QEMU's host has this one. */
const hostMac = Uint8Array.of(0x52, 0x55, 10, 0, 2, 2)
const broadcastMac = new Uint8Array(6).fill(255)
/** of the hardware address in a packet of DHCP */
const chaddr = 28
const dhcpPorts = [67, 4011]

export async function openWire(answer: StartedServer['answer']): Promise<Wire> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    let rest = Buffer.alloc(0)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 4 && rest.length >= 4 + rest.readUInt32BE(0)) {
        const end = 4 + rest.readUInt32BE(0)
        const reply = answered(rest.subarray(4, end), answer)
        rest = rest.subarray(end)
        if (reply === undefined) continue
        const length = Buffer.alloc(4)
        length.writeUInt32BE(reply.length)
        socket.write(Buffer.concat([length, reply]))
      }
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answered(frame: Uint8Array, answer: StartedServer['answer']): Uint8Array | undefined {
  const asked = readDatagram(frame)
  if (asked === undefined || !dhcpPorts.includes(asked.to.port) || asked.data.length < chaddr + 6)
    return undefined
  const reply = answer({ packet: asked.data, port: asked.to.port, from: asked.from })
  if (reply === undefined) return undefined
  const { packet, to } = reply
  const isBroadcast = to.address === '255.255.255.255'
  return writeDatagram(
    { from: { address: hostAddress, port: asked.to.port }, to, data: packet },
    { from: hostMac, to: isBroadcast ? broadcastMac : asked.data.slice(chaddr, chaddr + 6) },
  )
}

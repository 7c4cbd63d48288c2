/** A TFTP client that does what RFC 1350, 2347 and 7440 ask and no more, light enough to run a thousand times. */
import { createSocket, type RemoteInfo } from 'node:dgram'
import { encodePacket } from '../../../src/serve/tftp/packet.js'

export interface Fetching {
  readonly port: number
  readonly name: string
  readonly blksize?: number
  readonly windowsize?: number
  /** Without a packet for so long it repeats its last one. */
  readonly patienceMs?: number
  /** Gives up after so many repetitions in a row. */
  readonly attempts?: number
}

/** @throws Error with the message of the server, or `gave up` */
export function fetchByTftp(fetching: Fetching): Promise<Buffer> {
  const { port, name, blksize = 512, windowsize = 1, patienceMs = 1000, attempts = 30 } = fetching
  const options = [
    ...(blksize === 512 ? [] : [{ name: 'blksize', value: String(blksize) }]),
    ...(windowsize === 1 ? [] : [{ name: 'windowsize', value: String(windowsize) }]),
  ]
  const request = encodePacket({ kind: 'rrq', filename: name, mode: 'octet', options })
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    const parts: Buffer[] = []
    /** Blocks in order so far; the server's port once it is known. */
    let have = 0
    let tid: number | undefined
    let size = 512
    let window = 1
    let unacknowledged = 0
    let gap = false
    let silent = 0
    const end = (error?: Error): void => {
      clearInterval(timer)
      socket.close()
      if (error === undefined) resolve(Buffer.concat(parts))
      else reject(error)
    }
    const acknowledge = (): void => {
      unacknowledged = 0
      if (tid !== undefined)
        socket.send(encodePacket({ kind: 'ack', block: have % 0x10000 }), tid, '127.0.0.1')
    }
    const timer = setInterval(() => {
      silent += 1
      if (silent > attempts) end(new Error('gave up'))
      else if (tid === undefined) socket.send(request, port, '127.0.0.1')
      else acknowledge()
    }, patienceMs)
    socket.on('error', end)
    socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
      const opcode = bytes.readUInt16BE(0)
      // A server that gave us up answers a repeated request from another port.
      if (tid !== from.port && (tid === undefined || (have === 0 && opcode === 6))) tid = from.port
      if (tid !== from.port) return
      silent = 0
      if (opcode === 5) {
        end(new Error(bytes.toString('latin1', 4, bytes.length - 1)))
      } else if (opcode === 6) {
        if (have > 0) return
        size = blksize
        window = windowsize
        const granted = bytes.toString('latin1', 2).split('\0')
        const at = granted.indexOf('blksize')
        if (at >= 0) size = Number(granted[at + 1])
        acknowledge()
      } else if (bytes.readUInt16BE(2) !== (have + 1) % 0x10000) {
        // Once for each gap; in lock-step it is a block whose ACK was lost.
        if (!gap || window === 1) acknowledge()
        gap = true
      } else {
        gap = false
        have += 1
        unacknowledged += 1
        parts.push(bytes.subarray(4))
        const last = bytes.length - 4 < size
        if (last || unacknowledged >= window) acknowledge()
        if (last) end()
      }
    })
    socket.bind(0, '127.0.0.1', () => {
      socket.send(request, port, '127.0.0.1')
    })
  })
}

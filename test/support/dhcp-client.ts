/**
 * A DHCP client for tests: asks as a firmware or iPXE does and prints what it was told, one JSON line. Runs in a
 * network namespace as a process of its own, because it must have port 68:
 *
 *   node --import tsx dhcp-client.ts '{"mac":"52:54:00:00:00:01","asks":[1,3],"options":{"60":"505845..."}}'
 */
import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { fileURLToPath } from 'node:url'

export interface Question {
  readonly mac: string
  /** Option 55. */
  readonly asks: readonly number[]
  /** Hexadecimal, by number. */
  readonly options: Readonly<Record<string, string>>
  /** Go on with port 4011 of the server, as PXE does with a proxy. */
  readonly proxy?: boolean
}

export interface Answer {
  /** DHCP message type: 2 is an offer, 5 an acknowledgement. */
  readonly type: number
  readonly address: string
  readonly nextServer: string
  /** Option 67, else the header's field. */
  readonly file: string
  /** Latin-1 text by number. */
  readonly options: Readonly<Record<string, string>>
}

export interface Exchange {
  readonly offer: Answer
  readonly ack: Answer
}

const cookie = 0x63825363
const fileAt = 108
const optionsAt = 240

function encode(type: number, xid: number, question: Question, more: Record<string, string> = {}): Buffer {
  const header = Buffer.alloc(optionsAt)
  header.set([1, 1, 6, 0])
  header.writeUInt32BE(xid, 4)
  header.writeUInt16BE(0x8000, 10) // we have no address yet: answer by broadcast
  header.write(question.mac.replaceAll(':', ''), 28, 'hex')
  header.writeUInt32BE(cookie, 236)
  const options = { 53: hex([type]), 55: hex(question.asks), 57: '05c0', ...question.options, ...more }
  const parts = Object.entries(options).map(([code, value]) =>
    Buffer.from(`${hex([Number(code), value.length / 2])}${value}`, 'hex'),
  )
  return Buffer.concat([header, ...parts, Buffer.from([255]), Buffer.alloc(64)])
}

function decode(packet: Buffer): Answer & { xid: number } {
  const options: Record<string, string> = {}
  for (let at = optionsAt; at < packet.length && packet[at] !== 255;) {
    const code = packet[at]!
    if (code === 0) at += 1
    else {
      const length = packet[at + 1]!
      options[code] = (options[code] ?? '') + packet.toString('latin1', at + 2, at + 2 + length)
      at += 2 + length
    }
  }
  const field = packet.toString('latin1', fileAt, optionsAt - 4)
  return {
    xid: packet.readUInt32BE(4),
    type: options[53]?.charCodeAt(0) ?? 0,
    address: packet.subarray(16, 20).join('.'),
    nextServer: packet.subarray(20, 24).join('.'),
    file: (options[67] ?? field).replace(/\0[^]*$/, ''),
    options,
  }
}

export function hex(bytes: readonly number[]): string {
  return Buffer.from(bytes).toString('hex')
}

/** Asks until there is an answer to the transaction of the wanted type. */
async function ask(
  socket: Socket,
  packet: Buffer,
  type: number,
  [port, host]: [number, string],
): Promise<Answer> {
  const xid = packet.readUInt32BE(4)
  const end = new AbortController()
  const answer = new Promise<Answer>((resolve, reject) => {
    socket.on('message', (bytes) => {
      const { xid: theirs, ...told } = decode(bytes)
      if (theirs === xid && told.type === type) resolve(told)
    })
    end.signal.addEventListener('abort', () => {
      reject(new Error(`no answer of type ${type} from ${host}:${port}`))
    })
  })
  const send = (): void => {
    socket.send(packet, port, host)
  }
  const again = setInterval(send, 1000)
  const patience = setTimeout(() => {
    end.abort()
  }, 15_000)
  send()
  try {
    return await answer
  } finally {
    clearInterval(again)
    clearTimeout(patience)
    socket.removeAllListeners('message')
  }
}

async function exchange(socket: Socket, question: Question, xid: number): Promise<Exchange> {
  const everybody: [number, string] = [67, '255.255.255.255']
  const offer = await ask(socket, encode(1, xid, question), 2, everybody)
  const bytes = (text = ''): string => Buffer.from(text, 'latin1').toString('hex')
  if (question.proxy === true) {
    // UEFI asks siaddr, and without it option 54; who was given a menu says which item it takes
    const named = [...Buffer.from(offer.options[54] ?? '', 'latin1')].join('.')
    const host = offer.nextServer === '0.0.0.0' ? named : offer.nextServer
    const item = menuItem(Buffer.from(offer.options[43] ?? '', 'latin1'))
    const more: Record<string, string> = item === undefined ? {} : { 43: `4704${item}0000ff` }
    const packet = encode(3, xid, question, more)
    packet.set(ownAddress(), 12) // by now another server has given us one
    return { offer, ack: await ask(socket, packet, 5, [4011, host]) }
  }
  const more = { 50: hex(offer.address.split('.').map(Number)), 54: bytes(offer.options[54]) }
  return { offer, ack: await ask(socket, encode(3, xid, question, more), 5, everybody) }
}

function ownAddress(): number[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const own = addresses.find(({ family, internal }) => family === 'IPv4' && !internal)
  return (own?.address ?? '0.0.0.0').split('.').map(Number)
}

/** The type of the first item in the boot menu, sub-option 9 of option 43. */
function menuItem(encapsulated: Buffer): string | undefined {
  for (let at = 0; at + 1 < encapsulated.length; at += 2 + encapsulated[at + 1]!) {
    if (encapsulated[at] === 9) return encapsulated.toString('hex', at + 2, at + 4)
  }
  return undefined
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const socket = createSocket('udp4')
  socket.bind(68)
  await once(socket, 'listening')
  socket.setBroadcast(true)
  const exchanges: Exchange[] = []
  let xid = 0x69707800
  for (const text of process.argv.slice(2)) {
    exchanges.push(await exchange(socket, JSON.parse(text) as Question, xid++))
  }
  socket.close()
  process.stdout.write(`${JSON.stringify(exchanges)}\n`)
}

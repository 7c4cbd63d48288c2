/**
 * Asks as many machines do: `node dhcp-load.mjs COUNT RATE`, DISCOVERs of different UEFI machines by broadcast, RATE a
 * second. Prints one JSON line: how many were answered, and after how many milliseconds. Needs port 68.
 */
import { createSocket } from 'node:dgram'

const [count, rate] = process.argv.slice(2).map(Number)
const LINGER_MS = 2000

const asked = new Map()
const waits = []
const socket = createSocket({ type: 'udp4', recvBufferSize: 8 * 1024 * 1024 })
socket.on('message', (packet) => {
  if (packet.length < 240 || packet[0] !== 2) return
  const xid = packet.readUInt32BE(4)
  const since = asked.get(xid)
  if (since === undefined) return
  asked.delete(xid)
  waits.push(performance.now() - since)
})
await new Promise((resolve) => socket.bind(68, resolve))
socket.setBroadcast(true)

const text = (value) => [...Buffer.from(value)]
const option = (code, bytes) => [code, bytes.length, ...bytes]
const options = [
  0x63,
  0x82,
  0x53,
  0x63,
  ...option(53, [1]),
  ...option(55, [1, 3, 43, 60, 66, 67, 97]),
  ...option(57, [5, 0xc0]),
  ...option(60, text('PXEClient:Arch:00007:UNDI:003016')),
  ...option(93, [0, 7]),
  ...option(94, [1, 3, 16]),
  255,
]

function discover(number) {
  const packet = Buffer.alloc(Math.max(300, 236 + options.length))
  packet.set([1, 1, 6, 0])
  packet.writeUInt32BE(0x10000000 + number, 4)
  packet.writeUInt16BE(0x8000, 10)
  packet.set([0x52, 0x54, 0], 28)
  packet.writeUIntBE(number, 31, 3)
  packet.set(options, 236)
  return packet
}

const began = performance.now()
let sent = 0
await new Promise((done) => {
  const timer = setInterval(() => {
    const due = Math.min(count, Math.floor(((performance.now() - began) * rate) / 1000))
    for (; sent < due; sent++) {
      asked.set(0x10000000 + sent, performance.now())
      socket.send(discover(sent), 67, '255.255.255.255')
    }
    if (sent === count) {
      clearInterval(timer)
      done()
    }
  }, 1)
})
const seconds = (performance.now() - began) / 1000
const end = performance.now() + LINGER_MS
while (asked.size > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10))
socket.close()
waits.sort((a, b) => a - b)
const at = (share) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? null
const { user, system } = process.cpuUsage()
console.log(
  JSON.stringify({
    sent,
    answered: waits.length,
    seconds,
    p50: at(0.5),
    p99: at(0.99),
    cpu: (user + system) / 1e6,
  }),
)

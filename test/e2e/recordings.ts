/**
 * What firmware and our server said to each other, kept in test/golden/firmware: `IPXETOOL_WRITE_RECORDINGS=1` writes
 * it. The policy of each later day is asked the same questions by test/serve/record/firmware.test.ts.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { decodePcap, pcapHeader, pcapRecord } from '../../src/serve/record/pcap.js'
import { decodePacket } from '../../src/serve/tftp/packet.js'

export const writesRecordings = process.env['IPXETOOL_WRITE_RECORDINGS'] === '1'

const folder = new URL('../golden/firmware/', import.meta.url)

/** Of a file the first blocks tell enough. */
const BLOCKS = 3

export function keepRecording(file: string, name: string): void {
  const read = decodeKept(readFileSync(file))
  mkdirSync(folder, { recursive: true })
  writeFileSync(new URL(`${name}.pcap`, folder), Buffer.concat([pcapHeader(), ...read]))
}

function decodeKept(bytes: Uint8Array): Uint8Array[] {
  const decoded = decodePcap(bytes)
  if (!decoded.ok) throw new Error(decoded.problem)
  return decoded.datagrams.flatMap((datagram) => {
    const isDhcp = [datagram.from.port, datagram.to.port].some((port) => port === 67 || port === 4011)
    const tftp = isDhcp ? undefined : decodePacket(datagram.bytes)
    const packet = tftp?.ok === true ? tftp.packet : undefined
    if ((packet?.kind === 'data' || packet?.kind === 'ack') && packet.block > BLOCKS) return []
    return pcapRecord(datagram) ?? []
  })
}

/** A recording of an exchange, and what today's policy would have said in its place. */
import { find, Option, textOf } from '../dhcp/options.js'
import { hardwareAddress } from '../dhcp/client.js'
import { addressAt, type DhcpPacket, decodePacket, messageName, NO_ADDRESS } from '../dhcp/packet.js'
import { Policy, type PolicyOptions, type Self } from '../dhcp/policy.js'
import { printable } from '../printable.js'
import { decodePacket as decodeTftp } from '../tftp/packet.js'
import type { Datagram } from '../record/pcap.js'

export interface Replayed {
  /** Seconds since the first datagram. */
  readonly at: number
  /** A MAC address, or the IP address of a TFTP client. */
  readonly machine: string
  /** `DISCOVER on 67`, `RRQ ipxe.efi`. */
  readonly ask: string
  /** Answers in the recording, of all servers. */
  readonly then: readonly {
    readonly server: string
    readonly lease: string | undefined
    readonly file: string | undefined
  }[]
  /** Undefined for what the policy has no part in. */
  readonly now:
    | {
        readonly answer: 'offer' | 'ack' | 'silent'
        readonly form?: string
        readonly file?: string
        readonly reason: string
      }
    | undefined
  /** Whether the server of the recording that is ours said the same file; undefined: it was not asked, or is not there. */
  readonly same: boolean | undefined
}

/** Whatever else is recorded may be TFTP, on a port of somebody's choice. */
const DHCP_PORTS = [67, 68, 4011]
/** How long after a request an answer to it may come, ms. */
const ANSWER_MS = 15_000
const COPY_MS = 20

export function replay(datagrams: readonly Datagram[], options: PolicyOptions, self: Self): Replayed[] {
  const policy = new Policy(options)
  const start = datagrams[0]?.at ?? 0
  const packets = datagrams.map((datagram) => ({ datagram, packet: dhcpOf(datagram) }))
  const seen = new Set<string>()
  return packets.flatMap(({ datagram, packet }, index): Replayed[] => {
    const at = Math.round(datagram.at - start) / 1000
    const { from, to } = datagram
    if (!DHCP_PORTS.includes(from.port) && !DHCP_PORTS.includes(to.port)) {
      const decoded = decodeTftp(datagram.bytes)
      if (!decoded.ok || decoded.packet.kind !== 'rrq') return []
      const name = printable(decoded.packet.filename)
      return [{ at, machine: from.address, ask: `RRQ ${name}`, then: [], now: undefined, same: undefined }]
    }
    if (packet?.op !== 1 || (to.port !== 67 && to.port !== 4011)) return []
    const type = find(packet.options, Option.messageType)?.[0]
    const ask = `${messageName(type)} on ${to.port}`
    const machine = hardwareAddress(packet)
    // tcpdump on a bridge sees a datagram at each port of it
    const id = `${machine} ${packet.xid} ${ask} ${packet.secs} ${Math.floor(datagram.at / COPY_MS)}`
    if (seen.has(id)) return []
    seen.add(id)
    const later = packets.slice(index + 1)
    // an answer belongs to the last request before it: firmware repeats them with the same number
    const next = later.findIndex(
      (one) =>
        one.packet?.op === 1 &&
        one.packet.xid === packet.xid &&
        one.datagram.to.port === to.port &&
        hardwareAddress(one.packet) === machine &&
        one.datagram.at - datagram.at > COPY_MS,
    )
    const answers = later
      .slice(0, next < 0 ? undefined : next)
      .filter(
        ({ datagram: one, packet: reply }) =>
          reply?.op === 2 &&
          reply.xid === packet.xid &&
          hardwareAddress(reply) === machine &&
          one.from.port === to.port &&
          one.at - datagram.at < ANSWER_MS,
      )
      .map(({ datagram: one, packet: reply }) => answerOf(reply!, one.from.address))
    const then = [...new Map(answers.map((one) => [JSON.stringify(one), one])).values()]
    const proxy = then.find(({ lease }) => lease === undefined)
    // as that server, so that its answer and ours can be laid side by side
    const as = proxy === undefined ? self : inPlaceOf(self, proxy.server)
    const decision = policy.decide({ packet, port: to.port, from, now: datagram.at }, as)
    if (decision.kind === 'silent' && decision.ordinary) return []
    const { reason } = decision
    const now =
      decision.kind === 'silent'
        ? ({ answer: 'silent', reason } as const)
        : { answer: decision.type, form: decision.form, file: decision.file, reason }
    const same = proxy === undefined ? undefined : 'file' in now && now.file === proxy.file
    return [{ at, machine, ask, then, now, same }]
  })
}

function dhcpOf({ from, to, bytes }: Datagram): DhcpPacket | undefined {
  if (![from.port, to.port].some((port) => port === 67 || port === 4011)) return undefined
  const decoded = decodePacket(bytes)
  return decoded.ok ? decoded.packet : undefined
}

function answerOf(packet: DhcpPacket, from: string): Replayed['then'][number] {
  const id = find(packet.options, Option.serverId)
  const file = textOf(find(packet.options, Option.bootFile) ?? packet.file)
  return {
    server: id?.length === 4 ? addressAt(id, 0) : from,
    lease: packet.yiaddr === NO_ADDRESS ? undefined : packet.yiaddr,
    file: file === '' ? undefined : printable(file),
  }
}

function inPlaceOf(self: Self, address: string): Self {
  const moved = (url: string | undefined): string | undefined => url?.replace(/\/\/[^/:]+/, `//${address}`)
  return { ...self, address, httpUrl: moved(self.httpUrl), tftpUrl: moved(self.tftpUrl) }
}

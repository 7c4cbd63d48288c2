/** Counters in the text format of Prometheus (exposition format 0.0.4). */
import type { ServeEvent } from '../events.js'

const HELP = {
  ipxetool_requests_total: 'Requests for files.',
  ipxetool_transfers_total: 'Transfers that ended, by how.',
  ipxetool_sent_bytes_total: 'Octets of files sent.',
  ipxetool_refused_total: 'Requests answered with an error: an HTTP status or a TFTP error code.',
  ipxetool_dhcp_requests_total: 'DHCP requests of machines that boot, and what was done about them.',
  ipxetool_once_total: 'Questions and calls of machines that boot once.',
  ipxetool_garbage_total: 'Packets and connections that were no request.',
  ipxetool_problems_total: 'Problems on our side.',
  ipxetool_stopped_machines_total: 'Machines that stopped in the middle of a boot, by probable cause.',
} as const
type Name = keyof typeof HELP

const RESULTS = { 'transfer-done': 'done', 'transfer-failed': 'failed', 'transfer-probe': 'probe' } as const

export class Metrics {
  readonly #values = new Map<Name, Map<string, number>>()

  note(event: ServeEvent): void {
    switch (event.type) {
      case 'request':
        this.#add('ipxetool_requests_total', `protocol="${event.protocol}"`)
        break
      case 'transfer-done':
      case 'transfer-failed':
      case 'transfer-probe':
        this.#add('ipxetool_transfers_total', `protocol="${event.protocol}",result="${RESULTS[event.type]}"`)
        this.#add('ipxetool_sent_bytes_total', `protocol="${event.protocol}"`, event.bytes)
        break
      case 'refused':
        this.#add('ipxetool_refused_total', `protocol="${event.protocol}",status="${event.status}"`)
        break
      case 'dhcp':
        this.#add(
          'ipxetool_dhcp_requests_total',
          // an octet of the client's choice: 256 series and no more
          `message="${event.message}",port="${event.port}",stage="${event.stage}",outcome="${event.outcome}"`,
        )
        break
      case 'once':
        this.#add('ipxetool_once_total', `outcome="${event.outcome}"`)
        break
      case 'garbage':
        this.#add('ipxetool_garbage_total', `protocol="${event.protocol}"`)
        break
      case 'server-problem':
        this.#add('ipxetool_problems_total', `protocol="${event.protocol}"`)
        break
      case 'trouble':
        this.#add('ipxetool_stopped_machines_total', `cause="${event.code}"`)
        break
      case 'transfer-start':
        break
    }
  }

  /** @param gauges name and help text, and the value as of now */
  text(gauges: readonly (readonly [name: string, help: string, value: number])[]): string {
    const lines = gauges.flatMap(([name, help, value]) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} gauge`,
      `${name} ${value}`,
    ])
    for (const [name, series] of this.#values) {
      lines.push(`# HELP ${name} ${HELP[name]}`, `# TYPE ${name} counter`)
      for (const [labels, value] of series) lines.push(`${name}{${labels}} ${value}`)
    }
    return `${lines.join('\n')}\n`
  }

  /** @param labels as the format has them */
  #add(name: Name, labels: string, by = 1): void {
    let series = this.#values.get(name)
    if (series === undefined) this.#values.set(name, (series = new Map<string, number>()))
    series.set(labels, (series.get(labels) ?? 0) + by)
  }
}

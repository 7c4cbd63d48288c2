/** What each kind of machine would be told, by the policy that answers real ones. */
import { Policy, type PolicyOptions, type Self } from '../dhcp/policy.js'
import { discover, type Kind, kinds, request } from './packets.js'

export interface Answer {
  /** `DISCOVER on 67`, `REQUEST on 4011`. */
  readonly ask: string
  /** `silent`: no answer. */
  readonly answer: 'offer' | 'ack' | 'silent'
  readonly form?: string
  readonly file?: string
  readonly reason: string
}

export interface Told {
  readonly kind: Kind
  /** In order. */
  readonly exchange: readonly Answer[]
  /** What it loads in the end; undefined: nothing. */
  readonly file: string | undefined
}

export function dryRun(options: PolicyOptions, self: Self): Told[] {
  return kinds.map((kind, index) => {
    // a machine of its own each: the policy remembers
    const policy = new Policy(options)
    const mac = Uint8Array.of(2, 0, 0, 0, 0, index + 1)
    const first = discover(kind, mac, index + 1)
    const decide = (packet: typeof first, port: number): Answer => {
      const from = port === 67 ? { address: '0.0.0.0', port: 68 } : { address: self.address, port: 4011 }
      const decision = policy.decide({ packet, port, from, now: 0 }, self)
      const ask = port === 67 ? 'DISCOVER on 67' : 'REQUEST on 4011'
      const { reason } = decision
      if (decision.kind === 'silent') return { ask, answer: 'silent', reason }
      return { ask, answer: decision.type, form: decision.form, file: decision.file, reason }
    }
    const offer = decide(first, 67)
    const exchange = [offer]
    if (offer.form === 'binl' || offer.form === 'menu') exchange.push(decide(request(first), 4011))
    return { kind, exchange, file: exchange.at(-1)?.file }
  })
}

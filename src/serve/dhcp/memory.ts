/**
 * What is remembered of each machine between two packets. iPXE from a network card and the iPXE that we sent look the
 * same, and some requests on port 4011 say nothing but the MAC address: only what came before tells them apart.
 */
import type { Client } from './client.js'

/** Of one machine. */
export interface Machine {
  /** The last request on port 67 that said who asks. */
  client: Client | undefined
  /** The loader was named to it in this transaction, at that time. */
  loader: { file: string; xid: number; at: number } | undefined
  /** Since the last DISCOVER of firmware. */
  boot: { xid: number; loaderDone: boolean; scriptDone: boolean }
  /** Boots one after the other that ended with the loader. */
  failures: number
  /** How many loaders of the list to pass over. */
  skip: number
}

/** More machines than stand in one network; a flood of invented addresses ends here. */
const MAX_MACHINES = 10_000

export class Machines {
  readonly #machines = new Map<string, Machine>()
  readonly #max: number

  constructor(max = MAX_MACHINES) {
    this.#max = max
  }

  get size(): number {
    return this.#machines.size
  }

  find(mac: string): Machine | undefined {
    return this.#machines.get(mac)
  }

  /** Makes room by forgetting who was not heard of for longest. */
  get(mac: string): Machine {
    const known = this.#machines.get(mac)
    this.#machines.delete(mac)
    const machine = known ?? {
      client: undefined,
      loader: undefined,
      boot: { xid: -1, loaderDone: false, scriptDone: false },
      failures: 0,
      skip: 0,
    }
    this.#machines.set(mac, machine)
    if (this.#machines.size > this.#max) {
      const [oldest] = this.#machines.keys()
      this.#machines.delete(oldest!)
    }
    return machine
  }
}

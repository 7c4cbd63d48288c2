/** Addresses that are served on and go away: a cable that is pulled, an interface that is removed. */
import { networkInterfaces } from 'node:os'
import type { OnEvent, Protocol } from './events.js'

/** One that was named, or chosen, when the server started. */
export interface WatchedAddress {
  readonly address: string
  readonly protocol: Protocol
  /** Its sockets came from systemd, tied to the interface as it was. */
  readonly isTied?: boolean | undefined
}

export interface WatchOptions {
  readonly watched: readonly WatchedAddress[]
  readonly onEvent: OnEvent
  /** Addresses with the names of their interfaces. Default: this machine's. */
  readonly present?: (() => ReadonlyMap<string, string>) | undefined
}

export interface AddressWatch {
  /** Looks once more; it does so by itself now and then. */
  check(): void
  close(): void
}

const EVERY_MS = 3000

/** Says once that one is gone, and once that it is back. The sockets stay: they work again with the address. */
export function watchAddresses({ watched, onEvent, present = ownAddresses }: WatchOptions): AddressWatch {
  const before = lookUp(present) ?? new Map<string, string>()
  const places = new Map(
    watched
      .filter(({ address }) => before.has(address))
      .map((one) => [one.address, { ...one, name: before.get(one.address)!, isHere: true }]),
  )
  const check = (): void => {
    if (places.size === 0) return
    const now = lookUp(present)
    if (now === undefined) return
    for (const place of places.values()) {
      const isHere = now.has(place.address)
      if (isHere === place.isHere) continue
      place.isHere = isHere
      const what = `${place.name} (${place.address})`
      const reason = !isHere
        ? `${what} is gone: nobody there is answered until it is back with this address; the rest goes on`
        : place.isTied === true
          ? `${what} is back, and systemd's sockets were tied to the old one: restart them and this service`
          : `${what} is back, and answered again`
      onEvent({ type: 'server-problem', protocol: place.protocol, reason })
    }
  }
  const timer = setInterval(check, EVERY_MS)
  timer.unref()
  return {
    check,
    close: () => {
      clearInterval(timer)
    },
  }
}

/** The system takes a descriptor to tell: with a full table it cannot. */
function lookUp<T>(present: () => T): T | undefined {
  try {
    return present()
  } catch {
    return undefined
  }
}

function ownAddresses(): Map<string, string> {
  return new Map(
    Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
      addresses.map(({ address }): [string, string] => [address, name]),
    ),
  )
}

/** The same trouble with every packet is said once in a while. */
export function seldom(onEvent: OnEvent, everyMs = 60_000, now = (): number => performance.now()): OnEvent {
  const said = new Map<string, number>()
  return (event) => {
    if (event.type === 'server-problem') {
      const at = now()
      for (const [reason, then] of said) if (at - then >= everyMs) said.delete(reason)
      if (said.has(event.reason)) return
      said.set(event.reason, at)
    }
    onEvent(event)
  }
}

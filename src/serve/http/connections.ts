/**
 * The connections of the HTTP server, and a bound for them. When there are too many, one makes room, so that a client
 * that only holds connections cannot shut the others out: first one that waits for its next request, of the address
 * that has the most; then, of that address, the oldest that is at work.
 */
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'

/** Part of the files that this process may have open. The rest is for files, TFTP and the system. */
const SHARE = 0.8
/** Each takes 10 to 20 KB, whatever its client does. */
const MOST = 16_384
/** Behind one address with so many there is more than one machine, or no machine that boots. */
const MANY = 8

/** Of one address; in the order in which they came or fell idle. */
interface Source {
  readonly address: string
  readonly all: Set<Socket>
  readonly idle: Set<Socket>
}

export class Connections {
  readonly #max: number
  readonly #sources = new Map<string, Source>()
  readonly #sourceOf = new Map<Socket, Source>()
  /** Of all addresses, the longest idle first. */
  readonly #idle = new Set<Socket>()

  constructor(max = Math.min(MOST, Math.floor(openFilesLimit() * SHARE))) {
    this.#max = max
  }

  get size(): number {
    return this.#sourceOf.size
  }

  /** @returns false when the socket was closed at once, because all others are at work */
  add(socket: Socket): boolean {
    const address = socket.remoteAddress ?? ''
    if (this.#sourceOf.size >= this.#max) {
      const victim = this.#victim(this.#sources.get(address))
      if (victim === undefined) {
        socket.destroy()
        return false
      }
      this.#remove(victim)
      victim.destroy()
    }
    let source = this.#sources.get(address)
    if (source === undefined)
      this.#sources.set(address, (source = { address, all: new Set(), idle: new Set() }))
    source.all.add(socket)
    this.#sourceOf.set(socket, source)
    this.idle(socket)
    socket.once('close', () => {
      this.#remove(socket)
    })
    return true
  }

  busy(socket: Socket): void {
    this.#idle.delete(socket)
    this.#sourceOf.get(socket)?.idle.delete(socket)
  }

  idle(socket: Socket): void {
    const source = this.#sourceOf.get(socket)
    if (source === undefined) return
    this.#idle.add(socket)
    source.idle.add(socket)
  }

  /** @param newcomer where the one comes from that wants its place */
  #victim(newcomer: Source | undefined): Socket | undefined {
    let largest: Source | undefined
    for (const source of this.#sources.values())
      if (largest === undefined || source.all.size > largest.all.size) largest = source
    if (largest === undefined || largest.all.size < MANY) return first(this.#idle)
    return first(largest.idle) ?? first(this.#idle) ?? (largest === newcomer ? undefined : first(largest.all))
  }

  #remove(socket: Socket): void {
    const source = this.#sourceOf.get(socket)
    if (source === undefined) return
    this.busy(socket)
    this.#sourceOf.delete(socket)
    source.all.delete(socket)
    if (source.all.size === 0) this.#sources.delete(source.address)
  }
}

/** Node has raised the soft limit to the hard one when it started. */
function openFilesLimit(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
    return limit === undefined ? 1024 : Number(limit)
  } catch {
    // Not Linux; macOS gives processes far more than that.
    return 4096
  }
}

function first<T>(set: ReadonlySet<T>): T | undefined {
  for (const one of set) return one
  return undefined
}

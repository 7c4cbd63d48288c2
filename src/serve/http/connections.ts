/**
 * The connections of the HTTP server, and a bound for them. When there are too many, the one that has been idle for
 * longest makes room: a client that only holds connections cannot shut the others out.
 */
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'

/** Part of the files that this process may have open. The rest is for files, TFTP and the system. */
const SHARE = 0.8

export class Connections {
  readonly #max: number
  readonly #all = new Set<Socket>()
  /** Without a request under way, the longest idle first. */
  readonly #idle = new Set<Socket>()

  constructor(max = Math.floor(openFilesLimit() * SHARE)) {
    this.#max = max
  }

  get size(): number {
    return this.#all.size
  }

  /** @returns false when the socket was closed at once, because all others are at work */
  add(socket: Socket): boolean {
    if (this.#all.size >= this.#max) {
      const longest = first(this.#idle)
      if (longest === undefined) {
        socket.destroy()
        return false
      }
      this.#remove(longest)
      longest.destroy()
    }
    this.#all.add(socket)
    this.#idle.add(socket)
    socket.once('close', () => {
      this.#remove(socket)
    })
    return true
  }

  busy(socket: Socket): void {
    this.#idle.delete(socket)
  }

  idle(socket: Socket): void {
    if (this.#all.has(socket)) this.#idle.add(socket)
  }

  #remove(socket: Socket): void {
    this.#all.delete(socket)
    this.#idle.delete(socket)
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

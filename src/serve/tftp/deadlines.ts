/**
 * One timer for all transfers of a server. A transfer's deadline moves with every ACK, tens of thousands of times
 * a second in all, so moving it only writes a number; the timer looks for what is due when it fires.
 */

/** Deadlines closer together than this are served by one look. */
const GRAIN_MS = 10

export interface Deadlined {
  /** On the clock of the {@link Deadlines} it is held by; undefined: none. */
  readonly deadline: number | undefined
  due(now: number): void
}

export class Deadlines {
  readonly #members: ReadonlySet<Deadlined>
  readonly #now: () => number
  #timer: NodeJS.Timeout | undefined
  #firesAt = Infinity

  constructor(members: ReadonlySet<Deadlined>, now: () => number) {
    this.#members = members
    this.#now = now
  }

  /** Call when a deadline was set or moved; moving it later costs nothing. */
  touch(deadline: number | undefined): void {
    if (deadline === undefined || deadline >= this.#firesAt) return
    this.#arm(deadline)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#firesAt = Infinity
  }

  #arm(at: number): void {
    clearTimeout(this.#timer)
    this.#firesAt = at
    this.#timer = setTimeout(
      () => {
        this.#fire()
      },
      Math.max(GRAIN_MS, Math.ceil(at - this.#now())),
    )
  }

  #fire(): void {
    this.stop()
    const now = this.#now()
    // A copy, because a member that is done leaves the set.
    for (const member of [...this.#members]) {
      if (member.deadline !== undefined && member.deadline <= now) member.due(now)
    }
    let next = Infinity
    for (const member of this.#members) next = Math.min(next, member.deadline ?? Infinity)
    if (next < this.#firesAt) this.#arm(next)
  }
}

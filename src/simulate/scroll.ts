/** A list with a marked line that jumps by screens (`hci/jumpscroll.c`). */
import { keys } from './keys.js'

export interface Move {
  readonly delta: number
  readonly wraps: boolean
}

export class Scroller {
  first = 0

  readonly rows: number
  readonly count: number
  current: number

  constructor(rows: number, count: number, current: number) {
    this.rows = rows
    this.count = count
    this.current = current

    this.jump()
  }

  /** What a key means here; undefined: nothing. */
  key(key: number): Move | undefined {
    const { first, current, rows, count } = this
    switch (key) {
      case keys.up:
        return { delta: -1, wraps: false }
      case keys.tab:
        return { delta: 1, wraps: true }
      case keys.down:
        return { delta: 1, wraps: false }
      case keys.pageUp:
        return { delta: first - current - 1, wraps: false }
      case keys.pageDown:
        return { delta: first - current + rows, wraps: false }
      case keys.home:
        return { delta: -count, wraps: false }
      case keys.end:
        return { delta: count, wraps: false }
      default:
        return undefined
    }
  }

  /** Moves on until a line is `right`. At an end it turns round, or starts again where it wraps. */
  move(move: Move, right: (index: number) => boolean): void {
    let { delta } = move
    const last = this.count - 1
    do {
      const to = this.current + delta
      delta = delta >= 0 ? 1 : -1
      if (to >= 0 && to <= last) this.current = to
      else {
        if (!move.wraps) delta = -delta
        this.current = delta >= 0 ? 0 : last
      }
    } while (!right(this.current))
  }

  /** Brings the marked line into sight; whether the list moved. */
  jump(): boolean {
    const offset = this.current - this.first
    if (offset >= 0 && offset < this.rows) return false
    while (this.first < this.current) this.first += this.rows
    while (this.first > this.current) this.first -= this.rows
    return true
  }
}

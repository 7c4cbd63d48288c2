/** The threads that transfers are given to when there are many. */
import { availableParallelism } from 'node:os'
import type { OnEvent } from '../events.js'
import { RemoteLane } from './remote-lane.js'

/** So many transfers are no reason for another thread, which takes a tenth of a second and 10 MB. */
const ENOUGH = 8
const MAX_THREADS = 3
const PAUSE_MS = 60_000
const MAX_LOSSES = 3

export class Threads {
  readonly #most: number
  readonly #onEvent: OnEvent
  readonly #lanes: RemoteLane[] = []
  /** Not before. */
  #from = 0
  #losses = 0
  #closing = false

  /** @param most undefined: as processors allow */
  constructor(most: number | undefined, onEvent: OnEvent) {
    this.#most = most ?? Math.min(MAX_THREADS, availableParallelism() - 1)
    this.#onEvent = onEvent
  }

  /**
   * The one with the least to do where that is less than `load`, which is what the caller has to do. Another one is made
   * when all have enough.
   */
  free(load: number): RemoteLane | undefined {
    let best: RemoteLane | undefined
    let least = load
    for (const lane of this.#lanes) {
      if (!lane.ready || lane.load >= least) continue
      best = lane
      least = lane.load
    }
    const isTime = least >= ENOUGH && performance.now() >= this.#from
    if (isTime && this.#lanes.length < this.#most && this.#lanes.every(({ ready }) => ready)) this.#add()
    return best
  }

  async close(): Promise<void> {
    this.#closing = true
    await Promise.all(this.#lanes.map((lane) => lane.close()))
  }

  #add(): void {
    const onEnd = (ended: RemoteLane, reason: string): void => {
      const at = this.#lanes.indexOf(ended)
      if (at < 0 || this.#closing) return
      this.#lanes.splice(at, 1)
      this.#lost(reason)
    }
    try {
      this.#lanes.push(new RemoteLane({ onEvent: this.#onEvent, onEnd }))
    } catch (error) {
      this.#lost(error instanceof Error ? error.message : String(error))
    }
  }

  #lost(reason: string): void {
    // What it failed of would mostly make the next one fail.
    this.#losses += 1
    this.#from = this.#losses < MAX_LOSSES ? performance.now() + PAUSE_MS : Infinity
    const what = 'a thread for transfers is gone, and they go on without'
    this.#onEvent({ type: 'server-problem', protocol: 'tftp', reason: `${what}: ${reason}` })
  }
}

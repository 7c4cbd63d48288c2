/**
 * What a test started and must take away again. Every step has a synchronous half, because the same steps also
 * run from the process's exit handler: after a failure, SIGINT, or mocha's own `--exit`.
 */
import { constants } from 'node:os'

interface Step {
  /** Must not throw for something that is already gone. */
  readonly undo: () => void
  /** Resolves when the effect of `undo` is complete, e.g. the process has exited. */
  readonly settled?: () => Promise<unknown>
}

const open = new Set<Cleanup>()
let isHooked = false

export class Cleanup {
  readonly #steps: Step[] = []

  constructor() {
    hookProcess()
    open.add(this)
  }

  defer(step: Step): void {
    this.#steps.push(step)
  }

  /** Newest first, each one waited for. All steps run even when one fails; then the first failure is thrown. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        step.undo()
        await step.settled?.()
      } catch (error) {
        failures.push(error)
      }
    }
    open.delete(this)
    if (failures.length > 0) throw failures[0]
  }

  closeNow(): void {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        step.undo()
      } catch {
        // The process is going away: the other steps matter more than this failure.
      }
    }
    open.delete(this)
  }
}

function hookProcess(): void {
  if (isHooked) return
  isHooked = true
  process.on('exit', closeAll)
  // Mocha would wait for the running test, which here can be minutes.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      closeAll()
      process.exit(128 + constants.signals[signal])
    })
  }
}

function closeAll(): void {
  for (const cleanup of open) cleanup.closeNow()
}

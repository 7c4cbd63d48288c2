/** Facts that hold on some path to a command: sets of bits that flow forward. */
import { end, type Flow, jumpOf, type Targets } from './flow.js'
import { fails, jumps, succeeds } from './outcomes.js'

/** So many times the script is gone through; loops in loops need more, and then everything may hold. */
const maxSweeps = 24

/**
 * For each command the bits that may be set before it runs, `words` numbers each; undefined when that would take too
 * long.
 *
 * @param change turns what holds before a command into what holds after it, in place
 */
export function flowForward(
  flow: Flow,
  words: number,
  targets: (command: number) => Targets,
  change: (command: number, bits: Int32Array, failed: boolean) => void,
): Int32Array | undefined {
  const count = flow.commands.length
  const before = new Int32Array(count * words)
  /** Commands that some path reaches. */
  const reached = new Uint8Array(count)
  const anywhere = new Int32Array(words)
  const isEntry = new Uint8Array(count)
  for (const { entry } of flow.jumpable) if (entry !== end) isEntry[entry] = 1
  let isAnywhere = false
  let changed = true
  const bits = new Int32Array(words)
  const pass = (to: number): void => {
    if (to === end) return
    if (!reached[to]) {
      reached[to] = 1
      changed = true
    }
    for (let index = 0, at = to * words; index < words; index++, at++) {
      const now = before[at]! | bits[index]!
      if (now === before[at]) continue
      before[at] = now
      changed = true
    }
  }
  pass(flow.start)
  for (let sweep = 0; changed; sweep++) {
    if (sweep >= maxSweeps) return undefined
    changed = false
    for (let command = 0; command < count; command++) {
      if (isAnywhere && isEntry[command]) {
        bits.set(anywhere)
        pass(command)
      }
      if (!reached[command]) continue
      const outcome = flow.outcomes[command]!
      const take = (failed: boolean): void => {
        for (let index = 0; index < words; index++) bits[index] = before[command * words + index]!
        change(command, bits, failed)
      }
      if (outcome & succeeds) {
        take(false)
        pass(flow.afterSuccess[command]!)
      }
      if (outcome & fails) {
        take(true)
        pass(flow.afterFailure[command]!)
      }
      if (!(outcome & jumps)) continue
      take(false)
      const jump = jumpOf(flow, command)
      if (jump === 'missing') pass(flow.afterFailure[command]!)
      else if (jump !== undefined) pass(jump)
      else {
        pass(flow.afterFailure[command]!)
        const entries = targets(command)
        if (entries) for (const entry of entries) pass(entry)
        else {
          if (!isAnywhere) changed = true
          isAnywhere = true
          for (let index = 0; index < words; index++) {
            const now = anywhere[index]! | bits[index]!
            if (now !== anywhere[index]) changed = true
            anywhere[index] = now
          }
        }
      }
    }
  }
  return before
}

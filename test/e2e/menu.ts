import type { Machine } from './qemu.js'
import type { ScreenRow as Row } from '../../src/boot/screen.js'

/**
 * Picks a menu line as a person does: looks where the bar is, moves it with the arrow keys until it is on `label`,
 * presses Enter.
 */
export async function pick(machine: Machine, label: string): Promise<void> {
  await moveTo(machine, label)
  await machine.press('enter')
}

export async function moveTo(machine: Machine, label: string): Promise<void> {
  await machine.waitFor(`a menu with "${label}" and a selected line`, 20, (screen) => {
    const rows = screen.rows()
    return find(rows, label) !== undefined && selected(rows) !== undefined
  })
  for (let presses = 0; presses < 40; presses++) {
    const here = await restingBar(machine)
    const there = find(machine.look().rows(), label)
    if (there === undefined) continue
    if (here.index === there.index) return
    await machine.press(there.index > here.index ? 'down' : 'up')
    await moved(machine, here.index)
  }
  throw new Error(`the bar did not reach "${label}" with 40 keys\n${machine.report()}`)
}

/** The selected row, once it has stayed where it is: a slow machine may still have a key to act on. */
async function restingBar(machine: Machine): Promise<Row> {
  let last: Row | undefined
  let since = performance.now()
  return machine.waitFor('a selected line that stays where it is', 10, (screen) => {
    const now = selected(screen.rows())
    if (now?.index !== last?.index) since = performance.now()
    last = now
    return performance.now() - since > RESTING ? now : undefined
  })
}

/** Waits for the key just pressed to have moved the bar; the next key could overtake our eyes otherwise. */
async function moved(machine: Machine, from: number): Promise<void> {
  const end = performance.now() + LOST_KEY
  await machine.waitFor('the bar to move', 10, (screen) => {
    const index = selected(screen.rows())?.index
    return (index !== undefined && index !== from) || performance.now() > end
  })
}

/** Milliseconds. */
const RESTING = 400
/** After this long a key counts as lost, or as pressed at the menu's end. */
const LOST_KEY = 3000

function find(rows: readonly Row[], label: string): Row | undefined {
  return rows.find((row) => row.text.includes(label))
}

function selected(rows: readonly Row[]): Row | undefined {
  return rows.find((row) => row.isHighlighted)
}

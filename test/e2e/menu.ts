import type { Machine } from './qemu.js'
import type { Row } from './screen.js'

/**
 * Picks a menu line as a person does: looks where the bar is, moves it with the arrow keys until it is on `label`,
 * presses Enter.
 */
export async function pick(machine: Machine, label: string): Promise<void> {
  await moveTo(machine, label)
  await machine.keyboard.press('enter')
}

export async function moveTo(machine: Machine, label: string): Promise<void> {
  await machine.waitFor(`a menu with "${label}" and a selected line`, 20, () => {
    const rows = machine.screen.rows()
    return find(rows, label) !== undefined && selected(rows) !== undefined
  })
  for (let presses = 0; presses < 40; presses++) {
    const rows = machine.screen.rows()
    const here = selected(rows)
    const there = find(rows, label)
    if (here !== undefined && here.index === there?.index) return
    // A menu that is being drawn again has no bar for a moment.
    if (here !== undefined && there !== undefined) {
      await machine.keyboard.press(there.index > here.index ? 'down' : 'up')
    }
  }
  throw new Error(`the bar did not reach "${label}" with 40 keys\n${machine.report()}`)
}

function find(rows: readonly Row[], label: string): Row | undefined {
  return rows.find((row) => row.text.includes(label))
}

function selected(rows: readonly Row[]): Row | undefined {
  return rows.find((row) => row.isHighlighted)
}

/** A menu on the screen (`hci/tui/menu_ui.c`). */
import { keys } from './keys.js'
import { ask, Ended, type Menu, type Run, type Steps } from './run.js'
import { columns, rows, Screen } from './screen.js'
import { Scroller } from './scroll.js'
import type { MenuEntry } from './types.js'

const titleRow = 1
const firstRow = 3
const shownRows = rows - 2 - firstRow
const width = columns - 2
const pad = 2
const second = 1000

export interface Choice {
  readonly entry: MenuEntry
  readonly timedOut: boolean
}

export interface MenuOptions {
  /** milliseconds; 0: none */
  readonly timeout: number
  /** the timeout that each key starts again; 0: a key stops it */
  readonly retimeout: number
  readonly select: string | undefined
}

/** @returns what was picked, or the status of Esc or of a menu without entries */
export function* showMenu(run: Run, menu: Menu, options: MenuOptions): Steps<Choice | number> {
  const { entries } = menu
  let current = -1
  entries.forEach((entry, index) => {
    if (entry.name === undefined) return
    const marked = options.select === undefined ? entry.default : options.select === entry.name
    if (current < 0 || marked) current = index
  })
  if (current < 0) return run.fail('ENOENT', 'menu')
  const script = run.place
  const answer = yield* ask({
    type: 'menu',
    title: menu.title,
    entries,
    current,
    timeout: options.timeout,
    script,
  })
  if ('pick' in answer) {
    const entry = entries.find(({ name }) => name === answer.pick)
    if (entry) return { entry, timedOut: false }
    const named = entries.flatMap(({ name }) => (name === undefined ? [] : [name]))
    throw new Ended({
      kind: 'waiting',
      for: 'menu',
      what: `${menu.title}: there is no entry \`${answer.pick}\`, only ${named.join(', ')}`,
    })
  }
  if ('cancel' in answer) return run.fail('ECANCELED', 'menu')
  if ('stop' in answer) throw new Ended({ kind: 'waiting', for: 'menu', what: menu.title })
  if ('wait' in answer) {
    if (options.timeout === 0) throw new Ended({ kind: 'waiting', for: 'menu', what: menu.title })
    run.pass(options.timeout)
    return { entry: entries[current]!, timedOut: true }
  }
  return yield* play(run, menu, options, current)
}

function* play(run: Run, menu: Menu, options: MenuOptions, start: number): Steps<Choice | number> {
  const { entries } = menu
  const screen = new Screen(run)
  const scroll = new Scroller(shownRows, entries.length, start)
  let { timeout } = options
  const named = (index: number) => entries[index]!.name !== undefined

  const drawEntry = (index: number) => {
    const row = firstRow + index - scroll.first
    const entry = entries[index]
    if (!entry) {
      screen.at(row, 1, ' '.repeat(width))
      return
    }
    const marked = index === scroll.current
    let line = (' '.repeat(pad) + entry.text.slice(0, width - 2 * pad)).padEnd(width)
    if (marked && timeout !== 0) {
      const left = `(${Math.ceil(timeout / second)})`
      line = line.slice(0, width - pad - left.length) + left + ' '.repeat(pad)
    }
    screen.at(row, 1, line, marked ? 'select' : entry.name === undefined ? 'separator' : 'normal', marked)
  }
  const drawAll = () => {
    const last = scroll.first + shownRows >= entries.length
    screen.at(firstRow - 1, 1 + pad, scroll.first === 0 ? '   ' : '...', 'separator')
    screen.at(firstRow + shownRows, 1 + pad, last ? '   ' : '...', 'separator')
    for (let row = 0; row < shownRows; row++) drawEntry(scroll.first + row)
  }
  screen.open()
  screen.centred(titleRow, menu.title, 'normal', true)
  drawAll()
  drawEntry(scroll.current)

  const finish = <Result>(result: Result): Result => {
    screen.close()
    return result
  }
  for (;;) {
    const previous = scroll.current
    const wait = timeout === 0 ? 0 : timeout % second || second
    const key = yield* ask({ type: 'key', for: 'menu', timeout: wait, text: menu.title, script: run.place })
    let chosen = false
    let timedOut = false
    if (key === 'none') {
      if (wait === 0) throw new Ended({ kind: 'waiting', for: 'menu', what: menu.title })
      run.pass(wait)
      timeout -= wait
      timedOut = timeout === 0
    } else {
      timeout = options.retimeout
      let move = scroll.key(key)
      if (key === keys.escape || key === keys.ctrlC) return finish(run.fail('ECANCELED', 'menu'))
      if (key === keys.enter || key === keys.lineFeed) chosen = true
      else if (!move) {
        const index = shortcut(entries, key, scroll.current)
        if (index !== undefined) {
          scroll.current = index
          if (named(index)) chosen = true
          else move = { delta: 1, wraps: false }
        }
      }
      if (move) scroll.move(move, named)
    }
    if (scroll.current !== previous || wait !== 0) {
      drawEntry(previous)
      if (scroll.jump()) drawAll()
      drawEntry(scroll.current)
    }
    if (chosen || timedOut) return finish({ entry: entries[scroll.current]!, timedOut })
  }
}

/** The entry for a key: from the marked one on, then from the top. */
export function shortcut(entries: readonly MenuEntry[], key: number, from: number): number | undefined {
  if (key === 0) return undefined
  for (let index = from; index < entries.length; index++) if (entries[index]!.key === key) return index
  const index = entries.findIndex((entry) => entry.key === key)
  return index < 0 ? undefined : index
}

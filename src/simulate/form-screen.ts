/** A form on the screen (`hci/tui/form_ui.c`, `widget_ui.c`). */
import { FormatError } from './formats.js'
import { keys } from './keys.js'
import { shortcut } from './menu-screen.js'
import { EditedText } from './readline.js'
import { ask, Ended, type Menu, type Run, type Steps } from './run.js'
import { columns, rows, Screen } from './screen.js'
import { Scroller } from './scroll.js'
import type { NamedSetting } from './settings.js'
import type { MenuEntry } from './types.js'

const firstRow = 3
const endRow = rows - 3
const boxWidth = columns / 2
const boxColumn = (columns - boxWidth) / 2

interface Control {
  readonly entry: MenuEntry
  readonly named: NamedSetting | undefined
  readonly edited: EditedText
  labelRow: number
  boxRow: number
  status: number
}

/** @returns a status */
export function* showForm(run: Run, form: Menu): Steps<number> {
  const controls: Control[] = []
  for (const entry of form.entries) {
    const named = entry.name === undefined ? undefined : run.settings.parseName(entry.name, true)
    if (named instanceof FormatError) return run.failWith(named)
    const value = named && run.settings.fetchText(named.block, named.setting)
    const found = value instanceof FormatError ? undefined : value
    const type = named && (named.setting.type ?? found?.found.type ?? 'string')
    controls.push({
      entry,
      named: named && { ...named, setting: { ...named.setting, type } },
      edited: new EditedText(found?.text ?? ''),
      labelRow: 0,
      boxRow: 0,
      status: 0,
    })
  }
  const problem = layOut(run, controls)
  if (problem) return problem
  return yield* fillIn(run, form, controls)
}

/** Whole answers from the host, or keys. */
function* fillIn(run: Run, form: Menu, controls: readonly Control[]): Steps<number> {
  for (const control of controls) {
    if (!control.named) continue
    const answer = yield* ask({
      type: 'line',
      for: 'field',
      name: control.entry.name!,
      value: control.edited.text,
      secret: control.entry.secret,
      timeout: 0,
      script: run.place,
    })
    if ('draw' in answer) return yield* play(run, form, controls)
    if ('cancel' in answer) return run.fail('ECANCELED', 'form')
    if ('wait' in answer) throw new Ended({ kind: 'waiting', for: 'form', what: form.title })
    control.edited.text = answer.line
  }
  const status = save(run, controls)
  if (status)
    throw new Ended({ kind: 'waiting', for: 'form', what: `${form.title}: ${run.errorText(status)}` })
  return 0
}

function save(run: Run, controls: readonly Control[]): number {
  let status = 0
  for (const control of controls) {
    if (!control.named) continue
    const error = run.settings.storeText(control.named, control.edited.text)
    control.status = error ? run.failWith(error) : 0
    if (control.status) status = control.status
  }
  return status
}

function layOut(run: Run, controls: readonly Control[]): number {
  const labels = controls.filter(({ entry }) => entry.text !== '').length
  const inputs = controls.filter(({ named }) => named).length
  if (!inputs) return run.fail('EINVAL', 'form')
  let remaining = endRow - firstRow - (labels + 2 * inputs)
  if (remaining < 0) return run.fail('ERANGE', 'form')
  const between = controls.length - 1
  const padControl = between <= remaining ? 1 : 0
  if (padControl) remaining -= between
  const padLabel = labels <= remaining ? 1 : 0
  if (padLabel) remaining -= labels
  let row = firstRow + Math.floor(remaining / 2)
  for (const control of controls) {
    if (control.entry.text !== '') {
      control.labelRow = row
      row += 1 + padLabel
    }
    if (control.named) {
      control.boxRow = row
      row += 2
    }
    row += padControl
  }
  return 0
}

function* play(run: Run, form: Menu, controls: readonly Control[]): Steps<number> {
  const screen = new Screen(run)
  const inputs = controls.map(({ named }) => named !== undefined)
  const count = inputs.lastIndexOf(true) + 1
  const marked = controls.findLastIndex(({ named, entry }) => named && entry.default)
  const scroll = new Scroller(count, count, marked >= 0 ? marked : inputs.indexOf(true))
  const drawBox = ({ edited, entry, boxRow }: Control) => {
    const text = entry.secret ? '*'.repeat(edited.text.length) : edited.text
    const from = Math.max(0, edited.cursor - boxWidth + 1)
    screen.at(boxRow, boxColumn, text.slice(from, from + boxWidth).padEnd(boxWidth), 'edit')
    screen.cursor(boxRow, boxColumn + edited.cursor - from)
  }
  const drawProblems = () => {
    for (const { named, boxRow, status } of controls) {
      if (!named) continue
      screen.at(boxRow + 1, 0, ' '.repeat(columns))
      if (status) screen.centred(boxRow + 1, ` ${run.errorText(status)} `, 'alert')
    }
  }
  screen.open()
  run.print('\x1b[?25h')
  screen.centred(1, form.title, 'normal', true)
  for (const control of controls) {
    if (control.labelRow) screen.centred(control.labelRow, control.entry.text)
    if (control.named) drawBox(control)
  }
  screen.centred(rows - 2, 'Ctrl-X - save changes     Ctrl-C - discard changes')

  for (;;) {
    const control = controls[scroll.current]!
    drawBox(control)
    const key = yield* ask({ type: 'key', for: 'form', timeout: 0, text: form.title, script: run.place })
    if (key === 'none') throw new Ended({ kind: 'waiting', for: 'form', what: form.title })
    const moves = key !== keys.home && key !== keys.end ? scroll.key(key) : undefined
    let move = moves
    if (key === keys.ctrlC || key === keys.escape) {
      screen.close()
      return run.fail('ECANCELED', 'form')
    }
    const enter = key === keys.enter || key === keys.lineFeed
    if (enter && control.status === 0 && scroll.current < count - 1) move = { delta: 1, wraps: false }
    else if (enter || key === keys.ctrlX) {
      const status = save(run, controls)
      drawProblems()
      if (status === 0) {
        screen.close()
        return 0
      }
      if (control.status === 0) scroll.current = controls.findIndex((other) => other.status !== 0)
    } else if (!move && !control.edited.key(key)) {
      const index = shortcut(form.entries, key, scroll.current)
      if (index !== undefined) {
        scroll.current = index
        if (!inputs[index]) move = { delta: 1, wraps: false }
      }
    }
    if (move) scroll.move(move, (index) => inputs[index]!)
  }
}

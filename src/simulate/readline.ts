/** The line editor (`hci/readline.c`, `hci/editstring.c`): a whole line from the host, or key by key. */
import { ask, Ended, type Run, type Steps } from './run.js'
import { keys } from './keys.js'
import type { LineRequest } from './types.js'

export interface LineWish {
  readonly for: LineRequest['for']
  readonly name: string
  readonly value: string
  readonly timeout: number
  readonly secret?: boolean
}

/** @returns the line, or the status of Ctrl-C or of the timeout */
export function* readLine(run: Run, wish: LineWish): Steps<string | number> {
  const { name, value, timeout, secret = false } = wish
  const answer = yield* ask({
    type: 'line',
    for: wish.for,
    name,
    value,
    secret,
    timeout,
    script: run.place,
  })
  if ('line' in answer) {
    run.print(`${wish.for === 'shell' ? name : ''}${secret ? '' : answer.line}\n`)
    return answer.line
  }
  if ('cancel' in answer) {
    run.print('\n')
    return run.fail('ECANCELED', 'readline')
  }
  if ('wait' in answer) {
    if (wish.for === 'shell') throw new Ended({ kind: 'shell' })
    if (timeout === 0) {
      throw new Ended({ kind: 'waiting', for: wish.for === 'field' ? 'form' : 'line', what: name })
    }
    run.pass(timeout)
    run.print('\n')
    return run.fail('ETIMEDOUT', 'readline')
  }
  return yield* editLine(run, wish)
}

/** A text with a cursor. */
export class EditedText {
  text: string
  cursor: number

  constructor(text: string, cursor = text.length) {
    this.text = text
    this.cursor = cursor
  }

  /** @returns whether the key was one of the editor's */
  key(key: number): boolean {
    const { text, cursor } = this
    const cut = (from: number, to: number) => {
      this.text = text.slice(0, from) + text.slice(to)
      this.cursor = from
    }
    switch (key) {
      case keys.left:
      case keys.ctrlB:
        this.cursor = Math.max(0, cursor - 1)
        return true
      case keys.right:
      case keys.ctrlF:
        this.cursor = Math.min(text.length, cursor + 1)
        return true
      case keys.home:
      case keys.ctrlA:
        this.cursor = 0
        return true
      case keys.end:
      case keys.ctrlE:
        this.cursor = text.length
        return true
      case keys.backspace:
      case keys.backspace2:
        cut(Math.max(0, cursor - 1), cursor)
        return true
      case keys.delete:
      case keys.ctrlD:
        cut(cursor, cursor + 1)
        this.cursor = cursor
        return true
      case keys.ctrlK:
        cut(cursor, text.length)
        return true
      case keys.ctrlU:
        cut(0, cursor)
        return true
      case keys.ctrlW: {
        const before = text.slice(0, cursor).replace(/\S+\s*$/, '')
        cut(before.length, cursor)
        return true
      }
      default:
        if (key < 32 || key > 255 || key === 127) return false
        this.text = text.slice(0, cursor) + String.fromCharCode(key) + text.slice(cursor)
        this.cursor = cursor + 1
        return true
    }
  }
}

function* editLine(
  run: Run,
  { for: purpose, name, value, timeout, secret }: LineWish,
): Steps<string | number> {
  const edited = new EditedText(value)
  const prompt = purpose === 'shell' ? name : purpose === 'field' ? `${name}: ` : ''
  const shown = () => (secret ? '*'.repeat(edited.text.length) : edited.text)
  run.print(prompt + shown())
  let wait = timeout
  for (;;) {
    const key = yield* ask({ type: 'key', for: 'line', timeout: wait, text: name, script: run.place })
    if (key === 'none') {
      if (wait === 0) throw new Ended({ kind: 'waiting', for: 'line', what: name })
      run.print('\n')
      return run.fail('ETIMEDOUT', 'readline')
    }
    wait = 0
    if (key === keys.enter || key === keys.lineFeed) {
      run.print('\n')
      return edited.text
    }
    if (key === keys.ctrlC) {
      run.print('\n')
      return run.fail('ECANCELED', 'readline')
    }
    const { text: old, cursor } = edited
    if (!edited.key(key)) continue
    const text = shown()
    run.print(
      '\b'.repeat(cursor) +
        text +
        ' '.repeat(Math.max(0, old.length - text.length)) +
        '\b'.repeat(Math.max(old.length, text.length) - edited.cursor),
    )
  }
}

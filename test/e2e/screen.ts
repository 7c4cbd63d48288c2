/** The serial line as a person's terminal shows it: 80 columns, 25 rows. */
import { stripVTControlCharacters } from 'node:util'
import xterm from '@xterm/headless'

const COLUMNS = 80
const ROWS = 25

export interface Row {
  /** 0 is the top. */
  readonly index: number
  readonly text: string
  readonly isHighlighted: boolean
}

export class Screen {
  readonly #terminal = new xterm.Terminal({
    cols: COLUMNS,
    rows: ROWS,
    allowProposedApi: true,
    scrollback: 0,
  })
  readonly #parts: Buffer[] = []

  /** Resolves when the screen shows it. */
  async write(bytes: Buffer): Promise<void> {
    this.#parts.push(bytes)
    await new Promise<void>((resolve) => {
      this.#terminal.write(bytes, resolve)
    })
  }

  /** Rows as shown, blanks at the end removed. */
  rows(): Row[] {
    const buffer = this.#terminal.buffer.active
    const rows: Row[] = []
    for (let index = 0; index < ROWS; index++) {
      const line = buffer.getLine(buffer.baseY + index)
      if (line === undefined) continue
      const text = line.translateToString(true)
      const first = line.getCell(text.length - text.trimStart().length)
      rows.push({ index, text: text.trimEnd(), isHighlighted: first?.getBgColor() === SELECTED_BACKGROUND })
    }
    return rows
  }

  /** The rows that show something, framed, for messages. */
  toString(): string {
    const lines = this.rows().map((row) => row.text.padEnd(COLUMNS))
    const edge = `+${'-'.repeat(COLUMNS)}+`
    return [edge, ...lines.map((line) => `|${line}|`), edge].join('\n')
  }

  text(): string {
    return this.rows()
      .map((row) => row.text)
      .join('\n')
  }

  /** All bytes so far. */
  bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }

  /** All that was printed so far, without control sequences: for kernel logs, not for menus. */
  history(): string {
    return stripVTControlCharacters(this.bytes().toString('latin1')).replaceAll('\r', '')
  }
}

/** iPXE shows the selected menu line on red (its colour pair "select"); ANSI colour 1. */
const SELECTED_BACKGROUND = 1

/** What a terminal of 80x25 characters would show of a serial line: enough of VT100 for firmware, iPXE and kernels. */

export const screenColumns = 80
export const screenRows = 25

export interface ScreenRow {
  /** 0 is the top */
  readonly index: number
  /** without blanks at its end */
  readonly text: string
  /** iPXE's bar is on it */
  readonly isHighlighted: boolean
}

interface Line {
  readonly characters: string[]
  /** ANSI colours, -1 for the terminal's own */
  readonly backgrounds: number[]
}

/** iPXE shows the selected menu line on red (its colour pair "select"). */
const barBackground = 1
const longestSequence = 32

export class SerialScreen {
  private grid = emptyGrid()
  private row = 0
  private column = 0
  private background = -1
  private pending = ''
  private readonly printed: string[] = []
  private current = ''

  write(bytes: string): void {
    const text = this.pending + bytes
    this.pending = ''
    for (let at = 0; at < text.length; at++) {
      if (text[at] !== '\x1b') {
        this.put(text.charAt(at))
        continue
      }
      const rest = text.slice(at, at + longestSequence)
      // eslint-disable-next-line no-control-regex
      const sequence = /^\x1b(?:\[[0-9;?]*[@-~]|[()][A-Za-z0-9]|[^[()])/.exec(rest)?.[0]
      if (sequence === undefined) {
        this.pending = text.slice(at)
        if (this.pending.length >= longestSequence) this.pending = ''
        return
      }
      this.control(sequence)
      at += sequence.length - 1
    }
  }

  rows(): ScreenRow[] {
    return this.grid.map(({ characters, backgrounds }, index) => {
      const text = characters.join('').trimEnd()
      const first = text.length - text.trimStart().length
      return { index, text, isHighlighted: text !== '' && backgrounds[first] === barBackground }
    })
  }

  text(): string {
    return this.rows()
      .map(({ text }) => text)
      .join('\n')
  }

  /** The rows in a frame, for messages. */
  framed(): string {
    const edge = `+${'-'.repeat(screenColumns)}+`
    return [edge, ...this.rows().map(({ text }) => `|${text.padEnd(screenColumns)}|`), edge].join('\n')
  }

  /** All that was printed so far, without control sequences: for kernel logs, not for menus. */
  history(): string {
    return [...this.printed, this.current].join('\n')
  }

  /** Whether it shows a text now, or has printed it in one line before. */
  has(text: string): boolean {
    if (this.text().includes(text) || this.current.includes(text)) return true
    // a line that was wrapped at the edge
    if (
      this.grid
        .map(({ characters }) => characters.join(''))
        .join('')
        .includes(text)
    )
      return true
    return this.printed.some((line) => line.includes(text))
  }

  private put(character: string): void {
    switch (character) {
      case '\r':
        this.column = 0
        return
      case '\n':
        this.printed.push(this.current)
        this.current = ''
        this.down()
        return
      case '\b':
        this.column = Math.max(0, Math.min(screenColumns, this.column) - 1)
        return
      case '\t':
        this.current += character
        this.column = Math.min(screenColumns - 1, (this.column & ~7) + 8)
        return
    }
    if (character < ' ' || character === '\x7f') return
    if (this.column >= screenColumns) {
      this.column = 0
      this.down()
    }
    const line = this.grid[this.row]!
    line.characters[this.column] = character
    line.backgrounds[this.column++] = this.background
    this.current += character
  }

  private down(): void {
    if (this.row < screenRows - 1) this.row++
    else {
      this.grid.shift()
      this.grid.push(emptyLine())
    }
  }

  private control(sequence: string): void {
    const final = sequence.at(-1)!
    if (!sequence.startsWith('\x1b[')) return
    const numbers = sequence
      .slice(2, -1)
      .replace('?', '')
      .split(';')
      .map((text) => Number(text || 0))
    const [first = 0, second = 0] = numbers
    const step = Math.max(1, first)
    // the last column is where a cursor behind the edge is
    const column = Math.min(screenColumns - 1, this.column)
    switch (final) {
      case 'H':
      case 'f':
        this.row = Math.min(screenRows, Math.max(1, first)) - 1
        this.column = Math.min(screenColumns, Math.max(1, second)) - 1
        return
      case 'A':
        this.row = Math.max(0, this.row - step)
        this.column = column
        return
      case 'B':
        this.row = Math.min(screenRows - 1, this.row + step)
        this.column = column
        return
      case 'C':
        this.column = Math.min(screenColumns - 1, column + step)
        return
      case 'D':
        this.column = Math.max(0, column - step)
        return
      case 'J':
        if (first === 2) this.grid = emptyGrid()
        else if (first === 0) {
          blank(this.grid[this.row]!, this.column)
          for (let row = this.row + 1; row < screenRows; row++) this.grid[row] = emptyLine()
        }
        return
      case 'K':
        if (first === 0) blank(this.grid[this.row]!, this.column)
        else if (first === 1) blank(this.grid[this.row]!, 0, column + 1)
        else if (first === 2) this.grid[this.row] = emptyLine()
        return
      case 'm':
        for (const code of numbers) this.colour(code)
    }
  }

  private colour(code: number): void {
    if (code === 0 || code === 49) this.background = -1
    else if (code >= 40 && code <= 47) this.background = code - 40
  }
}

function blank({ characters, backgrounds }: Line, from: number, to = screenColumns): void {
  characters.fill(' ', from, to)
  backgrounds.fill(-1, from, to)
}

function emptyLine(): Line {
  return {
    characters: Array<string>(screenColumns).fill(' '),
    backgrounds: Array<number>(screenColumns).fill(-1),
  }
}

function emptyGrid(): Line[] {
  return Array.from({ length: screenRows }, emptyLine)
}

/** What a terminal of 80x25 characters would show of a serial line: enough of VT100 for firmware, iPXE and kernels. */

const columns = 80
const rows = 25

export class SerialScreen {
  private grid = emptyGrid()
  private row = 0
  private column = 0
  private pending = ''
  private readonly lines: string[] = []
  private current = ''

  write(bytes: string): void {
    const text = this.pending + bytes
    this.pending = ''
    for (let at = 0; at < text.length; at++) {
      if (text[at] !== '\x1b') {
        this.put(text.charAt(at))
        continue
      }
      // eslint-disable-next-line no-control-regex
      const sequence = /^\x1b(?:\[[0-9;?]*[@-~]|[()][A-Za-z0-9]|[^[()])/.exec(text.slice(at, at + 32))?.[0]
      if (sequence === undefined) {
        this.pending = text.slice(at)
        if (this.pending.length > 31) this.pending = ''
        return
      }
      this.control(sequence)
      at += sequence.length - 1
    }
  }

  /** The rows, without blanks at their ends. */
  text(): string {
    return this.grid.map((line) => line.join('').trimEnd()).join('\n')
  }

  /** Whether it shows a text now, or has printed it in one line before. */
  has(text: string): boolean {
    if (this.text().includes(text) || this.current.includes(text)) return true
    // a line that was wrapped at the edge
    if (
      this.grid
        .map((line) => line.join(''))
        .join('')
        .includes(text)
    )
      return true
    return this.lines.some((line) => line.includes(text))
  }

  private put(character: string): void {
    switch (character) {
      case '\r':
        this.column = 0
        return
      case '\n':
        this.lines.push(this.current)
        this.current = ''
        this.down()
        return
      case '\b':
        this.column = Math.max(0, this.column - 1)
        return
      case '\t':
        this.column = Math.min(columns - 1, (this.column & ~7) + 8)
        return
    }
    if (character < ' ') return
    if (this.column >= columns) {
      this.column = 0
      this.down()
    }
    this.grid[this.row]![this.column++] = character
    this.current += character
  }

  private down(): void {
    if (this.row < rows - 1) this.row++
    else {
      this.grid.shift()
      this.grid.push(emptyRow())
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
    switch (final) {
      case 'H':
      case 'f':
        this.row = Math.min(rows, Math.max(1, first)) - 1
        this.column = Math.min(columns, Math.max(1, second)) - 1
        return
      case 'A':
        this.row = Math.max(0, this.row - step)
        return
      case 'B':
        this.row = Math.min(rows - 1, this.row + step)
        return
      case 'C':
        this.column = Math.min(columns - 1, this.column + step)
        return
      case 'D':
        this.column = Math.max(0, this.column - step)
        return
      case 'J':
        if (first === 2) this.grid = emptyGrid()
        else if (first === 0) {
          this.grid[this.row]!.fill(' ', this.column)
          for (let row = this.row + 1; row < rows; row++) this.grid[row] = emptyRow()
        }
        return
      case 'K':
        if (first === 0) this.grid[this.row]!.fill(' ', this.column)
        else if (first === 1) this.grid[this.row]!.fill(' ', 0, this.column + 1)
        else this.grid[this.row] = emptyRow()
    }
  }
}

function emptyRow(): string[] {
  return Array<string>(columns).fill(' ')
}

function emptyGrid(): string[][] {
  return Array.from({ length: rows }, emptyRow)
}

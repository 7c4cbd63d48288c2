/** The console as escape sequences: 80x25 with the colour pairs of `config/colour.h`. */
import type { Run } from './run.js'

export const rows = 25
export const columns = 80

/** `include/ipxe/ansicol.h` */
export type Pair = 'default' | 'normal' | 'select' | 'separator' | 'edit' | 'alert'

const pairs: Readonly<Record<Pair, number>> = {
  default: 0,
  normal: 1,
  select: 2,
  separator: 3,
  edit: 4,
  alert: 5,
}
const transparent = 9

/** Colours that a script may change with `colour` and `cpair`. */
export class Colours {
  /** foreground and background by pair */
  private readonly pair: [number, number][] = [
    [transparent, transparent],
    [7, 4],
    [7, 1],
    [6, 4],
    [0, 6],
    [7, 1],
    [6, 4],
    [0, 7],
  ]
  private readonly basic = [0, 1, 2, 3, 4, 5, 6, 7]
  private readonly rgb: (number | undefined)[] = Array<undefined>(8).fill(undefined)

  definePair(pair: number, foreground: number, background: number): boolean {
    if (pair > 7) return false
    this.pair[pair] = [foreground, background]
    return true
  }

  define(colour: number, basic: number, rgb: number | undefined): boolean {
    if (colour > 7) return false
    this.basic[colour] = basic
    this.rgb[colour] = rgb
    return true
  }

  private one(which: 3 | 4, colour: number): string {
    const basic = this.basic[colour] ?? transparent
    const rgb = this.rgb[colour]
    const plain = `\x1b[${which}${basic > 9 ? transparent : basic}m`
    if (rgb === undefined) return plain
    return `${plain}\x1b[${which}8;2;${(rgb >> 16) & 0xff};${(rgb >> 8) & 0xff};${rgb & 0xff}m`
  }

  set(pair: Pair, bold = false): string {
    const [foreground, background] = this.pair[pairs[pair]]!
    return `\x1b[0;${bold ? 1 : 22}m${this.one(3, foreground)}${this.one(4, background)}`
  }
}

export class Screen {
  private readonly run: Run

  constructor(run: Run) {
    this.run = run
  }

  /** The whole screen in the colours of a menu, cursor hidden. */
  open(): void {
    this.run.print(
      `${this.run.colours.set('default')}\x1b[2J\x1b[?25l${this.run.colours.set('normal')}\x1b[2J`,
    )
  }

  /** Output goes on at the bottom, as after iPXE's menus. */
  close(): void {
    this.run.print(`${this.run.colours.set('default')}\x1b[?25h\x1b[${rows};1H\n`)
  }

  at(row: number, column: number, text: string, pair: Pair = 'normal', bold = false): void {
    this.run.print(
      `\x1b[${row + 1};${column + 1}H${this.run.colours.set(pair, bold)}${text}${this.run.colours.set('normal')}`,
    )
  }

  centred(row: number, text: string, pair: Pair = 'normal', bold = false): void {
    const cut = text.slice(0, columns - 2)
    this.at(row, Math.floor((columns - cut.length) / 2), cut, pair, bold)
  }

  cursor(row: number, column: number): void {
    this.run.print(`\x1b[${row + 1};${column + 1}H`)
  }
}

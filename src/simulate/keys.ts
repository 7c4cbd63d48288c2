/** Key codes as iPXE has them (`include/ipxe/keys.h`): ASCII, and above 0x110000 what terminals send as `ESC [ …`. */

const ansi = (number: number, final: string) => 0x110000 + (number << 8) + final.charCodeAt(0)

export const keys = {
  ctrlA: 1,
  ctrlB: 2,
  ctrlC: 3,
  ctrlD: 4,
  ctrlE: 5,
  ctrlF: 6,
  backspace: 8,
  tab: 9,
  lineFeed: 10,
  ctrlK: 11,
  enter: 13,
  ctrlU: 21,
  ctrlW: 23,
  ctrlX: 24,
  escape: 27,
  backspace2: 127,
  up: ansi(0, 'A'),
  down: ansi(0, 'B'),
  right: ansi(0, 'C'),
  left: ansi(0, 'D'),
  end: ansi(0, 'F'),
  home: ansi(0, 'H'),
  delete: ansi(3, '~'),
  pageUp: ansi(5, '~'),
  pageDown: ansi(6, '~'),
} as const

export type KeyName = keyof typeof keys

/** The code that an escape sequence stands for, as iPXE's console reads it: `ESC [ 5 ~`, `ESC [ A`, `ESC O A`. */
export function keyFromSequence(sequence: string): number | undefined {
  const match = /^\x1b[[O](\d*)(?:;\d+)?([A-Za-z~])$/.exec(sequence) // eslint-disable-line no-control-regex
  return match ? ansi(Number(match[1] || 0), match[2]!) : undefined
}

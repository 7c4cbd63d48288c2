/** Numbers as C reads them, on byte strings. */

export interface ReadNumber {
  /** modulo 2^64, never negative */
  readonly value: bigint
  /** where reading stopped: behind blanks and a sign even when there was no number */
  readonly end: number
}

const spaces = /[ \t\n\v\f\r]/

function digitValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 0x20
  return lower >= 97 && lower <= 122 ? lower - 87 : 99
}

const mask64 = (1n << 64n) - 1n

/** `strtoul`: blanks, a sign, `0x` or a leading zero in base 0, then digits (`core/string.c`). */
export function readNumber(text: string, start = 0, base = 0): ReadNumber {
  let at = start
  while (at < text.length && spaces.test(text[at]!)) at++
  let negative = false
  if (text[at] === '-' || text[at] === '+') {
    negative = text[at] === '-'
    at++
  }
  let radix = base
  if (base === 0) {
    radix = 10
    if (text[at] === '0') {
      radix = 8
      at++
      if (text[at] === 'x' || text[at] === 'X') {
        radix = 16
        at++
      }
    }
  }
  let small = 0
  let value = 0n
  let count = 0
  for (; at < text.length; at++) {
    const digit = digitValue(text.charCodeAt(at))
    if (digit >= radix) break
    if (count < 8) small = small * radix + digit
    else value = (count === 8 ? BigInt(small) : value) * BigInt(radix) + BigInt(digit)
    count++
  }
  if (count <= 8) value = BigInt(small)
  return { value: (negative ? -value : value) & mask64, end: at }
}

/** A whole word as an integer; undefined when iPXE says "invalid integer value" (`core/parseopt.c` parse_integer). */
export function readInteger(text: string): number | undefined {
  if (text === '') return undefined
  const { value, end } = readNumber(text)
  return end === text.length ? Number(value & 0xffffffffn) : undefined
}

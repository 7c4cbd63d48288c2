/** IPAPPEND and SYSAPPEND: what the boot loader adds to the arguments of the kernel, as bits. */
import type { Report } from '../result.js'
import type { Statement } from './parse.js'

const words: readonly (readonly [bit: number, name: string, word?: string])[] = [
  [0x1, 'ip', 'ip=${ip}:${next-server}:${gateway}:${netmask}'],
  [0x2, 'BOOTIF', 'BOOTIF=01-${netX/mac:hexhyp}'],
  [0x4, 'SYSUUID', 'SYSUUID=${uuid}'],
  [0x8, 'CPU'],
  // texts of the firmware may hold blanks, which iPXE does not replace
  [0x10, 'SYSVENDOR'],
  [0x20, 'SYSPRODUCT'],
  [0x40, 'SYSVERSION'],
  [0x80, 'SYSSERIAL'],
  [0x100, 'SYSSKU'],
  [0x200, 'SYSFAMILY'],
  [0x400, 'MBVENDOR'],
  [0x800, 'MBPRODUCT'],
  [0x1000, 'MBVERSION'],
  [0x2000, 'MBSERIAL'],
  [0x4000, 'MBASSET'],
  [0x8000, 'BIOSVENDOR'],
  [0x10000, 'BIOSVERSION'],
  [0x20000, 'SYSFF'],
]

export function systemWords(statement: Statement, report: Report): string[] {
  const { value, keyword } = statement
  const bits = /^(0x[0-9a-f]{1,7}|\d{1,8})$/i.test(value) ? Number(value) : NaN
  if (Number.isNaN(bits)) {
    report.warn(
      'import-syntax',
      statement,
      `\`${keyword.toUpperCase()}\` takes a number, not \`${value.slice(0, 40)}\``,
      'The line is left out.',
    )
    return []
  }
  const wanted = words.filter(([bit]) => (bits & bit) !== 0)
  const lost = wanted.filter(([, , word]) => word === undefined).map(([, name]) => `${name}=`)
  if (lost.length > 0) {
    report.warn(
      'import-unsupported',
      statement,
      `\`${keyword.toUpperCase()} ${value}\` also adds ${lost.join(', ')}`,
      'Write the argument into `args` with a setting of iPXE where the text has no blanks, for example SYSSERIAL=${serial}.',
    )
  }
  return wanted.flatMap(([, , word]) => (word === undefined ? [] : [word]))
}

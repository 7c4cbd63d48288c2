/** Kernel arguments as words of a command line. */
import type { Arg, Architecture, Consoles } from './schema.js'

/** The first serial port, as Linux names it. */
const serialPorts: Record<Architecture, string> = { x86_64: 'ttyS0', i386: 'ttyS0', arm64: 'ttyAMA0' }

export function argWords(arg: Arg): string[] {
  if (typeof arg === 'string') return [arg]
  const pairs = Array.isArray(arg) ? [arg] : Object.entries(arg)
  return pairs.map(([name, value]) => `${name}=${value}`)
}

/**
 * `console=` arguments. Linux writes to all of them and makes the last one /dev/console, so the serial port comes
 * last where nothing else was asked for.
 */
export function consoleWords(
  consoles: Consoles | undefined,
  architecture: Architecture,
  projectConsole: string | undefined,
): string[] {
  if (consoles === false) return []
  if (consoles === undefined) {
    return ['console=tty0', `console=${projectConsole ?? `${serialPorts[architecture]},115200`}`]
  }
  return (Array.isArray(consoles) ? consoles : [consoles]).map((item) => {
    if (typeof item === 'string') return `console=${item}`
    return `console=${item.port}${item.speed === undefined ? '' : `,${item.speed}`}`
  })
}

/** The serial port that a console stands for, without its speed: `ttyS1`, or `$<console.port>`. */
export function consolePort(
  consoles: Consoles | undefined,
  architecture: Architecture,
  projectConsole: string | undefined,
): string | undefined {
  const last = consoleWords(consoles, architecture, projectConsole).at(-1)?.slice('console='.length)
  if (last === undefined) return undefined
  const variable = /^\$<([^>.]+)>$/.exec(last)
  return variable ? `$<${variable[1]!}.port>` : last.replace(/,.*/, '')
}

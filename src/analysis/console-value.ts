/** Values of type `console`: what follows `console=` on a Linux command line (kernel, serial-console.rst). */
import { suggest } from '../data/suggest.js'

export interface ConsoleValue {
  port: string
  /** Baud. */
  speed?: string
  /** Parity, bits, flow control: `n8`, `n8r`. */
  mode: string
}

export interface ValueProblem {
  /** Goes on after "`value` ". */
  problem: string
  expected?: string[]
  note?: string
}

const speeds = [
  ...['1200', '2400', '4800', '9600', '19200', '38400', '57600', '115200', '230400', '460800', '500000'],
  ...['576000', '921600', '1000000', '1152000', '1500000', '2000000', '3000000', '4000000'],
]

/** Drivers that number their ports, and how many there can be. */
const serialPorts = new Map<string, number>([
  ...(['ttyS', 'ttyUSB', 'ttyACM', 'ttyAMA', 'ttyAML', 'ttyGS', 'ttyLP', 'ttyMSM', 'ttymxc'] as const).map(
    (name) => [name, 32] as const,
  ),
  ...(['ttyNVT', 'ttyO', 'ttyPS', 'ttySAC', 'ttySIF', 'ttySTM', 'ttyTHS', 'ttyUL', 'ttyHS'] as const).map(
    (name) => [name, 16] as const,
  ),
])
const otherPorts = new Map([
  ['tty', 64],
  ['hvc', 16],
  ['hvsi', 16],
  ['ttysclp', 1],
  ['sclp_line', 1],
  ['lp', 3],
])
const usualPorts = ['ttyS0', 'ttyS1', 'ttyS2', 'ttyAMA0', 'ttyUSB0', 'hvc0', 'tty0', 'tty1']

export function parseConsole(text: string): ConsoleValue | ValueProblem {
  const match = /^([^,]*)(?:,(\d*)(.*))?$/.exec(text)
  const port = match?.[1] ?? ''
  const wrongPort = portProblem(port)
  if (wrongPort) return wrongPort
  const speed = match?.[2]
  const mode = match?.[3] ?? ''
  if (speed === undefined) return { port, mode: '' }
  if (!isSerial(port)) {
    return {
      problem: `gives a speed to \`${port}\`, which has none`,
      expected: [port],
      note: 'Only serial ports have a speed.',
    }
  }
  const wrongSpeed = speedProblem(speed)
  if (wrongSpeed) return wrongSpeed
  if (!/^([noe]([5-8]r?)?)?$/.test(mode)) {
    return {
      problem: `has \`${mode}\` after the speed`,
      expected: ['n8', 'n8r', 'e7', 'o7'],
      note: 'After the speed come parity (n, e, o), bits (5 to 8) and r for flow control, without blanks.',
    }
  }
  return { port, speed, mode }
}

function portProblem(port: string): ValueProblem | undefined {
  const expected = ['ttyS0', 'ttyS1', 'ttyAMA0', 'hvc0', 'tty0']
  if (port === '') return { problem: 'names no port', expected }
  const com = /^com(\d)$/i.exec(port)
  if (com && com[1] !== '0') {
    const linux = `ttyS${Number(com[1]) - 1}`
    return { problem: `names \`${port}\`, which is \`${linux}\` to Linux`, expected: [linux] }
  }
  if (port.startsWith('/dev/')) {
    return { problem: 'names a file; the kernel wants the bare name', expected: [port.slice(5)] }
  }
  const [, driver = '', number = ''] = /^(.*?)(\d*)$/.exec(port)!
  const count = serialPorts.get(driver) ?? otherPorts.get(driver)
  if (count === undefined) {
    const near = suggest(port, usualPorts) ?? nearDriver(driver, number)
    return {
      problem: `names no console port: \`${port}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
      expected: near === undefined ? expected : [near],
      note: 'For another console declare the variable with `type: string`.',
    }
  }
  if (number === '') {
    if (driver === 'hvc' || driver.length > 3) {
      return { problem: `names \`${port}\` without a number`, expected: [`${driver}0`] }
    }
    return { problem: `names \`${port}\` without a number`, expected: [`${driver}0`, `${driver}S0`] }
  }
  if (Number(number) >= count || (number.length > 1 && number.startsWith('0'))) {
    return { problem: `names \`${port}\``, expected: [`${driver}0 to ${driver}${count - 1}`] }
  }
  return undefined
}

function nearDriver(driver: string, number: string): string | undefined {
  const near = suggest(driver, [...serialPorts.keys(), ...otherPorts.keys()])
  return near === undefined ? undefined : `${near}${number === '' ? '0' : number}`
}

function speedProblem(speed: string): ValueProblem | undefined {
  if (speeds.includes(speed)) return undefined
  if (speed === '') return { problem: 'has no speed after the comma', expected: ['115200', '9600'] }
  const near = suggest(speed, speeds)
  return {
    problem: `has the speed \`${speed}\`, which serial ports do not have${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
    expected: near === undefined ? ['9600', '38400', '57600', '115200'] : [near],
  }
}

function isSerial(port: string): boolean {
  return serialPorts.has(port.replace(/\d+$/, ''))
}

/** The machine itself: booting disks, restarting, its processor, its console, its buses. */
import { parseInteger, type Arguments } from '../options.js'
import { Ended, type Command, type Run, type Steps } from '../run.js'
import { acquire } from './images.js'
import { namedSetting } from './settings.js'

const nothing: Command = () => 0

/** Commands of hardware or builds that are not simulated: they do nothing and succeed. */
const quiet = [
  'certfree',
  'certstat',
  'fcels',
  'fcstat',
  'gdbstub',
  'ibstat',
  'ipstat',
  'iwlist',
  'iwstat',
  'lotest',
  'nstat',
  'profstat',
  'sanunhook',
  'startpxe',
  'stoppxe',
  'sync',
  'imgmem',
]

/** No further device on the bus. */
const scan: Command = (run, { words: [name] }) => {
  const named = namedSetting(run, name!, true)
  return typeof named === 'number' ? named : run.fail('ENODEV', 'unknown')
}

const ends =
  (kind: 'reboot' | 'poweroff'): Command =>
  () => {
    throw new Ended({ kind })
  }

function trunk(run: Run, { words: [name] }: Arguments): number {
  const index = /^net(\d+)$/.exec(name!)?.[1]
  if (index !== undefined && run.machine.interfaces[Number(index)]) return 0
  run.print(`"${name}": no such network device\n`)
  return run.fail('ENODEV', 'parseopt')
}

export const machineCommands: Readonly<Record<string, Command>> = {
  ...Object.fromEntries(quiet.map((name) => [name, nothing])),
  reboot: ends('reboot'),
  poweroff: ends('poweroff'),
  sanboot(_run, { words, options, numbers }) {
    throw new Ended({
      kind: 'sanboot',
      drive: numbers.get('drive'),
      uris: words,
      filename: options.get('filename'),
    })
  },
  sanhook: (run, { words, numbers }) => {
    const drive = numbers.get('drive') ?? 0x80
    for (const uri of words) run.fetched.push({ uri, ok: true, size: undefined, reason: undefined })
    run.print(`Registered SAN device 0x${drive.toString(16)}\n`)
    return 0
  },
  cpuid(run, { words: [text], options }) {
    const bit = parseInteger(run, text!)
    if (bit === undefined) return run.fail('EINVAL', 'parseopt', 1)
    const cpu = run.machine.cpu ?? { edx: 0x0f8bfbff, ecx: 0x80202001, extEdx: 0x2fd3fbff, extEcx: 0x121 }
    const extended = options.has('ext') || options.has('amd')
    const register = options.has('ecx') ? (extended ? cpu.extEcx : cpu.ecx) : extended ? cpu.extEdx : cpu.edx
    return (register >>> (bit & 31)) & 1 ? 0 : run.fail('ENOENT', 'cpuid')
  },
  colour(run, { words: [text], numbers }) {
    const colour = parseInteger(run, text!)
    if (colour === undefined) return run.fail('EINVAL', 'parseopt', 1)
    if (run.colours.define(colour, numbers.get('basic') ?? colour, numbers.get('rgb'))) return 0
    const status = run.fail('EINVAL', 'unknown')
    run.print(`Could not define colour: ${run.errorText(status)}\n`)
    return status
  },
  cpair(run, { words: [text], numbers }) {
    const pair = parseInteger(run, text!)
    if (pair === undefined) return run.fail('EINVAL', 'parseopt', 1)
    if (run.colours.definePair(pair, numbers.get('foreground') ?? 9, numbers.get('background') ?? 9)) return 0
    const status = run.fail('EINVAL', 'unknown')
    run.print(`Could not define colour pair: ${run.errorText(status)}\n`)
    return status
  },
  *console(run, args): Steps<number> {
    const picture = args.options.get('picture')
    if (picture !== undefined) {
      const image = yield* acquire(run, picture, args)
      if (typeof image === 'number') return image
      if (!args.options.has('keep')) run.unregister(image)
      if (!image.assumed && image.format !== 'PNG' && image.format !== 'PNM') {
        const status = run.fail('ENOTSUP', 'image')
        run.print(`Could not use picture: ${run.errorText(status)}\n`)
        return status
      }
    }
    run.print('\x1b[2J\x1b[H')
    return 0
  },
  config: () => 0,
  pciscan: scan,
  usbscan: scan,
  vcreate: trunk,
  vdestroy: trunk,
  *time(run, { words }): Steps<number> {
    const start = run.now()
    const result = run.execute(words)
    const status = typeof result === 'number' ? result : yield* result
    run.print(`${words[0]}: ${((run.now() - start) / 1000).toFixed(1)}s\n`)
    return status
  },
}

/** The machine itself: restarting, its console, its network devices, and what is not simulated. */
import { addNetworkDevice } from '../blocks.js'
import { parseInteger, type Arguments } from '../options.js'
import { Ended, type Command, type Run, type Steps } from '../run.js'
import type { NetworkInterface } from '../types.js'
import { acquire } from './images.js'

/** Commands that show what is not simulated, or work on it: they succeed, and it is said. */
const unseen: Readonly<Record<string, string>> = {
  certfree: 'certificates are not simulated: none is removed',
  certstat: 'certificates are not simulated: none is shown',
  fcels: 'Fibre Channel is not simulated',
  fcstat: 'Fibre Channel is not simulated: no port is shown',
  gdbstub: 'no debugger is there: the script goes on',
  ibstat: 'InfiniBand is not simulated: no device is shown',
  imgmem: 'memory is not simulated: the image is not made',
  ipstat: 'counters of packets are not simulated: none is shown',
  iwlist: 'wireless networks are not simulated: none is shown',
  iwstat: 'wireless networks are not simulated: none is shown',
  lotest: 'the test of packets between two cards is taken to succeed',
  nstat: 'neighbours are not simulated: none is shown',
  profstat: 'profiles are not simulated: none is shown',
  startpxe: 'the PXE stack for others is not simulated',
  stoppxe: 'the PXE stack for others is not simulated',
}

const ends =
  (kind: 'reboot' | 'poweroff'): Command =>
  () => {
    throw new Ended({ kind })
  }

/** `vlan_create` and `vlan_destroy` of `net/vlan.c`. */
function vlan(run: Run, { name: command, words: [word], numbers }: Arguments): number {
  const name = (word === 'netX' ? run.netX : word) ?? 'netX'
  const device = run.devices.get(name)
  if (!device) {
    run.print(`"${name}": no such network device\n`)
    return run.fail('ENODEV', 'parseopt')
  }
  const status =
    command === 'vcreate' ? createVlan(run, name, device, numbers) : destroyVlan(run, name, device)
  if (status) {
    const what = command === 'vcreate' ? 'create' : 'destroy'
    run.print(`Could not ${what} VLAN device: ${run.errorText(status)}\n`)
  }
  return status
}

function createVlan(
  run: Run,
  trunk: string,
  device: NetworkInterface,
  numbers: Arguments['numbers'],
): number {
  const tag = numbers.get('tag') ?? 0
  const name = `${trunk}-${tag}`
  if (run.devices.has(name)) return 0
  if (device.vlan !== undefined) return run.fail('ENOTTY', 'vlan')
  if (tag < 1 || tag >= 0xfff || (numbers.get('priority') ?? 0) > 7) return run.fail('EINVAL', 'vlan')
  const made = { ...device, vlan: tag }
  run.devices.set(name, made)
  addNetworkDevice(run, name, made)
  return 0
}

function destroyVlan(run: Run, name: string, device: NetworkInterface): number {
  if (device.vlan === undefined) return run.fail('ENOTTY', 'vlan')
  run.devices.delete(name)
  const block = run.settings.root.child(name)
  if (block) run.settings.remove(block)
  const at = run.opened.indexOf(name)
  if (at >= 0) run.opened.splice(at, 1)
  return 0
}

export const machineCommands: Readonly<Record<string, Command>> = {
  ...Object.fromEntries(
    Object.entries(unseen).map(([name, text]): [string, Command] => [
      name,
      (run) => {
        run.assume(text)
        return 0
      },
    ]),
  ),
  // nothing is written later
  sync: () => 0,
  reboot: ends('reboot'),
  poweroff: ends('poweroff'),
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
  config(run) {
    run.assume('the settings editor is not played: it is taken to be left at once')
    return 0
  },
  vcreate: vlan,
  vdestroy: vlan,
  *time(run, { words }): Steps<number> {
    const start = run.now()
    const result = run.execute(words)
    const status = typeof result === 'number' ? result : yield* result
    run.print(`${words[0]}: ${((run.now() - start) / 1000).toFixed(1)}s\n`)
    return status
  },
}

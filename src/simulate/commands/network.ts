/** Interfaces and what goes over them (`usr/ifmgmt.c`, `usr/autoboot.c`, `hci/commands/ifmgmt_cmd.c`). */
import { bytesToText } from '../../syntax/bytes.js'
import { addLease } from '../blocks.js'
import { encodeHex, parseIpv4 } from '../formats.js'
import { parseInteger, type Arguments } from '../options.js'
import { ask, Ended, type Command, type Run, type Steps } from '../run.js'
import type { NetworkInterface } from '../types.js'
import { download } from './images.js'
import { namedSetting } from './settings.js'

type Payload = (run: Run, name: string, device: NetworkInterface, args: Arguments) => Steps<number>

/** `ifcommon_exec`: each named interface, or all; the last status counts. */
function each(payload: Payload, stopAtSuccess: boolean): Command {
  return function* (run, args) {
    const names = args.words.length ? args.words : [...run.devices.keys()]
    let status = run.fail('ENODEV', 'ifmgmt')
    for (const word of names) {
      const name = word === 'netX' ? (run.netX ?? word) : word
      const device = run.devices.get(name)
      if (!device) {
        run.print(`"${word}": no such network device\n`)
        status = run.fail('ENODEV', 'parseopt')
        continue
      }
      status = yield* payload(run, name, device, args)
      if (status === 0 && stopAtSuccess) return 0
    }
    return status
  }
}

function open(run: Run, name: string): void {
  if (!run.opened.includes(name)) run.opened.push(name)
}

function close(run: Run, name: string): void {
  const index = run.opened.indexOf(name)
  if (index >= 0) run.opened.splice(index, 1)
}

const linkTimeout = 15_000

function* configure(run: Run, name: string, device: NetworkInterface): Steps<number> {
  open(run, name)
  if (device.unplugged) {
    run.print(`Waiting for link-up on ${name}...`)
    run.pass(linkTimeout)
    yield* ask({ type: 'wait', time: linkTimeout })
    close(run, name)
    const status = run.fail('ETIMEDOUT', 'ifmgmt')
    run.print(` ${run.errorText(status)}\n`)
    return status
  }
  run.print(`Configuring (${name} ${encodeHex(bytesToText(device.mac), ':')})...`)
  const answer = yield* ask({ type: 'dhcp', interface: name, mac: device.mac })
  if (!answer) {
    close(run, name)
    const status = run.fail('ETIMEDOUT', 'ifmgmt')
    run.print(` ${run.errorText(status)}\n`)
    return status
  }
  addLease(run, name, answer)
  run.print('... ok\n')
  return 0
}

const dhcp = each(configure, true)

/** `netboot`: DHCP, then what it says. */
const autoboot: Command = function* (run, args) {
  const status = yield* dhcp(run, args) as Steps<number>
  if (status) return status
  const filename = run.settings.expand('filename')
  const rootPath = run.settings.expand('root-path')
  const server = run.settings.expand('next-server')
  if (filename) {
    if (server) run.print(`Next server: ${server}\n`)
    run.print(`Filename: ${filename}\n`)
    const hierarchical = /^[A-Za-z_-]+:\//.test(filename)
    const image = yield* download(run, hierarchical ? filename : `tftp://${server}/${filename}`, {
      options: new Map(),
      numbers: new Map(),
    })
    return typeof image === 'number' ? image : yield* run.exec(image)
  }
  if (rootPath) {
    run.print(`Root path: ${rootPath}\n`)
    throw new Ended({ kind: 'sanboot', drive: undefined, uris: [rootPath], filename: undefined })
  }
  const nothing = run.fail('ENOENT', 'autoboot')
  run.print(`Nothing to boot: ${run.errorText(nothing)}\n`)
  return nothing
}

export const networkCommands: Readonly<Record<string, Command>> = {
  ifopen: each(function* (run, name) {
    yield* []
    open(run, name)
    return 0
  }, false),
  ifclose: each(function* (run, name) {
    yield* []
    close(run, name)
    return 0
  }, false),
  ifstat: each(function* (run, name, device) {
    yield* []
    const state = run.opened.includes(name) ? 'open' : 'closed'
    const link = device.unplugged ? 'down' : 'up'
    run.print(
      `${name}: ${encodeHex(bytesToText(device.mac), ':')} using ${device.chip ?? 'virtio-net'} on ${name} (Ethernet) [${state}]\n  [Link:${link}]\n`,
    )
    return 0
  }, false),
  ifconf: dhcp,
  dhcp,
  iflinkwait: each(function* (run, name, device, { numbers }) {
    open(run, name)
    if (!device.unplugged) return 0
    const time = numbers.get('timeout') || linkTimeout
    run.pass(time)
    yield* ask({ type: 'wait', time })
    return run.fail('ETIMEDOUT', 'ifmgmt')
  }, true),
  autoboot,
  *ntp(run, { words: [server] }): Steps<number> {
    if (run.online) {
      run.assume(`${server} is not asked: the clock stays as it is`)
      return 0
    }
    yield* []
    const status = run.fail('ENETUNREACH', 'ipv4')
    run.print(`Could not get time and date: ${run.errorText(status)}\n`)
    return server === '' ? run.fail('EINVAL', 'unknown') : status
  },
  *nslookup(run, { words: [name, host] }): Steps<number> {
    const named = namedSetting(run, name!, true)
    if (typeof named === 'number') return named
    const literal = parseIpv4(host!)
    const answer = literal ?? (run.online ? yield* ask({ type: 'resolve', host: host! }) : undefined)
    if (answer === undefined) {
      const status = run.fail('ENOENT', 'unknown')
      run.print(`Could not resolve ${host}: ${run.errorText(status)}\n`)
      return status
    }
    const raw = typeof answer === 'string' ? answer : bytesToText(answer)
    const type = named.setting.type ?? 'ipv4'
    const error = run.settings.store({ ...named, setting: { ...named.setting, type } }, raw)
    if (!error) return 0
    const status = run.failWith(error)
    run.print(`Could not resolve ${host}: ${run.errorText(status)}\n`)
    return status
  },
  *ping(run, { words: [host], options, numbers }): Steps<number> {
    if (!run.online) {
      const status = run.fail('ENETUNREACH', 'ipv4')
      if (!options.has('quiet')) run.print(`Finished: ${run.errorText(status)}\n`)
      return status
    }
    const count = numbers.get('count') ?? 0
    run.assume(`${host} is not asked: it is taken to answer`)
    if (count === 0) throw new Ended({ kind: 'waiting', for: 'key', what: `ping ${host}` })
    for (let sequence = 1; sequence <= count; sequence++) {
      run.pass(1000)
      yield* ask({ type: 'wait', time: 1000 })
      if (!options.has('quiet'))
        run.print(`${numbers.get('size') ?? 64} bytes from ${host}: seq=${sequence}\n`)
    }
    return 0
  },
  *pxebs(run, { words: [, type] }): Steps<number> {
    yield* []
    if (parseInteger(run, type!) === undefined) return run.fail('EINVAL', 'parseopt', 1)
    run.assume('no PXE boot server answers')
    return run.fail('ETIMEDOUT', 'unknown')
  },
  route: (run) => {
    const ip = run.settings.expand('ip')
    if (ip) {
      const gateway = run.settings.expand('gateway')
      run.print(
        `${run.netX ?? 'net0'}: ${ip}/${run.settings.expand('netmask')}${gateway ? ` gw ${gateway}` : ''}\n`,
      )
    }
    return 0
  },
}

/** The settings blocks that a machine brings: builtin, netX, its interfaces, SMBIOS, and DHCP leases. */
import { findSetting } from '../data/lookup.js'
import { bytesToText } from '../syntax/bytes.js'
import { FormatError, mangle } from './formats.js'
import { addHardware } from './hardware.js'
import type { Run } from './run.js'
import { Block, parseTag, type Setting, type Stored } from './settings.js'
import type { DhcpAnswer, NetworkInterface } from './types.js'
import { formatUri } from './uri.js'

export function addBlocks(run: Run): void {
  const { settings, machine } = run
  settings.add(
    new Block('builtin', { scope: 'builtin', generic: false, applies: inScope('builtin'), ...builtin(run) }),
  )
  settings.add(
    new Block('netX', {
      generic: false,
      redirect: () => {
        const name = netX(run)
        return name === undefined ? undefined : settings.root.child(name)
      },
    }),
  )
  if (machine.uuid || machine.smbios) {
    settings.add(
      new Block('smbios', {
        scope: 'smbios',
        generic: false,
        applies: inScope('smbios'),
        fetch: smbios(run),
      }),
    )
  }
  for (const [index, device] of machine.interfaces.entries()) {
    addNetworkDevice(run, `net${index}`, device)
  }
  addHardware(run)
}

export function addNetworkDevice({ settings }: Run, name: string, device: NetworkInterface): void {
  settings.add(new Block(name, networkDevice(name, device)))
}

/** The interface that was opened last. */
export function netX(run: Run): string | undefined {
  return run.opened[run.opened.length - 1]
}

const inScope = (scope: string) => (setting: Setting) => setting.scope === scope

function text(raw: string | undefined, type: Stored['type'] = 'string'): Stored | undefined {
  return raw === undefined ? undefined : { raw, type }
}

function word(value: number): string {
  return String.fromCharCode((value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)
}

const builtinNames = new Set(['errno', 'buildarch', 'platform', 'version', 'unixtime', 'cwuri', 'cwduri'])

function builtin(run: Run) {
  let skew = 0
  return {
    fetch({ name }: Setting): Stored | undefined {
      switch (name) {
        case 'errno':
          return text(word(run.errno), 'uint32')
        case 'buildarch':
          return text(run.machine.arch)
        case 'platform':
          return text(run.machine.platform)
        case 'version':
          return text(run.machine.version)
        case 'unixtime':
          return text(word(Math.floor(run.now() / 1000) + skew), 'uint32')
        case 'cwuri':
          return text(run.cwuri && formatUri(run.cwuri, run.signedChars))
        case 'cwduri':
          return text(run.cwduri && formatUri(run.cwduri, run.signedChars))
        default:
          return undefined
      }
    },
    store({ name }: Setting, raw: string | undefined): FormatError | true {
      if (!builtinNames.has(name)) return new FormatError('ENOTTY', 'settings')
      if (name !== 'unixtime' || raw === undefined) return new FormatError('ENOTSUP', 'settings')
      let value = 0
      for (const character of raw) value = ((value << 8) | character.charCodeAt(0)) >>> 0
      skew = value - Math.floor(run.now() / 1000)
      return true
    },
  }
}

function networkDevice(name: string, device: NetworkInterface) {
  const hardware = bytesToText(device.mac)
  let mac = hardware
  return {
    fetch(setting: Setting): Stored | undefined {
      switch (setting.name) {
        case 'mac':
          return text(mac, 'hex')
        case 'hwaddr':
          return text(hardware, 'hex')
        case 'bustype':
          return text('PCI')
        case 'busloc':
          return text(word(device.busLocation ?? 0x18), 'uint32')
        case 'busid':
          return text(device.busId ? bytesToText(device.busId) : '\x01\x1a\xf4\x10\x00', 'hex')
        case 'linktype':
          return text('Ethernet')
        case 'chip':
          return text(device.chip ?? 'virtio-net')
        case 'ifname':
          return text(name)
        default:
          return undefined
      }
    },
    store(setting: Setting, raw: string | undefined): FormatError | true | undefined {
      switch (setting.name) {
        case 'mac':
          if (raw !== undefined && raw.length !== hardware.length)
            return new FormatError('EINVAL', 'netdevice')
          mac = raw ?? hardware
          return true
        case 'hwaddr':
        case 'bustype':
        case 'busloc':
        case 'busid':
        case 'linktype':
        case 'chip':
        case 'ifname':
          return new FormatError('ENOTSUP', 'netdevice')
        default:
          return undefined
      }
    },
  }
}

function smbios({ machine }: Run) {
  const strings = new Map<bigint, string>()
  for (const [name, value] of Object.entries(machine.smbios ?? {})) {
    strings.set(parseTag(findSetting(name)?.tag ?? name), value)
  }
  const uuid = machine.uuid && bytesToText(machine.uuid)
  const uuidTag = parseTag(findSetting('uuid')!.tag!)
  return ({ tag, type }: Setting): Stored | undefined => {
    if (tag === uuidTag && uuid !== undefined) {
      // SMBIOS 2.6 keeps the first three fields the other way round
      return { raw: type === 'uuid' || type === 'guid' ? uuid : mangle(uuid), type: 'hex' }
    }
    return text(strings.get(tag))
  }
}

const maxDhcpTag = 0xfefen
const yiaddrTag = 0xaf02n
const siaddrTag = 0xaf03n

/** `netN.dhcp`, and `proxydhcp` beside it where there was such an answer. */
export function addLease(run: Run, device: string, answer: DhcpAnswer): void {
  const parent = run.settings.root.child(device)
  run.settings.add(dhcpBlock('dhcp', answer), parent)
  if (answer.proxy) run.settings.add(dhcpBlock('proxydhcp', answer.proxy))
}

function dhcpBlock(name: string, answer: DhcpAnswer): Block {
  const options = new Map([...answer.options].map(([option, value]) => [option, bytesToText(value)]))
  const added = new Map<bigint, string>()
  return new Block(name, {
    generic: false,
    applies: ({ scope, tag }) => scope === undefined && tag > 0n && tag <= maxDhcpTag,
    fetch({ tag }) {
      const stored = added.get(tag)
      if (stored !== undefined) return { raw: stored, type: undefined }
      if (tag === yiaddrTag && answer.yiaddr) return { raw: bytesToText(answer.yiaddr), type: undefined }
      if (tag === siaddrTag && answer.siaddr) return { raw: bytesToText(answer.siaddr), type: undefined }
      const outer = options.get(Number(tag <= 0xffn ? tag : tag >> 8n))
      if (outer === undefined) return undefined
      const raw = tag <= 0xffn ? outer : within(outer, Number(tag & 0xffn))
      return raw === undefined ? undefined : { raw, type: undefined }
    },
    store({ tag }, raw) {
      if (raw === undefined) added.delete(tag)
      else added.set(tag, raw)
      return true
    },
  })
}

/** An option inside of an encapsulating one: tag, length, value. */
function within(options: string, wanted: number): string | undefined {
  let at = 0
  while (at + 1 < options.length) {
    const tag = options.charCodeAt(at)
    if (tag === 0xff) return undefined
    if (tag === 0) {
      at++
      continue
    }
    const length = options.charCodeAt(at + 1)
    if (tag === wanted) return options.slice(at + 2, at + 2 + length)
    at += 2 + length
  }
  return undefined
}

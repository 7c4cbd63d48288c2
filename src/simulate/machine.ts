/** Machines from the words that people use: `ipxetool run --mac … --dhcp …`, menu tests, and callers of the library. */
import { findSetting } from '../data/lookup.js'
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import { bytesToText, encodeText, textToBytes } from '../syntax/bytes.js'
import { FormatError, parseIpv4, parseValue } from './formats.js'
import { parseTag } from './settings.js'
import type { DhcpAnswer, Machine, SimulatedPlatform } from './types.js'

export interface MachineWish {
  /** `efi`, `pcbios` (or `uefi`, `bios`); default efi */
  readonly platform?: string
  /** `x86_64`, `i386`, `arm64`; default: x86_64 for efi, i386 for pcbios (iPXE's own build for BIOS) */
  readonly arch?: string
  /** any spelling; default 52:54:00:12:34:56 */
  readonly mac?: string
  readonly uuid?: string
  readonly serial?: string
  readonly asset?: string
  readonly manufacturer?: string
  readonly product?: string
  /** settings that are there when the script starts */
  readonly set?: Readonly<Record<string, string>>
  /** DHCP options by number or name: `67`, `filename`, `next-server`, `175.190` */
  readonly dhcp?: Readonly<Record<string, string>>
  /** commands and protocols that this iPXE has besides those of an unmodified one: `params`, `https` */
  readonly with?: readonly string[]
  /** … and has not */
  readonly without?: readonly string[]
}

const defaultMac = '52:54:00:12:34:56'
const defaultAddress = '192.0.2.100'
/** Where the tree of a run is served: an address that no network has (RFC 5737). */
export const defaultServer = '192.0.2.1'

/** @throws IpxetoolError `bad-machine` (exit code 2) for a value that cannot be one */
export function makeMachine(wish: MachineWish = {}): Machine {
  const platform = platformOf(wish.platform ?? 'efi')
  const mac = hexBytes('mac', wish.mac ?? defaultMac, 6)
  const smbios: Record<string, string> = {}
  for (const name of ['serial', 'asset', 'manufacturer', 'product'] as const) {
    const value = wish[name]
    if (value !== undefined) smbios[name] = encodeText(value)
  }
  return {
    platform,
    arch: wish.arch ?? (platform === 'pcbios' ? 'i386' : 'x86_64'),
    version: '2.0.0+',
    interfaces: [{ mac }],
    ...(wish.uuid === undefined ? {} : { uuid: hexBytes('uuid', wish.uuid, 16) }),
    smbios,
    settings: Object.entries(wish.set ?? {}).map(([name, value]) => [encodeText(name), encodeText(value)]),
    booted: true,
    lease: makeLease(wish.dhcp ?? {}),
    with: new Set(wish.with ?? []),
    without: new Set(wish.without ?? []),
  }
}

function platformOf(text: string): SimulatedPlatform {
  const known: Readonly<Record<string, SimulatedPlatform>> = {
    efi: 'efi',
    uefi: 'efi',
    pcbios: 'pcbios',
    bios: 'pcbios',
  }
  const platform = known[text.toLowerCase()]
  if (platform) return platform
  throw bad(`there is no platform "${visible(text)}"`, 'efi and pcbios are the platforms')
}

function hexBytes(what: string, text: string, length: number): Uint8Array {
  const digits = text.replace(/[-:.{}]/g, '')
  if (!new RegExp(`^[0-9a-fA-F]{${2 * length}}$`).test(digits)) {
    throw bad(`"${visible(text)}" is no ${what}`, `a ${what} has ${2 * length} hex digits`)
  }
  return Uint8Array.from({ length }, (_, index) => parseInt(digits.slice(2 * index, 2 * index + 2), 16))
}

function bad(message: string, hint: string): IpxetoolError {
  return new IpxetoolError('bad-machine', message, { exitCode: 2, hint })
}

/** @throws IpxetoolError `bad-machine` */
export function makeLease(wished: Readonly<Record<string, string>>): DhcpAnswer {
  const options = new Map<number, Uint8Array>([
    [1, Uint8Array.of(255, 255, 255, 0)],
    [3, textToBytes(parseIpv4(defaultServer)!)],
    [54, textToBytes(parseIpv4(defaultServer)!)],
  ])
  let yiaddr = parseIpv4(defaultAddress)!
  let siaddr = parseIpv4(defaultServer)!
  for (const [name, text] of Object.entries(wished)) {
    const spec = findSetting(name)
    const tag = parseTag(spec?.tag ?? name)
    if (tag === 0n || tag > 0xfefen || (spec && spec.scopes.length > 0)) {
      throw bad(
        `DHCP has no option "${visible(name)}"`,
        'options are numbers such as 67 or 175.190, or names such as filename',
      )
    }
    const raw = valueOf(tag, text)
    if (tag === 0xaf02n) yiaddr = raw
    else if (tag === 0xaf03n) siaddr = raw
    else if (tag <= 0xffn) options.set(Number(tag), textToBytes(raw))
    else {
      const outer = Number(tag >> 8n)
      const before = bytesToText(options.get(outer) ?? new Uint8Array())
      const entry = String.fromCharCode(Number(tag & 0xffn), raw.length)
      options.set(outer, textToBytes(before + entry + raw))
    }
  }
  return { options, yiaddr: textToBytes(yiaddr), siaddr: textToBytes(siaddr) }
}

/** By the type of the option that iPXE knows; others are text, or bytes as `hex:0a0b`. */
function valueOf(tag: bigint, text: string): string {
  const hex = /^hex:([0-9a-fA-F:]*)$/.exec(text)?.[1]
  const type = hex === undefined ? (typeByTag(tag) ?? 'string') : 'hexraw'
  const raw = parseValue(type, hex === undefined ? encodeText(text) : hex.replaceAll(':', ''))
  if (raw instanceof FormatError) {
    throw bad(`"${visible(text)}" is no value of DHCP option ${tag}`, `iPXE reads it as ${type}`)
  }
  return raw
}

function typeByTag(tag: bigint) {
  return dhcpTypes.get(tag)
}

const dhcpTypes = new Map(
  (
    [
      'netmask',
      'gateway',
      'dns',
      'ntp',
      'next-server',
      'ip',
      'dhcp-server',
      'keep-san',
      'skip-san-boot',
      'san-drive',
    ] as const
  ).flatMap((name) => {
    const spec = findSetting(name)
    return spec?.tag ? [[parseTag(spec.tag), spec.type] as const] : []
  }),
)

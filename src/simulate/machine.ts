/** Machines from the words that people use: `ipxetool run --mac … --dhcp …`, menu tests, and callers of the library. */
import { findSetting } from '../data/lookup.js'
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import { bytesToText, encodeText, textToBytes } from '../syntax/bytes.js'
import { FormatError, parseIpv4, parseValue } from './formats.js'
import { hardwareScopes } from './hardware.js'
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
  /** bits of the processor: 64, or 32, which `cpuid --ext 29` tells apart */
  readonly cpu?: string
  /** devices as `pciscan` finds them: `00:03.0` to `1af4:1000`, or with a class `1af4:1000:020000` */
  readonly pci?: Readonly<Record<string, string>>
  /** the same for `usbscan`: `1:2` (bus and address) to `1d6b:0002` */
  readonly usb?: Readonly<Record<string, string>>
  /** settings that are there when the script starts; of hardware (`acpi/…`, `cpuid/…`) what a script reads there */
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
    ...settingsOf(wish.set ?? {}),
    ...(wish.cpu === undefined ? {} : { cpu: processor(wish.cpu) }),
    ...(wish.pci || wish.usb ? { devices: devicesOf(wish) } : {}),
    booted: true,
    lease: makeLease(wish.dhcp ?? {}),
    with: new Set(wish.with ?? []),
    without: new Set(wish.without ?? []),
  }
}

/** Blocks of hardware cannot be set, so their values are part of the machine. */
function settingsOf(set: Readonly<Record<string, string>>): Pick<Machine, 'settings' | 'hardware'> {
  const isHardware = (name: string): boolean => hardwareScopes.some((scope) => name.startsWith(`${scope}/`))
  const all = Object.entries(set)
  return {
    settings: all
      .filter(([name]) => !isHardware(name))
      .map(([name, value]) => [encodeText(name), encodeText(value)]),
    hardware: all.filter(([name]) => isHardware(name)).map(([name, value]) => [name, valueOf(0n, value)]),
  }
}

/** QEMU's `qemu64` and `qemu32`. */
function processor(bits: string): NonNullable<Machine['cpu']> {
  if (bits === '64') return { edx: 0x0f8bfbff, ecx: 0x80202001, extEdx: 0x2fd3fbff, extEcx: 0x121 }
  if (bits === '32') return { edx: 0x0783fbfd, ecx: 0x80200001, extEdx: 0, extEcx: 0 }
  throw bad(`there is no processor "${visible(bits)}"`, '64 and 32 are the processors')
}

function devicesOf({ pci, usb }: MachineWish): NonNullable<Machine['devices']> {
  const list = (
    bus: string,
    wished: Readonly<Record<string, string>>,
    address: RegExp,
    number: (parts: readonly string[]) => number,
    ids: (vendor: number, product: number, kind: number) => Uint8Array,
  ) =>
    new Map(
      Object.entries(wished).map(([place, text]) => {
        const where = address.exec(place)
        const id = /^([0-9a-f]{4}):([0-9a-f]{4})(?::([0-9a-f]{6}))?$/i.exec(text)
        if (!where || !id) {
          throw bad(
            `"${visible(place)}=${visible(text)}" is no ${bus} device`,
            bus === 'PCI'
              ? 'for example 00:03.0=1af4:1000 or 00:03.0=1af4:1000:020000'
              : 'for example 1:2=1d6b:0002',
          )
        }
        const hex = (part: string | undefined): number => parseInt(part ?? '0', 16)
        return [number(where.slice(1)), ids(hex(id[1]), hex(id[2]), hex(id[3]))]
      }),
    )
  return {
    ...(pci && {
      pci: list(
        'PCI',
        pci,
        /^([0-9a-f]{1,2}):([01]?[0-9a-f])\.([0-7])$/i,
        ([bus, device, part]) => (parseInt(bus!, 16) << 8) | (parseInt(device!, 16) << 3) | Number(part),
        // vendor, device, …, class in bytes 9 to 11
        (vendor, product, kind) =>
          Uint8Array.of(...word(vendor), ...word(product), 0, 0, 0, 0, 0, kind & 255, ...word(kind >> 8)),
      ),
    }),
    ...(usb && {
      usb: list(
        'USB',
        usb,
        /^(\d{1,3}):(\d{1,3})$/,
        ([bus, address]) => (Number(bus) << 8) | Number(address),
        // a device descriptor of 18 bytes: the class in bytes 4 to 6, vendor and product from byte 8
        (vendor, product, kind) =>
          Uint8Array.of(
            18,
            1,
            0,
            2,
            kind >> 16,
            (kind >> 8) & 255,
            kind & 255,
            64,
            ...word(vendor),
            ...word(product),
          ),
      ),
    }),
  }
}

/** Little-endian. */
function word(value: number): [number, number] {
  return [value & 255, value >> 8]
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

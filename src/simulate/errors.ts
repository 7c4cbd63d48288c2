/**
 * Statuses of commands: 0 is success, a positive number comes from `exit N`, and a negative one is iPXE's own error
 * number: the POSIX error, the source file that raised it, and what the platform calls it (`include/errno.h`).
 * `${errno}` and the messages on the screen show that number, so both are computed here.
 */
import type { SimulatedPlatform } from './types.js'

export type ErrorName =
  | 'EACCES'
  | 'EADDRINUSE'
  | 'ECANCELED'
  | 'ECONNREFUSED'
  | 'ECONNRESET'
  | 'EINVAL'
  | 'EIO'
  | 'ENETUNREACH'
  | 'ENODEV'
  | 'ENOENT'
  | 'ENOEXEC'
  | 'ENOMEM'
  | 'ENOTSUP'
  | 'ENOTTY'
  | 'EPERM'
  | 'ERANGE'
  | 'ETIMEDOUT'

interface ErrorSpec {
  readonly posix: number
  readonly text: string
  /** whether every build has the text; otherwise the screen shows the number */
  readonly common: boolean
  /** the last byte, by platform (`include/ipxe/errno/*.h`) */
  readonly pcbios: number
  readonly efi: number
  readonly linux: number
}

const spec = (
  posix: number,
  text: string,
  pcbios: number,
  efi: number,
  linux: number,
  common = true,
): ErrorSpec => ({ posix, text, common, pcbios, efi, linux })

/** `include/errno.h`, `hci/strerror.c`. */
export const errors: Readonly<Record<ErrorName, ErrorSpec>> = {
  EACCES: spec(0x02, 'Permission denied', 0x3c, 0x8f, 13),
  EADDRINUSE: spec(0x03, 'Address already in use', 0x19, 0x94, 98, false),
  ECANCELED: spec(0x0b, 'Operation canceled', 0xa0, 0x95, 125),
  ECONNREFUSED: spec(0x0e, 'Connection refused', 0x38, 0x90, 111, false),
  ECONNRESET: spec(0x0f, 'Connection reset', 0x39, 0x95, 104),
  EINVAL: spec(0x1c, 'Invalid argument', 0x02, 0x82, 22),
  EIO: spec(0x1d, 'Input/output error', 0x39, 0x98, 5),
  ENETUNREACH: spec(0x28, 'Network unreachable', 0x11, 0x90, 101),
  ENODEV: spec(0x2c, 'No such device', 0x3b, 0x87, 19),
  ENOENT: spec(0x2d, 'No such file or directory', 0x3b, 0x8e, 2),
  ENOEXEC: spec(0x2e, 'Exec format error', 0x01, 0x81, 8),
  ENOMEM: spec(0x31, 'Not enough space', 0x06, 0x89, 12),
  ENOTSUP: spec(0x3c, 'Operation not supported', 0x03, 0x83, 95),
  ENOTTY: spec(0x3d, 'Inappropriate I/O control operation', 0x01, 0x83, 25, false),
  EPERM: spec(0x41, 'Operation not permitted', 0x3c, 0x8f, 1),
  ERANGE: spec(0x46, 'Result too large', 0x01, 0x85, 34),
  ETIMEDOUT: spec(0x4c, 'Connection timed out', 0x35, 0x92, 110),
}

/** Source files, as numbers in an error (`include/ipxe/errfile.h`). */
export const errorFiles = {
  downloader: 0x012000,
  exec: 0x022000,
  monojob: 0x072000,
  open: 0x092000,
  settings: 0x0c2000,
  base64: 0x102000,
  base16: 0x112000,
  parseopt: 0x162000,
  sanboot: 0x232000,
  uuid: 0x2a2000,
  netdevice: 0x086000,
  ipv4: 0x056000,
  ipv6: 0x066000,
  httpcore: 0x0c6000,
  vlan: 0x306000,
  image: 0x008000,
  script: 0x028000,
  autoboot: 0x03e000,
  imgmgmt: 0x05e000,
  imageCommand: 0x0ae000,
  ifmgmt: 0x0ee000,
  prompt: 0x22e000,
  nvo: 0x23e000,
  menu: 0x2ce000,
  dynui: 0x2de000,
  readline: 0x32e000,
  param: 0x40e000,
  form: 0x63e000,
  cpuid: 0x3be000,
  unknown: 0x7fe000,
} as const
export type ErrorFile = keyof typeof errorFiles

const names = new Map(Object.entries(errors).map(([name, { posix }]) => [posix, name as ErrorName]))

/** A status for one error; `unique` tells apart the reasons that one file has for it. */
export function errorStatus(
  platform: SimulatedPlatform,
  name: ErrorName,
  file: ErrorFile,
  unique = 0,
): number {
  const { posix, pcbios, efi, linux } = errors[name]
  const last = platform === 'pcbios' ? pcbios : platform === 'efi' ? efi : linux
  return -(posix * 0x1000000 + errorFiles[file] + (unique << 8) + last)
}

/** `ENOENT` for any number that stands for it; undefined for success and for the numbers of `exit N`. */
export function errorName(status: number): ErrorName | undefined {
  return status < 0 ? names.get(Math.floor(-status / 0x1000000)) : undefined
}

/** Texts that iPXE has for one cause of an error. */
const particular: Readonly<Record<string, string>> = {
  'ENOENT/httpcore/1': 'Not found',
  'EIO/httpcore/4': 'HTTP 4xx Client Error',
  'EIO/httpcore/5': 'HTTP 5xx Server Error',
}

/** As on the screen: `No such file or directory (https://ipxe.org/2d0c2002)`. */
export function errorText(status: number): string {
  const number = Math.abs(status)
  const hex = number.toString(16).padStart(8, '0')
  const name = errorName(status)
  if (name === undefined) return `Error 0x${hex} (https://ipxe.org/${hex})`
  const { text, common } = errors[name]
  const file = number & 0xffe000
  const unique = (number >> 8) & 0x1f
  const fileName = Object.entries(errorFiles).find(([, value]) => value === file)?.[0]
  const own = particular[`${name}/${fileName}/${unique}`]
  const shown = own ?? (common ? text : undefined)
  return shown === undefined
    ? `Error 0x${hex} (https://ipxe.org/${hex})`
    : `${shown} (https://ipxe.org/${hex})`
}

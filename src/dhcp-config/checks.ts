/** Checks of what ends up in another program's configuration: it must be text there, whatever the quoting rules. */
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import { type LoaderName, loaderNames, type ScriptOption } from './types.js'

/** What stands for itself in every one of the syntaxes, `$`, `?`, `{` and `}` once quoted. */
const urlCharacters = /^[A-Za-z0-9._~:/?=&%@+${}-]+$/

/** @throws IpxetoolError `bad-url` (exit code 2) */
export function checkUrl(text: string, schemes: readonly string[], where: string): string {
  const bad = Array.from(text).find((character) => !urlCharacters.test(character))
  if (bad !== undefined) {
    const code = Array.from(new TextEncoder().encode(bad), (byte) => `%${hex(byte).toUpperCase()}`).join('')
    throw new IpxetoolError(
      'bad-url',
      `${where} "${visible(text)}" has the character ${JSON.stringify(visible(bad))}, which DHCP servers read in different ways`,
      { exitCode: 2, hint: `write ${code} for it, or choose another name` },
    )
  }
  const scheme = /^([a-z]+):\/\/[A-Za-z0-9]/.exec(text)?.[1]
  if (scheme === undefined || !schemes.includes(scheme) || !URL.canParse(text)) {
    throw new IpxetoolError('bad-url', `${where} "${visible(text)}" is no URL that can be loaded`, {
      exitCode: 2,
      hint: `an absolute URL with ${schemes.join(' or ')}, for example http://192.0.2.1:8080/boot.ipxe`,
    })
  }
  return text
}

/** @throws IpxetoolError `url-too-long` */
export function checkLength(text: string, limit: number, what: string, carrier: string): void {
  const { length } = text // ASCII, see urlCharacters
  if (length <= limit) return
  throw new IpxetoolError('url-too-long', `${what} has ${length} bytes, ${carrier} holds ${limit}: ${text}`, {
    hint: 'shorten the host, the folder or the name',
  })
}

/** A name of an interface as Linux, RouterOS and the BSDs have them. @throws IpxetoolError `bad-interface` */
export function checkInterface(text: string, where: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,30}$/.test(text)) return text
  throw new IpxetoolError('bad-interface', `${where} "${visible(text)}" is no name of an interface`, {
    exitCode: 2,
    hint: 'letters, digits, `.`, `_` and `-`, for example eth0',
  })
}

/** @throws IpxetoolError `bad-folder` (exit code 2) */
export function checkFolder(text: string, where: string): string {
  if (/^\/[A-Za-z0-9._/-]*$/.test(text)) return text
  throw new IpxetoolError(
    'bad-folder',
    `${where} "${visible(text)}" is no folder to name in a configuration`,
    {
      exitCode: 2,
      hint: 'an absolute path of letters, digits, `.`, `_` and `-`, for example /srv/tftp',
    },
  )
}

/**
 * `bios=undionly.kpxe,arm64=none`: what is not named keeps its default, `none` takes one away.
 *
 * @throws IpxetoolError `bad-loader` (exit code 2)
 */
export function parseLoaders(
  text: string,
  defaults: Readonly<Record<LoaderName, string>>,
  where: string,
): Map<LoaderName, string> {
  const result = new Map(loaderNames.map((name) => [name, defaults[name]]))
  for (const part of text.split(',')) {
    const [name = '', file = ''] = part.trim().split('=', 2)
    const known = loaderNames.find((loader) => loader === name)
    if (known === undefined || !/^[A-Za-z0-9_][A-Za-z0-9._/-]*$/.test(file) || file.includes('..')) {
      throw new IpxetoolError('bad-loader', `${where}: "${visible(part)}" names no loader`, {
        exitCode: 2,
        hint: `${loaderNames.join('=FILE, ')}=FILE, separated by commas; a path below the TFTP root, or none`,
      })
    }
    if (file === 'none') result.delete(known)
    else {
      checkLength(file, 127, `the loader ${file}`, 'the file name in the DHCP header')
      result.set(known, file)
    }
  }
  return result
}

/** Sub-options of 175 that iPXE has a meaning for (include/ipxe/dhcp.h, features.h). */
const takenSubOptions: readonly (readonly [number, number])[] = [
  [0, 3],
  [8, 9],
  [16, 79],
  [81, 81],
  [85, 85],
  [90, 93],
  [176, 178],
  [187, 195],
  [235, 235],
  [255, Infinity],
]

/**
 * `224`, `129`, `175.201` or `none`.
 *
 * @throws IpxetoolError `bad-option` (exit code 2)
 */
export function parseOption(text: string, where: string): ScriptOption | undefined {
  if (text === 'none') return undefined
  const match = /^(\d{1,3})(?:\.(\d{1,3}))?$/.exec(text)
  const code = Number(match?.[1])
  const sub = match?.[2] === undefined ? undefined : Number(match[2])
  const isFree =
    sub === undefined
      ? (code >= 224 && code <= 254) || (code >= 128 && code <= 135)
      : code === 175 && !takenSubOptions.some(([from, to]) => sub >= from && sub <= to)
  if (match === null || !isFree) {
    throw new IpxetoolError('bad-option', `${where} "${visible(text)}" is no free DHCP option`, {
      exitCode: 2,
      hint: '224 to 254 are private, 128 to 135 are asked for by iPXE, 175.201 is inside the option of iPXE; or none',
    })
  }
  return { code, ...(sub !== undefined && { sub }) }
}

/** `224` or `175.201`. */
export function optionText({ code, sub }: ScriptOption): string {
  return sub === undefined ? String(code) : `${code}.${sub}`
}

/** iPXE asks for a fixed list (net/udp/dhcp.c, dhcp_request_options_data): 128 to 135 and 175 of the free ones. */
export function isAskedFor({ code }: ScriptOption): boolean {
  return code === 175 || (code >= 128 && code <= 135)
}

/** The bytes of option 175 with one sub-option. */
export function encapsulated({ sub = 0 }: ScriptOption, text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)]
  return [sub, bytes.length, ...bytes]
}

/** Two digits. */
export function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

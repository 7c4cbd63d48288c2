/**
 * What is wrong with a URI that a machine is to boot from, as iPXE reads it (`core/uri.c` `parse_uri`). Pure: nothing
 * is looked up. `${…}` and `$<…>` may stand anywhere and hide whatever they hold.
 */
import { findUriScheme } from '../data/lookup.js'
import { suggest } from '../data/suggest.js'
import { uriSchemes } from '../data/uri-schemes.js'
import { architectureProblems } from './url-architecture.js'
import { hidden, hideReferences, type UrlProblem } from './url-text.js'

export type { UrlProblem } from './url-text.js'

export interface BootUrlOptions {
  /** Also accept what iPXE resolves against the script's own place: `vmlinuz`, `../os/initrd.img`. */
  relative?: boolean
  /** What the URI is for; `san` is for sanboot and sanhook. Default `download`. */
  use?: 'download' | 'san'
}

/** All problems of a boot URL: its form, and the spelling of the architecture in its path. */
export function checkBootUrl(url: string, options: BootUrlOptions = {}): UrlProblem[] {
  return [...checkUrlForm(url, options), ...architectureProblems(url)]
}

/** Scheme, host, port and stray blanks. Stops at the first problem: the rest would be read wrongly anyway. */
export function checkUrlForm(url: string, options: BootUrlOptions = {}): UrlProblem[] {
  const problem = formProblem(url, options)
  return problem ? [problem] : []
}

function formProblem(
  url: string,
  { relative = false, use = 'download' }: BootUrlOptions,
): UrlProblem | undefined {
  if (url === '') return { problem: 'The URL is empty', ...example, start: 0, end: 0 }
  const shown = hideReferences(url)
  const blank = /[\0- \x7f]+/.exec(shown)
  if (blank) {
    return {
      problem: 'There is a blank in the URL',
      expected: ['%20'],
      note: 'A blank ends the word, so iPXE would see only what stands before it. Write `%20`.',
      ...range(blank.index, blank[0].length),
    }
  }
  if (shown.startsWith(hidden)) return undefined
  const scheme = /^([A-Za-z_-]+):/.exec(shown)?.[1]
  if (scheme === undefined) return schemelessProblem(shown, relative)
  return (
    schemeProblem(scheme, use) ??
    (withHost.has(scheme.toLowerCase()) ? hostProblem(shown, scheme) : undefined)
  )
}

const example = {
  expected: ['http://HOST/PATH'],
  note: 'iPXE cannot download from it: write scheme, host and path.',
}
const withHost = new Set(['http', 'https', 'tftp', 'tftm', 'mtftp', 'ftp', 'nfs', 'x-slam'])

function schemelessProblem(shown: string, relative: boolean): UrlProblem | undefined {
  const glued = /^(https?|tftp|ftp|nfs)[;.,]?\/\//i.exec(shown)
  if (glued) {
    return {
      problem: 'The colon after the scheme is missing',
      expected: [`${glued[1]!}://`],
      note: 'iPXE reads this as the name of a file beside the script.',
      ...range(0, glued[0].length),
      replacement: `${glued[1]!}://`,
    }
  }
  if (shown.startsWith('//')) {
    return {
      problem: 'A URL that begins with `//` has no scheme',
      expected: [`http:${shown.includes(hidden) ? '//HOST/PATH' : shown}`],
      note: 'iPXE does not read a host there: it asks the current server for the path. Write the scheme.',
      ...range(0, 2),
    }
  }
  if (relative) return undefined
  return {
    problem: 'The URL has no scheme',
    expected: [/^[\w-]+(\.[\w-]+)+(:\d+)?(\/|$)/.test(shown) ? `http://${shown}` : 'http://HOST/PATH'],
    note: 'Without one it is only a file name, which each script looks up beside itself.',
    ...range(0, shown.length),
  }
}

function schemeProblem(scheme: string, use: 'download' | 'san'): UrlProblem | undefined {
  const found = findUriScheme(scheme)
  if (found?.uses.includes(use)) return undefined
  const usable = uriSchemes.filter((spec) => spec.uses.includes(use)).map((spec) => spec.scheme)
  if (found) {
    return {
      problem: `\`${scheme}:\` is not for ${use === 'san' ? 'SAN devices' : 'downloads'}`,
      expected: usable.map((name) => `${name}:`),
      note: found.uses.includes('san')
        ? 'Use sanboot or sanhook for it.'
        : 'iPXE would fail with "Not supported".',
      ...range(0, scheme.length),
    }
  }
  const near = suggest(scheme, usable)
  return {
    problem: `iPXE knows no scheme \`${scheme}:\`${near === undefined ? '' : `; did you mean \`${near}:\`?`}`,
    expected: (near === undefined ? usable : [near]).map((name) => `${name}:`),
    note: 'The download cannot start ("Not supported").',
    ...range(0, scheme.length),
  }
}

function hostProblem(shown: string, scheme: string): UrlProblem | undefined {
  const from = scheme.length + 1
  const slashes = /^\/*/.exec(shown.slice(from))![0].length
  const wanted = `${scheme}://`
  if (slashes < 2) {
    if (shown[from + slashes] === hidden) return undefined
    return {
      problem: `After \`${scheme}:\` come two slashes and a host`,
      expected: [wanted],
      note: 'As written there is no host in it, and the download cannot start.',
      ...range(0, from + slashes),
      ...(/[\w[]/.test(shown[from + slashes] ?? '') ? { replacement: wanted } : {}),
    }
  }
  const start = from + 2
  const authority = /^[^/?#]*/.exec(shown.slice(start))![0]
  const at = authority.indexOf('@') + 1
  const { host, port } = splitHost(authority.slice(at))
  const hostStart = start + at
  if (host === '') {
    return {
      problem: `There is no host in the URL`,
      expected: [`${wanted}HOST/PATH`],
      note: 'Was a variable empty, or is there one slash too many? iPXE has nobody to ask for the file.',
      ...range(hostStart, Math.min(Math.max(1, slashes - 2), shown.length - hostStart)),
    }
  }
  if (port !== undefined && findUriScheme(host) && shown.startsWith('//', hostStart + host.length + 1)) {
    return {
      problem: 'The URL has two schemes',
      expected: [shown.slice(start).replaceAll(hidden, '…')],
      note: `iPXE would ask for a host called \`${host}\`.`,
      ...range(0, hostStart + host.length + 3),
    }
  }
  const wrong = wrongHost(host)
  if (wrong) return { ...wrong, ...range(hostStart, host.length) }
  if (port === undefined || port.includes(hidden)) return undefined
  // `:HTTP_PORT`: some program puts a number there
  if (/^[A-Z][A-Z0-9]*_[A-Z0-9_]*$/.test(port)) return undefined
  if (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535) return undefined
  return {
    problem: port === '' ? 'There is no port after the colon' : `\`${port}\` is no port`,
    expected: ['a number from 1 to 65535'],
    note: 'Leave the colon out for the usual port of the scheme.',
    ...range(hostStart + host.length, port.length + 1),
  }
}

/** `[v6]:port`, `name:port`; colons of a bare IPv6 address stay in the host. */
function splitHost(text: string): { host: string; port?: string } {
  const bracketed = /^(\[[^\]]*\])(?::(.*))?$/.exec(text)
  const parts =
    bracketed ??
    (/^[^:]*:[^:]*:/.test(text) && !text.includes('//') ? null : /^([^:]*)(?::(.*))?$/.exec(text))
  if (!parts) return { host: text }
  return parts[2] === undefined ? { host: parts[1]! } : { host: parts[1]!, port: parts[2] }
}

type WrongHost = Pick<UrlProblem, 'problem' | 'expected' | 'note'>

function wrongHost(host: string): WrongHost | undefined {
  if (host.includes(hidden)) return undefined
  const noAddress = 'The machine cannot reach it.'
  if (host.startsWith('[')) {
    if (isIpv6(host.slice(1, -1).replace(/%.*$/, '')) && host.endsWith(']')) return undefined
    return { problem: `\`${host}\` is no IPv6 address`, expected: ['[2001:db8::1]'], note: noAddress }
  }
  if (host.includes(':')) {
    if (!isIpv6(host))
      return { problem: `\`${host}\` is no host`, expected: ['HOST', 'HOST:PORT'], note: noAddress }
    return {
      problem: 'An IPv6 address in a URL needs brackets',
      expected: [`[${host}]`],
      note: 'Otherwise its colons are taken for that of a port.',
    }
  }
  if (/^[\d.]+$/.test(host)) {
    const octets = host.split('.')
    if (octets.length === 4 && octets.every((octet) => /^\d{1,3}$/.test(octet) && Number(octet) <= 255))
      return undefined
    return {
      problem: `\`${host}\` is no IPv4 address`,
      expected: ['four numbers from 0 to 255'],
      note: noAddress,
    }
  }
  const odd = /[^\w.-]/.exec(host)?.[0]
  if (odd !== undefined) {
    return {
      problem: `\`${host}\` is no host name`,
      expected: ['letters, digits, `-` and `.`'],
      note:
        odd === '\\'
          ? 'URLs have slashes, not backslashes.'
          : odd > '\x7f'
            ? 'iPXE looks the bytes up as they are; write the name in its `xn--` form.'
            : 'No name server can answer it.',
    }
  }
  const labels = host.replace(/\.$/, '').split('.')
  if (host.length <= 254 && labels.every((label) => label.length <= 63 && /^\w(.*\w)?$/.test(label)))
    return undefined
  return {
    problem: `\`${host}\` is no host name`,
    expected: ['labels of 1 to 63 letters, digits and hyphens with dots between them'],
    note: 'No name server can answer it.',
  }
}

function isIpv6(text: string): boolean {
  if (!/^[\da-fA-F:.]{2,45}$/.test(text)) return false
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const v4 = groups.at(-1)?.includes('.') ? groups.pop() : undefined
  if (v4 !== undefined && !/^(\d{1,3}\.){3}\d{1,3}$/.test(v4)) return false
  const count = groups.length + (v4 === undefined ? 0 : 2)
  return (
    groups.every((group) => /^[\da-fA-F]{1,4}$/.test(group)) &&
    (halves.length === 2 ? count < 8 : count === 8)
  )
}

function range(start: number, length: number): { start: number; end: number } {
  return { start, end: start + length }
}

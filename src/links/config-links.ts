/** The URLs that texts for booted systems name: kickstart, preseed, Ignition, cloud-init. */
import type { Place } from '../diagnostics/diagnostic.js'
import { bytesToText, decodeText } from '../syntax/bytes.js'
import { isFetched, type UrlArgument, urlArgument } from './kernel-arguments.js'
import type { Link } from './resolve.js'
import type { LinkTarget } from './targets.js'

/** A file below `configs/`. */
export interface LinkConfig {
  /** In the output tree. */
  path: string
  /** As the user knows it. */
  file: string
  /** With variables filled in. */
  bytes: Uint8Array
  /** Without, for places; has the same lines. */
  source?: Uint8Array
}

interface ConfigUrl {
  /** How the line calls it, for messages and the graph. */
  name: string
  system: 'kickstart' | 'preseed' | 'ignition' | 'cloud-init' | 'script'
  /** Global; group 1 is the URL, or what stands where one may stand. */
  pattern: RegExp
  what: UrlArgument['what']
}

/** A URL ends at white space and at what quotes or closes something; `\/` is JSON's other spelling of `/`. */
const url = String.raw`((?:https?|ftp|tftp):\\?/\\?/[^\s"'<>|;,)}\]` + '`' + String.raw`]+)`

const row = (
  system: ConfigUrl['system'],
  name: string,
  what: UrlArgument['what'],
  before: string,
): ConfigUrl => ({ system, name, what, pattern: new RegExp(before + url, 'gi') })

/**
 * One row per place where a URL stands. Kickstart: pykickstart's commands. Preseed: debian-installer's own questions.
 * Ignition: every `source` of specification 3. cloud-init: `#include`, `source` of write_files, apt, autoinstall.
 */
export const configUrls: readonly ConfigUrl[] = [
  row('kickstart', 'url --url', 'folder', String.raw`^\s*url\s(?:.*?\s)?--url[=\s]\s*["']?`),
  row('kickstart', 'repo --baseurl', 'folder', String.raw`^\s*repo\s(?:.*?\s)?--baseurl[=\s]\s*["']?`),
  row('kickstart', 'liveimg --url', 'file', String.raw`^\s*liveimg\s(?:.*?\s)?--url[=\s]\s*["']?`),
  row('kickstart', 'ostreesetup --url', 'folder', String.raw`^\s*ostreesetup\s(?:.*?\s)?--url[=\s]\s*["']?`),
  row(
    'kickstart',
    'driverdisk --source',
    'file',
    String.raw`^\s*driverdisk\s(?:.*?\s)?--source[=\s]\s*["']?`,
  ),
  row('kickstart', 'updates', 'file', String.raw`^\s*updates\s+["']?`),
  row('kickstart', '%include', 'file', String.raw`^\s*%(?:include|ksappend)\s+["']?`),
  row('preseed', 'preseed/url', 'file', String.raw`^\s*\S+\s+(?:auto-install|preseed)/url\s+string\s+`),
  row('preseed', 'preseed/include', 'file', String.raw`^\s*\S+\s+preseed/(?:include|run)\s+string\s+`),
  row(
    'preseed',
    'apt-setup',
    'folder',
    String.raw`^\s*\S+\s+apt-setup/local\d+/repository\s+string\s+(?:deb\s+)?`,
  ),
  row('preseed', 'apt-setup key', 'file', String.raw`^\s*\S+\s+apt-setup/local\d+/key\s+string\s+`),
  row(
    'preseed',
    'live-installer/net-image',
    'file',
    String.raw`^\s*\S+\s+live-installer/net-image\s+string\s+`,
  ),
  row('ignition', 'source', 'file', String.raw`["']?\b(?:source|local_source)["']?\s*:\s*["']?`),
  row('cloud-init', '#include', 'file', String.raw`^#include(?:-once)?\s+`),
  row('cloud-init', 'uri', 'either', String.raw`^[-\s]*uri:\s*["']?`),
  row('cloud-init', 'seedfrom', 'folder', String.raw`\bseedfrom["']?\s*:\s*["']?`),
  row('script', 'curl', 'file', String.raw`\b(?:curl|wget)\b[^|;&]{0,300}?\s["']?`),
]

/** Links of one file, in the order of its lines. */
export function configLinks(
  { path, file, bytes, source }: LinkConfig,
  resolve: (url: string) => LinkTarget | undefined,
): Link[] {
  const lines = bytesToText(bytes).split('\n')
  const written = source ? bytesToText(source).split('\n') : lines
  const links: Link[] = []
  const included = /^#include(-once)?\b/.test(lines[0] ?? '')
  let offset = 0
  lines.forEach((line, index) => {
    const original = written[index] ?? ''
    for (const { name, what, text, at } of urlsIn(line, included)) {
      const target = resolve(text)
      if (!target) continue
      // where a variable was filled in, columns are those of another text
      const [start, end] =
        original === line ? [at, at + text.length] : [0, original.replace(/\r$/, '').length]
      links.push({
        from: path,
        file,
        place: placeAt(index + 1, start, end, offset),
        command: name,
        role: 'argument',
        text: decodeText(text),
        target,
        isOptional: false,
        what,
      })
    }
    offset += original.length + 1
  })
  return links
}

interface ConfigFound {
  name: string
  what: UrlArgument['what']
  text: string
  at: number
}

/** Longer lines are data, not text. */
const maxLine = 100_000

function urlsIn(line: string, included: boolean): ConfigFound[] {
  const isComment = /^\s*#/.test(line) && !/^#include/.test(line)
  if (isComment || line.length > maxLine || !/(?:https?|ftp|tftp):\\?\//i.test(line)) return []
  const found = new Map<number, ConfigFound>()
  for (const { name, what, pattern } of configUrls) {
    for (const match of line.matchAll(pattern)) {
      const written = match[1]!
      add(found, { name, what, text: written, at: match.index + match[0].length - written.length })
    }
  }
  // kernel arguments, as in `bootloader --append` or a GRUB line
  for (const { 0: word, index } of line.matchAll(/[^\s"']+/g)) {
    const argument = urlArgument(word)
    if (!argument) continue
    const text = word.slice(argument.prefix.length)
    if (!isFetched(text, () => false)) continue
    add(found, {
      name: argument.prefix.replace(/=.*$/, ''),
      what: argument.what,
      text,
      at: index + argument.prefix.length,
    })
  }
  const plain = included ? /^\s*((?:https?|tftp):\/\/\S+)/.exec(line) : null
  if (plain) add(found, { name: '#include', what: 'file', text: plain[1]!, at: line.indexOf(plain[1]!) })
  return [...found.values()].sort((a, b) => a.at - b.at)
}

/** What holds a shell's or a template's variable is known to the machine only. */
function add(found: Map<number, ConfigFound>, url: ConfigFound): void {
  const text = url.text.replaceAll('\\/', '/')
  if (/[${\\*]/.test(text) || found.has(url.at)) return
  found.set(url.at, { ...url, text })
}

function placeAt(line: number, start: number, end: number, offset: number): Place {
  return {
    start: { line, column: start + 1, offset: offset + start },
    end: { line, column: end + 1, offset: offset + end },
  }
}

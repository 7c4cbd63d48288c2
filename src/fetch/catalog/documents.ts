/** The formats of metadata, read into values by path and lists of digests. */
import { LineCounter, parseDocument } from 'yaml'
import { IpxetoolError } from '../../diagnostics/error.js'
import type { documentFormats } from '../../data/catalog/schema.js'
import {
  listOfDigests,
  parseDigestList,
  parseReleaseDigests,
  readDigest,
  treeinfoDigests,
  type DigestList,
} from '../verify/digest-lists.js'
import { compareVersions } from './version-order.js'

export type DocumentFormat = (typeof documentFormats)[number]

export interface ReadDocument {
  /** The text at a path; undefined when there is none, or something that is no text, number or truth value. */
  value(path: string): string | undefined
  digests?: DigestList
}

export interface ReadOptions {
  /** For `listing` and `text`. */
  match?: RegExp
  prerelease?: boolean
  /** For messages. */
  url: string
}

/** @throws IpxetoolError `bad-metadata` when the text is not of the format */
export function readDocument(format: DocumentFormat, text: string, options: ReadOptions): ReadDocument {
  switch (format) {
    case 'json':
      return tree(parseJson(text, options.url))
    case 'yaml':
      return tree(parseYaml(text, options.url))
    case 'keyvalue':
      return fields(readKeyValues(text))
    case 'treeinfo':
      return readTreeinfo(text)
    case 'debian-release':
      return list(parseReleaseDigests(text), options, fields(readFields(text)))
    case 'digests':
      return list(parseDigestList(text), options)
    case 'github-release':
      return githubRelease(parseJson(text, options.url))
    case 'listing':
      return matched(text.split('\n'), options)
    case 'text':
      return firstMatch(text, options)
  }
}

function parseJson(text: string, url: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    throw new IpxetoolError('bad-metadata', `${url} is not JSON${answer(text)}`, { cause })
  }
}

function parseYaml(text: string, url: string): unknown {
  const lines = new LineCounter()
  try {
    const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent', uniqueKeys: false })
    if (document.errors.length === 0) return document.toJS({ maxAliasCount: 0 })
  } catch (cause) {
    throw new IpxetoolError('bad-metadata', `${url} is not YAML${answer(text)}`, { cause })
  }
  throw new IpxetoolError('bad-metadata', `${url} is not YAML${answer(text)}`)
}

function answer(text: string): string {
  if (/^\s*<(!doctype|html)/i.test(text)) return ': the server answered with a web page'
  return text.trim() === '' ? ': it is empty' : ''
}

/** `a/b`, `list/0`, `list[version=9.6]/name`, `[flavor=netboot]/file`. */
function tree(root: unknown): ReadDocument {
  return {
    value(path) {
      let at: unknown = root
      for (const step of path.split('/')) {
        const [, key, filters] = /^([^[]*)((?:\[[^\]]*\])*)$/.exec(step) ?? [undefined, step, '']
        if (key !== '') at = member(at, key)
        for (const [, name, wanted] of filters.matchAll(/\[([^=\]]+)=([^\]]*)\]/g)) {
          at = Array.isArray(at) ? at.find((item) => scalar(member(item, name!)) === wanted) : undefined
        }
      }
      return scalar(at)
    },
  }
}

function member(value: unknown, key: string): unknown {
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined
  return (value as Record<string, unknown>)[key]
}

function scalar(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value)
  return undefined
}

/** Of GitHub's API: the digests are beside the assets, for those uploaded since the middle of 2025. */
function githubRelease(root: unknown): ReadDocument {
  const assets = member(root, 'assets')
  const lines = (Array.isArray(assets) ? assets : []).flatMap((asset: unknown) => {
    const name = scalar(member(asset, 'name'))
    const digest = readDigest(scalar(member(asset, 'digest')) ?? '')
    return name === undefined || digest === undefined ? [] : [{ ...digest, name }]
  })
  return { ...tree(root), digests: listOfDigests(lines) }
}

function fields(values: ReadonlyMap<string, string>): ReadDocument {
  return { value: (path) => values.get(path) }
}

/** `NAME=value`, as a shell reads it: with quotes, with comments. */
function readKeyValues(text: string): Map<string, string> {
  const values = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const pair = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line)
    if (!pair) continue
    const raw = pair[2]!.trim()
    const quoted = /^(["'])(.*)\1$/.exec(raw)
    values.set(pair[1]!, quoted ? quoted[2]! : raw)
  }
  return values
}

/** `Name: value` before the lists; as in a Debian Release file. */
function readFields(text: string): Map<string, string> {
  const values = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const pair = /^([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*)$/.exec(line)
    if (pair && pair[2] !== '') values.set(pair[1]!, pair[2]!.trim())
  }
  return values
}

/** INI of any age: `;` and `#` comments, sections in any order, some without values. The path is `section/key`. */
function readTreeinfo(text: string): ReadDocument {
  const values = new Map<string, string>()
  const checksums = new Map<string, string>()
  let section = ''
  for (const line of text.split(/\r?\n/)) {
    const heading = /^\s*\[([^\]]+)\]\s*$/.exec(line)
    if (heading) {
      section = heading[1]!.trim()
      continue
    }
    const pair = /^([^;#=:\s][^=:]*?)\s*[=:](.*)$/.exec(line.trimStart())
    if (!pair || section === '') continue
    const value = pair[2]!.trim()
    values.set(`${section}/${pair[1]!}`, value)
    if (section === 'checksums') checksums.set(pair[1]!, value)
  }
  return { ...fields(values), digests: treeinfoDigests(checksums) }
}

/** `{id:sha256/NAME}` is the digest of a name, `{id:1}` the group of `match`, which looks at the names. */
function list(digests: DigestList, options: ReadOptions, others?: ReadDocument): ReadDocument {
  const names = matched(
    digests.entries.map(({ name }) => name),
    options,
  )
  return {
    digests,
    value(path) {
      const asked = /^(md5|sha1|sha256|sha512)\/(.+)$/.exec(path)
      if (!asked) return others?.value(path) ?? names.value(path)
      return digests.find(asked[2]!).find(({ algorithm }) => algorithm === asked[1])?.hex
    },
  }
}

/** Of all lines the match whose first group is the newest version. `{id:1}` is that group, `{id:0}` all of it. */
function matched(lines: readonly string[], { match, prerelease, url }: ReadOptions): ReadDocument {
  if (match === undefined) return { value: () => undefined }
  const global = new RegExp(match.source, 'g')
  let best: RegExpMatchArray | undefined
  for (const line of lines) {
    if (line.length > 100_000) continue
    for (const found of line.matchAll(global)) {
      if (
        best &&
        compareVersions(found[1] ?? found[0], best[1] ?? best[0], { prerelease: prerelease ?? false }) <= 0
      )
        continue
      best = found
    }
  }
  if (best === undefined) {
    throw new IpxetoolError(
      'bad-metadata',
      `${url} lists nothing like \`${match.source}\`${answer(lines.join('\n').slice(0, 100))}`,
    )
  }
  return groups(best)
}

function firstMatch(text: string, { match, url }: ReadOptions): ReadDocument {
  if (match === undefined) return { value: (path) => (path === '0' ? text.trim() : undefined) }
  const found = new RegExp(match.source, 'm').exec(text)
  if (found === null) {
    throw new IpxetoolError('bad-metadata', `${url} has nothing like \`${match.source}\`${answer(text)}`)
  }
  return groups(found)
}

function groups(found: RegExpMatchArray): ReadDocument {
  return { value: (path) => (/^\d$/.test(path) ? found[Number(path)] : undefined) }
}

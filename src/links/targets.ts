/** Where a URI of a script leads. */
import { hole } from '../analysis/text.js'
import type { FoundUri } from './find.js'
import type { Tree } from './tree.js'
import { formatUri, parseUri, pathInTree, percentEncode, resolveUri, type Uri } from './uri.js'
import { firstUnknown, shown, withHoles } from './values.js'
import { decodeText } from '../syntax/bytes.js'

export type LinkTarget =
  | InsideTarget
  /** On another server. */
  | { kind: 'outside'; url: string }
  | DynamicTarget
  /** An image that an earlier command has loaded. */
  | { kind: 'image'; name: string }

export interface InsideTarget {
  kind: 'inside'
  /** In the tree. */
  path: string
  /** `undefined`: it is not there. */
  found: 'file' | 'folder' | undefined
  /** It begins with `/`: right as long as the tree is at the root of its server. */
  fromRoot: boolean
  /** It begins with more `../` than there are folders. */
  climbs: boolean
  /** A whole URL on the server of the tree, where something else may answer, too. */
  byUrl?: true
}

/** It holds settings that only the machine knows. */
export interface DynamicTarget {
  kind: 'dynamic'
  /** `*` for what is unknown: a path in the tree when `isOurs`, else a URL. */
  pattern: string
  /** Files of the tree that it may lead to. */
  matches: readonly string[]
  /** It leads into this tree, whatever the settings are. */
  isOurs: boolean
}

/** Settings whose value is the server that this tree is on, or its URL. */
export const usualTreeSettings: readonly string[] = [
  'next-server',
  'base',
  'base-url',
  'base_url',
  'boot-url',
]

export interface TargetOptions {
  tree: Tree
  /** Byte strings without a slash at the end. */
  treeUrls: readonly string[]
  treeSettings: ReadonlySet<string>
  /** Names of images that other commands of the script load. */
  isImage: (name: string, uri: NamedUri) => boolean
}

/** What of a URI decides where it leads. */
export type NamedUri = Pick<FoundUri, 'role' | 'text' | 'mayBeImage'>

/** `undefined` for what is no link at all: nothing, or a setting about which nothing is known. */
export function resolveTarget(
  uri: NamedUri,
  from: { path: string; isEmbedded: boolean },
  options: TargetOptions,
): LinkTarget | undefined {
  const { tree } = options
  const text = withHoles(uri.text)
  if (text === '') return undefined
  if (uri.mayBeImage && options.isImage(text, uri)) return { kind: 'image', name: decodeText(text) }
  if (text.startsWith(hole)) return afterHole(uri, text, options)

  const parsed = parseUri(text)
  if (parsed.scheme !== undefined) return absolute(uri, text, parsed, options)
  // SAN devices and what the booted system fetches are never relative to a script
  if (uri.role === 'disk' || uri.role === 'argument')
    return { kind: 'outside', url: decodeText(shown(uri.text)) }

  const base = { scheme: 'tree', authority: '', path: `/${from.isEmbedded ? '' : percentEncode(from.path)}` }
  const resolved = resolveUri(base, parsed)
  const path = pathInTree(resolved.path ?? '/')
  if (/^[\ue000/]+$/.test(path)) return undefined
  if (path.includes(hole)) return pattern(path, tree.matching(path), true)
  return {
    kind: 'inside',
    path,
    found: tree.kindOf(path),
    fromRoot: parsed.path?.startsWith('/') ?? false,
    climbs: climbs(parsed.path ?? '', from.isEmbedded ? 0 : from.path.split('/').length - 1),
  }
}

function climbs(relative: string, depth: number): boolean {
  const [start = ''] = /^(?:\.\.?(?:\/|$))*/.exec(relative) ?? []
  return start.split('/').filter((part) => part === '..').length > depth
}

/** `${base}/menus/x.ipxe`, `${url}` */
function afterHole(uri: NamedUri, text: string, options: TargetOptions): LinkTarget | undefined {
  const rest = text.slice(1)
  if (/^[\ue000]*$/.test(rest)) return undefined
  const path = parseUri(rest.startsWith('/') ? rest : `/${rest}`).path ?? '/'
  return elsewhere(uri, path, text, options)
}

function absolute(uri: NamedUri, text: string, parsed: Uri, options: TargetOptions): LinkTarget {
  const url = formatUri({ ...parsed, path: parsed.path ?? '' })
  if (parsed.authority?.includes(hole)) return elsewhere(uri, parsed.path ?? '/', text, options)
  for (const treeUrl of options.treeUrls) {
    const isBelow = url === treeUrl || url.startsWith(`${treeUrl}/`) || url.startsWith(`${treeUrl}?`)
    if (!isBelow) continue
    const path = pathInTree(parseUri(url.slice(treeUrl.length)).path ?? '/')
    if (path.includes(hole)) return pattern(path, options.tree.matching(path), true)
    return {
      kind: 'inside',
      path,
      found: options.tree.kindOf(path),
      fromRoot: false,
      climbs: false,
      byUrl: true,
    }
  }
  if (text.includes(hole)) return pattern(url, [], false)
  return { kind: 'outside', url: decodeText(url) }
}

/** On a server that only the machine knows: this tree's own when the path fits, or when the setting says so. */
function elsewhere(
  uri: NamedUri,
  path: string,
  text: string,
  { tree, treeSettings }: TargetOptions,
): DynamicTarget {
  const wanted = pathInTree(path)
  const name = firstUnknown(uri.text)
  const isOurs = name !== undefined && treeSettings.has(name)
  if (wanted.includes(hole)) {
    const matches = tree.matching(wanted)
    return matches.length > 0 || isOurs
      ? pattern(wanted, matches, isOurs)
      : pattern(decodeText(text), [], false)
  }
  // the server may publish the tree in a folder: try the path without its first parts too
  const parts = wanted.split('/')
  for (let start = 0; start < Math.min(parts.length, 8); start++) {
    const candidate = parts.slice(start).join('/')
    const found = candidate === '' ? undefined : tree.kindOf(candidate)
    if (found === 'file') return pattern(candidate, [candidate], isOurs)
    if (found === 'folder' && uri.role === 'argument')
      return pattern(candidate, tree.below(candidate), isOurs)
  }
  return pattern(isOurs ? wanted : text, [], isOurs)
}

function pattern(text: string, matches: readonly string[], isOurs: boolean): DynamicTarget {
  return { kind: 'dynamic', pattern: decodeText(text.replaceAll(hole, '*')), matches, isOurs }
}

/** What every script of a tree leads to, and whether it is there. Pure: nothing is opened, nothing is asked for. */
import { placeOf } from '../analysis/places.js'
import type { Diagnostic, Place } from '../diagnostics/diagnostic.js'
import { Disabled } from '../rules/disabled.js'
import { decodeText } from '../syntax/bytes.js'
import { type Boot, findBoots } from './boots.js'
import { checkKinds, KnownKinds } from './check-kinds.js'
import { checkTargets } from './check-targets.js'
import { findUris, type FoundUri, type LinkRole } from './find.js'
import type { UrlArgument } from './kernel-arguments.js'
import { checkReach, findReached } from './reach.js'
import { scanScript, type LinkScript, type ScannedScript } from './scan.js'
import { type LinkTarget, resolveTarget, usualTreeSettings } from './targets.js'
import { Tree, type TreeFile } from './tree.js'
import { parseUri, percentDecode } from './uri.js'
import { checkUrlLengths } from './url-length.js'
import { shown, Values, withHoles } from './values.js'

export interface LinkInput {
  /** Scripts of the tree, and those for loaders. */
  scripts: readonly LinkScript[]
  /** All other files of the tree, by path; scripts may be among them. */
  files: ReadonlyMap<string, TreeFile>
  /** Path of the script that machines load first. */
  entry: string
  /** The file that names the entry, for what is about the project as a whole: `ipxetool.yaml`. */
  configFile?: string
  /** URLs that this very tree is published at. What begins with one of them leads inside. */
  treeUrls?: readonly string[]
  /** Settings that hold the server of this tree or its URL; default {@link usualTreeSettings}. */
  treeSettings?: readonly string[]
  /** URLs of the tree's root as DHCP would hand them out: their lengths are checked. */
  baseUrls?: readonly string[]
  /** Which files that nothing reaches are reported. `assets` leaves out what the user put there. Default `assets`. */
  orphans?: 'assets' | 'all' | 'none'
}

export interface Link {
  /** Path of the script in the tree. */
  from: string
  /** As the user knows the file that says it; an included one is not the script. */
  file: string
  place?: Place
  /** The label that the command stands below. */
  label?: string
  command: string
  role: LinkRole
  /** As the script says it, known settings filled in. */
  text: string
  target: LinkTarget
  /** The script goes on as if nothing had happened when it fails, or tries something else. */
  isOptional: boolean
  /** Of an argument: what lies at the URL. */
  what?: UrlArgument['what']
}

export interface LinkReport {
  links: readonly Link[]
  tree: Tree
  entry: string
  /** Paths of scripts in the tree. */
  scripts: ReadonlySet<string>
  /** Paths that a machine can get to from the entry, from a loader's script or from `autoexec.ipxe`. */
  reached: ReadonlySet<string>
  /** What is loaded and started together. */
  boots: readonly Boot[]
  diagnostics: Diagnostic[]
}

/** A link and what it was made from, for the checks. */
export interface CheckedLink {
  link: Link
  uri: FoundUri
  script: ScannedScript
}

/** Reports into a script, unless the script has switched that off there. */
export type Report = (
  found: CheckedLink,
  make: (file: string, place: Place | undefined) => Diagnostic,
) => void

/** Resolves every URI of every script and checks where it leads. Never throws for what a script says. */
export function resolveLinks(input: LinkInput): LinkReport {
  const files = new Map(input.files)
  const scripts = new Set<string>()
  for (const { path, kind } of input.scripts) {
    if (kind === 'embed') continue
    scripts.add(path)
    if (!files.has(path)) files.set(path, { size: 0, origin: 'build' })
  }
  const tree = new Tree(files)
  const scanned = input.scripts.map(scanScript)
  const values = new Values(scanned)
  const treeUrls = (input.treeUrls ?? []).filter((url) => url !== '').map((url) => url.replace(/\/+$/, ''))
  const treeSettings = new Set(input.treeSettings ?? usualTreeSettings)

  const found: CheckedLink[] = []
  const anywhere = new Set<string>()
  for (const script of scanned) {
    const { path, kind } = script.source
    const uris = findUris(script, values)
    const isImage = imagesOf(uris)
    const from = { path, isEmbedded: kind === 'embed' }
    const seen = new Set<string>()
    for (const uri of uris) {
      const target = resolveTarget(uri, from, { tree, treeUrls, treeSettings, isImage })
      if (!target) {
        if (uri.role === 'chain') anywhere.add(path)
        continue
      }
      const link = makeLink(script, uri, target)
      const key = JSON.stringify([link.place?.start.offset, link.file, link.command, link.label, target])
      if (seen.has(key)) continue
      seen.add(key)
      found.push({ link, uri, script })
    }
  }
  markAlternatives(found)

  const links = found.map(({ link }) => link)
  const reached = findReached(input, links, tree)
  const diagnostics: Diagnostic[] = []
  const disabled = new Map<ScannedScript, Disabled>()
  const report: Report = ({ link, uri, script }, make) => {
    const diagnostic = make(link.file, link.place)
    let off = disabled.get(script)
    if (!off) {
      off = new Disabled(script.source.script, script.pathOf, script.source.file)
      disabled.set(script, off)
    }
    if (!off.has(diagnostic.ruleId, uri.at.command.line)) diagnostics.push(diagnostic)
  }
  checkTargets(found, tree, treeUrls.length > 0, report)
  const kinds = new KnownKinds(tree)
  checkKinds(found, tree, kinds, report)
  diagnostics.push(...checkReach({ input, scanned, links, tree, scripts, reached, anywhere }))
  if (input.baseUrls) diagnostics.push(...checkUrlLengths(input.baseUrls, input))
  const boots = findBoots(found, values, kinds)
  return { links, tree, entry: input.entry, scripts, reached, boots, diagnostics }
}

function makeLink(script: ScannedScript, uri: FoundUri, target: LinkTarget): Link {
  const { line } = uri.at.command
  const place = uri.span ? placeOf(line, uri.span) : placeOf(line)
  return {
    from: script.source.path,
    file: script.pathOf(line),
    ...(place && { place }),
    ...(uri.at.label !== undefined && { label: decodeText(uri.at.label) }),
    command: decodeText(uri.command),
    role: uri.role,
    text: decodeText(shown(uri.text)),
    target,
    isOptional: uri.at.mayFail,
    ...(uri.role === 'argument' && { what: uri.what }),
  }
}

/** `kernel a || kernel b || goto failed`: that one of them is missing is what the other is for. */
function markAlternatives(found: readonly CheckedLink[]): void {
  for (const [index, { link, uri }] of found.entries()) {
    if (uri.at.then !== '||') continue
    for (let next = index + 1; next < found.length; next++) {
      const other = found[next]!.uri.at
      if (other.command.line !== uri.at.command.line) break
      if (other.command === uri.at.command) continue
      link.isOptional = true
    }
  }
}

/** By `--name`, or by the last part of a URI that another command fetches (`core/image.c` `image_set_uri`). */
function imagesOf(uris: readonly FoundUri[]): (name: string, uri: FoundUri) => boolean {
  const named = new Set<string>()
  const fetched = new Map<string, Set<string>>()
  for (const { imageName, text, role } of uris) {
    if (role === 'argument' || role === 'disk') continue
    if (imageName !== undefined) named.add(imageName)
    const plain = withHoles(text)
    const { path, opaque } = parseUri(plain)
    const name = percentDecode(path ?? opaque ?? '').replace(/^.*\//s, '')
    if (/^\ue000*$/.test(name)) continue
    const texts = fetched.get(name) ?? new Set()
    texts.add(plain)
    fetched.set(name, texts)
  }
  return (name) => {
    if (named.has(name)) return true
    const texts = fetched.get(name)
    return texts !== undefined && texts.size > (texts.has(name) ? 1 : 0)
  }
}

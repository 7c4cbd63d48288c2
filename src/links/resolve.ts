/** What every script of a tree leads to, and whether it is there. Pure: nothing is opened, nothing is asked for. */
import type { KnownCommands } from '../analysis/analyse.js'
import { placeOf } from '../analysis/places.js'
import type { Script } from '../ast/nodes.js'
import type { Diagnostic, Place } from '../diagnostics/diagnostic.js'
import { Disabled } from '../rules/disabled.js'
import { decodeText } from '../syntax/bytes.js'
import { type Boot, findBoots } from './boots.js'
import { checkKinds, KnownKinds } from './check-kinds.js'
import { checkTargets } from './check-targets.js'
import { configLinks, type LinkConfig } from './config-links.js'
import { findUris, type FoundUri, type LinkRole } from './find.js'
import type { UrlArgument } from './kernel-arguments.js'
import { LinkMemory } from './memory.js'
import { deadLink } from './online-report.js'
import { checkReach, findOrphans, findReached, type Orphan } from './reach.js'
import { type LinkScript, scanCommands, type ScriptSettings } from './scan.js'
import { type LinkTarget, resolveTarget, type TargetOptions, usualTreeSettings } from './targets.js'
import { Tree, type TreeFile } from './tree.js'
import { parseUri, percentDecode } from './uri.js'
import { checkUrlLengths } from './url-length.js'
import { shown, Values, withHoles } from './values.js'

export interface LinkInput {
  /** Scripts of the tree, and those for loaders. */
  scripts: readonly LinkScript[]
  /** All other files of the tree, by path; scripts may be among them. */
  files: ReadonlyMap<string, TreeFile>
  /** Texts for the booted systems, whose URLs are links too. */
  configs?: readonly LinkConfig[]
  /** Path of the script that machines load first. */
  entry: string
  /** The file that names the entry, for what is about the project as a whole: `ipxetool.yaml`. */
  configFile?: string
  /** URLs that this very tree is published at. What begins with one of them leads inside. */
  treeUrls?: readonly string[]
  /** URLs that may be such: they count when a link below one of them leads to a file that is there. */
  guessedTreeUrls?: readonly string[]
  /** Settings that hold the server of this tree or its URL; default {@link usualTreeSettings}. */
  treeSettings?: readonly string[]
  /** URLs of the tree's root as DHCP would hand them out: their lengths are checked. */
  baseUrls?: readonly string[]
  /** Which files that nothing reaches are reported. `assets` leaves out what the user put there. Default `assets`. */
  orphans?: 'assets' | 'all' | 'none'
  /** Of the builds before this one. */
  memory?: LinkMemory
  /** Commands as other checks have read them; new ones are added. */
  known?: KnownCommands | undefined
}

export interface Link {
  /** Path of the script in the tree, or of the file below `configs/`. */
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
  /** `disable=dead-link` stands there: the URL is not to be asked for. */
  isUnchecked?: true
}

export interface LinkReport {
  links: readonly Link[]
  tree: Tree
  entry: string
  /** Paths of scripts in the tree. */
  scripts: ReadonlySet<string>
  /** Paths that a machine can get to from the entry, from a loader's script or from `autoexec.ipxe`. */
  reached: ReadonlySet<string>
  /** What nothing leads to. */
  orphans: readonly Orphan[]
  /** What is loaded and started together. */
  boots: readonly Boot[]
  diagnostics: Diagnostic[]
}

/** A link and what it was made from, for the checks of one script. */
export interface CheckedLink {
  link: Link
  uri: FoundUri
}

/** Reports into a script, unless the script has switched that off there. */
export type Report<Found = CheckedLink> = (
  found: Found,
  make: (file: string, place: Place | undefined) => Diagnostic,
) => void

/** Resolves every URI of every script and checks where it leads. Never throws for what a script says. */
export function resolveLinks(input: LinkInput): LinkReport {
  const { guessedTreeUrls: guesses = [], ...others } = input
  if (guesses.length === 0) return resolveWith(others)
  const withUrls = (urls: readonly string[]): LinkInput => ({
    ...others,
    treeUrls: [...(input.treeUrls ?? []), ...urls],
    ...(urls.length > 0 && { baseUrls: [...(input.baseUrls ?? []), ...urls] }),
  })
  const report = resolveWith(withUrls(guesses))
  const right = guesses.filter((url) => report.links.some((link) => leadsInside(link, url)))
  return right.length === guesses.length ? report : resolveWith(withUrls(right))
}

function leadsInside({ text, target }: Link, treeUrl: string): boolean {
  if (!text.startsWith(treeUrl)) return false
  if (target.kind === 'inside') return target.byUrl === true && target.found === 'file'
  return target.kind === 'dynamic' && target.isOurs && target.matches.length > 0
}

function resolveWith(input: LinkInput): LinkReport {
  const files = new Map(input.files)
  const scripts = new Set<string>()
  for (const { path, kind } of input.scripts) {
    if (kind === 'embed') continue
    scripts.add(path)
    if (!files.has(path)) files.set(path, { size: 0, origin: 'build' })
  }
  const tree = new Tree(files)
  const linker = new Linker(input, tree)
  for (const source of input.scripts) linker.add(source)
  for (const source of input.configs ?? []) linker.addConfig(source)
  linker.end()
  const { links, boots, anywhere, diagnostics } = linker
  const reached = findReached(input, links, tree)
  const reach = { input, links, tree, scripts, reached, anywhere }
  const orphans = findOrphans(reach)
  diagnostics.push(...checkReach(reach, orphans))
  if (input.baseUrls) diagnostics.push(...checkUrlLengths(input.baseUrls, input))
  return { links, tree, entry: input.entry, scripts, reached, orphans, boots, diagnostics }
}

/** What one script comes down to; nothing of its syntax tree is kept. */
export interface Resolved {
  source: LinkScript
  links: readonly Link[]
  boots: readonly Boot[]
  goesAnywhere: boolean
}

class Linker {
  readonly links: Link[] = []
  readonly boots: Boot[] = []
  readonly anywhere = new Set<string>()
  readonly diagnostics: Diagnostic[] = []
  readonly #tree: Tree
  readonly #kinds: KnownKinds
  readonly #values: Values
  readonly #settings = new Map<Script, ScriptSettings>()
  readonly #memory: LinkMemory
  readonly #known: KnownCommands | undefined
  readonly #treeUrls: readonly string[]
  readonly #treeSettings: ReadonlySet<string>
  readonly #targets = new Map<string, { target: LinkTarget | undefined }>()
  /** Of scripts that several paths share: machines with the same menu. */
  readonly #shared = new Map<Script, Map<string, Resolved>>()

  constructor({ scripts, treeUrls, treeSettings, memory = new LinkMemory(), known }: LinkInput, tree: Tree) {
    this.#memory = memory
    this.#known = known
    this.#tree = tree
    this.#kinds = new KnownKinds(tree)
    for (const { script } of scripts) {
      if (!this.#settings.has(script)) this.#settings.set(script, memory.settingsOf(script, known))
    }
    this.#values = new Values([...this.#settings.values()])
    this.#treeUrls = (treeUrls ?? []).filter((url) => url !== '').map((url) => url.replace(/\/+$/, ''))
    this.#treeSettings = new Set(treeSettings ?? usualTreeSettings)
    memory.begin(tree, this.#values, [this.#treeUrls, [...this.#treeSettings]])
  }

  end(): void {
    this.#memory.end(this.#values)
  }

  add(source: LinkScript): void {
    const { path, file, script, kind } = source
    const key = kind === 'embed' ? '' : `/${path.replace(/[^/]*$/, '')}`
    const known = this.#shared.get(script) ?? new Map<string, Resolved>()
    this.#shared.set(script, known)
    let resolved = known.get(key) ?? this.#memory.resolved(script, key)
    if (resolved) {
      const own = <Item extends { from: string; file: string }>(item: Item): Item => ({
        ...item,
        from: path,
        file: item.file === resolved!.source.file ? file : item.file,
      })
      for (const link of resolved.links) this.links.push(own(link))
      for (const boot of resolved.boots) this.boots.push(own(boot))
    } else {
      const before = this.diagnostics.length
      resolved = this.#resolve(source)
      known.set(key, resolved)
      if (this.diagnostics.length === before) this.#memory.keep(script, key, resolved)
      for (const link of resolved.links) this.links.push(link)
      for (const boot of resolved.boots) this.boots.push(boot)
    }
    if (resolved.goesAnywhere) this.anywhere.add(path)
  }

  addConfig(source: LinkConfig): void {
    const found = configLinks(source, (url) =>
      resolveTarget(
        { role: 'argument', text: url, mayBeImage: false },
        { path: source.path, isEmbedded: false },
        {
          tree: this.#tree,
          treeUrls: this.#treeUrls,
          treeSettings: this.#treeSettings,
          isImage: () => false,
        },
      ),
    ).map((link) => ({ link }))
    for (const { link } of found) this.links.push(link)
    checkTargets(found, this.#tree, this.#treeUrls.length > 0, ({ link }, make) => {
      this.diagnostics.push(make(link.file, link.place))
    })
  }

  #resolve(source: LinkScript): Resolved {
    const { path, kind, script } = source
    const settings = this.#settings.get(script)!
    const uris = findUris(scanCommands(script, this.#known), settings, this.#values)
    const options = {
      tree: this.#tree,
      treeUrls: this.#treeUrls,
      treeSettings: this.#treeSettings,
      isImage: imagesOf(uris),
    }
    const from = { path, isEmbedded: kind === 'embed' }
    const found: CheckedLink[] = []
    const seen = new Map<string, Set<LinkTarget>>()
    let goesAnywhere = false
    for (const uri of uris) {
      const target = this.#target(uri, from, options)
      if (!target) {
        if (uri.role === 'chain') goesAnywhere = true
        continue
      }
      const key = `${uri.at.index} ${uri.command}`
      const same = seen.get(key) ?? new Set()
      if (same.has(target)) continue
      seen.set(key, same.add(target))
      found.push({ link: makeLink(source, uri, target), uri })
    }
    markAlternatives(found)
    let disabled: Disabled | undefined
    const isDisabled = (rule: string, { uri }: CheckedLink): boolean => {
      disabled ??= new Disabled(source.script, (line) => line.origin?.path ?? source.file, source.file)
      return disabled.has(rule, uri.at.command.line)
    }
    for (const checked of found) {
      const { link } = checked
      if (link.target.kind === 'outside' && isDisabled(deadLink, checked)) link.isUnchecked = true
    }
    const report: Report = (checked, make) => {
      const diagnostic = make(checked.link.file, checked.link.place)
      if (!isDisabled(diagnostic.ruleId, checked)) this.diagnostics.push(diagnostic)
    }
    checkTargets(found, this.#tree, this.#treeUrls.length > 0, report)
    checkKinds(found, this.#tree, this.#kinds, report)
    const boots = findBoots(found, settings, this.#values, this.#kinds)
    return { source, links: found.map(({ link }) => link), boots, goesAnywhere }
  }

  /** Remembered by folder: the scripts of machines say the same things. */
  #target(
    uri: FoundUri,
    from: { path: string; isEmbedded: boolean },
    options: TargetOptions,
  ): LinkTarget | undefined {
    if (uri.mayBeImage && options.isImage(withHoles(uri.text), uri)) return resolveTarget(uri, from, options)
    const folder = from.isEmbedded ? '' : `/${from.path.replace(/[^/]*$/, '')}`
    const isRelative = uri.role !== 'disk' && uri.role !== 'argument'
    // a query alone leads to the script itself
    const own = /^[?#]/.test(uri.text) ? from.path : ''
    const key = [folder, own, isRelative ? '' : uri.role, uri.text].join('\n')
    const known = this.#targets.get(key)
    if (known) return known.target
    const target = resolveTarget(uri, from, options)
    this.#targets.set(key, { target })
    return target
  }
}

function makeLink(source: LinkScript, uri: FoundUri, target: LinkTarget): Link {
  const { line } = uri.at.command
  const place = uri.span ? placeOf(line, uri.span) : placeOf(line)
  return {
    from: source.path,
    file: line.origin?.path ?? source.file,
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
function imagesOf(uris: readonly FoundUri[]): (name: string) => boolean {
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

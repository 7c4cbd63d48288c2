/** What a machine can get to, what it cannot, and scripts that lead in circles. */
import { Diagnostic } from '../diagnostics/diagnostic.js'
import { quote } from '../rules/message.js'
import { encodeText } from '../syntax/bytes.js'
import type { Link, LinkInput } from './resolve.js'
import { hasWayOut } from './scan.js'
import type { Tree } from './tree.js'
import { parseUri, pathInTree } from './uri.js'

/** Paths of the tree that a link may lead to. */
export function targetPaths({ target, role }: Link, tree: Tree): readonly string[] {
  if (target.kind === 'dynamic') return target.matches
  if (target.kind !== 'inside' || target.found === undefined) return []
  return target.found === 'file' ? [target.path] : role === 'argument' ? tree.below(target.path) : []
}

/** iPXE asks for it by itself (`interface/efi/efi_autoexec.c`). */
const autoexec = 'autoexec.ipxe'

export function findReached(input: LinkInput, links: readonly Link[], tree: Tree): Set<string> {
  const bySource = new Map<string, Link[]>()
  const waiting = [input.entry, autoexec]
  const embedded = new Set(input.scripts.filter(({ kind }) => kind === 'embed').map(({ path }) => path))
  // machines get configs by ways that no link shows: what one names is needed
  const starts = new Set([...embedded, ...(input.configs ?? []).map(({ path }) => path)])
  for (const link of links) {
    const list = bySource.get(link.from)
    if (list) list.push(link)
    else bySource.set(link.from, [link])
    if (starts.has(link.from)) waiting.push(...targetPaths(link, tree))
  }
  const reached = new Set<string>()
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path) || tree.kindOf(path) !== 'file') continue
    reached.add(path)
    if (embedded.has(path)) continue
    for (const link of bySource.get(path) ?? []) {
      for (const target of targetPaths(link, tree)) if (!reached.has(target)) waiting.push(target)
    }
  }
  return reached
}

export interface ReachInput {
  input: LinkInput
  links: readonly Link[]
  tree: Tree
  scripts: ReadonlySet<string>
  reached: ReadonlySet<string>
  /** Scripts that chain what only the machine knows: it may be any script. */
  anywhere: ReadonlySet<string>
}

export function checkReach(reach: ReachInput, orphans: readonly Orphan[]): Diagnostic[] {
  return [...unreachable(reach), ...reportOrphans(reach.input, orphans), ...loops(reach)]
}

function unreachable({ input, links, tree, scripts, reached, anywhere }: ReachInput): Diagnostic[] {
  // without a first script nothing is reached, and that has been said
  if (!scripts.has(input.entry)) return []
  const lost = input.scripts.filter(({ path, kind }) => kind !== 'embed' && !reached.has(path))
  if (lost.length === 0) return []
  const callers = new Map<string, string>()
  for (const link of links) {
    for (const path of targetPaths(link, tree)) if (path !== link.from) callers.set(path, link.from)
  }
  const open = [...anywhere].filter((path) => reached.has(path)).sort()[0]
  const result: Diagnostic[] = []
  for (const { path, file, place } of lost) {
    const caller = callers.get(path)
    const only = caller === undefined ? '' : ` Only ${shown(caller)} names it, which is not reached either.`
    result.push(
      new Diagnostic({
        ruleId: 'unreachable-script',
        severity: open === undefined ? 'warning' : 'info',
        file,
        ...(place && { place }),
        reason: `Nothing leads from ${shown(input.entry)} to ${shown(path)}`,
        note:
          open === undefined
            ? `Chain it from a menu, or take it out.${only}`
            : `Unless ${shown(open)} does, which chains what only the machine knows.${only}`,
      }),
    )
  }
  return result
}

/** Loaders are asked for by firmware; the manifest, the preview and the DHCP examples are for people. */
const neverOrphans =
  /^(manifest\.json|preview\/|dhcp\/)|\.(efi|0|kpxe|kkpxe|kkkpxe|pxe|hdr?|lkrn|dsk|usb|iso|sig|asc|sha256|sha512|md5|txt)$/i
/** They speak about the file whose name stands before. */
const sidecar = /\.(sig|asc|sha256|sha512|md5)$/i

/** A file that nothing leads to. */
export interface Orphan {
  path: string
  /** Bytes. */
  size: number
  /** Below `assets/`, or in the manifest with an origin other than the build: it can be fetched again. */
  isAsset: boolean
}

/** Sorted by path. Without a first script nothing is reached, and nothing is an orphan. */
export function findOrphans({
  input,
  links,
  tree,
  scripts,
  reached,
}: Omit<ReachInput, 'anywhere'>): Orphan[] {
  const which = input.orphans ?? 'assets'
  if (which === 'none' || !scripts.has(input.entry)) return []
  let named: ReadonlySet<string> | undefined
  const result: Orphan[] = []
  for (const path of tree.paths) {
    const { origin, size } = tree.files.get(path)!
    if (reached.has(path) || scripts.has(path) || neverOrphans.test(path)) continue
    named ??= namedElsewhere(links, tree)
    if (named.has(path)) continue
    const isUsers = origin === 'static' || origin === 'config' || path.startsWith('configs/')
    if (isUsers && which !== 'all') continue
    const isAsset = !isUsers && origin !== 'build' && (origin !== undefined || path.startsWith('assets/'))
    result.push({ path, size, isAsset })
  }
  return result
}

/**
 * What `build --prune` leaves out: assets without a link to them, with their signatures and checksums. Files of others
 * stay, because nobody could bring them back.
 */
export function prunable({ orphans, tree }: { orphans: readonly Orphan[]; tree: Tree }): Orphan[] {
  const assets = orphans.filter(({ isAsset }) => isAsset)
  const gone = new Set(assets.map(({ path }) => path))
  const beside = tree.paths.filter((path) => sidecar.test(path) && gone.has(path.replace(sidecar, '')))
  const all = [
    ...assets,
    ...beside.map((path) => ({ path, size: tree.files.get(path)!.size, isAsset: true })),
  ]
  return all.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

/** Whoever writes the URL of this very server by its address, and not by a variable, needs the file all the same. */
function namedElsewhere(links: readonly Link[], tree: Tree): Set<string> {
  const named = new Set<string>()
  const urls = new Set(links.flatMap(({ target }) => (target.kind === 'outside' ? target.url : [])))
  for (const url of urls) {
    const parts = pathInTree(parseUri(url).path ?? '').split('/')
    for (let start = 0; start < Math.min(parts.length, 8); start++) {
      const path = parts.slice(start).join('/')
      if (path === '') break
      const kind = tree.kindOf(path)
      if (kind === 'file') named.add(path)
      else if (kind === 'folder') for (const below of tree.below(path)) named.add(below)
      if (kind !== undefined) break
    }
  }
  return named
}

/** So many are told one by one. */
const orphanLimit = 10

function reportOrphans(input: LinkInput, orphans: readonly Orphan[]): Diagnostic[] {
  const make = (reason: string): Diagnostic =>
    new Diagnostic({
      ruleId: 'orphan-file',
      severity: 'info',
      file: input.configFile ?? input.entry,
      reason,
      note: 'It takes space and can go, unless machines get its name from elsewhere. `ipxetool build --prune` leaves such assets out.',
    })
  if (orphans.length <= orphanLimit) {
    return orphans.map(({ path, size }) =>
      make(`Nothing in the tree leads to ${shown(path)} (${size} bytes)`),
    )
  }
  const bytes = orphans.reduce((sum, { size }) => sum + size, 0)
  const largest = [...orphans].sort((a, b) => b.size - a.size).slice(0, 3)
  return [
    make(
      `Nothing in the tree leads to ${orphans.length} files (${bytes} bytes); the largest are ${largest.map(({ path }) => shown(path)).join(', ')}`,
    ),
  ]
}

/** Scripts that only lead to each other: no `exit`, nothing to boot, no other script. */
function loops({ input, links, tree }: ReachInput): Diagnostic[] {
  const next = new Map<string, Set<string>>()
  const open = new Set<string>()
  const known = new Map(input.scripts.map((script) => [script.path, script]))
  for (const link of links) {
    if (link.role !== 'chain') {
      if (link.role === 'kernel' || link.role === 'disk') open.add(link.from)
      continue
    }
    const targets = targetPaths(link, tree).filter((path) => known.has(path))
    if (targets.length > 0) {
      const set = next.get(link.from) ?? new Set()
      for (const path of targets) set.add(path)
      next.set(link.from, set)
    } else open.add(link.from)
  }
  const result: Diagnostic[] = []
  for (const component of components([...known.keys()], next)) {
    const inside = new Set(component)
    const [first] = component
    const isLoop = component.length > 1 || (next.get(first!)?.has(first!) ?? false)
    if (!isLoop) continue
    const leadsOut = component.some(
      (path) =>
        open.has(path) ||
        hasWayOut(known.get(path)!.script) ||
        [...(next.get(path) ?? [])].some((target) => !inside.has(target)),
    )
    if (leadsOut) continue
    const names = [...component].sort()
    result.push(
      new Diagnostic({
        ruleId: 'chain-loop',
        severity: 'info',
        file: known.get(names[0]!)!.file,
        reason:
          names.length === 1
            ? `${shown(names[0]!)} chains itself and nothing else`
            : `These scripts only chain each other: ${names.slice(0, 8).map(shown).join(', ')}`,
        note: 'No `exit`, nothing to boot. Each chain without `--replace` keeps the script before it in memory.',
      }),
    )
  }
  return result
}

/** Tarjan's strongly connected components, without recursion. */
function components(nodes: readonly string[], next: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const order = new Map<string, number>()
  const low = new Map<string, number>()
  const onStack = new Set<string>()
  const stack: string[] = []
  const result: string[][] = []
  for (const root of nodes) {
    if (order.has(root)) continue
    const work: { node: string; rest: Iterator<string> }[] = []
    const enter = (node: string): void => {
      order.set(node, order.size)
      low.set(node, order.get(node)!)
      stack.push(node)
      onStack.add(node)
      work.push({ node, rest: (next.get(node) ?? new Set<string>()).values() })
    }
    enter(root)
    for (let frame = work.at(-1); frame; frame = work.at(-1)) {
      const { node } = frame
      const step = frame.rest.next()
      if (!step.done) {
        const target = step.value
        if (!order.has(target)) enter(target)
        else if (onStack.has(target)) low.set(node, Math.min(low.get(node)!, order.get(target)!))
        continue
      }
      work.pop()
      const above = work.at(-1)
      if (above) low.set(above.node, Math.min(low.get(above.node)!, low.get(node)!))
      if (low.get(node) !== order.get(node)) continue
      const component: string[] = []
      let member: string
      do {
        member = stack.pop()!
        onStack.delete(member)
        component.push(member)
      } while (member !== node)
      result.push(component)
    }
  }
  return result
}

function shown(path: string): string {
  return quote(encodeText(path))
}

/** Builds a project, once or again and again; what one build knows makes the next one quick. */
import { relative, resolve, sep } from 'node:path'
import { checkOut, resolveOut } from '../build/out-folder.js'
import { readOldManifest } from '../build/old-tree.js'
import { ScriptPrinter } from '../build/print.js'
import { type BuiltTree, buildTree, hasErrors, type MakeExtras, withExtras } from '../build/tree.js'
import { TreeMemory, writeTree, type Written } from '../build/write.js'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { LinkMemory } from '../links/memory.js'
import type { CheckedBoot } from '../links/preflight-boots.js'
import { type Orphan, prunable } from '../links/reach.js'
import { assetsFolder } from '../project/assets.js'
import { readConfig } from '../project/config.js'
import type { ProjectHost } from '../project/host.js'
import { ProjectMemory } from '../project/memory.js'
import { byCodeUnit } from '../project/paths.js'
import { loadProject, type Project } from '../project/project.js'
import { declaredLoaders } from './declared-loaders.js'
import { type CheckedTree, checkTree, makePreview, type TreeOptions } from './whole-tree.js'

export interface SessionOptions {
  /** What relative paths start at. */
  cwd: string
  /** Folder of `ipxetool.yaml` as the user knows it. */
  root: string
  host: ProjectHost
  /** The output tree, relative to `cwd`; default: what the project says. */
  out?: string | undefined
  variables: ReadonlyMap<string, string>
  environment: Readonly<Record<string, string | undefined>>
  /** The user's home folder. */
  home: string
  signal?: AbortSignal
  /** Asks other servers. */
  ask?: TreeOptions['ask']
  /** Assets that nothing leads to are left out of the tree. */
  prune?: boolean
}

export interface BuildOutcome {
  diagnostics: readonly Diagnostic[]
  sources: ReadonlyMap<string, Uint8Array>
  /** Absent when there are errors: nothing was written. */
  result?: BuildResult
  /** What is loaded and started together, once the links were followed. */
  boots?: readonly CheckedBoot[]
}

export interface BuildResult extends Written {
  /** Full path. */
  out: string
  entry: string
  /** What was left out as nothing leads to it. */
  pruned: readonly Orphan[]
}

export class BuildSession {
  /** Full path of the output tree, once a build has begun. */
  out: string | undefined
  readonly #options: SessionOptions
  readonly #memory = {
    project: new ProjectMemory(),
    links: new LinkMemory(),
    printer: new ScriptPrinter(),
    tree: new TreeMemory(),
  }
  #builds = 0
  #preview: ReadonlyMap<string, Uint8Array> | undefined
  #late: (() => Promise<Written | undefined>) | undefined

  constructor(options: SessionOptions) {
    this.#options = options
  }

  /**
   * @param preview `late`: the tree keeps the preview of the build before until {@link latePreview}
   * @throws IpxetoolError for a tree that cannot be written
   */
  async build(preview: 'now' | 'late' = 'now'): Promise<BuildOutcome> {
    const { cwd, root, host, variables, environment, home, ask, prune } = this.#options
    const memory = this.#memory
    this.#late = undefined
    if (this.#builds++ > 0) memory.project.nextBuild()
    const read = await readConfig(root, host, memory.project)
    const out = await resolveOut(this.#wanted(read.config?.out))
    this.out = out
    const realRoot = await resolveOut(resolve(cwd, root))
    const place = { root: realRoot, home }
    checkOut(out, { ...place, sourceFolders: [] })
    await readOldManifest(out)

    const { project, diagnostics, sources } = await loadProject(root, host, {
      variables,
      environment,
      loadersOf: declaredLoaders(cwd),
      exclude: [relative(realRoot, out).split(sep).join('/')],
      config: read,
      memory: memory.project,
    })
    if (!project) return { diagnostics, sources }
    checkOut(out, { ...place, sourceFolders: sourceFolders(project) })
    const before = preview === 'late' ? this.#preview : undefined
    let make: (() => ReadonlyMap<string, Uint8Array>) | undefined
    let inspected: CheckedTree | undefined
    const previewOf = makePreview(() => inspected?.boots ?? [])
    const makeExtras: MakeExtras = (made) => {
      make = () => previewOf(made)
      return before ?? make()
    }
    const tree = await buildTree(project, {
      inspect: async (checked) => {
        inspected = await checkTree(project, checked, cwd, { out, ask, memory: memory.links })
        return inspected.diagnostics
      },
      makeExtras,
      printer: memory.printer,
    })
    const boots = inspected && { boots: inspected.boots }
    if (hasErrors(tree.diagnostics)) return { diagnostics: tree.diagnostics, sources, ...boots }
    const pruned = prune === true && inspected ? prunable(inspected.report) : []
    const leaveOut = new Set(pruned.map(({ path }) => path))
    const written = await this.#write(out, tree, leaveOut)
    if (before && make) {
      const remake = make
      this.#late = () => {
        this.#preview = remake()
        return this.#write(out, withExtras(tree, this.#preview), leaveOut)
      }
    } else this.#preview = new Map([...tree.files].filter(([path]) => path.startsWith('preview/')))
    const { entry } = project.config
    return { diagnostics: tree.diagnostics, sources, result: { ...written, out, entry, pruned }, ...boots }
  }

  /** What `build('late')` has put off. Resolves to nothing when there is nothing to do. */
  async latePreview(): Promise<Written | undefined> {
    const late = this.#late
    this.#late = undefined
    return late?.()
  }

  /** Files that are copied have changed: what links say of them is not known any more. */
  forgetLinks(): void {
    this.#memory.links.forget()
  }

  #wanted(configured: string | undefined): string {
    const { cwd, root, out } = this.#options
    return out === undefined ? resolve(cwd, root, configured ?? 'out') : resolve(cwd, out)
  }

  #write(out: string, tree: BuiltTree, leaveOut: ReadonlySet<string>): Promise<Written> {
    const { cwd, signal } = this.#options
    return writeTree(out, tree, {
      resolveCopy: (file) => resolve(cwd, file),
      memory: this.#memory.tree,
      prune: leaveOut,
      ...(signal && { signal }),
    })
  }
}

/** The folders below the root that the tree must not be mixed with. */
function sourceFolders(project: Project): string[] {
  const folders = new Set<string>()
  for (const { path } of project.scripts) {
    const [top] = path.split('/')
    if (top !== undefined && top !== path) folders.add(top)
  }
  if (project.assets.length > 0) folders.add(assetsFolder)
  if (project.staticFiles.length > 0) folders.add(project.config.static ?? 'static')
  return [...folders].sort(byCodeUnit)
}

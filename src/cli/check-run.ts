/** What `ipxetool check` finds in one go over all that was asked for. */
import { resolve, sep } from 'node:path'
import { type Analysis, analyse, type KnownCommands } from '../analysis/analyse.js'
import type { Line, Script } from '../ast/nodes.js'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import type { CheckedBoot } from '../links/preflight-boots.js'
import { resolveLinks } from '../links/resolve.js'
import { type Checked, checkProject } from '../project/check.js'
import { type CheckOverrides, projectCheck } from '../project/check-settings.js'
import { scriptSizeLimit } from '../project/compose.js'
import { configName } from '../project/config.js'
import { HostError, type ProjectHost, readIfThere } from '../project/host.js'
import { type Composed, composeLoose } from '../project/loose.js'
import { settingsSetIn, SettingsOfRun } from '../rules/facts.js'
import type { Rule } from '../rules/rule.js'
import { runRules, withoutUsed } from '../rules/run.js'
import { isActive } from '../rules/settings.js'
import { unusedSetting } from '../rules/unused-setting.js'
import { KnownLines } from '../syntax/parse.js'
import type { InputFailure, Inputs, LooseInput, ProjectInput } from './check-inputs.js'
import { declaredLoaders } from './declared-loaders.js'
import type { Io } from './io.js'
import type { Ask } from './online-check.js'
import { TypeChecker } from './type-check.js'
import { checkTree } from './whole-tree.js'

export interface RunSettings {
  variables: ReadonlyMap<string, string>
  /** What other servers are asked; absent: nothing. */
  ask: Ask | undefined
  /** `menus/*.ts` are checked by TypeScript, too. */
  types: boolean
  isVerbose: boolean
  check: CheckOverrides
  stdinFilename: string
  stdin: () => Promise<Uint8Array>
  rules?: readonly Rule[]
}

interface LooseScript extends Pick<Composed, 'diagnostics' | 'sources'> {
  /** Its path, or `-`. */
  asked: string
  /** What it is called. */
  path: string
  named: boolean
  /** Undefined: there was no room for it. */
  tree: { script: Script; analysis: Analysis } | undefined
}

/** Trees of so many lines are kept until it is known what all the scripts set; the others are made again. */
const linesKept = 60_000

/** What was found in one run of the command. */
export class CheckRun {
  readonly diagnostics: Diagnostic[] = []
  readonly sources = new Map<string, Uint8Array>()
  readonly failures: InputFailure[] = []
  /** Scripts that were looked at. */
  checked = 0
  /** What projects boot. */
  readonly boots: CheckedBoot[] = []
  readonly #host: ProjectHost
  readonly #io: Io
  readonly #settings: RunSettings

  constructor(host: ProjectHost, io: Io, settings: RunSettings) {
    this.#host = host
    this.#io = io
    this.#settings = settings
  }

  async checkAll({ projects, loose }: Inputs): Promise<void> {
    for (const project of projects) await this.checkProject(project)
    await this.checkLoose(loose)
  }

  async checkProject({ root, only }: ProjectInput): Promise<void> {
    const { cwd } = this.#io
    const types =
      this.#settings.types && this.#wantsTypes(root, only) ? new TypeChecker(root, cwd) : undefined
    try {
      const checked = await this.#checkAll(root)
      if (types) await this.#addTypes(types, checked)
      await this.#take(checked, root, only)
    } finally {
      await types?.stop()
    }
  }

  /** Menu files, or nothing in particular, were asked for. */
  #wantsTypes(root: string, only: readonly string[] | undefined): boolean {
    const menus = resolve(this.#io.cwd, root, 'menus')
    return only?.some((wanted) => wanted === menus || wanted.endsWith('.ts')) ?? true
  }

  async #addTypes(types: TypeChecker, checked: Checked): Promise<void> {
    const { diagnostics, skipped } = await types.result(checked.diagnostics)
    if (skipped !== undefined && this.#settings.isVerbose) {
      this.#io.stderr.write(`ipxetool: types in menus/*.ts were not checked: ${skipped}\n`)
    }
    for (const diagnostic of diagnostics) {
      checked.diagnostics.push(diagnostic)
      if (checked.sources.has(diagnostic.file) || this.sources.has(diagnostic.file)) continue
      const bytes = await readIfThere(this.#host, diagnostic.file, scriptSizeLimit)
      if (bytes) this.sources.set(diagnostic.file, bytes)
    }
  }

  #checkAll(root: string): Promise<Checked> {
    const { cwd, env } = this.#io
    return checkProject(root, this.#host, {
      variables: this.#settings.variables,
      environment: env,
      loadersOf: declaredLoaders(cwd),
      check: this.#settings.check,
      inspect: async (project, scripts) => {
        const out = resolve(cwd, root, project.config.out)
        const tree = await checkTree(project, scripts, cwd, {
          out,
          information: true,
          ask: this.#settings.ask,
        })
        for (const boot of tree.boots) this.boots.push(boot)
        return tree.diagnostics
      },
    })
  }

  async #take(checked: Checked, root: string, only: readonly string[] | undefined): Promise<void> {
    const { cwd } = this.#io
    this.#addSources(checked.sources)
    if (!only) {
      this.add(checked.diagnostics)
      this.checked += checked.sources.size
      return
    }
    const config = resolve(cwd, root, configName)
    const isWanted = (path: string): boolean =>
      only.some((wanted) => resolve(cwd, path) === wanted || resolve(cwd, path).startsWith(wanted + sep))
    // without its configuration nothing of the project can be checked: that concerns every file
    const isBroken = (diagnostic: Diagnostic): boolean =>
      diagnostic.severity === 'error' && resolve(cwd, diagnostic.file) === config
    this.add(checked.diagnostics.filter((diagnostic) => isWanted(diagnostic.file) || isBroken(diagnostic)))
    const read = [...checked.sources.keys()].filter((path) => isWanted(path))
    this.checked += read.length
    if (checked.diagnostics.some(isBroken)) return
    // a file that the project does not use, say of its output tree, is a loose one
    const known = new Set(
      [...read, ...checked.diagnostics.map(({ file }) => file)].map((path) => resolve(cwd, path)),
    )
    const isInside = (wanted: string): boolean => [...known].some((path) => path.startsWith(wanted + sep))
    const others = only.filter((wanted) => !known.has(wanted) && !isInside(wanted))
    await this.checkLoose(others.map((wanted) => ({ path: nameLike(cwd, root, wanted), named: true })))
  }

  /** Scripts of one run may set each other's settings: a menu is often several files. */
  async checkLoose(inputs: readonly LooseInput[]): Promise<void> {
    const { settings, target } = projectCheck({}, this.#settings.check)
    const wantsReads = isActive(unusedSetting, settings)
    const composed: LooseScript[] = []
    const included = new Set<string>()
    const settingsOfRun = new SettingsOfRun()
    const known: KnownCommands = new WeakMap()
    const knownLines = new KnownLines()
    const clean = new WeakSet<Line['children']>()
    let room = this.#settings.ask ? Infinity : linesKept
    for (const { path: asked, named } of inputs) {
      const path = asked === '-' ? this.#settings.stdinFilename : asked
      const result = await this.#compose(asked, this.#host, knownLines)
      if (!result) continue
      const { script, diagnostics, sources } = result
      const analysis = analyse(script, known)
      settingsOfRun.add(settingsSetIn(analysis))
      if (wantsReads) settingsOfRun.addReads(script)
      for (const source of sources.keys()) if (source !== path) included.add(source)
      room -= script.children.length
      const tree = room > 0 ? { script, analysis } : undefined
      composed.push({ asked, path, named, diagnostics, sources, tree })
    }
    const found: Diagnostic[] = []
    const rules = this.#settings.rules && { rules: this.#settings.rules }
    const usedDirectives = new Set<string>()
    const facts = { loose: true, ...settingsOfRun.facts, ...(target && { target }) }
    for (const one of composed) {
      const { asked, path, named, diagnostics, sources } = one
      this.#addSources(sources)
      this.checked++
      // what another script includes was checked in its place there
      if (!named && included.has(path)) continue
      this.add(diagnostics)
      const script = one.tree?.script ?? (await this.#composeAgain(asked, sources))
      const analysis = one.tree?.analysis ?? analyse(script)
      if (!this.#settings.ask) one.tree = undefined
      const options = { path, facts, settings, usedDirectives, analysis, clean, ...rules }
      for (const diagnostic of runRules(script, options)) found.push(diagnostic)
    }
    this.add(withoutUsed(found, usedDirectives))
    if (this.#settings.ask && composed.length > 0) {
      const scripts = composed.flatMap(({ path, tree }) => (tree ? [{ path, script: tree.script }] : []))
      this.add(await this.#askFor(scripts))
    }
  }

  /** Loose scripts have no tree, so only what they want from other servers can be told. */
  async #askFor(scripts: readonly { path: string; script: Script }[]): Promise<Diagnostic[]> {
    const { links } = resolveLinks({
      scripts: scripts.map(({ path, script }) => ({ path, file: path, script, kind: 'output' })),
      files: new Map(),
      entry: scripts[0]!.path,
    })
    return this.#settings.ask!(links, scripts[0]!.path)
  }

  /** From what was read before: what a file says now is not what its settings were taken from. */
  async #composeAgain(path: string, sources: Composed['sources']): Promise<Script> {
    const host = this.#host
    const before: ProjectHost = {
      ...host,
      readFile: async (file, limit) => sources.get(file) ?? host.readFile(file, limit),
    }
    const composed = await this.#compose(path, before)
    return composed?.script ?? { type: 'script', children: [] }
  }

  async #compose(path: string, host: ProjectHost, known?: KnownLines): Promise<Composed | undefined> {
    const options = known && { known }
    try {
      if (path !== '-') return await composeLoose(path, host, options)
      const input = await this.#settings.stdin()
      return await composeLoose(this.#settings.stdinFilename, host, { ...options, input })
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      const missing = error.kind === 'missing' || error.kind === 'not-folder'
      this.failures.push({ path: error.path, message: error.message, missing })
      return undefined
    }
  }

  add(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) this.diagnostics.push(diagnostic)
  }

  #addSources(sources: ReadonlyMap<string, Uint8Array>): void {
    for (const [path, bytes] of sources) this.sources.set(path, bytes)
  }
}

/** A full path below a root, named as the root is. */
function nameLike(cwd: string, root: string, full: string): string {
  const rest = full.slice(resolve(cwd, root).length).replace(/^[/\\]/, '')
  return root === '.' ? rest : `${root}/${rest}`
}

/** The menus and machines of a project, and the scripts that they become. */
import type { LineOrigin, Script } from '../ast/nodes.js'
import { Diagnostic } from '../diagnostics/diagnostic.js'
import { compileMenus, type CompileOptions, type GeneratedScript } from '../model/compile.js'
import { compileMachines, type ResolvedMachine } from '../model/machines.js'
import type { LockedSet } from '../model/lock.js'
import { LineCache } from '../model/writer.js'
import { type ModelProblem, shownSource } from '../model/problems.js'
import type { Group, Machine } from '../model/machine-schema.js'
import type { Menu, Source } from '../model/schema.js'
import type { ProjectConfig } from './config.js'
import type { Given } from './overrides.js'
import { underRoot } from './paths.js'
import type { YamlPath } from './yaml.js'

export interface ProjectModel {
  menus: readonly Menu[]
  groups: readonly Group[]
  /** With what their groups say. */
  machines: readonly ResolvedMachine[]
  /** How the menus were compiled; `first` is absent when the entry script is the user's own. */
  options: CompileOptions
  /** Some menus could not be read or have errors: what refers to them cannot be judged. */
  isIncomplete: boolean
}

/** A script that the build writes for a menu or a machine. */
export interface ProjectGenerated {
  /** In the output tree. */
  path: string
  /** With variables as they are. Machines may share it: not to be changed. */
  script: Script
  /** Files that it is made of, as the user knows them. */
  files: readonly string[]
  /** For people: ``menu `main` (ipxetool.yaml:3:5)``. */
  what: string
  menu?: Menu
  machine?: ResolvedMachine
  /** Values of variables that count in this script alone. */
  given?: ReadonlyMap<string, Given>
}

export interface MenuSources {
  menus: readonly Menu[]
  groups: readonly Group[]
  machines: readonly Machine[]
  isIncomplete: boolean
}

/** Build-time variables that, by their name, say where the tree is published. */
export const treeVariables: readonly string[] = ['tree', 'tree-url', 'boot-url']

/**
 * @param hasOwnEntry the entry script is in the project, so that no menu is the first
 * @param lines of an earlier build
 * @param locked what `use` of entries may name
 */
export function compileModel(
  root: string,
  config: ProjectConfig,
  { menus, groups, machines, isIncomplete }: MenuSources,
  hasOwnEntry: boolean,
  lines: LineCache = new LineCache(),
  locked: readonly LockedSet[] = [],
): { model: ProjectModel; generated: ProjectGenerated[]; diagnostics: Diagnostic[] } {
  const first = hasOwnEntry ? undefined : firstMenu(menus)
  const console =
    config.console ?? (config.variables.get('console')?.type === 'console' ? '$<console>' : undefined)
  const base = baseOf(config)
  const options: CompileOptions = {
    ...(first !== undefined && { first: { menu: first.id, path: config.entry } }),
    ...(console !== undefined && { console }),
    ...(machines.length > 0 && { machines: true }),
    ...(locked.length > 0 && { locked }),
    ...(base !== undefined && { base }),
    ...(config.servedBy === 'ipxetool' && { remembers: true }),
  }
  if (isIncomplete) {
    return { model: { menus, groups, machines: [], options, isIncomplete }, generated: [], diagnostics: [] }
  }
  const sharing = { ...options, lines }
  const resolved = compileMachines(machines, groups, menus, sharing)
  const reached = resolved.resolved.flatMap(({ menu }) => menu ?? [])
  const compiled = compileMenus(menus, sharing, reached)
  const problems = [...compiled.problems, ...resolved.problems]
  const failed = problems.some(({ severity }) => severity === 'error')
  const model = { menus, groups, machines: resolved.resolved, options, isIncomplete: failed }
  const paths = pathsOf(config)
  const diagnostics = problems.map((problem) => toDiagnostic(problem, root, config, paths))
  if (failed) return { model, generated: [], diagnostics }

  const outputs = new Outputs(root, config, groups)
  const generated = [...compiled.scripts, ...resolved.scripts].map((script) => outputs.add(script))
  return { model, generated, diagnostics }
}

/** Where booted systems find the tree, as the project says it in so many words. */
function baseOf({ variables, dhcp }: ProjectConfig): string | undefined {
  const name = treeVariables.find((known) => variables.get(known)?.type === 'url')
  if (name !== undefined) return `$<${name}>`
  return isWholeUrl(dhcp?.http) ? dhcp.http.replace(/\/+$/, '') : undefined
}

/** All of it is known, and it names a server. */
export function isWholeUrl(url: string | undefined): url is string {
  return url !== undefined && /^(https?|tftp):\/\/[^/$\s]+\S*$/i.test(url) && !url.includes('${')
}

/** `main`, else the only one that no other menu opens, else the first. */
function firstMenu(menus: readonly Menu[]): Menu | undefined {
  const main = menus.find(({ id }) => id === 'main')
  if (main) return main
  const opened = new Set(
    menus.flatMap(({ entries }) =>
      entries.flatMap((entry) => (entry.kind === 'submenu' ? [entry.menu] : [])),
    ),
  )
  const [root, ...others] = menus.filter(({ id }) => !opened.has(id))
  return root && others.length === 0 ? root : menus[0]
}

/** Where in `ipxetool.yaml` what has a source stands. */
function pathsOf(config: ProjectConfig): Map<Source, YamlPath> {
  const paths = new Map<Source, YamlPath>()
  const add = (source: Source | undefined, path: YamlPath): void => {
    if (source) paths.set(source, path)
  }
  for (const [index, menu] of config.menus.entries()) {
    add(menu.source, ['menus', index])
    for (const [at, { source }] of menu.entries.entries()) add(source, ['menus', index, 'entries', at])
  }
  for (const [index, { source }] of config.machines.entries()) add(source, ['machines', index])
  for (const [index, { source }] of config.groups.entries()) add(source, ['groups', index])
  return paths
}

function toDiagnostic(
  problem: ModelProblem,
  root: string,
  config: ProjectConfig,
  paths: ReadonlyMap<Source, YamlPath>,
): Diagnostic {
  const { rule, severity, source, field, reason, note, expected } = problem
  const path = source && paths.get(source)
  const place = path && field !== undefined ? config.placeOf([...path, ...field.split('.')]) : undefined
  return new Diagnostic({
    ruleId: rule,
    severity,
    file: source ? underRoot(root, source.file) : config.file,
    reason,
    note,
    ...(source && { place: place ?? placeOfSource(source) }),
    ...(expected && { expected }),
  })
}

export function placeOfSource({ line, column, offset }: Source): NonNullable<Diagnostic['place']> {
  const point = { line, column, offset }
  return { start: point, end: point }
}

/** Origins that name files as the user knows them: scripts of an earlier build have them already. */
const madeOrigins = new WeakSet<LineOrigin>()

/** Scripts as the project sees them: files named as the user knows them, machines with their values. */
class Outputs {
  readonly #root: string
  readonly #config: ProjectConfig
  readonly #groups: ReadonlyMap<string, Group>
  readonly #origins = new Map<string, LineOrigin>()
  readonly #files = new Map<Menu, string[]>()
  readonly #seen = new Set<Script>()

  constructor(root: string, config: ProjectConfig, groups: readonly Group[]) {
    this.#root = root
    this.#config = config
    this.#groups = new Map(groups.map((group) => [group.id, group]))
  }

  add({ path, script, menu, machine }: GeneratedScript): ProjectGenerated {
    if (!this.#seen.has(script)) {
      this.#seen.add(script)
      for (const line of script.children) if (line.origin) line.origin = this.#origin(line.origin)
    }
    const files = menu ? this.#filesOf(menu) : []
    if (!machine) {
      const what = menu ? `the menu \`${menu.id}\`${at(menu.source)}` : 'the machines'
      return { path, script, what, files: menu ? files : [this.#config.file], ...(menu && { menu }) }
    }
    const { id, source } = machine.machine
    const given = this.#given(machine)
    const own = source ? underRoot(this.#root, source.file) : this.#config.file
    return {
      path,
      script,
      what: `the machine \`${id}\`${at(source)}`,
      files: [...new Set([...files, own, this.#config.file])],
      machine,
      ...(menu && { menu }),
      ...(given.size > 0 && { given }),
    }
  }

  /** Lines are shared, so that some have theirs already. */
  #origin(origin: LineOrigin): LineOrigin {
    if (madeOrigins.has(origin)) return origin
    const made = this.#origins.get(origin.path) ?? { path: underRoot(this.#root, origin.path) }
    this.#origins.set(origin.path, made)
    madeOrigins.add(made)
    return made
  }

  #filesOf(menu: Menu): string[] {
    let files = this.#files.get(menu)
    if (!files) {
      const sources = [menu, ...menu.entries].flatMap(({ source }) => source?.file ?? [])
      files = [...new Set(sources)].map((file) => underRoot(this.#root, file))
      this.#files.set(menu, files)
    }
    return files
  }

  #given({ machine, groups, variables }: ResolvedMachine): Map<string, Given> {
    const given = new Map<string, Given>()
    for (const [name, text] of Object.entries(variables)) {
      const isOwn = machine.variables !== undefined && Object.hasOwn(machine.variables, name)
      const group = isOwn
        ? undefined
        : groups
            .map((id) => this.#groups.get(id))
            .find((layer) => layer?.variables && Object.hasOwn(layer.variables, name))
      const source = group ? group.source : machine.source
      const who = group ? `the group \`${group.id}\`` : `the machine \`${machine.id}\``
      given.set(name, {
        text,
        owner: `${who}${at(source)}`,
        file: source ? underRoot(this.#root, source.file) : this.#config.file,
        place: source && placeOfSource(source),
      })
    }
    return given
  }
}

function at(source: Source | undefined): string {
  return source ? ` (${shownSource(source)})` : ''
}

/** A project as `ipxetool check` sees it: everything that a build would complain about, without writing. */
import type { Line, Script, Variable } from '../ast/nodes.js'
import { suggest } from '../data/suggest.js'
import { Diagnostic, type Place } from '../diagnostics/diagnostic.js'
import { placeOf } from '../analysis/places.js'
import { Disabled } from '../rules/disabled.js'
import { settingsSetBy } from '../rules/facts.js'
import { runRules } from '../rules/run.js'
import { composeScript, type ComposedScript } from './compose.js'
import type { ProjectConfig } from './config.js'
import type { ProjectScript } from './files.js'
import { HostError, type ProjectHost } from './host.js'
import { loadProject, type Project } from './project.js'
import { underRoot } from './paths.js'
import { substitute } from './substitute.js'
import type { UseProblem } from './use-checks.js'
import { missingPart, type Overrides, variableOf } from './variables.js'

export type CheckOptions = Overrides

export interface Checked {
  diagnostics: Diagnostic[]
  /** The bytes of every file that a diagnostic may point into, by the path in `Diagnostic.file`. */
  sources: ReadonlyMap<string, Uint8Array>
}

/**
 * @param root folder of `ipxetool.yaml` as the user knows it; the paths in the result begin with it (`.` adds nothing)
 */
export async function checkProject(root: string, host: ProjectHost, options: CheckOptions): Promise<Checked> {
  const { project, diagnostics, sources } = await loadProject(root, host, options)
  if (!project) return { diagnostics, sources }
  const checked = await checkScripts(project)
  return { diagnostics: [...diagnostics, ...checked.diagnostics], sources }
}

/** A script as it will be written. */
export interface ReadyScript extends ProjectScript {
  script: Script
  /** Paths of the files that it was made of, as the user knows them. */
  sources: readonly string[]
}

export interface CheckedScripts {
  /** Without partials, and without those that could not be read. */
  scripts: ReadyScript[]
  diagnostics: Diagnostic[]
}

/** Composes all scripts of a project, replaces variables, and runs the rules. */
export async function checkScripts(project: Project): Promise<CheckedScripts> {
  const found = new Found()
  const used = new Set<string>()
  const included = new Set<string>()
  const scripts: ReadyScript[] = []
  for (const { path, kind } of project.scripts) {
    if (kind === 'partial') continue
    const composed = await compose(project, path, found)
    if (!composed) continue
    const [, ...others] = composed.files
    for (const other of others) included.add(other)
    found.add(composed.diagnostics)
    fillIn(project, composed.script, underRoot(project.root, path), used, found)
    scripts.push({ path, kind, script: composed.script, sources: composed.files })
  }

  const settingsSetAnywhere = new Set<string>()
  for (const { script } of scripts) for (const name of settingsSetBy(script)) settingsSetAnywhere.add(name)
  for (const { path, script } of scripts) {
    found.add(
      runRules(script, { path: underRoot(project.root, path), facts: { loose: false, settingsSetAnywhere } }),
    )
  }
  reportUnused(project, used, included, found)
  return { scripts, diagnostics: found.diagnostics }
}

/** Diagnostics, each once: a file that several scripts include would give its own several times. */
class Found {
  readonly diagnostics: Diagnostic[] = []
  readonly #seen = new Set<string>()

  add(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) {
      const { file, ruleId, reason, place } = diagnostic
      const key = JSON.stringify([file, place?.start.offset, ruleId, reason])
      if (this.#seen.has(key)) continue
      this.#seen.add(key)
      this.diagnostics.push(diagnostic)
    }
  }
}

async function compose(project: Project, path: string, found: Found): Promise<ComposedScript | undefined> {
  const file = underRoot(project.root, path)
  try {
    return await composeScript(file, await project.reader.read(file), project.reader)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    const note =
      error.kind === 'too-large' ? 'iPXE holds a script in memory. Is this a script at all?' : undefined
    found.add([
      new Diagnostic({
        ruleId: error.kind === 'too-large' ? 'script-size' : 'project-unreadable',
        severity: 'error',
        file,
        reason: `The script cannot be read: ${error.message}`,
        ...(note !== undefined && { note }),
      }),
    ])
    return undefined
  }
}

function fillIn(project: Project, script: Script, path: string, used: Set<string>, found: Found): void {
  const { variables, config } = project
  const disabled = new Disabled(script, (line) => line.origin?.path ?? path, path)
  const places = new SamePlaces(path)
  substitute(script, {
    look(variable, line) {
      const { name } = variable
      const declared = variableOf(name, config.variables)
      if (declared !== undefined) used.add(declared)
      const value = variables.values.get(name)
      if (value || variables.failed.has(name) || disabled.has('undefined-variable', line)) return value
      const problem = undefinedVariable(name, declared, config)
      // the one that was meant is not unused
      for (const meant of problem.expected ?? []) used.add(meant.slice(2, -1))
      places.add(problem, variable, line)
      return undefined
    },
    report: (problem, variable, line) => {
      places.add(problem, variable, line)
    },
  })
  found.add(places.diagnostics())
}

function undefinedVariable(name: string, declared: string | undefined, config: ProjectConfig): UseProblem {
  const ruleId = 'undefined-variable'
  if (declared !== undefined) {
    return { ruleId, reason: missingPart(name, declared), note: 'Write the value as `ttyS0,115200`.' }
  }
  const near = suggest(name, config.variables.keys())
  return {
    ruleId,
    reason: `Variable \`$<${name}>\` is not declared${near === undefined ? '' : `; did you mean \`$<${near}>\`?`}`,
    note: `Declare it in ${config.file}, or keep the text with \`# ipxetool disable=undefined-variable\`.`,
    ...(near !== undefined && { expected: [`$<${near}>`] }),
  }
}

/** What is wrong with a value is wrong in many places: said at the first of each file, with the lines of the others. */
class SamePlaces {
  readonly #path: string
  readonly #problems = new Map<string, { file: string; problem: UseProblem; places: Place[] }>()

  /** @param path of the script itself */
  constructor(path: string) {
    this.#path = path
  }

  add(problem: UseProblem, variable: Variable, line: Line): void {
    const file = line.origin?.path ?? this.#path
    const key = JSON.stringify([file, problem.ruleId, problem.reason])
    const same = this.#problems.get(key) ?? { file, problem, places: [] }
    this.#problems.set(key, same)
    const place = placeOf(line, variable.span)
    if (place) same.places.push(place)
  }

  diagnostics(): Diagnostic[] {
    return [...this.#problems.values()].map(({ file, problem, places }) => {
      const { ruleId = 'variable-use', reason, note, expected } = problem
      const [place, ...others] = places
      const lines = [...new Set(others.map(({ start }) => start.line))].filter(
        (line) => line !== place?.start.line,
      )
      const more =
        lines.length > 5 ? `${lines.slice(0, 5).join(', ')} and ${lines.length - 5} more` : lines.join(', ')
      const also = lines.length === 0 ? '' : ` Also in line${lines.length === 1 ? '' : 's'} ${more}.`
      return new Diagnostic({
        ruleId,
        severity: 'error',
        file,
        reason,
        note: `${note}${also}`,
        ...(expected && { expected }),
        ...(place && { place }),
      })
    })
  }
}

function reportUnused(
  project: Project,
  used: Set<string>,
  included: ReadonlySet<string>,
  found: Found,
): void {
  const { config, variables, root } = project
  const waiting = [...used]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    for (const other of variables.references.get(name) ?? []) {
      if (!used.has(other)) waiting.push(other)
      used.add(other)
    }
  }
  for (const name of config.variables.keys()) {
    if (used.has(name)) continue
    const place = config.placeOf(['variables', name], 'key')
    const reason = `No script uses variable \`${name}\``
    const note = `Remove it, or write \`$<${name}>\` where its value belongs.`
    const { file } = config
    found.add([
      new Diagnostic({
        ruleId: 'unused-variable',
        severity: 'warning',
        file,
        reason,
        note,
        ...(place && { place }),
      }),
    ])
  }
  for (const { path, kind } of project.scripts) {
    const file = underRoot(root, path)
    if (kind !== 'partial' || included.has(file)) continue
    const reason = `No script includes \`${path}\``
    const note =
      'A name that begins with `_` is for scripts that are only included. Include it, or rename it.'
    found.add([new Diagnostic({ ruleId: 'unused-partial', severity: 'warning', file, reason, note })])
  }
}

/** A project as `ipxetool check` sees it: everything that a build would complain about, without writing. */
import type { Script } from '../ast/nodes.js'
import { Diagnostic } from '../diagnostics/diagnostic.js'
import { machineIndexPath } from '../model/compile.js'
import type { KnownCommands } from '../analysis/analyse.js'
import { settingsSetBy } from '../rules/facts.js'
import { runRules } from '../rules/run.js'
import { type ReadyConfig, renderConfigs } from './config-files.js'
import { composeScript, type ComposedScript } from './compose.js'
import { fillIn } from './fill-in.js'
import type { ProjectScript } from './files.js'
import { Found } from './found.js'
import { GeneratedScripts } from './generated.js'
import { HostError, type ProjectHost } from './host.js'
import { loadProject, type Project } from './project.js'
import { byCodeUnit, underRoot } from './paths.js'
import { bytesToText, decodeText } from '../syntax/bytes.js'
import { stringify } from '../syntax/stringify.js'
import type { Overrides } from './variables.js'

export interface CheckOptions extends Overrides {
  /** More to say about the project as a whole, when its scripts have no errors: where links lead. */
  inspect?: (project: Project, checked: CheckedScripts) => Promise<readonly Diagnostic[]>
}

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
  const found = [...diagnostics, ...checked.diagnostics]
  if (options.inspect && !found.some(({ severity }) => severity === 'error')) {
    found.push(...(await options.inspect(project, checked)))
  }
  return { diagnostics: found, sources }
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
  configs: ReadyConfig[]
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
    const { script } = composed
    const { root, variables, config } = project
    found.add(fillIn(script, { path: underRoot(root, path), variables, config, used }))
    scripts.push({ path, kind, script, sources: composed.files })
  }
  reportMissingIndex(project, scripts, found)
  const generated = new GeneratedScripts(project, used, found)
  const ready = await generated.all()
  for (const { includes, ...script } of ready) {
    for (const other of includes) included.add(other)
    scripts.push(script)
  }
  if (ready.length > 0) scripts.sort((a, b) => byCodeUnit(a.path, b.path))

  runRulesOn(project, scripts, generated.variants, found)
  const { configs, diagnostics } = await renderConfigs(project, used)
  found.add(diagnostics)
  if (!project.model.isIncomplete) reportUnused(project, used, included, found)
  return { scripts, configs, diagnostics: found.diagnostics }
}

/**
 * Once for each tree: machines that start alike have the same one.
 *
 * @param variants lines of scripts of which the others are those of an earlier script
 */
function runRulesOn(
  { root }: Project,
  scripts: readonly ReadyScript[],
  variants: GeneratedScripts['variants'],
  found: Found,
): void {
  const paths = new Map<Script, string>()
  for (const { path, script } of scripts) if (!paths.has(script)) paths.set(script, path)
  const known: KnownCommands = new Map()
  const settingsSetAnywhere = new Set<string>()
  for (const script of paths.keys()) {
    const own = variants.get(script)
    const lines: Script = own ? { type: 'script', children: [...own] } : script
    for (const name of settingsSetBy(lines, known)) settingsSetAnywhere.add(name)
  }
  const facts = { loose: false, settingsSetAnywhere }
  for (const [script, path] of paths) {
    const only = variants.get(script)
    found.add(runRules(script, { path: underRoot(root, path), facts, known, ...(only && { only }) }))
  }
}

/** An entry script of the user's has to ask who the machine is. */
function reportMissingIndex(project: Project, scripts: readonly ReadyScript[], found: Found): void {
  const { config, model, root } = project
  const entry = scripts.find(({ path, kind }) => path === config.entry && kind === 'output')
  if (!entry || model.machines.length === 0) return
  const asks = scripts.some(({ script }) =>
    decodeText(bytesToText(stringify(script))).includes(machineIndexPath),
  )
  if (asks) return
  const place = config.placeOf(['machines'], 'key')
  found.add([
    new Diagnostic({
      ruleId: 'machines-not-asked',
      severity: 'warning',
      file: config.file,
      reason: `No script asks which machine it runs on: \`${underRoot(root, config.entry)}\` does not chain \`${machineIndexPath}\``,
      note: `Before the first menu of that script write: isset \${machine} || chain --autofree ${machineIndexPath} ||`,
      ...(place && { place }),
    }),
  ])
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

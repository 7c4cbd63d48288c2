/** A project as `ipxetool check` sees it: everything that a build would complain about, without writing. */
import { Callers } from '../analysis/callers.js'
import type { ValuesAtStart } from '../analysis/flow-values.js'
import type { Script } from '../ast/nodes.js'
import { Diagnostic } from '../diagnostics/diagnostic.js'
import { machineIndexPath } from '../model/compile.js'
import { settingsSetBy, SettingsOfRun } from '../rules/facts.js'
import { isActive } from '../rules/settings.js'
import { unusedSetting } from '../rules/unused-setting.js'
import { type CleanLines, runRules, withoutUsed } from '../rules/run.js'
import { sameBytes } from './config.js'
import { type ReadyConfig, renderConfigs } from './config-files.js'
import { composeScript, type ComposedScript } from './compose.js'
import { fillIn } from './fill-in.js'
import type { ProjectScript } from './files.js'
import { Found } from './found.js'
import { GeneratedScripts } from './generated.js'
import { HostError, type ProjectHost } from './host.js'
import type { AskedValues, ComposedMemory } from './memory.js'
import { type LoadOptions, loadProject, type Project } from './project.js'
import { byCodeUnit, underRoot } from './paths.js'
import { bytesToText, decodeText } from '../syntax/bytes.js'
import { stringify } from '../syntax/stringify.js'
import type { Overrides } from './variables.js'

export interface CheckOptions extends Overrides, Pick<LoadOptions, 'loadersOf' | 'check'> {
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
    const ready = await readyScript(project, path, found)
    if (!ready) continue
    const [, ...others] = ready.files
    for (const other of others) included.add(other)
    for (const name of ready.used) used.add(name)
    scripts.push({ path, kind, script: ready.script, sources: ready.files })
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
 * @param variants scripts of which most lines are those of an earlier script
 */
function runRulesOn(
  { root, memory, loaders, check, config }: Project,
  scripts: readonly ReadyScript[],
  variants: GeneratedScripts['variants'],
  found: Found,
): void {
  const paths = new Map<Script, string>()
  for (const { path, script } of scripts) if (!paths.has(script)) paths.set(script, path)
  const { commands: known, settingsSetBy: knownSettings, clean, cleanLines } = memory
  const settingsOfRun = new SettingsOfRun()
  const wantsReads = isActive(unusedSetting, check.settings)
  for (const script of paths.keys()) {
    const own = variants.get(script)
    const lines: Script = own ? { type: 'script', children: [...own.lines] } : script
    const before = knownSettings.get(script)
    const names = before && (before.all || own) ? before.names : settingsSetBy(lines, known)
    if (names !== before?.names) knownSettings.set(script, { names, all: !own })
    settingsOfRun.add(names)
    if (wantsReads) settingsOfRun.addReads(lines)
  }
  const settings = memory.settings(settingsOfRun, loaders, check)
  const { target } = check
  const facts = { loose: false, ...settingsOfRun.facts, loaders, ...(target && { target }) }
  const cleanNow: CleanLines = {
    has: (content) => cleanLines.get(content) === settings,
    add: (content) => cleanLines.set(content, settings),
  }
  // it begins with one of them, or is embedded into a loader
  const callers = new Callers(
    scripts.map(({ path, script, kind }) => ({
      path,
      script,
      isEntry: path === config.entry || kind !== 'output',
    })),
    settingsOfRun.anywhere,
    known,
  )
  const diagnostics: Diagnostic[] = []
  const usedAnywhere = new Set<string>()
  for (const [script, path] of paths) {
    const only = variants.get(script)
    const before = clean.get(script)
    const valuesAtStart = callers.of(script)
    if (before?.settings === settings && (before.all || only) && isSameStart(before.asked, valuesAtStart)) {
      for (const place of before.usedDirectives) usedAnywhere.add(place)
      continue
    }
    const usedDirectives = new Set<string>()
    const asked = new Map<string, readonly string[] | undefined>()
    const own = runRules(script, {
      path: underRoot(root, path),
      facts,
      settings: check.settings,
      known,
      clean: cleanNow,
      usedDirectives,
      valuesAtStart(name) {
        const values = valuesAtStart(name)
        asked.set(name, values)
        return values
      },
      ...(only && { only: only.lines, linesAlone: only.isAlike }),
    })
    for (const diagnostic of own) diagnostics.push(diagnostic)
    for (const place of usedDirectives) usedAnywhere.add(place)
    if (own.length === 0) clean.set(script, { settings, all: !only, usedDirectives, asked })
    else clean.delete(script)
  }
  // an included file has its directives in every script that includes it
  found.add(withoutUsed(diagnostics, usedAnywhere))
}

function isSameStart(asked: AskedValues, now: ValuesAtStart): boolean {
  for (const [name, values] of asked) {
    const others = now(name)
    if (values?.length !== others?.length || values?.some((text) => !others!.includes(text))) return false
  }
  return true
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

/** Composed and filled in; from the build before when neither its files nor a variable changed. */
async function readyScript(
  project: Project,
  path: string,
  found: Found,
): Promise<{ script: Script; files: string[]; used: ReadonlySet<string> } | undefined> {
  const { root, variables, config, memory, reader } = project
  const values = valuesKey(project)
  const before = memory.composed.get(path)
  memory.composed.delete(path)
  if (before?.values === values && (await isAsBefore(before, reader))) {
    memory.composed.set(path, before)
    return { script: before.script, files: before.files.map((file) => file.path), used: before.used }
  }
  const composed = await compose(project, path, found)
  if (!composed) return undefined
  const { script, files } = composed
  const used = new Set<string>()
  const problems = fillIn(script, { path: underRoot(root, path), variables, config, used })
  found.add(composed.diagnostics)
  found.add(problems)
  if (composed.diagnostics.length === 0 && problems.length === 0) {
    const kept = files.map((file) => ({ path: file, bytes: reader.sources.get(file)! }))
    memory.composed.set(path, { files: kept, values, used, script })
  }
  return { script, files, used }
}

async function isAsBefore({ files }: ComposedMemory, reader: Project['reader']): Promise<boolean> {
  try {
    for (const { path, bytes } of files) if (!sameBytes(await reader.read(path), bytes)) return false
    return true
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}

const valuesKeys = new WeakMap<Project['variables'], string>()

/** All that a variable can do to a script. */
function valuesKey({ variables, config }: Project): string {
  const known = valuesKeys.get(variables)
  if (known !== undefined) return known
  const values = [...variables.values].map(([name, { text }]) => [name, text])
  const key = JSON.stringify([[...config.variables], values, [...variables.failed]])
  valuesKeys.set(variables, key)
  return key
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

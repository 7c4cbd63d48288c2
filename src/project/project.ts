/** A boot project: its file, its scripts, its static files, the values of its variables. */
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { Diagnostic as Problem } from '../diagnostics/diagnostic.js'
import type { LoaderFacts } from '../analysis/loader-needs.js'
import { suggest } from '../data/suggest.js'
import { assetsFolder, findAssets, type ProjectAsset } from './assets.js'
import { type CheckOverrides, projectCheck, type ProjectCheck } from './check-settings.js'
import { ScriptReader } from './compose.js'
import { type ProjectConfig, type ReadConfig, readConfig } from './config.js'
import type { ProjectHost } from './host.js'
import { ProjectMemory } from './memory.js'
import {
  findMenuFiles,
  findScripts,
  findConfigFiles,
  findStatic,
  type ProjectScript,
  type StaticFile,
} from './files.js'
import { readLock } from './lock-file.js'
import { readMenuFiles } from './menu-files.js'
import { compileModel, type ProjectGenerated, type ProjectModel } from './model.js'
import { byCodeUnit, folderOf, nameOfPath, underRoot } from './paths.js'
import type { CompileSection } from './schema.js'
import { resolveVariables, type Overrides, type Variables } from './variables.js'

export interface LoadOptions extends Overrides {
  /** Folders that are no part of the project although they are in it, relative to its root: where `--out` leads. */
  exclude?: readonly string[]
  /** What `readConfig` has read already. */
  config?: ReadConfig
  /** Of the builds before this one. */
  memory?: ProjectMemory
  /** What `compile:` makes: the loaders that the scripts are checked for, and what is wrong with that section. */
  loadersOf?: LoadersOf
  /** Said on the command line. */
  check?: CheckOverrides
}

export type LoadersOf = (
  section: CompileSection,
  root: string,
) => Promise<{ loaders: readonly LoaderFacts[]; problem?: { reason: string; note?: string | undefined } }>

export interface Project {
  /** As the user knows it. */
  root: string
  config: ProjectConfig
  /** In the order of their paths. */
  scripts: readonly ProjectScript[]
  staticFiles: readonly StaticFile[]
  /** Below `configs/`: copied with variables filled in. */
  configFiles: readonly StaticFile[]
  /** Fetched files that menus use and that are here, by path. */
  assets: readonly ProjectAsset[]
  /** `menus/*.ts`, relative to the root. */
  menuFiles: readonly string[]
  /** Menus and machines, of YAML and of TypeScript. */
  model: ProjectModel
  /** The scripts that the build writes for them. */
  generated: readonly ProjectGenerated[]
  /** Which of them may run the scripts; empty: nothing is known. */
  loaders: readonly LoaderFacts[]
  /** Which rules run, and for what. */
  check: ProjectCheck
  variables: Variables
  reader: ScriptReader
  memory: ProjectMemory
  /** What loading found. */
  diagnostics: readonly Diagnostic[]
}

export interface Loaded {
  /** `undefined` when `ipxetool.yaml` says too little to go on. */
  project: Project | undefined
  diagnostics: Diagnostic[]
  sources: ReadonlyMap<string, Uint8Array>
}

/**
 * Reads a project. What is wrong with it is in the diagnostics; it throws only when the host fails in a way that no
 * input explains.
 *
 * @param root folder of `ipxetool.yaml` as the user knows it
 */
export async function loadProject(root: string, host: ProjectHost, options: LoadOptions): Promise<Loaded> {
  const { memory = new ProjectMemory() } = options
  const { config, diagnostics, bytes } = options.config ?? (await readConfig(root, host, memory))
  const sources = new Map<string, Uint8Array>()
  if (bytes) sources.set(underRoot(root, 'ipxetool.yaml'), bytes)
  if (!config) return { project: undefined, diagnostics, sources }

  const reader = new ScriptReader(host, await host.realpath(root))
  for (const [path, source] of sources) reader.sources.set(path, source)
  const variables = resolveVariables(config, options)
  diagnostics.push(...variables.diagnostics)
  const staticFiles = await findStatic(root, config, reader, diagnostics)
  const configFiles = await findConfigFiles(root, reader, diagnostics)
  const lock = await readLock(root, host)
  if (lock.bytes) reader.sources.set(lock.file, lock.bytes)
  diagnostics.push(...lock.diagnostics)
  const fetched = lock.isThere ? [assetsFolder] : []
  const exclude = [config.out, ...(options.exclude ?? []), config.static ?? 'static', ...fetched]
  const scripts = await findScripts(root, reader, exclude, diagnostics)
  const menuFiles = await findMenuFiles(root, reader, exclude, diagnostics)
  const menus = await readMenuFiles(root, config, menuFiles, reader, diagnostics)
  const hasOwnEntry = scripts.some(({ path, kind }) => path === config.entry && kind === 'output')
  const compiled = compileModel(root, config, menus, hasOwnEntry, memory.lines, lock.sets)
  const { model, generated } = compiled
  // with a broken lock nothing is in it, which says nothing about the menus
  const isBroken = lock.diagnostics.length > 0
  diagnostics.push(...compiled.diagnostics.filter(({ ruleId }) => !isBroken || ruleId !== 'asset-not-locked'))
  const assets = await findAssets(root, menus.menus, lock.sets, host, diagnostics)
  if (menus.menus.length === 0 && !menus.isIncomplete) checkEntry(config, scripts, diagnostics)
  checkCollisions(root, scripts, [...staticFiles, ...configFiles, ...assets], generated, diagnostics)
  const loaders = await findLoaders(root, config, options.loadersOf, diagnostics)
  const project = {
    root,
    config,
    scripts,
    staticFiles,
    configFiles,
    assets,
    menuFiles,
    model,
    generated,
    loaders,
    check: projectCheck(config.check, options.check),
    variables,
    reader,
    memory,
    diagnostics,
  }
  return { project, diagnostics, sources: reader.sources }
}

async function findLoaders(
  root: string,
  config: ProjectConfig,
  loadersOf: LoadersOf | undefined,
  diagnostics: Diagnostic[],
): Promise<readonly LoaderFacts[]> {
  if (!config.compile || !loadersOf) return []
  const { loaders, problem } = await loadersOf(config.compile, root)
  if (problem) {
    const place = config.placeOf(['compile'], 'key')
    diagnostics.push(
      new Problem({
        ruleId: 'project-compile',
        severity: 'warning',
        file: config.file,
        reason: `These loaders cannot be compiled: ${problem.reason}`,
        ...(problem.note !== undefined && { note: problem.note }),
        ...(place && { place }),
      }),
    )
  }
  return loaders
}

function checkEntry(
  config: ProjectConfig,
  scripts: readonly ProjectScript[],
  diagnostics: Diagnostic[],
): void {
  const { entry } = config
  const place = config.placeOf(['entry'])
  const found = scripts.find(({ path }) => path === entry)
  if (found?.kind === 'output') return
  const candidates = scripts.filter(({ kind }) => kind === 'output').map(({ path }) => path)
  const near = suggest(entry, candidates) ?? candidates.find((path) => nameOfPath(path) === nameOfPath(entry))
  const reason =
    found === undefined
      ? `There is no entry script \`${entry}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`
      : found.kind === 'partial'
        ? `The entry script \`${entry}\` is a partial: its name begins with \`_\`, so it is only included`
        : `The entry script \`${entry}\` is to be embedded in a loader and not a part of the tree`
  diagnostics.push(
    new Problem({
      ruleId: 'project-entry',
      severity: 'error',
      file: config.file,
      reason,
      ...(place && { place }),
      ...(candidates.length > 0 && { expected: near === undefined ? candidates : [near] }),
      note: '`entry` names the script that machines load first, relative to `ipxetool.yaml`; without it that is `boot.ipxe`.',
    }),
  )
}

function checkCollisions(
  root: string,
  scripts: readonly ProjectScript[],
  staticFiles: readonly StaticFile[],
  generated: readonly ProjectGenerated[],
  diagnostics: Diagnostic[],
): void {
  const made = new Map(generated.map((item) => [item.path, item]))
  const outputs = [
    ...scripts
      .filter(({ kind }) => kind === 'output')
      .map(({ path }) => ({ path, file: underRoot(root, path) })),
    ...staticFiles.map(({ path, file }) => ({ path, file })),
  ]
  const report = (file: string, reason: string, note: string): void => {
    diagnostics.push(new Problem({ ruleId: 'project-collision', severity: 'error', file, reason, note }))
  }
  const seen = new Map<string, (typeof outputs)[number]>()
  const add = (path: string, file: string, isFolder: boolean): void => {
    const key = path.toLowerCase()
    const other = seen.get(key)
    if (other === undefined) seen.set(key, { path: isFolder ? `${path}/` : path, file })
    else if (isFolder && other.path === `${path}/`) return
    else if (other.path.replace(/\/$/, '') === path) {
      report(file, `\`${path}\` in the output tree would also be \`${other.file}\``, 'Rename one of them.')
    } else {
      const note =
        'TFTP servers on Windows, and FAT and many other file systems, do not tell them apart. Rename one.'
      report(file, `\`${path}\` differs from \`${other.path}\` only in upper and lower case`, note)
    }
  }
  for (const { path, file } of outputs) {
    const item = made.get(path)
    if (!item) continue
    made.delete(path)
    const reason = `\`${path}\` in the output tree would be this file and the script of ${item.what}`
    report(file, reason, 'Rename one of them: the id of a menu or machine is the name of its script.')
  }
  for (const { path, what } of made.values()) outputs.push({ path, file: what })
  for (const { path, file } of [...outputs].sort((a, b) => byCodeUnit(a.path, b.path))) {
    if (path.toLowerCase() === 'manifest.json') {
      report(file, '`manifest.json` in the output tree is written by the build', 'Rename the file.')
    }
    for (let folder = folderOf(path); folder !== '.'; folder = folderOf(folder)) add(folder, file, true)
    add(path, file, false)
  }
}

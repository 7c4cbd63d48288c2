/** The output tree of a project, before anything is written. */
import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { Diagnostic } from '../diagnostics/diagnostic.js'
import { type CheckedScripts, checkScripts, type ReadyScript } from '../project/check.js'
import { HostError } from '../project/host.js'
import { byCodeUnit } from '../project/paths.js'
import type { Project } from '../project/project.js'
import { ScriptPrinter } from './print.js'
import { makeManifest, type Manifest, type ManifestEntry } from './manifest.js'

export interface BuiltTree {
  /** What the build made, by path in the tree: scripts. */
  files: ReadonlyMap<string, Uint8Array>
  /** What is copied, by path in the tree: the file as the user knows it. */
  copies: ReadonlyMap<string, string>
  /** Of both. */
  manifest: Manifest
  /** With an error among them the tree is not to be written. */
  diagnostics: Diagnostic[]
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === 'error')
}

/** What the build adds to a tree once its scripts and files are known: preview pages. */
export type MakeExtras = (tree: {
  project: Project
  scripts: readonly ReadyScript[]
  entries: ReadonlyMap<string, ManifestEntry>
  diagnostics: readonly Diagnostic[]
}) => ReadonlyMap<string, Uint8Array>

export interface BuildSteps {
  /** More to say about the tree, with its scripts at hand: where links lead. */
  inspect?: (checked: CheckedScripts) => Promise<readonly Diagnostic[]>
  makeExtras?: MakeExtras
  /** Of the builds before this one. */
  printer?: ScriptPrinter
}

/** Reads through the project's host; writes nothing. */
export async function buildTree(
  project: Project,
  { inspect, makeExtras, printer = new ScriptPrinter() }: BuildSteps = {},
): Promise<BuiltTree> {
  const checked = await checkScripts(project)
  const diagnostics = [...project.diagnostics, ...checked.diagnostics]
  // a script that is wrong leads nowhere; say so first
  if (inspect && !hasErrors(diagnostics)) diagnostics.push(...(await inspect(checked)))
  const files = new Map<string, Uint8Array>()
  const copies = new Map<string, string>()
  const entries = new Map<string, ManifestEntry>()
  for (const { path, kind, script, sources } of checked.scripts) {
    if (kind !== 'output') continue
    const { bytes, sha256 } = printer.print(script)
    files.set(path, bytes)
    entries.set(path, {
      size: bytes.length,
      sha256,
      origin: 'build',
      sources: namesInProject(project, sources),
    })
  }
  for (const { path, file, bytes } of checked.configs) {
    files.set(path, bytes)
    entries.set(path, entryOf(bytes, namesInProject(project, [file])))
  }
  // hashing may take long, and a tree with errors is not written
  const wanted = hasErrors(diagnostics) ? [] : project.staticFiles
  for (const { path, file } of wanted) {
    try {
      const digest = await project.reader.host.digest(file)
      copies.set(path, file)
      entries.set(path, { ...digest, origin: 'static', sources: namesInProject(project, [file]) })
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      const reason = `The file cannot be copied into the tree: ${error.message}`
      diagnostics.push(new Diagnostic({ ruleId: 'project-static', severity: 'error', file, reason }))
    }
  }
  if (makeExtras && !hasErrors(diagnostics)) {
    for (const [path, bytes] of makeExtras({ project, scripts: checked.scripts, entries, diagnostics })) {
      files.set(path, bytes)
      entries.set(path, entryOf(bytes, []))
    }
  }
  return { files, copies, manifest: makeManifest(entries), diagnostics }
}

/** The tree with other extras of the same names. */
export function withExtras(tree: BuiltTree, extras: ReadonlyMap<string, Uint8Array>): BuiltTree {
  const entries = new Map(Object.entries(tree.manifest.files))
  for (const [path, bytes] of extras) entries.set(path, entryOf(bytes, []))
  return { ...tree, files: new Map([...tree.files, ...extras]), manifest: makeManifest(entries) }
}

function entryOf(bytes: Uint8Array, sources: string[]): ManifestEntry {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { size: bytes.length, sha256, origin: 'build', sources }
}

/** Relative to the project, so that the manifest does not depend on where the build was called. */
function namesInProject(project: Project, files: readonly string[]): string[] {
  return files.map((file) => posix.relative(project.root, file)).sort(byCodeUnit)
}

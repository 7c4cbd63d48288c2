/** The output tree of a project, before anything is written. */
import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { Diagnostic } from '../diagnostics/diagnostic.js'
import { type CheckedScripts, checkScripts, type ReadyScript } from '../project/check.js'
import { HostError } from '../project/host.js'
import { byCodeUnit } from '../project/paths.js'
import type { ProjectAsset } from '../project/assets.js'
import type { Project } from '../project/project.js'
import { ScriptPrinter } from './print.js'
import { makeManifest, type Manifest, type ManifestEntry } from './manifest.js'

export interface BuiltTree {
  /** What the build made, by path in the tree: scripts. */
  files: ReadonlyMap<string, Uint8Array>
  /** What is copied, by path in the tree: the file as the user knows it. */
  copies: ReadonlyMap<string, string>
  /** Those of them that nobody writes to any more, so that a second name for the same bytes is enough. */
  links?: ReadonlySet<string>
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
  /** the bytes of those that the build made */
  files: ReadonlyMap<string, Uint8Array>
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
  const links = new Set<string>()
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
  for (const asset of hasErrors(diagnostics) ? [] : project.assets) {
    try {
      const digest = await project.reader.host.digest(asset.file)
      const problem = assetProblem(asset, digest)
      if (problem) diagnostics.push(problem)
      copies.set(asset.path, asset.file)
      links.add(asset.path)
      entries.set(asset.path, { ...digest, ...provenance(asset) })
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      const reason = `The file cannot be put into the tree: ${error.message}`
      diagnostics.push(
        new Diagnostic({ ruleId: 'asset-unreadable', severity: 'error', file: asset.file, reason }),
      )
    }
  }
  if (makeExtras && !hasErrors(diagnostics)) {
    for (const [path, bytes] of makeExtras({
      project,
      scripts: checked.scripts,
      entries,
      files,
      diagnostics,
    })) {
      files.set(path, bytes)
      entries.set(path, entryOf(bytes, []))
    }
  }
  return { files, copies, links, manifest: makeManifest(entries), diagnostics }
}

/** What was verified when it was fetched must still be that. */
function assetProblem(
  { file, locked, set }: ProjectAsset,
  { size, sha256 }: { size: number; sha256: string },
): Diagnostic | undefined {
  if (sha256 === locked.sha256) return undefined
  const what = size === locked.size ? `sha256 ${sha256}` : `${size} bytes`
  return new Diagnostic({
    ruleId: 'asset-changed',
    severity: 'error',
    file,
    reason: `The file is not the one that ipxetool.lock names: it has ${what}`,
    expected: [size === locked.size ? locked.sha256 : `${locked.size} bytes`],
    note: `It was changed or damaged since it was fetched. Run: ipxetool fetch ${set.distribution} ${set.channel ?? `--version ${set.version}`}`,
  })
}

function provenance({ set, locked }: ProjectAsset): { origin: string; [key: string]: unknown } {
  const { distribution, channel, version, architecture } = set
  return {
    origin: 'asset',
    sources: ['ipxetool.lock'],
    trust: locked.tier,
    url: locked.url,
    ...(locked.signedBy !== undefined && { signedBy: locked.signedBy }),
    ...(locked.archive && { archive: locked.archive }),
    distribution,
    ...(channel !== undefined && { channel }),
    version,
    architecture,
  }
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

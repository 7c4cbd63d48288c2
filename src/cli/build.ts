/** `ipxetool build [menus]`: the project becomes its output tree. */
import { homedir } from 'node:os'
import { relative, resolve, sep } from 'node:path'
import { checkOut, resolveOut } from '../build/out-folder.js'
import { readOldManifest } from '../build/old-tree.js'
import { buildTree, hasErrors } from '../build/tree.js'
import { writeTree, type Written } from '../build/write.js'
import { suggest } from '../data/suggest.js'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { jsonReport } from '../diagnostics/reporters/json.js'
import { prettyReport } from '../diagnostics/reporters/pretty.js'
import { sortDiagnostics } from '../diagnostics/sort.js'
import { IpxetoolError } from '../diagnostics/error.js'
import { summaryLine } from '../diagnostics/summary.js'
import { visible } from '../diagnostics/visible.js'
import { bootNumbers, type CheckedBoot } from '../links/preflight-boots.js'
import { type Orphan, prunable } from '../links/reach.js'
import { readConfig } from '../project/config.js'
import { byCodeUnit } from '../project/paths.js'
import { loadProject, type Project } from '../project/project.js'
import { ExitCode } from './exit-codes.js'
import { findProject, isProject } from './find-project.js'
import { parseVariables } from './variables.js'
import { useColor } from './output.js'
import type { Io } from './io.js'
import { nodeHost } from './node-host.js'
import { askerFor, type OnlineSettings } from './online-check.js'
import { type CheckedTree, checkTree, makePreview } from './whole-tree.js'

export interface BuildOptions {
  /** The output tree, relative to the current folder; default: `out` of the project. */
  out?: string
  /** `NAME=VALUE` */
  var?: string[]
  /** The project's folder; default: the nearest one upward. */
  project?: string
  /** One JSON object on stdout in place of all text. */
  json?: boolean
  /** Assets that nothing leads to are left out of the tree. */
  prune?: boolean
  /** Other servers are asked for what the scripts want from them. */
  online?: boolean
  /** With `online`: also for what was there within the last day. */
  fresh?: boolean
  /** For tests. */
  onlineLimits?: OnlineSettings['limits']
  /** Only problems. */
  quiet?: boolean
  color?: boolean
}

/**
 * @param target `menus`, a folder with a project, or nothing
 * @throws IpxetoolError for a wrong call and for a tree that cannot be written
 */
export async function runBuild(target: string | undefined, options: BuildOptions, io: Io): Promise<number> {
  const variables = parseVariables(options.var ?? [])
  const ask = askerFor(options, io)
  const root = await findProject(io.cwd, await projectOf(target, options, io))
  const host = nodeHost(io.cwd, io.stderr)
  const read = await readConfig(root, host)
  const { config } = read
  const wanted =
    options.out === undefined ? resolve(io.cwd, root, config?.out ?? 'out') : resolve(io.cwd, options.out)
  const out = await resolveOut(wanted)
  const realRoot = await resolveOut(resolve(io.cwd, root))
  const place = { root: realRoot, home: io.env['HOME'] ?? homedir() }
  checkOut(out, { ...place, sourceFolders: [] })
  await readOldManifest(out)

  const exclude = [relative(realRoot, out).split(sep).join('/')]
  const { project, diagnostics, sources } = await loadProject(root, host, {
    variables,
    environment: io.env,
    exclude,
    config: read,
  })
  if (!project) return finish(diagnostics, sources, undefined, options, io)
  checkOut(out, { ...place, sourceFolders: sourceFolders(project) })
  let inspected: CheckedTree | undefined
  const tree = await buildTree(project, {
    inspect: async (checked) => {
      inspected = await checkTree(project, checked, io.cwd, { out, ask })
      return inspected.diagnostics
    },
    makeExtras: makePreview(() => inspected?.boots ?? []),
  })
  const boots = inspected?.boots
  if (hasErrors(tree.diagnostics)) return finish(tree.diagnostics, sources, undefined, options, io, boots)
  const pruned = options.prune === true && inspected ? prunable(inspected.report) : []
  const written = await writeTree(out, tree, {
    resolveCopy: (file) => resolve(io.cwd, file),
    signal: io.signal,
    prune: new Set(pruned.map(({ path }) => path)),
  })
  const entry = project.config.entry
  return finish(tree.diagnostics, sources, { ...written, out, entry, pruned }, options, io, boots)
}

/** What `--project` says, or the target when that is a project. */
async function projectOf(
  target: string | undefined,
  options: BuildOptions,
  io: Io,
): Promise<string | undefined> {
  if (target === undefined || target === 'menus') return options.project
  if (options.project === undefined && (await isProject(resolve(io.cwd, target)))) return target
  const near = suggest(target, ['menus'])
  throw new IpxetoolError('unknown-target', `there is nothing called "${visible(target)}" to build`, {
    exitCode: 2,
    hint:
      near === undefined
        ? 'possible are `ipxetool build`, `ipxetool build menus` and `ipxetool build DIR`, where DIR has an ipxetool.yaml'
        : `did you mean \`ipxetool build ${near}\`?`,
  })
}

/** The folders below the root that the tree must not be mixed with. */
function sourceFolders(project: Project): string[] {
  const folders = new Set<string>()
  for (const { path } of project.scripts) {
    const [top] = path.split('/')
    if (top !== undefined && top !== path) folders.add(top)
  }
  if (project.staticFiles.length > 0) folders.add(project.config.static ?? 'static')
  return [...folders].sort(byCodeUnit)
}

interface Result extends Written {
  /** Full path. */
  out: string
  entry: string
  /** What `--prune` left out. */
  pruned: readonly Orphan[]
}

function finish(
  unsorted: readonly Diagnostic[],
  sources: ReadonlyMap<string, Uint8Array>,
  result: Result | undefined,
  options: BuildOptions,
  io: Io,
  boots: readonly CheckedBoot[] = [],
): number {
  const diagnostics = sortDiagnostics(unsorted)
  const code = result ? ExitCode.ok : ExitCode.problems
  if (options.json === true) {
    const report = JSON.parse(jsonReport(diagnostics, sources)) as object
    const numbers = { boots: bootNumbers(boots) }
    io.stdout.write(`${JSON.stringify({ ...resultFields(result), ...numbers, ...report }, null, 2)}\n`)
    return code
  }
  const { stderr } = io
  if (diagnostics.length > 0) {
    const look = { color: useColor(options, io, io.stderr), width: stderr.columns ?? 120 }
    stderr.write(`${prettyReport(diagnostics, sources, look)}\n${summaryLine(diagnostics)}\n`)
  }
  if (!result) stderr.write('nothing was written\n')
  else if (options.quiet !== true) {
    const shown = relative(io.cwd, result.out)
    const tree = shown === '' || shown.startsWith('..') ? result.out : shown
    const size = `${result.files} file${result.files === 1 ? '' : 's'}, ${result.bytes} bytes`
    const kept = result.carried === 0 ? '' : `, ${result.carried} of others kept`
    for (const { path, size } of result.pruned) {
      io.stdout.write(`left out: ${visible(path)}, ${size} bytes\n`)
    }
    io.stdout.write(
      `${tree}: ${result.changed ? 'written' : 'unchanged'}, ${size}${kept}\nentry: /${urlPath(result.entry)}\n`,
    )
  }
  return code
}

function urlPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

function resultFields(result: Result | undefined): object {
  if (!result) return { ok: false }
  const { out, entry, changed, files, bytes, carried, pruned } = result
  const leftOut = pruned.map(({ path, size }) => ({ path, size }))
  return { ok: true, out, entry: `/${urlPath(entry)}`, changed, files, bytes, carried, pruned: leftOut }
}

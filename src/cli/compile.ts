/** `ipxetool compile`: loaders from the source of iPXE, into the output tree. */
import { realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join, relative, resolve } from 'node:path'
import { addToTree, type AddedFile } from '../build/add.js'
import { readOldManifest } from '../build/old-tree.js'
import { checkOut, resolveOut } from '../build/out-folder.js'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { IpxetoolError, isIpxetoolError } from '../diagnostics/error.js'
import { sortDiagnostics } from '../diagnostics/sort.js'
import { compileLoaders, type CompiledLoader } from '../loader/compile.js'
import { hostCrossPrefixes, packagesFor } from '../loader/cross.js'
import { planCompile } from '../loader/plan.js'
import { sha256 } from '../loader/results.js'
import { type PreparedSource, prepareSource } from '../loader/source/index.js'
import type { CompileSection } from '../project/schema.js'
import { CompileProgress } from './compile-progress.js'
import { type CompileOptions, readWishes, type Wishes } from './compile-wishes.js'
import { ExitCode } from './exit-codes.js'
import { findProject } from './find-project.js'
import type { Io } from './io.js'
import { useColor } from './output.js'

/** @throws IpxetoolError for a wrong call, and for what cannot be compiled; the tree is as it was then */
export async function runCompile(options: CompileOptions, io: Io): Promise<number> {
  if (options.list === true || options.inspect !== undefined) {
    const { listLoaders, tellLoader } = await import('./compile-tell.js')
    return options.inspect === undefined ? listLoaders(options, io) : tellLoader(options.inspect, options, io)
  }
  const project = await readProject(options, io)
  if (project === 'unreadable') return ExitCode.problems
  const wishes = await readWishes(options, io.cwd, project.section, project.root)
  const out = await resolveOut(
    resolve(io.cwd, options.out ?? (project.isFound ? join(project.root, project.out) : 'out')),
  )
  checkOut(out, { root: await realpath(project.root), sourceFolders: [], home: io.env['HOME'] ?? homedir() })
  await readOldManifest(out)

  const progress = new CompileProgress(io.stderr, options.quiet === true || options.json === true, () =>
    performance.now(),
  )
  const onNote = (text: string): void => {
    progress.see({ type: 'note', text })
  }
  const cache = compileCache(io.env)
  const source = await interruptible(
    prepareSource(
      { source: wishes.sourceName, ref: wishes.ref, cwd: wishes.sourceFolder },
      { cache, env: io.env, signal: io.signal, onNote },
    ),
    io,
  )
  const { plan, diagnostics } = planCompile({
    ...wishes,
    source: source.identity,
    crossCompile: hostCrossPrefixes(),
  })
  const sources = new Map(wishes.embeds.map(({ name, bytes }) => [name, bytes] as const))
  const report = await told(diagnostics, sources, options, io)
  if (!plan) {
    if (options.json === true) io.stdout.write(`${JSON.stringify({ ok: false, ...report }, null, 2)}\n`)
    else io.stderr.write('nothing was compiled\n')
    return ExitCode.problems
  }
  for (const note of source.notes) onNote(note)
  let engine: string | undefined
  const loaders = await compileLoaders(plan, source, {
    cache,
    env: io.env,
    engine: wishes.engine,
    image: { image: wishes.image, base: wishes.base, extra: packagesFor(wishes.targets) },
    jobs: wishes.jobs,
    rebuild: options.rebuild === true,
    signal: io.signal,
    onEvent: (event) => {
      if (event.type === 'engine') engine = `${event.engine.name} ${event.engine.version}`
      progress.see(event)
    },
  }).finally(() => {
    progress.clear()
  })
  await addToTree(
    out,
    new Map(loaders.map((loader) => [loader.target.output, added(loader, source, wishes)])),
  )
  if (options.json === true) {
    const list = loaders.map((loader) => ({
      file: join(out, loader.target.output),
      from: loader.from,
      ...facts(loader, source, wishes),
    }))
    io.stdout.write(
      `${JSON.stringify({ ok: true, out, engine: engine ?? null, loaders: list, ...report }, null, 2)}\n`,
    )
  } else if (options.quiet !== true) tell(loaders, out, source, engine, io)
  return ExitCode.ok
}

/** `$XDG_CACHE_HOME/ipxetool/compile` */
export function compileCache(env: Io['env']): string {
  const xdg = env['XDG_CACHE_HOME']
  // relative paths in it are to be ignored (XDG base directory specification)
  const folder = xdg?.startsWith('/') === true ? xdg : join(env['HOME'] ?? homedir(), '.cache')
  return join(folder, 'ipxetool', 'compile')
}

interface FoundProject {
  isFound: boolean
  root: string
  out: string
  section: CompileSection | undefined
}

/** Without a project the options are enough; with one that is broken something would be missing. */
async function readProject(options: CompileOptions, io: Io): Promise<FoundProject | 'unreadable'> {
  let root: string
  try {
    root = await findProject(io.cwd, options.project)
  } catch (error) {
    const isNone = isIpxetoolError(error) && error.code === 'no-project'
    if (options.project === undefined && isNone)
      return { isFound: false, root: io.cwd, out: 'out', section: undefined }
    throw error
  }
  // many compile without a project, and need no schema then
  const [{ readConfig }, { nodeHost }] = await Promise.all([
    import('../project/config.js'),
    import('./node-host.js'),
  ])
  const { config, diagnostics, bytes } = await readConfig(root, nodeHost(io.cwd))
  if (config) return { isFound: true, root: resolve(io.cwd, root), out: config.out, section: config.compile }
  const sources = new Map(bytes === undefined ? [] : diagnostics.map(({ file }) => [file, bytes] as const))
  const report = await told(diagnostics, sources, options, io)
  if (options.json === true) io.stdout.write(`${JSON.stringify({ ok: false, ...report }, null, 2)}\n`)
  return 'unreadable'
}

/** Prints them, unless they go into the JSON that is returned. */
async function told(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, Uint8Array>,
  options: CompileOptions,
  io: Io,
): Promise<object> {
  const sorted = sortDiagnostics(diagnostics)
  if (options.json === true) {
    const { jsonReport } = await import('../diagnostics/reporters/json.js')
    return JSON.parse(jsonReport(sorted, sources)) as object
  }
  const shown = options.quiet === true ? sorted.filter(({ severity }) => severity !== 'info') : sorted
  if (shown.length > 0) {
    const [{ prettyReport }, { summaryLine }] = await Promise.all([
      import('../diagnostics/reporters/pretty.js'),
      import('../diagnostics/summary.js'),
    ])
    const look = { color: useColor(options, io, io.stderr), width: io.stderr.columns ?? 120 }
    io.stderr.write(`${prettyReport(shown, sources, look)}\n${summaryLine(shown)}\n`)
  }
  return {}
}

const licence =
  'GPL-2.0-or-later, parts UBDL (iPXE): whoever passes this file on has to offer the source, which is the commit named here with these build options'

function facts(
  { target, build, bytes, embed, sha256: digest, toolchain }: CompiledLoader,
  { identity }: PreparedSource,
  { embeds, presets, debug }: Wishes,
) {
  const { id, version, commit } = identity
  return {
    size: bytes.length,
    sha256: digest,
    target: target.make,
    dhcpArchitectures: target.dhcpArchitectures,
    source: { id, version, ...(commit !== undefined && { commit }) },
    options: build.options,
    ...(presets.length > 0 && { presets }),
    ...(debug !== undefined && { debug }),
    ...(embeds.length > 0 && {
      // where a file was on this machine is nobody's business
      embed: {
        how: embed,
        files: embeds.map(({ name, bytes: text }) => ({ name: basename(name), sha256: sha256(text) })),
      },
    }),
    toolchain,
    licence,
  }
}

function added(loader: CompiledLoader, source: PreparedSource, wishes: Wishes): AddedFile {
  return { bytes: loader.bytes, entry: { origin: 'compile', ...facts(loader, source, wishes) } }
}

function tell(
  loaders: readonly CompiledLoader[],
  out: string,
  source: PreparedSource,
  engine: string | undefined,
  { cwd, stdout }: Io,
): void {
  const way = relative(cwd, out)
  const tree = way.startsWith('..') ? out : way === '' ? '.' : way
  for (const { target, bytes, embed, from, sha256: digest } of loaders) {
    const how = embed === 'none' ? 'no script' : `script ${embed}`
    const made = from === 'stored' ? ', compiled before' : ''
    stdout.write(`${join(tree, target.output)}: ${bytes.length} bytes, ${how}${made}\n  sha256 ${digest}\n`)
  }
  const { version, commit } = source.identity
  const at =
    commit === undefined || source.name.includes(commit.slice(0, 12)) ? '' : `, commit ${commit.slice(0, 12)}`
  stdout.write(`iPXE ${version} from ${source.name}${at}${engine === undefined ? '' : `, by ${engine}`}\n`)
}

async function interruptible<T>(work: Promise<T>, { signal }: Io): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!signal.aborted || isIpxetoolError(error)) throw error
    throw new IpxetoolError('interrupted', 'interrupted; nothing was compiled', { cause: error })
  }
}

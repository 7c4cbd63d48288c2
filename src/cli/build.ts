/** `ipxetool build [menus]`: the project becomes its output tree. */
import { homedir } from 'node:os'
import { realpath } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { suggest } from '../data/suggest.js'
import { jsonReport } from '../diagnostics/reporters/json.js'
import { prettyReport } from '../diagnostics/reporters/pretty.js'
import { sortDiagnostics } from '../diagnostics/sort.js'
import { IpxetoolError, isIpxetoolError } from '../diagnostics/error.js'
import { summaryLine } from '../diagnostics/summary.js'
import { visible } from '../diagnostics/visible.js'
import { bootNumbers } from '../links/preflight-boots.js'
import { type BuildOutcome, type BuildResult, BuildSession } from './build-session.js'
import { ExitCode } from './exit-codes.js'
import { findProject, isProject } from './find-project.js'
import { parseVariables } from './variables.js'
import { useColor } from './output.js'
import type { Io } from './io.js'
import { nodeHost } from './node-host.js'
import { askerFor, type OnlineSettings } from './online-check.js'

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
  /** Go on: build again whenever a file of the project changes, until SIGINT or SIGTERM. */
  watch?: boolean
}

/**
 * @param target `menus`, a folder with a project, or nothing
 * @throws IpxetoolError for a wrong call and for a tree that cannot be written
 */
export async function runBuild(target: string | undefined, options: BuildOptions, io: Io): Promise<number> {
  const variables = parseVariables(options.var ?? [])
  const ask = askerFor(options, io)
  const root = await findProject(io.cwd, await projectOf(target, options, io))
  const session = new BuildSession({
    cwd: io.cwd,
    root,
    host: nodeHost(io.cwd, io.stderr),
    out: options.out,
    variables,
    environment: io.env,
    home: io.env['HOME'] ?? homedir(),
    signal: io.signal,
    ask,
    prune: options.prune === true,
  })
  if (options.watch === true) return watchBuild(session, root, options, io)
  return finish(await session.build(), options, io)
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

function finish(
  { diagnostics: unsorted, sources, result, boots = [] }: BuildOutcome,
  options: BuildOptions,
  io: Io,
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

/** One line for each build, until a signal ends it. */
async function watchBuild(
  session: BuildSession,
  root: string,
  options: BuildOptions,
  io: Io,
): Promise<number> {
  const { watchProject } = await import('./watch.js')
  await watchProject({
    session,
    root: await realpath(resolve(io.cwd, root)),
    signal: io.signal,
    onBuild: ({ seconds, changes, ...outcome }) => {
      if (options.json === true) {
        const report = JSON.parse(jsonReport(sortDiagnostics(outcome.diagnostics), outcome.sources)) as object
        const line = {
          ...resultFields(outcome.result),
          seconds: Number(seconds.toFixed(3)),
          changes,
          ...report,
        }
        io.stdout.write(`${JSON.stringify(line)}\n`)
        return
      }
      finish(outcome, { ...options, quiet: options.quiet === true || changes.length > 0 }, io)
      const after = changes.length === 0 ? '' : ` after ${changedText(changes)}`
      const { result } = outcome
      const what = !result
        ? 'errors, the tree stays as it was'
        : result.changed
          ? `${result.files} files`
          : 'nothing changed in the tree'
      if (options.quiet !== true) io.stdout.write(`built in ${seconds.toFixed(2)} s${after}: ${what}\n`)
    },
    onError: (error) => {
      const message = isIpxetoolError(error)
        ? error.message
        : error instanceof Error
          ? error.message
          : String(error)
      const hint = isIpxetoolError(error) && error.hint ? `  ${error.hint}\n` : ''
      io.stderr.write(`ipxetool: ${message}\n${hint}the tree stays as it was\n`)
    },
  })
  return ExitCode.ok
}

function changedText([first, ...others]: readonly string[]): string {
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return `${visible(first ?? '')}${more}`
}

function urlPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

function resultFields(result: BuildResult | undefined): object {
  if (!result) return { ok: false }
  const { out, entry, changed, files, bytes, carried, pruned } = result
  const leftOut = pruned.map(({ path, size }) => ({ path, size }))
  return { ok: true, out, entry: `/${urlPath(entry)}`, changed, files, bytes, carried, pruned: leftOut }
}

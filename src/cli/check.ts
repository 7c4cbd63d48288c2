/** `ipxetool check [PATH…]`. */
import { parseTarget } from '../analysis/target.js'
import { Diagnostic, type Severity } from '../diagnostics/diagnostic.js'
import { IpxetoolError } from '../diagnostics/error.js'
import { sortDiagnostics } from '../diagnostics/sort.js'
import { summaryLine } from '../diagnostics/summary.js'
import { visible } from '../diagnostics/visible.js'
import type { CheckOverrides } from '../project/check-settings.js'
import type { Preset, Rule } from '../rules/rule.js'
import { internalFailureId } from '../rules/run.js'
import { CheckRun, type RunSettings } from './check-run.js'
import { type Fixed, fixInputs } from './fix.js'
import { type Rewrite, rewriteFile, unifiedDiff } from './rewrite.js'
import { InputFinder, type InputFailure } from './check-inputs.js'
import { checkReport, type ReportFormat } from './check-report.js'
import { ExitCode } from './exit-codes.js'
import { explainRule } from './explain.js'
import { findProject } from './find-project.js'
import { readStdin } from './stdin.js'
import { parseVariables } from './variables.js'
import { useColor } from './output.js'
import type { Io } from './io.js'
import { nodeHost } from './node-host.js'
import { askerFor, type OnlineSettings } from './online-check.js'

export interface CheckCommandOptions {
  /** Default `pretty`. */
  format?: ReportFormat
  /** The same as `format: 'json'`. */
  json?: boolean
  /** No summary line. */
  quiet?: boolean
  /** Say, too, why types were not checked. */
  verbose?: boolean
  /** False: never. Otherwise where stdout is a terminal and NO_COLOR is not set. */
  color?: boolean
  /** The boot project; files in it are checked as parts of it. */
  project?: string
  /** Print what this rule is about, and nothing else. */
  explain?: string
  /** `NAME=VALUE` for build-time variables. */
  var?: string[]
  /** Information is a problem, too: the same as `failOn: 'info'`. */
  strict?: boolean
  /** The least severity that makes the exit code 1. Default `warning`. */
  failOn?: Severity
  /** At most so many diagnostics are shown; all count. */
  max?: string
  /** What `-` is called in diagnostics, and where its includes are looked up. */
  stdinFilename?: string
  /** Repair what can be repaired without changing what runs. */
  fix?: boolean
  /** With `fix`: print a diff, and write nothing. */
  diff?: boolean
  /** For tests. */
  rules?: readonly Rule[]
  /** Rules that run, in place of what projects say; loose scripts: default `default`. */
  preset?: Preset
  /** What runs the scripts, in place of what projects say. */
  target?: string
  /** Other servers are asked for what the scripts want from them. */
  online?: boolean
  /** With `online`: also for what was there within the last day. */
  fresh?: boolean
  /** For tests. */
  onlineLimits?: OnlineSettings['limits']
}

/**
 * Checks files, folders (`*.ipxe` below them), projects, or `-` for standard input; without a path the nearest project
 * upward, or else the current folder. A file in a project is checked as a part of it, and only what concerns the file is
 * shown. Diagnostics are the result and go to stdout; a line that sums them up, and paths that cannot be checked, go to
 * stderr.
 *
 * @returns 0: no errors and no warnings (there may be information unless it is strict); 1: some, or a file that cannot be checked; 2: a path
 * that is not there; 3: a rule failed
 * @throws IpxetoolError (exit code 2) for a rule, project or variable that cannot be understood
 */
export async function runCheck(paths: string[], options: CheckCommandOptions, io: Io): Promise<number> {
  const format = options.json === true ? 'json' : (options.format ?? 'pretty')
  const max = shownAtMost(options.max)
  const look = { color: useColor(options, io, io.stdout), width: io.stdout.columns ?? 120 }
  if (options.explain !== undefined) {
    io.stdout.write(explainRule(options.explain, look))
    return ExitCode.ok
  }

  const host = nodeHost(io.cwd, io.stderr)
  const finder = new InputFinder(io.cwd, host, options.project)
  await addPaths(finder, paths, options, io)
  const { failures } = finder.inputs
  const ask = askerFor(options, io)
  const settings: RunSettings = {
    variables: parseVariables(options.var ?? []),
    ask,
    types: true,
    isVerbose: options.verbose === true,
    check: checkOverrides(options),
    stdinFilename: options.stdinFilename ?? '-',
    stdin: onceRead(io),
    ...(options.rules && { rules: options.rules }),
  }
  if (options.diff === true && options.fix !== true) {
    throw new IpxetoolError('diff-without-fix', '--diff shows what --fix would change', { exitCode: 2 })
  }
  const fixed =
    options.fix === true ? await fixInputs(host, io, { inputs: finder.inputs, settings }) : undefined
  if (fixed && options.diff === true) {
    for (const rewrite of fixed.rewrites) io.stdout.write(unifiedDiff(rewrite))
    if (options.quiet !== true) io.stderr.write(fixSummary(fixed, 'would be repaired'))
    return fixed.rewrites.length > 0 ? ExitCode.problems : ExitCode.ok
  }
  if (fixed) {
    refuseStdin(fixed.rewrites, settings.stdinFilename, paths)
    for (const rewrite of fixed.rewrites) await rewriteFile(io.cwd, rewrite)
    if (options.quiet !== true && format === 'pretty') io.stderr.write(fixSummary(fixed, 'repaired'))
  }
  const run = new CheckRun(host, io, settings)
  await run.checkAll(finder.inputs)

  const unusable = [...failures, ...run.failures]
  if (format !== 'pretty') run.add(unusable.filter(({ missing }) => !missing).map(asDiagnostic))
  const diagnostics = sortDiagnostics(run.diagnostics)
  const text = checkReport(format, diagnostics, { sources: run.sources, boots: run.boots, max, look })
  if (text !== '') io.stdout.write(text)
  for (const { path, message, missing } of unusable) {
    if (missing || format === 'pretty') io.stderr.write(`ipxetool: ${visible(path)}: ${message}\n`)
  }
  if (options.quiet !== true && format === 'pretty') {
    const clean = `no problems in ${counted(run.checked, 'file')}`
    if (diagnostics.length > 0) io.stderr.write(`\n${summaryLine(diagnostics)}\n`)
    else if (unusable.length === 0) io.stderr.write(`${clean}\n`)
  }
  if (unusable.some(({ missing }) => missing)) return ExitCode.usage
  if (diagnostics.some(({ ruleId }) => ruleId === internalFailureId)) return ExitCode.internal
  const failOn = options.strict === true ? 'info' : (options.failOn ?? 'warning')
  const isFine = unusable.length === 0 && diagnostics.every(({ severity }) => ranks[severity] < ranks[failOn])
  return isFine ? ExitCode.ok : ExitCode.problems
}

const ranks: Record<Severity, number> = { info: 0, warning: 1, error: 2 }

/** @throws IpxetoolError `bad-max` (exit code 2) */
function shownAtMost(max: string | undefined): number {
  if (max === undefined) return Infinity
  if (/^[1-9]\d{0,8}$/.test(max)) return Number(max)
  throw new IpxetoolError('bad-max', `--max is "${visible(max)}", which is no number from 1`, { exitCode: 2 })
}

function asDiagnostic({ path, message }: InputFailure): Diagnostic {
  return new Diagnostic({
    ruleId: 'unreadable',
    severity: 'error',
    file: path,
    reason: `This cannot be checked: ${message}`,
    note: 'Nothing in it was looked at.',
  })
}

/** @throws IpxetoolError `bad-target` (exit code 2) */
function checkOverrides({ preset, target: text }: CheckCommandOptions): CheckOverrides {
  const target = text === undefined ? undefined : parseTarget(text)
  if (text !== undefined && !target) {
    throw new IpxetoolError('bad-target', `ipxetool knows no target "${visible(text)}"`, { exitCode: 2 })
  }
  return { ...(preset && { preset }), ...(target && { target }) }
}

function fixSummary({ count, rewrites, refused }: Fixed, what: string): string {
  const kept = refused.map(
    (path) => `ipxetool: ${visible(path)}: left as it is, because a repair would bring a new error\n`,
  )
  const sum = count === 0 ? '' : `${counted(count, 'place')} ${what} in ${counted(rewrites.length, 'file')}\n`
  return kept.join('') + sum
}

/** @throws IpxetoolError `fix-stdin` (exit code 2) */
function refuseStdin(rewrites: readonly Rewrite[], name: string, paths: readonly string[]): void {
  if (!paths.includes('-') || rewrites.every(({ path }) => path !== name)) return
  throw new IpxetoolError('fix-stdin', 'standard input cannot be written to', {
    exitCode: 2,
    hint: 'use --fix --diff, or name the file',
  })
}

async function addPaths(
  finder: InputFinder,
  paths: string[],
  options: CheckCommandOptions,
  io: Io,
): Promise<void> {
  if (options.project !== undefined && paths.length === 0) {
    finder.addProject(await findProject(io.cwd, options.project))
    return
  }
  if (options.project !== undefined) await findProject(io.cwd, options.project)
  if (paths.length > 0) {
    for (const path of paths) await finder.add(path)
    return
  }
  const root = await findProject(io.cwd, undefined).catch((error: unknown) => {
    if (error instanceof IpxetoolError && error.code === 'no-project') return undefined
    throw error
  })
  if (root === undefined) await finder.add('.')
  else finder.addProject(root)
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** Standard input can be read only once. */
function onceRead(io: Io): () => Promise<Uint8Array> {
  let read: Promise<Uint8Array> | undefined
  return () => (read ??= readStdin(io.stdin))
}

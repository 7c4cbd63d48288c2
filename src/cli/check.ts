/** `ipxetool check [PATH…]`. */
import { parseTarget } from '../analysis/target.js'
import { Diagnostic, type Severity } from '../diagnostics/diagnostic.js'
import { IpxetoolError } from '../diagnostics/error.js'
import { sortDiagnostics } from '../diagnostics/sort.js'
import { summaryLine } from '../diagnostics/summary.js'
import { visible } from '../diagnostics/visible.js'
import type { CheckOverrides } from '../project/check-settings.js'
import { scriptSizeLimit } from '../project/compose.js'
<<<<<<< HEAD
import { HostError } from '../project/host.js'
=======
import { configName } from '../project/config.js'
import { HostError, type ProjectHost, readIfThere } from '../project/host.js'
import { type Composed, composeLoose } from '../project/loose.js'
import { settingsSetBy, SettingsOfRun } from '../rules/facts.js'
>>>>>>> fe40761 (check: rules about the values of settings)
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

<<<<<<< HEAD
/** Standard input can be read only once. */
function onceRead(io: Io): () => Promise<Uint8Array> {
  let read: Promise<Uint8Array> | undefined
  return () => (read ??= readAll(io.stdin))
=======
/** What was found in one run of the command. */
class Run {
  readonly diagnostics: Diagnostic[] = []
  readonly sources = new Map<string, Uint8Array>()
  readonly failures: InputFailure[] = []
  /** Scripts that were looked at. */
  checked = 0
  /** What projects boot. */
  readonly boots: CheckedBoot[] = []
  readonly #host: ProjectHost
  readonly #io: Io
  readonly #variables: ReadonlyMap<string, string>
  readonly #ask: Ask | undefined
  readonly #isVerbose: boolean
  readonly #check: CheckOverrides
  readonly #stdinFilename: string
  readonly #rules: readonly Rule[] | undefined

  constructor(
    host: ProjectHost,
    io: Io,
    variables: ReadonlyMap<string, string>,
    { ask, isVerbose, check, stdinFilename, rules }: RunSettings,
  ) {
    this.#stdinFilename = stdinFilename
    this.#rules = rules
    this.#check = check
    this.#host = host
    this.#io = io
    this.#isVerbose = isVerbose
    this.#variables = variables
    this.#ask = ask
  }

  async checkProject({ root, only }: ProjectInput): Promise<void> {
    const { cwd } = this.#io
    const types = this.#wantsTypes(root, only) ? new TypeChecker(root, cwd) : undefined
    try {
      const checked = await this.#checkAll(root)
      if (types) await this.#addTypes(types, checked)
      await this.#take(checked, root, only)
    } finally {
      await types?.stop()
    }
  }

  /** Menu files, or nothing in particular, were asked for. */
  #wantsTypes(root: string, only: readonly string[] | undefined): boolean {
    const menus = resolve(this.#io.cwd, root, 'menus')
    return only?.some((wanted) => wanted === menus || wanted.endsWith('.ts')) ?? true
  }

  async #addTypes(types: TypeChecker, checked: Checked): Promise<void> {
    const { diagnostics, skipped } = await types.result(checked.diagnostics)
    if (skipped !== undefined && this.#isVerbose) {
      this.#io.stderr.write(`ipxetool: types in menus/*.ts were not checked: ${skipped}\n`)
    }
    for (const diagnostic of diagnostics) {
      checked.diagnostics.push(diagnostic)
      if (checked.sources.has(diagnostic.file) || this.sources.has(diagnostic.file)) continue
      const bytes = await readIfThere(this.#host, diagnostic.file, scriptSizeLimit)
      if (bytes) this.sources.set(diagnostic.file, bytes)
    }
  }

  #checkAll(root: string): Promise<Checked> {
    const { cwd, env } = this.#io
    return checkProject(root, this.#host, {
      variables: this.#variables,
      environment: env,
      loadersOf: declaredLoaders(cwd),
      check: this.#check,
      inspect: async (project, scripts) => {
        const out = resolve(cwd, root, project.config.out)
        const tree = await checkTree(project, scripts, cwd, {
          out,
          information: true,
          ask: this.#ask,
        })
        for (const boot of tree.boots) this.boots.push(boot)
        return tree.diagnostics
      },
    })
  }

  async #take(checked: Checked, root: string, only: readonly string[] | undefined): Promise<void> {
    const { cwd } = this.#io
    this.#addSources(checked.sources)
    if (!only) {
      this.add(checked.diagnostics)
      this.checked += checked.sources.size
      return
    }
    const config = resolve(cwd, root, configName)
    const isWanted = (path: string): boolean =>
      only.some((wanted) => resolve(cwd, path) === wanted || resolve(cwd, path).startsWith(wanted + sep))
    // without its configuration nothing of the project can be checked: that concerns every file
    const isBroken = (diagnostic: Diagnostic): boolean =>
      diagnostic.severity === 'error' && resolve(cwd, diagnostic.file) === config
    this.add(checked.diagnostics.filter((diagnostic) => isWanted(diagnostic.file) || isBroken(diagnostic)))
    const read = [...checked.sources.keys()].filter((path) => isWanted(path))
    this.checked += read.length
    if (checked.diagnostics.some(isBroken)) return
    // a file that the project does not use, say of its output tree, is a loose one
    const known = new Set(
      [...read, ...checked.diagnostics.map(({ file }) => file)].map((path) => resolve(cwd, path)),
    )
    const isInside = (wanted: string): boolean => [...known].some((path) => path.startsWith(wanted + sep))
    const others = only.filter((wanted) => !known.has(wanted) && !isInside(wanted))
    await this.checkLoose(others.map((wanted) => ({ path: nameLike(cwd, root, wanted), named: true })))
  }

  /** Scripts of one run may set each other's settings: a menu is often several files. */
  async checkLoose(inputs: readonly LooseInput[]): Promise<void> {
    const composed: { path: string; named: boolean; result: Composed }[] = []
    for (const { path, named } of inputs) {
      const result = await this.#compose(path)
      const name = path === '-' ? this.#stdinFilename : path
      if (result) composed.push({ path: name, named, result })
    }
    const included = new Set<string>()
    const settingsOfRun = new SettingsOfRun()
    for (const { path, result } of composed) {
      settingsOfRun.add(settingsSetBy(result.script))
      settingsOfRun.addReads(result.script)
      for (const source of result.sources.keys()) if (source !== path) included.add(source)
    }
    const { settings, target } = projectCheck({}, this.#check)
    const found: Diagnostic[] = []
    const rules = this.#rules && { rules: this.#rules }
    const usedDirectives = new Set<string>()
    const facts = { loose: true, ...settingsOfRun.facts, ...(target && { target }) }
    for (const { path, named, result } of composed) {
      this.#addSources(result.sources)
      this.checked++
      // what another script includes was checked in its place there
      if (!named && included.has(path)) continue
      this.add(result.diagnostics)
      found.push(...runRules(result.script, { path, facts, settings, usedDirectives, ...rules }))
    }
    this.add(withoutUsed(found, usedDirectives))
    if (this.#ask && composed.length > 0) {
      this.add(await this.#askFor(composed.map(({ path, result }) => ({ path, script: result.script }))))
    }
  }

  /** Loose scripts have no tree, so only what they want from other servers can be told. */
  async #askFor(scripts: readonly { path: string; script: Script }[]): Promise<Diagnostic[]> {
    const { links } = resolveLinks({
      scripts: scripts.map(({ path, script }) => ({ path, file: path, script, kind: 'output' })),
      files: new Map(),
      entry: scripts[0]!.path,
    })
    return this.#ask!(links, scripts[0]!.path)
  }

  async #compose(path: string): Promise<Composed | undefined> {
    try {
      if (path !== '-') return await composeLoose(path, this.#host)
      return await composeLoose(this.#stdinFilename, this.#host, { input: await readAll(this.#io.stdin) })
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      const missing = error.kind === 'missing' || error.kind === 'not-folder'
      this.failures.push({ path: error.path, message: error.message, missing })
      return undefined
    }
  }

  add(diagnostics: readonly Diagnostic[]): void {
    for (const diagnostic of diagnostics) this.diagnostics.push(diagnostic)
  }

  #addSources(sources: ReadonlyMap<string, Uint8Array>): void {
    for (const [path, bytes] of sources) this.sources.set(path, bytes)
  }
}

/** A full path below a root, named as the root is. */
function nameLike(cwd: string, root: string, full: string): string {
  const rest = full.slice(resolve(cwd, root).length).replace(/^[/\\]/, '')
  return root === '.' ? rest : `${root}/${rest}`
>>>>>>> fe40761 (check: rules about the values of settings)
}

async function readAll(stdin: NodeJS.ReadableStream): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > scriptSizeLimit) {
      throw new HostError(
        'too-large',
        '-',
        `it has more than the ${scriptSizeLimit / 2 ** 20} MiB that are allowed here`,
      )
    }
    chunks.push(bytes)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

/** One run of make in a warm tree, by an engine: what it says, what it leaves, what was wrong. */
import { createWriteStream } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import type { CompileEvent } from './compile.js'
import type { Engine } from './engine/index.js'
import { inspectLoader } from './inspect.js'
import { interrupted } from './interrupted.js'
import { findFailure, MakeProgress } from './make-log.js'
import { sha256 } from './results.js'
import type { PreparedSource } from './source/types.js'
import type { BuildPlan, PlannedOutput } from './types.js'
import { withWarmTree } from './warm.js'

export interface MakeContext {
  readonly engine: Engine
  readonly source: PreparedSource
  /** `<cache>/ipxetool/compile` */
  readonly cache: string
  /** Throw away what was compiled before. */
  readonly fresh: boolean
  readonly jobs: number
  readonly signal: AbortSignal | undefined
  readonly onEvent: ((event: CompileEvent) => void) | undefined
  /** Gets each loader as soon as it is known to be right. */
  readonly keep: (output: PlannedOutput, bytes: Uint8Array) => Promise<void>
}

/** @throws IpxetoolError `compile-failed`, `bad-loader`, `interrupted`, `locked`, `no-room` */
export async function makeOutputs(
  build: BuildPlan,
  outputs: readonly PlannedOutput[],
  context: MakeContext,
): Promise<Map<PlannedOutput, Uint8Array>> {
  const { engine, cache, signal, onEvent } = context
  const made = new Map<PlannedOutput, Uint8Array>()
  await withWarmTree(
    {
      folder: join(cache, 'trees'),
      // a toolchain's objects do not go with another one's
      key: sha256(`${build.warmKey} ${engine.toolchain}`),
      source: context.source,
      build,
      fresh: context.fresh,
      lock: { wait: false, signal },
      onUnpack: () => onEvent?.({ type: 'unpack', bindir: build.bindir }),
    },
    async ({ tree, expected, isWarm, begin, finish: end }) => {
      const goals = outputs.map(({ path }) => path)
      onEvent?.({ type: 'make', bindir: build.bindir, isWarm, goals })
      const log = await logFile(cache, build.bindir)
      const start = performance.now()
      const progress = new MakeProgress(expected, start)
      await begin()
      const run = await runMake(build, tree, goals, log, progress, context)
      if (run.code !== 0) {
        // killed: a file may be half written
        await end(run.aborted || run.code === 2 ? 'failed' : 'unknown')
        if (run.aborted) throw interrupted(undefined)
        throw failure(build, engine, run, log)
      }
      for (const output of outputs) {
        const bytes = await readFile(join(tree, 'src', output.path)).catch(() => undefined)
        const wrong =
          bytes === undefined ? 'make says nothing is wrong, but did not write it' : wrongness(bytes, output)
        if (bytes === undefined || wrong !== undefined) {
          await end('unknown')
          throw new IpxetoolError('bad-loader', `${output.path}: ${wrong ?? ''}`, {
            hint: `the log is ${log}`,
          })
        }
        await context.keep(output, bytes)
        made.set(output, bytes)
      }
      await end('done', progress.count)
      onEvent?.({ type: 'made', bindir: build.bindir, seconds: (performance.now() - start) / 1000, log })
    },
  )
  return made
}

interface MakeRun {
  readonly code: number | undefined
  readonly aborted: boolean
  readonly output: string
  readonly why: string | undefined
}

async function runMake(
  build: BuildPlan,
  tree: string,
  goals: readonly string[],
  log: string,
  progress: MakeProgress,
  { engine, jobs, signal, onEvent }: MakeContext,
): Promise<MakeRun> {
  const left = new Set(build.outputs.map(({ path }) => path).filter((path) => !goals.includes(path)))
  const args = [`-j${jobs}`, ...build.arguments.filter((argument) => !left.has(argument))]
  const file = createWriteStream(log)
  file.on('error', () => undefined) // a full disk stops make, which says so
  file.write(`${engine.name} ${engine.version}: make ${args.join(' ')}\n`)
  const {
    code,
    failure: why,
    aborted,
    stdout,
    stderr,
  } = await engine.run(
    { tree, command: 'make', args, environment: build.environment },
    {
      signal,
      onLine: (line) => {
        file.write(`${line}\n`)
        const seen = progress.see(line, performance.now())
        if (seen) onEvent?.({ type: 'progress', bindir: build.bindir, progress: seen })
      },
    },
  )
  await new Promise<void>((done) => {
    file.end(done)
  })
  return { code, aborted, output: `${stderr}\n${stdout}`, why }
}

async function logFile(cache: string, bindir: string): Promise<string> {
  const folder = join(cache, 'logs')
  await mkdir(folder, { recursive: true })
  return join(folder, `${bindir}.log`)
}

/** Undefined: it is what it should be, as far as its bytes tell. */
function wrongness(bytes: Uint8Array, { target }: PlannedOutput): string | undefined {
  if (bytes.length < 512) return `it has only ${bytes.length} bytes`
  const { kind, platform, architecture } = inspectLoader(bytes)
  if (target.format === 'efi') {
    if (kind !== 'efi') return 'it is no EFI program'
    if (architecture !== target.architecture) return `it is for ${architecture ?? 'another processor'}`
  }
  if (/pxe$/.test(target.format) && (kind !== 'nbp' || platform === 'efi'))
    return 'it is no network boot program'
  return undefined
}

function failure(
  build: BuildPlan,
  engine: Engine,
  run: { code: number | undefined; output: string; why: string | undefined },
  log: string,
): IpxetoolError {
  const found = findFailure(run.output)
  const where =
    found?.file === undefined ? '' : `${found.file}${found.line === undefined ? '' : `:${found.line}`}: `
  const what =
    found === undefined
      ? run.why !== undefined
        ? `make cannot be started (${run.why})`
        : `make ended with ${run.code ?? 'a signal'} and named no error`
      : `${where}${found.message}`
  return new IpxetoolError(
    'compile-failed',
    `${build.bindir} cannot be compiled by ${engine.name}: ${what}`,
    {
      hint: `${found?.hint === undefined ? '' : `${found.hint}; `}all that make said is in ${log}`,
    },
  )
}

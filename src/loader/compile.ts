/** Makes the loaders that a plan names: from the store of results, by patching, by a link, or by a whole build. */
import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { LoaderTarget } from '../data/loader-targets.js'
import { IpxetoolError, isIpxetoolError } from '../diagnostics/error.js'
import type { Engine, EngineContext, ImageWish } from './engine/index.js'
import { nativeStamp } from './engine/native-stamp.js'
import { interrupted } from './interrupted.js'
import type { Progress } from './make-log.js'
import { patchEmbed } from './patch.js'
import { ResultStore, sha256 } from './results.js'
import type { PreparedSource } from './source/types.js'
import type { BuildPlan, CompilePlan, PlannedOutput } from './types.js'
import { makeFolder } from '../files/folder.js'

export interface CompileSettings {
  /** `<cache>/ipxetool/compile` */
  readonly cache: string
  readonly env: EngineContext['env']
  /** `auto`, `podman`, `docker`, `native` */
  readonly engine: string
  readonly image: ImageWish
  /** Of make; default: one for each processor. */
  readonly jobs?: number | undefined
  /** Compile again what was compiled before. */
  readonly rebuild: boolean
  readonly signal?: AbortSignal | undefined
  readonly onEvent?: ((event: CompileEvent) => void) | undefined
}

export type CompileEvent =
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'engine'; readonly engine: Engine }
  | { readonly type: 'unpack'; readonly bindir: string }
  | {
      readonly type: 'make'
      readonly bindir: string
      readonly isWarm: boolean
      readonly goals: readonly string[]
    }
  | { readonly type: 'progress'; readonly bindir: string; readonly progress: Progress }
  | { readonly type: 'made'; readonly bindir: string; readonly seconds: number; readonly log: string }

export interface CompiledLoader {
  readonly target: LoaderTarget
  readonly build: BuildPlan
  readonly bytes: Uint8Array
  /** Hex. */
  readonly sha256: string
  readonly embed: PlannedOutput['embed']
  /** `stored`: nothing was compiled for it now. */
  readonly from: 'compiled' | 'stored'
  /** The image, or the versions of compiler and linker. */
  readonly toolchain: string
}

/**
 * All or nothing: it resolves when every loader is there and looks right.
 * @throws IpxetoolError `compile-failed`, `interrupted`, `locked`, `no-room`, `tool-missing`, and as engines and sources do
 */
export async function compileLoaders(
  plan: CompilePlan,
  source: PreparedSource,
  settings: CompileSettings,
): Promise<CompiledLoader[]> {
  try {
    return await new Compiler(source, settings).compile(plan)
  } catch (error) {
    if (settings.signal?.aborted === true && !(isIpxetoolError(error) && error.code === 'interrupted'))
      throw interrupted(error)
    throw explainDisk(error, settings.cache)
  }
}

class Compiler {
  readonly #source: PreparedSource
  readonly #settings: CompileSettings
  readonly #results: ResultStore
  #engine: Engine | undefined

  constructor(source: PreparedSource, settings: CompileSettings) {
    this.#source = source
    this.#settings = settings
    this.#results = new ResultStore(join(settings.cache, 'results'))
  }

  async compile(plan: CompilePlan): Promise<CompiledLoader[]> {
    const { rebuild } = this.#settings
    // what is in the store needs no engine
    const remembered = rebuild ? undefined : await this.#recall()
    const loaders: CompiledLoader[] = []
    for (const build of plan.builds) {
      const stored = remembered === undefined ? undefined : await this.#stored(build, remembered)
      loaders.push(
        ...(stored?.size === build.outputs.length ? [...stored.values()] : await this.#make(build)),
      )
    }
    return loaders
  }

  /** By path of the output; those that are missing are missing. */
  async #stored(build: BuildPlan, toolchain: string): Promise<Map<string, CompiledLoader>> {
    const found = new Map<string, CompiledLoader>()
    for (const output of build.outputs) {
      const bytes = await this.#results.get(resultKey(output, toolchain))
      if (bytes) found.set(output.path, finish(build, output, bytes, 'stored', toolchain))
    }
    return found
  }

  async #make(build: BuildPlan): Promise<CompiledLoader[]> {
    const { cache, rebuild, signal, onEvent, jobs = availableParallelism() } = this.#settings
    const engine = await this.#chosen()
    const stored = rebuild ? new Map<string, CompiledLoader>() : await this.#stored(build, engine.toolchain)
    const missing = build.outputs.filter(({ path }) => !stored.has(path))
    if (missing.length > 0) {
      const lack = await engine.lacks?.(missing.map(({ target }) => target))
      if (lack) {
        throw new IpxetoolError('tool-missing', lack.why, {
          ...(lack.hint !== undefined && { hint: lack.hint }),
        })
      }
      const { makeOutputs } = await import('./make-run.js')
      const made = await makeOutputs(build, missing, {
        engine,
        source: this.#source,
        cache,
        fresh: rebuild,
        jobs,
        signal,
        onEvent,
        keep: (output, bytes) => this.#results.put(resultKey(output, engine.toolchain), bytes),
      })
      for (const [output, bytes] of made)
        stored.set(output.path, finish(build, output, bytes, 'compiled', engine.toolchain))
    }
    return build.outputs.map(({ path }) => stored.get(path)!)
  }

  async #chosen(): Promise<Engine> {
    if (this.#engine) return this.#engine
    const { engine: wish, image, cache, env, signal, onEvent } = this.#settings
    const onNote = (text: string): void => onEvent?.({ type: 'note', text })
    // what is in the store needs no engine, and is quick without its code
    const { chooseEngine } = await import('./engine/index.js')
    const engine = await chooseEngine(wish, image, { env, cache, signal, onNote })
    onEvent?.({ type: 'engine', engine })
    this.#engine = engine
    await this.#remember(engine)
    return engine
  }

  get #memory(): { file: string; key: string } {
    const { cache, engine, image } = this.#settings
    return {
      file: join(cache, 'toolchains.json'),
      key: JSON.stringify([engine, image.base ?? '', image.extra ?? []]),
    }
  }

  /** The toolchain of the last time, so that nothing has to be started to find what was compiled by it. */
  async #recall(): Promise<string | undefined> {
    const { image, env } = this.#settings
    // an image of the user's may have become another one
    if (image.image !== undefined) return undefined
    const { file, key } = this.#memory
    const found = (await readJson(file))[key]
    if (found === undefined) return undefined
    const isSame = found.stamp === undefined || found.stamp === (await nativeStamp(env))
    return isSame ? found.toolchain : undefined
  }

  async #remember({ name, toolchain }: Engine): Promise<void> {
    if (this.#settings.image.image !== undefined) return
    const { file, key } = this.#memory
    const stamp = name === 'native' ? await nativeStamp(this.#settings.env) : undefined
    const all = { ...(await readJson(file)), [key]: { toolchain, ...(stamp !== undefined && { stamp }) } }
    await makeFolder(this.#settings.cache)
    await writeFile(`${file}.${process.pid}`, JSON.stringify(all))
    await rename(`${file}.${process.pid}`, file)
  }
}

type Memory = Record<string, { toolchain: string; stamp?: string }>

async function readJson(file: string): Promise<Memory> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Memory
  } catch {
    return {}
  }
}

/** With a slot all scripts share what make has made. */
function resultKey({ key }: PlannedOutput, toolchain: string): string {
  return sha256(`${key} ${toolchain}`)
}

function finish(
  build: BuildPlan,
  { target, patch, embed }: PlannedOutput,
  made: Uint8Array,
  from: CompiledLoader['from'],
  toolchain: string,
): CompiledLoader {
  const bytes = patch ? patchEmbed(made, patch) : made
  return { target, build, bytes, sha256: sha256(bytes), embed, from, toolchain }
}

function explainDisk(error: unknown, cache: string): unknown {
  if (isIpxetoolError(error)) return error
  const { code, path = cache } = error as NodeJS.ErrnoException
  const why = {
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    EACCES: 'this user has no permission',
    EROFS: 'the file system is read-only',
    ENOTDIR: 'a file is in the way of a folder',
  }[code ?? '']
  if (why === undefined) return error
  return new IpxetoolError('compile-disk', `${existsSync(path) ? path : cache}: ${why}`, {
    hint: 'XDG_CACHE_HOME puts the compile elsewhere; the loaders are as they were before',
    cause: error,
  })
}

/** What runs make: a container engine, or this machine itself. */
import type { LoaderTarget } from '../../data/loader-targets.js'
import { IpxetoolError } from '../../diagnostics/error.js'
import type { CommandLine, Finished, ProcessOptions } from '../process.js'

export const engineNames = ['podman', 'docker', 'native'] as const
export type EngineName = (typeof engineNames)[number]

/** @throws IpxetoolError `unknown-engine` (exit code 2) for what is neither `auto` nor a name */
export function checkEngineName(wish: string): void {
  if (wish === 'auto' || engineNames.includes(wish as EngineName)) return
  throw new IpxetoolError('unknown-engine', `there is no engine ${JSON.stringify(wish)}`, {
    exitCode: 2,
    hint: `possible are auto, ${engineNames.join(', ')}`,
  })
}

/** One run in the tree of a build; the current folder is its `src`. */
export interface ToolRun {
  /** Full path of the tree. */
  readonly tree: string
  /** `make`, or a tool that is asked for. */
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** Why an engine cannot be used, one sentence; its hint says what to do. */
export interface Unusable {
  readonly why: string
  readonly hint?: string
}

export interface Engine {
  readonly name: EngineName
  /** Of the engine's program, `4.3.1`; of the compiler for `native`. */
  readonly version: string
  /** One sentence: why it was chosen. */
  readonly why: string
  /** What the compiled bytes hang on beside the source: the image, or the versions of compiler and linker. */
  readonly toolchain: string
  /** What it lacks for these loaders; absent, as for containers: not known before make says so. */
  readonly lacks?: (targets: readonly LoaderTarget[]) => Promise<Unusable | undefined>
  readonly run: (run: ToolRun, options?: ProcessOptions) => Promise<Finished>
}

export interface EngineContext {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cache: string
  readonly signal?: AbortSignal | undefined
  readonly onNote?: ((text: string) => void) | undefined
}

/** How containers have to be started on this machine, as probing has shown. */
export interface Quirks {
  /** `runc` where the default runtime does not work; undefined: the default. */
  readonly runtime?: string | undefined
  /** Where raising the usual limits is forbidden. */
  readonly lowUlimits?: boolean | undefined
  /** Memory, processes and processors can be limited. */
  readonly limits: boolean
}

export interface ContainerEngine {
  readonly name: 'podman' | 'docker'
  /** Path of the program. */
  readonly program: string
  readonly quirks: Quirks
  /** `UID:GID` for who runs in the container; undefined: its root, which is us. */
  readonly user?: string | undefined
}

export interface ContainerRun extends ToolRun {
  readonly image: string
  /** Of the container, so that it can be stopped. */
  readonly container: string
}

export type { CommandLine }

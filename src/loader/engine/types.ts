/** What runs make: a container engine, or this machine itself. */
import type { CommandLine, Finished, ProcessOptions } from '../process.js'

export const engineNames = ['podman', 'docker', 'native'] as const
export type EngineName = (typeof engineNames)[number]

/** One run in the tree of a build; the current folder is its `src`. */
export interface ToolRun {
  /** Full path of the tree. */
  readonly tree: string
  /** `make`, or a tool that is asked for. */
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

export interface Engine {
  readonly name: EngineName
  /** Of the engine's program, `4.3.1`; of the compiler for `native`. */
  readonly version: string
  /** One sentence: why it was chosen. */
  readonly why: string
  /** What the compiled bytes hang on beside the source: the image, or the versions of compiler and linker. */
  readonly toolchain: string
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

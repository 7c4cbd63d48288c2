/** What a compile is asked for, what it will do, and what is known of a loader. Plain data. */
import type { BuildOptionSpec } from '../data/build-options.js'
import type {
  LoaderArchitecture,
  LoaderFormat,
  LoaderPlatform,
  LoaderTarget,
} from '../data/loader-targets.js'
import type { Diagnostic } from '../diagnostics/diagnostic.js'

export interface NamedBytes {
  /** As the user knows it: a path, perhaps with blanks. Messages name it. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** One iPXE source tree. */
export interface SourceIdentity {
  /** What its bytes follow from: `git:<40 hex>`, `sha256:<64 hex>`. The cache keys hang on it. */
  readonly id: string
  /** Of its Makefile, as numbers and dots with a `+` after a release: `2.0.0+`, `1.21.1`, `1.0.0+`. */
  readonly version: string
  /** 40 hex digits; undefined: not known, and the loader will not name one. */
  readonly commit?: string | undefined
  /** Seconds since 1970, of the commit or else of the newest file: the clock that the loader is built by. */
  readonly time: number
}

/** One build option as somebody wrote it. */
export interface Define {
  readonly name: string
  /** Undefined or `true`: on. `false`: to be left out of the loader. */
  readonly value?: string | boolean | undefined
  /** Only for loaders of this platform; undefined: for all. */
  readonly platform?: LoaderPlatform | undefined
  /** For messages: `--define`, `ipxetool.yaml`. */
  readonly from: string
}

export const presetNames = ['serial', 'https', 'debug', 'full', 'small'] as const
export type PresetName = (typeof presetNames)[number]

export interface CompileRequest {
  readonly targets: readonly LoaderTarget[]
  readonly source: SourceIdentity
  /** The first is the script that runs; the others can be named by it. Empty: a loader without a script. */
  readonly embeds: readonly NamedBytes[]
  readonly defines: readonly Define[]
  readonly presets: readonly PresetName[]
  /** Serial console on EFI although most firmware mirrors its console there already. */
  readonly forceSerial?: boolean | undefined
  /** Root certificates, PEM, one each: the loader then trusts only these. */
  readonly trust?: readonly NamedBytes[] | undefined
  /** Certificates to put in, PEM. */
  readonly certificates?: readonly NamedBytes[] | undefined
  /** RSA key of the client certificate, PEM: readable by all who get the loader. */
  readonly key?: NamedBytes | undefined
  /** Make's DEBUG: `tls,httpcore:3`. */
  readonly debug?: string | undefined
  /** Bytes for the embedded script of EFI loaders, so that it can be exchanged without make; 0: none. */
  readonly slot?: number | undefined
  /** Prefix of the compiler for each architecture, `aarch64-linux-gnu-`; '' or absent: none. */
  readonly crossCompile?: Partial<Readonly<Record<LoaderArchitecture, string>>> | undefined
}

/** Diagnostics of a refused plan hold an error; a plan may come with warnings and notes. */
export interface PlanResult {
  readonly plan: CompilePlan | undefined
  readonly diagnostics: readonly Diagnostic[]
}

export interface CompilePlan {
  readonly source: SourceIdentity
  /** One for each bindir, in the order of the targets. Each wants a tree of its own. */
  readonly builds: readonly BuildPlan[]
}

/**
 * One run of make in `src/`. Write `headers` and `inputs` first (only where their bytes differ: make goes by the time
 * of a file), delete `remove`, then run `make -jN …arguments` with nothing but PATH and `environment`.
 */
export interface BuildPlan {
  readonly bindir: string
  readonly platform: LoaderPlatform
  readonly architecture: LoaderArchitecture
  /** Variables as `NAME=value` and goals, each one argument; for execa, never for a shell. */
  readonly arguments: readonly string[]
  /** The same for `<bindir>/blib.a`: all the compiling, before there is a script. */
  readonly warmArguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** All of config/local, by file name (`general.h`); what else is there is not ours and to be deleted. */
  readonly headers: ReadonlyMap<string, string>
  /** By path below `src/`: `ipxetool-inputs/embed.ipxe`. Safe: letters, digits, `.`, `_`, `-`, `/`. */
  readonly inputs: ReadonlyMap<string, Uint8Array>
  /** Below `src/`: version and date are no dependencies of make, so old results must go. */
  readonly remove: readonly string[]
  readonly outputs: readonly PlannedOutput[]
  /** sha256 in hex of what a warm tree follows from: source, bindir, headers, variables; not the embedded files. */
  readonly warmKey: string
  /** Options that differ from the source's defaults, for the manifest. `false`: off, `true`: on. */
  readonly options: Readonly<Record<string, string | boolean>>
  /** Build options that this loader has, for the checker. */
  readonly has: ReadonlySet<string>
}

export interface PlannedOutput {
  readonly target: LoaderTarget
  /** Below `src/`. */
  readonly path: string
  /** sha256 in hex of all that make gets; with a slot, the same for each script that fits. */
  readonly key: string
  /** sha256 in hex of what the finished loader follows from: `key`, and the script when it is patched in. */
  readonly resultKey: string
  /** To be put in by `patchEmbed` after make; undefined: it is linked in, or there is none. */
  readonly patch: Uint8Array | undefined
  readonly embed: 'patched' | 'linked' | 'none'
}

export const loaderKinds = ['efi', 'nbp', 'lkrn', 'disk', 'iso', 'rom', 'unknown'] as const
export type LoaderKind = (typeof loaderKinds)[number]

/** What the bytes of a file tell of it. Compressed loaders (all BIOS ones) hide their version and script. */
export interface LoaderInfo {
  readonly kind: LoaderKind
  readonly size: number
  /** False: nothing in it says iPXE, though it may be compressed. */
  readonly ipxe: boolean
  readonly platform: LoaderPlatform | undefined
  /** iPXE's name of the processor: `x86_64`, `arm64`, `riscv64`. */
  readonly architecture: string | undefined
  /** `2.0.0+ (g0ab22)` */
  readonly version: string | undefined
  /** `ipxe.efi` */
  readonly buildName: string | undefined
  /** As its banner lists them: `HTTP`, `iSCSI`, `EFI`. */
  readonly features: readonly string[]
  readonly sections: readonly LoaderSection[]
  /** EFI: an Authenticode signature is attached. */
  readonly signed: boolean
  readonly embedded: EmbeddedScript | undefined
  /** A sentence each: what could not be read and why. */
  readonly notes: readonly string[]
}

export interface LoaderSection {
  readonly name: string
  readonly offset: number
  readonly size: number
}

export interface EmbeddedScript {
  readonly offset: number
  readonly bytes: Uint8Array
  /** Bytes that a script may have which is patched in; undefined: no slot, the script is fixed. */
  readonly capacity: number | undefined
}

export type { BuildOptionSpec, LoaderFormat, LoaderTarget }

/** What make says while it builds iPXE: how far it is, and the first real error of many lines. */

export interface StepCount {
  /** Files whose dependencies are looked up: quick. */
  readonly dependencies: number
  /** Files that are compiled, archived, linked. */
  readonly objects: number
}

/** A whole build of 0ab2277c; other ones differ a little, and are known after the first time. */
export const usualSteps: StepCount = { dependencies: 1880, objects: 1035 }

/** `  [BUILD] bin/x.o`, in older versions `  [CC] …` */
const step = /^ {2}\[([A-Z0-9_-]+)\] (\S+)/

export interface MakeStep {
  readonly kind: string
  readonly file: string
}

export function parseStep(line: string): MakeStep | undefined {
  const match = step.exec(line)
  return match ? { kind: match[1]!, file: match[2]! } : undefined
}

export interface Progress {
  readonly step: MakeStep
  /** Objects that are done, and of how many. */
  readonly done: number
  readonly total: number
  /** 0 to 1. */
  readonly fraction: number
  /** Seconds; undefined: too early to say. */
  readonly left: number | undefined
}

/** Compiling a file takes about as long as the dependencies of five; measured at 0ab2277c. */
const weight = 5

export class MakeProgress {
  #dependencies = 0
  #objects = 0
  readonly #expected: StepCount
  readonly #start: number

  /** @param start milliseconds */
  constructor(expected: StepCount, start: number) {
    this.#expected = expected
    this.#start = start
  }

  get count(): StepCount {
    return { dependencies: this.#dependencies, objects: this.#objects }
  }

  /** @param now milliseconds */
  see(line: string, now: number): Progress | undefined {
    const seen = parseStep(line)
    if (!seen) return undefined
    if (seen.kind === 'DEPS') this.#dependencies++
    else this.#objects++
    const total = Math.max(this.#expected.objects, this.#objects)
    const all = Math.max(this.#expected.dependencies, this.#dependencies) + weight * total
    const fraction = Math.min(1, (this.#dependencies + weight * this.#objects) / all)
    const spent = (now - this.#start) / 1000
    const left = fraction > 0.02 && spent > 2 ? (spent / fraction) * (1 - fraction) : undefined
    return { step: seen, done: this.#objects, total, fraction, left }
  }
}

export interface MakeFailure {
  /** As make or the compiler says it, one line. */
  readonly message: string
  /** Below `src/`; undefined: no file is to blame. */
  readonly file?: string | undefined
  readonly line?: number | undefined
  /** What to do, one sentence. */
  readonly hint?: string | undefined
}

/** Symptom and cure, from the issues of iPXE (reference/ipxe-build.md 7). The first that fits. */
const cures: readonly (readonly [RegExp, string])[] = [
  [/lzma\.h: No such file/, 'install liblzma-dev (xz-devel on Fedora, xz-dev on Alpine)'],
  [/(?:stdio|stdint|stdlib|string)\.h: No such file/, 'install libc6-dev (musl-dev on Alpine)'],
  [/isolinux\.bin/, 'install isolinux and syslinux-common: they are needed for .iso'],
  [/suitable mkisofs|xorriso.*not found/, 'install xorriso: it is needed for .iso'],
  [/ldlinux\.c32/, 'install syslinux-common'],
  [/mformat.*not found|mcopy.*not found/, 'install mtools: it is needed for .usb and .iso'],
  [
    /unrecogni[sz]ed command[- ]line option .*-m(?:32|regparm|rtd)/,
    'this compiler is not for x86: use a container, or give the cross compiler x86_64-linux-gnu-gcc',
  ],
  [
    /unrecogni[sz]ed command[- ]line option .*-mlittle-endian/,
    'this compiler is not for arm64: install gcc-aarch64-linux-gnu',
  ],
  [
    /(?:aarch64|x86_64|arm)[\w-]*-gcc: (?:No such file|not found|command not found)/,
    'install the cross compiler, for arm64 gcc-aarch64-linux-gnu',
  ],
  [
    /Unrecognised relocation type|unrecognized relocation/,
    'this iPXE is older than this linker: use a newer iPXE, or --engine podman',
  ],
  [
    /cpuid_settings|video_subr|pxe_call|relocation truncated to fit|efi_systab/,
    'a build option does not exist on this platform: look through your --define',
  ],
  [
    /undefined (?:reference to|symbol) .*obj_/,
    'a driver or a build option with that name does not exist in this iPXE',
  ],
  [/redefined/, 'a build option is defined twice: a header of config/local lacks its #undef'],
  [
    /Unable to determine git commit ID|version\.c.*expected expression/,
    'the history of the source is broken: use an archive of it without .git',
  ],
  [/rootcert\.c|invalid suffix/, 'a file of --trust is no certificate in PEM'],
  [/No rule to make target .*\.(?:ipxe|pem|crt)/, 'a file that goes into the loader is missing'],
  [
    /-Werror=(?:array-bounds|dangling-pointer|stringop)|C23|-Werror/,
    'this compiler is newer than this iPXE expects: use a newer iPXE, or --engine podman with an older Debian as --base',
  ],
  [
    /impossible constraint|inconsistent operand constraints/,
    'this iPXE is too old for this compiler: use a newer iPXE, or --engine podman with a Debian of its time as --base',
  ],
  [/No space left on device/, 'the disk is full: make room, or set XDG_CACHE_HOME to another disk'],
  [/Killed|out of memory|cannot allocate memory/i, 'the memory did not suffice: use fewer --jobs'],
  [
    /Permission denied/,
    'the folder of the compile is not writable for who runs make: remove it and try again',
  ],
]

const compilerError =
  /^(?:In file included from )?([^\s:][^:]*):(\d+)(?::\d+)?: (?:fatal )?(?:error|Error): (.+)$/
const linkerError =
  /(undefined (?:reference to|symbol).*|multiple definition of.*|relocation truncated.*|Unrecognised relocation.*)$/
const makeError = /^make(?:\[\d+\])?: \*\*\* (.+)$/
const toolError =
  /^(?:\S*(?:gcc|ld|as|ar|objcopy|perl|sh|bash|openssl|ninja|zbin|elf2efi\w*)(?:\.\w+)?): (?:\d+: )?(?:fatal )?(?:error: )?(.+)$/
const other = /No space left on device|Killed|cannot allocate memory|not found$/i

/** @param output of make, all of it */
export function findFailure(output: string): MakeFailure | undefined {
  const lines = output.split('\n').map((line) => line.trimEnd())
  const found =
    first(lines, (line) => {
      const match = compilerError.exec(line)
      return match ? { message: match[3]!, file: tidy(match[1]!), line: Number(match[2]) } : undefined
    }) ??
    first(lines, (line) => {
      const match = linkerError.exec(line)
      return match ? { message: match[1]! } : undefined
    }) ??
    first(lines, (line) => {
      const match = toolError.exec(line)
      // what collect2 and gcc say last only repeats that there was something
      return match && !/ld returned|compilation terminated/.test(line) ? { message: line } : undefined
    }) ??
    first(lines, (line) => (other.test(line) ? { message: line.trim() } : undefined)) ??
    first(lines, (line) => {
      const match = makeError.exec(line)
      return match ? { message: match[1]! } : undefined
    })
  if (!found) return undefined
  const hint = cures.find(
    ([symptom]) => symptom.test(found.message) || symptom.test(`${found.file ?? ''} ${found.message}`),
  )?.[1]
  return { ...found, ...(hint !== undefined && { hint }) }
}

function first(
  lines: readonly string[],
  test: (line: string) => Omit<MakeFailure, 'hint'> | undefined,
): MakeFailure | undefined {
  for (const line of lines) {
    const found = test(line)
    if (found) return found
  }
  return undefined
}

function tidy(file: string): string {
  return file.replace(/^\.\//, '').replace(/^\/ipxe\/src\//, '')
}

/** `ipxetool boot`: the output tree in a virtual machine, with our own server behind it. */
import { readFileSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { boot, type BootResult } from '../boot/boot.js'
import type { BootArch, BootFirmware, BootStep } from '../boot/types.js'
import { loaderTargets } from '../data/loader-targets.js'
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import { inspectLoader } from '../loader/inspect.js'
import { bootServer } from './boot-server.js'
import { ExitCode } from './exit-codes.js'
import type { Io } from './io.js'

export interface BootCommandOptions {
  firmware?: BootFirmware
  arch?: BootArch
  /** stock, compiled, or a file */
  loader?: string
  memory?: string
  disk?: string
  script?: string
  display?: boolean
  accel?: 'auto' | 'kvm' | 'tcg'
  expect?: string[]
  keys?: string[]
  timeout?: string
  screenshot?: string
  json?: boolean
  quiet?: boolean
}

/** Ctrl-\ */
const quitKey = 0x1c
const defaultTimeout = 300

/**
 * @returns 0 when all that was expected came, or the machine was switched off; 1 when something did not come
 * @throws IpxetoolError for what is missing
 */
export async function runBoot(dir: string | undefined, options: BootCommandOptions, io: Io): Promise<number> {
  const root = resolve(io.cwd, dir ?? 'out')
  const firmware = options.firmware ?? 'bios'
  const arch = options.arch ?? 'x86_64'
  if (arch === 'arm64' && firmware === 'bios') {
    throw new IpxetoolError('bad-option', 'an arm64 machine has no BIOS', {
      exitCode: 2,
      hint: '--firmware uefi, or uefi-http',
    })
  }
  const script = options.script ?? 'boot.ipxe'
  const steps = stepsOf(options)
  const unattended = steps.length > 0 || options.screenshot !== undefined
  const timeout =
    options.timeout === undefined
      ? unattended
        ? defaultTimeout
        : undefined
      : number('--timeout', options.timeout)
  const silent = options.json === true || (options.quiet === true && unattended)
  const keyboard = new RawKeyboard(io, !unattended)
  const stop = new AbortController()
  io.signal.addEventListener('abort', () => {
    stop.abort()
  })
  const loader = loaderOf(options.loader ?? 'stock', firmware, arch, root, io)
  let result: BootResult
  try {
    result = await boot({
      wish: {
        firmware,
        arch,
        loader,
        byNetwork: firmware === 'uefi' && loader !== 'stock' && drivesOneCard(loader),
        memory:
          options.memory === undefined
            ? firmware === 'bios'
              ? 512
              : 1024
            : number('--memory', options.memory),
        ...(options.disk === undefined ? {} : { disk: resolve(io.cwd, options.disk) }),
        script,
        display: options.display === true ? 'window' : options.screenshot === undefined ? 'none' : 'hidden',
      },
      server: bootServer(root),
      path: io.env['PATH'] ?? '/usr/bin:/bin',
      steps,
      timeout,
      ...(options.screenshot === undefined ? {} : { screenshot: resolve(io.cwd, options.screenshot) }),
      accelerator: options.accel ?? 'auto',
      onOutput: (bytes) => {
        if (!silent) io.stdout.write(bytes)
      },
      onNote: (text) => {
        if (options.quiet !== true) io.stderr.write(`ipxetool: ${text}\n`)
      },
      onReady: (type) => {
        keyboard.start(type, () => {
          stop.abort()
        })
      },
      signal: stop.signal,
    })
  } finally {
    keyboard.stop()
  }
  return finish(result, steps, options, io)
}

function finish(result: BootResult, steps: readonly BootStep[], options: BootCommandOptions, io: Io): number {
  const failed = result.missed !== undefined
  if (options.json === true) {
    const times = steps.map(({ expect }, index) => ({ expect, seconds: result.times[index] }))
    io.stdout.write(
      `${JSON.stringify({ ended: result.kind, steps: times, missed: result.missed, screen: result.screen }, undefined, 2)}\n`,
    )
  } else if (failed) {
    const why = result.kind === 'off' ? 'the machine switched itself off before' : 'it did not come in time:'
    io.stderr.write(
      `\nipxetool: ${why} "${visible(result.missed)}"; the screen:\n${result.screen.trimEnd().split('\n').map(visible).join('\n')}\n`,
    )
  } else if (result.kind === 'timeout') {
    io.stderr.write('\nipxetool: the time is over\n')
  } else if (options.quiet !== true && steps.length > 0) {
    const seconds = result.times.map((time) => `${time.toFixed(1)} s`).join(', ')
    io.stderr.write(`\nipxetool: all of it came, after ${seconds}\n`)
  }
  return failed || (result.kind === 'timeout' && steps.length > 0) ? ExitCode.problems : ExitCode.ok
}

/** The i-th text is waited for, then the i-th keys are pressed. */
function stepsOf({ expect = [], keys = [], screenshot }: BootCommandOptions): BootStep[] {
  const count = Math.max(expect.length, keys.length)
  if (keys.length > expect.length) {
    throw new IpxetoolError('bad-option', 'there are more --keys than --expect', {
      exitCode: 2,
      hint: 'say what to wait for before each: --expect "Main menu" --keys "down enter"',
    })
  }
  if (count === 0 && screenshot !== undefined) {
    throw new IpxetoolError('bad-option', '--screenshot needs --expect', {
      exitCode: 2,
      hint: 'the picture is taken when the last text has come',
    })
  }
  return expect.map((text, index) => ({
    expect: text,
    ...(keys[index] === undefined ? {} : { keys: keys[index] }),
  }))
}

function number(option: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new IpxetoolError('bad-option', `${option} "${visible(text)}" is no whole number above 0`, {
    exitCode: 2,
  })
}

/** Names of loaders that `compile` puts into the tree, best first. */
function compiledNames(firmware: BootFirmware, arch: BootArch): string[] {
  const formats = firmware === 'bios' ? ['lkrn', 'kpxe', 'pxe'] : ['efi']
  return loaderTargets
    .filter(({ platform, architecture, format }) =>
      firmware === 'bios'
        ? platform === 'pcbios' && (architecture === 'i386' || arch === 'x86_64') && formats.includes(format)
        : platform === 'efi' && architecture === arch && formats.includes(format),
    )
    .sort((one, other) => formats.indexOf(one.format) - formats.indexOf(other.format))
    .map(({ output }) => output)
}

function loaderOf(wish: string, firmware: BootFirmware, arch: BootArch, root: string, io: Io): string {
  if (wish === 'stock') return wish
  const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() === true
  const names = compiledNames(firmware, arch)
  if (wish !== 'compiled') {
    const full = resolve(io.cwd, wish)
    if (!isFile(full)) {
      throw new IpxetoolError('no-loader', `there is no ${visible(wish)}`, {
        exitCode: 2,
        hint: '--loader stock, compiled, or a file',
      })
    }
    checkLoader(full, wish, firmware, arch)
    return full
  }
  const found = names.map((name) => join(root, name)).find(isFile)
  if (found !== undefined) return found
  throw new IpxetoolError('no-loader', `there is no ${listOf(names)} in ${visible(root)}`, {
    hint: `ipxetool compile --target ${names[0]!} --out ${visible(root)}`,
  })
}

/** Firmware that is given another processor's loader says nothing at all. @throws IpxetoolError `wrong-loader` */
function checkLoader(file: string, name: string, firmware: BootFirmware, arch: BootArch): void {
  const { kind, architecture } = inspectLoader(readFileSync(file))
  const isEfi = kind === 'efi'
  const problem =
    firmware === 'bios' && isEfi
      ? 'a BIOS cannot start it: it is for UEFI'
      : firmware !== 'bios' && !isEfi
        ? 'UEFI cannot start it: it is no EFI program'
        : firmware !== 'bios' && architecture !== undefined && architecture !== arch
          ? `it is for ${architecture}, and the machine is ${arch}`
          : firmware === 'bios' && !/\.(?:lkrn|kpxe|kkpxe|pxe)$/.test(file)
            ? 'a BIOS machine is given .lkrn, .kpxe or .pxe here'
            : undefined
  if (problem === undefined) return
  throw new IpxetoolError('wrong-loader', `${visible(name)}: ${problem}`, {
    exitCode: 2,
    hint: `a loader like ${listOf(compiledNames(firmware, arch))}`,
  })
}

/** Started from a disk, snponly.efi finds no network card. */
function drivesOneCard(file: string): boolean {
  return /^snp/.test(inspectLoader(readFileSync(file)).buildName ?? basename(file))
}

function listOf(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)!}`
}

interface RawInput extends NodeJS.ReadableStream {
  readonly isTTY?: boolean
  setRawMode?(raw: boolean): unknown
}

/** What is typed goes to the machine, except Ctrl-\. */
class RawKeyboard {
  private readonly input: RawInput
  private readonly wanted: boolean
  private take: ((chunk: Uint8Array | string) => void) | undefined

  constructor(io: Io, wanted: boolean) {
    this.input = io.stdin
    this.wanted = wanted && this.input.isTTY === true
  }

  start(type: (bytes: Uint8Array | string) => void, quit: () => void): void {
    this.stop()
    if (!this.wanted) return
    this.input.setRawMode?.(true)
    this.take = (chunk) => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk
      if (bytes.includes(quitKey)) quit()
      else type(bytes)
    }
    this.input.on('data', this.take)
    this.input.resume()
  }

  stop(): void {
    if (!this.take) return
    this.input.off('data', this.take)
    this.take = undefined
    this.input.setRawMode?.(false)
    this.input.pause()
  }
}

/** `ipxetool compile --list` and `--inspect FILE`. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { loaderTargets } from '../data/loader-targets.js'
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import { inspectLoader } from '../loader/inspect.js'
import { sha256 } from '../loader/results.js'
import { defaultTargets } from '../loader/targets.js'
import type { LoaderInfo } from '../loader/types.js'
import { ExitCode } from './exit-codes.js'
import type { Io } from './io.js'

export function listLoaders(options: { json?: boolean }, { stdout }: Io): number {
  if (options.json === true) {
    stdout.write(`${JSON.stringify(loaderTargets, null, 2)}\n`)
    return ExitCode.ok
  }
  const width = Math.max(...loaderTargets.map(({ make }) => make.length))
  stdout.write(
    'Network boot: undionly.kpxe for BIOS, snponly.efi or ipxe.efi for UEFI. The names can be shortened where\n',
  )
  stdout.write(
    `one is meant: ${defaultTargets.join(', ')} (these are the default), arm64/ipxe.efi, bios/ipxe.iso.\n\n`,
  )
  for (const { make, output, dhcpArchitectures, use } of loaderTargets) {
    const architectures =
      dhcpArchitectures.length === 0 ? '' : ` (option 93: ${dhcpArchitectures.join(', ')})`
    stdout.write(`${make.padEnd(width)}  becomes ${output}${architectures}\n${' '.repeat(width)}  ${use}\n`)
  }
  return ExitCode.ok
}

/** More is no loader. */
const largest = 64 * 2 ** 20

/** @returns 1 when the file is no loader of iPXE as far as its bytes tell */
export async function tellLoader(
  file: string,
  options: { json?: boolean },
  { cwd, stdout }: Io,
): Promise<number> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(resolve(cwd, file))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = {
      ENOENT: 'there is no such file',
      EISDIR: 'it is a folder',
      EACCES: 'this user has no permission',
    }[code ?? '']
    if (why === undefined) throw error
    throw new IpxetoolError('missing-file', `${file}: ${why}`, {
      exitCode: 2,
      hint: 'name a loader, for example undionly.kpxe',
    })
  }
  if (bytes.length > largest)
    throw new IpxetoolError('not-a-loader', `${file} has ${bytes.length} bytes, which no loader has`)
  const info = inspectLoader(bytes)
  const script = info.embedded && new TextDecoder().decode(info.embedded.bytes)
  if (options.json === true) {
    const { embedded, ...rest } = info
    const found = embedded && {
      offset: embedded.offset,
      size: embedded.bytes.length,
      capacity: embedded.capacity,
      script,
    }
    stdout.write(
      `${JSON.stringify({ file, sha256: sha256(bytes), ...rest, embedded: found ?? null }, null, 2)}\n`,
    )
  } else stdout.write(describe(file, bytes, info, script))
  return info.kind === 'unknown' ? ExitCode.problems : ExitCode.ok
}

const kinds: Readonly<Record<LoaderInfo['kind'], string>> = {
  efi: 'EFI program',
  nbp: 'BIOS network boot program',
  lkrn: 'BIOS, in the shape of a Linux kernel',
  disk: 'disk image',
  iso: 'CD image',
  rom: 'option ROM',
  unknown: 'no loader that is known here',
}

function describe(file: string, bytes: Uint8Array, info: LoaderInfo, script: string | undefined): string {
  const rows: [string, string | undefined][] = [
    ['kind', `${kinds[info.kind]}${info.ipxe ? '' : '; nothing in it says iPXE'}`],
    ['platform', info.platform],
    ['architecture', info.architecture],
    ['version', info.version],
    ['built as', info.buildName],
    ['features', info.features.length === 0 ? undefined : info.features.join(' ')],
    ['size', `${info.size} bytes`],
    ['sha256', sha256(bytes)],
    ['signed', info.kind === 'efi' ? (info.signed ? 'yes' : 'no') : undefined],
    ['script', scriptText(info)],
  ]
  const lines = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name.padEnd(12)} ${visible(value)}`],
  )
  const notes = info.notes.map((note) => `  ${note}`)
  const shown = (script ?? '')
    .trimEnd()
    .split('\n')
    .map((line) => `    ${visible(line)}`)
  return `${[file, ...lines, ...notes, ...(script === undefined ? [] : shown)].join('\n')}\n`
}

function scriptText({ embedded }: LoaderInfo): string | undefined {
  if (!embedded) return undefined
  const { bytes, capacity } = embedded
  return `${bytes.length} bytes${capacity === undefined ? '' : `, in a slot of ${capacity}: it can be exchanged`}`
}

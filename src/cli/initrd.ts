/** `ipxetool initrd append IMAGE FILE…`: files into an initrd, as one more archive behind it. */
import { resolve } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import { type AppendCompression, appendCompressions, appendToInitrd } from '../initrd/append.js'
import { readSources } from '../initrd/sources.js'
import { ExitCode } from './exit-codes.js'
import type { Io } from './io.js'

export interface InitrdAppendOptions {
  /** Default: the image itself. */
  output?: string
  compress?: string
  /** Octal. */
  mode?: string
  json?: boolean
  quiet?: boolean
}

/** @throws IpxetoolError as the parts do; `bad-option` (exit code 2) */
export async function runInitrdAppend(
  image: string,
  files: readonly string[],
  options: InitrdAppendOptions,
  io: Io,
): Promise<number> {
  const { mode, compress = 'gzip' } = options
  if (mode !== undefined && !/^[0-7]{3,4}$/.test(mode)) {
    throw new IpxetoolError('bad-option', `--mode ${mode} is no octal number of permissions`, {
      exitCode: 2,
      hint: 'for example --mode 600 for a file with a secret in it',
    })
  }
  if (!(appendCompressions as readonly string[]).includes(compress)) {
    throw new IpxetoolError('bad-option', `--compress ${compress} is not possible`, {
      exitCode: 2,
      hint: `possible are ${appendCompressions.join(', ')}`,
    })
  }
  const full = resolve(io.cwd, image)
  const output = resolve(io.cwd, options.output ?? image)
  const entries = await readSources(files, io.cwd, mode === undefined ? {} : { mode: parseInt(mode, 8) })
  const result = await append()
  const added = entries.filter(({ kind }) => kind !== 'folder').length
  if (options.json === true) {
    io.stdout.write(`${JSON.stringify({ ok: true, output, ...result }, null, 2)}\n`)
  } else if (options.quiet !== true) {
    for (const path of result.paths) {
      io.stdout.write(`  ${result.replaced.includes(path) ? 'replaces' : 'adds'} ${path}\n`)
    }
    if (!result.isComplete) {
      io.stderr.write(
        `what is in ${image} could not be read to its end, so nothing says whether the paths fit\n`,
      )
    }
    io.stdout.write(
      `${options.output ?? image}: ${added} file${added === 1 ? '' : 's'} added, ${result.size} bytes (before ${result.before})\n` +
        `sha256 ${result.sha256}\n`,
    )
  }
  return ExitCode.ok

  async function append() {
    try {
      return await appendToInitrd(full, entries, { output, compress: compress as AppendCompression })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      const why = {
        ENOENT: 'there is no such file or folder',
        EACCES: 'this user has no permission',
        EISDIR: 'it is a folder',
        ENOSPC: 'the disk is full',
        EROFS: 'the file system is read-only',
      }[code ?? '']
      if (error instanceof IpxetoolError || why === undefined) throw error
      const path = (error as NodeJS.ErrnoException).path ?? image
      throw new IpxetoolError('initrd-io', `${path}: ${why}`, {
        hint: 'the image is as it was before',
        cause: error,
      })
    }
  }
}

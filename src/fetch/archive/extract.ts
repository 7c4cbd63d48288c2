/**
 * Takes one file out of an archive, for distributions that publish their netboot files inside of one. Archives come
 * from outside: names that lead elsewhere, links and devices are refused, and what comes out is bounded.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { extract } from 'tar-stream'
import { IpxetoolError } from '../../diagnostics/error.js'
import { decompress, type Compression } from './decompress.js'

/** As in `ReleaseFile.member`. */
export interface Member {
  format: 'tar' | 'tar.gz' | 'tar.xz' | 'tar.zst' | 'gz' | 'xz' | 'zst'
  /** In a tar, as `tar -t` shows it; a `./` before it does not count. */
  path?: string
}

export interface ExtractLimits {
  /** Bytes that may come out of the archive, all its members together. Default 16 GiB. */
  size?: number
  /** How many times its own size an archive may become, beyond the first 64 MiB. Default 200. */
  ratio?: number
}

export interface Extracted {
  size: number
  /** Lower case hex. */
  sha256: string
}

const free = 64 * 2 ** 20
/** Members that a tar may have. */
const memberLimit = 100_000

/**
 * Writes one file of an archive to `out`, which must not be there. On failure nothing is there.
 *
 * @param archive full path
 * @throws IpxetoolError `archive-broken`, `archive-unsafe`, `archive-too-large`, `archive-no-member`
 */
export async function extractMember(
  archive: string,
  { format, path }: Member,
  out: string,
  options: ExtractLimits & { signal?: AbortSignal } = {},
): Promise<Extracted> {
  const handle = await open(out, 'wx', 0o644)
  try {
    const target = new Target(handle)
    const bytes = bounded(archive, format, options)
    if (!format.startsWith('tar')) for await (const chunk of bytes) await target.write(chunk)
    else await takeOut(bytes, archive, path ?? '', target)
    await handle.sync()
    return target.finish()
  } catch (error) {
    await rm(out, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

async function* bounded(
  archive: string,
  format: Member['format'],
  { size = 16 * 2 ** 30, ratio = 200, signal }: ExtractLimits & { signal?: AbortSignal },
): AsyncGenerator<Uint8Array> {
  let read = 0
  let made = 0
  const source = (async function* () {
    for await (const chunk of createReadStream(archive, {
      highWaterMark: 2 ** 18,
      ...(signal && { signal }),
    }) as AsyncIterable<Uint8Array>) {
      read += chunk.length
      yield chunk
    }
  })()
  const compression = format === 'tar' ? undefined : (format.replace('tar.', '') as Compression)
  for await (const chunk of compression === undefined ? source : decompress(compression, source, archive)) {
    made += chunk.length
    if (made > size || made > Math.max(free, read * ratio)) {
      throw new IpxetoolError('archive-too-large', `${archive} unpacks to far more than a system has`, {
        hint: `more than ${made > size ? `${size} bytes` : `${ratio} times its own size`}: it may be made to fill the disk`,
      })
    }
    yield chunk
  }
}

async function takeOut(
  bytes: AsyncIterable<Uint8Array>,
  archive: string,
  path: string,
  target: Target,
): Promise<void> {
  const wanted = plainName(path)
  const tar = extract()
  const source = Readable.from(bytes, { objectMode: false })
  let sourceError: Error | undefined
  source.on('error', (error) => {
    sourceError = error
    tar.destroy(error)
  })
  source.pipe(tar)
  let count = 0
  let found = false
  try {
    for await (const entry of tar) {
      const { name, type } = entry.header
      const problem = nameProblem(name)
      if (problem !== undefined) throw unsafe(archive, name, problem)
      if (++count > memberLimit) throw unsafe(archive, name, `is one of more than ${memberLimit} members`)
      if (plainName(name) === wanted && type !== 'directory') {
        if (type !== 'file' && type !== 'contiguous-file') {
          throw unsafe(archive, name, `is a ${type.replaceAll('-', ' ')}, not a file`)
        }
        if (found) throw unsafe(archive, name, 'is in it twice')
        found = true
        for await (const chunk of entry as AsyncIterable<Uint8Array>) await target.write(chunk)
      } else entry.resume()
    }
  } catch (error) {
    if (sourceError) throw sourceError
    if (error instanceof IpxetoolError || (error as { syscall?: unknown }).syscall !== undefined) throw error
    throw new IpxetoolError('archive-broken', `${archive} is no whole tar file`, {
      hint: 'it was cut short or changed on its way: fetch it again',
      cause: error,
    })
  } finally {
    source.destroy()
  }
  if (!found) {
    throw new IpxetoolError('archive-no-member', `there is no file \`${path}\` in ${archive}`, {
      hint: 'the publisher may have renamed it; the catalog says what is looked for',
    })
  }
}

function unsafe(archive: string, name: string, what: string): IpxetoolError {
  return new IpxetoolError('archive-unsafe', `${archive} is refused: \`${name.slice(0, 200)}\` ${what}`, {
    hint: 'no publisher makes such an archive: nothing of it was used',
  })
}

function nameProblem(name: string): string | undefined {
  // eslint-disable-next-line no-control-regex
  if (/[\0-\x1f\x7f]/.test(name)) return 'has control characters in its name'
  if (/^([/\\]|[A-Za-z]:)/.test(name)) return 'has an absolute name'
  if (name.split(/[/\\]/).includes('..')) return 'leads out of the folder'
  return undefined
}

function plainName(name: string): string {
  return name.replace(/^(\.\/+)+/, '').replace(/\/+$/, '')
}

class Target {
  readonly #handle: FileHandle
  readonly #hash = createHash('sha256')
  #size = 0

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#hash.update(chunk)
    this.#size += chunk.length
    await this.#handle.writeFile(chunk)
  }

  finish(): Extracted {
    return { size: this.#size, sha256: this.#hash.digest('hex') }
  }
}

/**
 * Downloaded files by the SHA-256 of their content, shared by all projects of a user.
 *
 * ```
 * <folder>/version                       "1"
 * <folder>/v1/sha256/ab/abcdef…          read-only; only verified bytes ever get such a name
 * <folder>/v1/sha512/ab/abcdef…          text: the SHA-256 of the same file; the same for sha1 and md5
 * <folder>/v1/partial/KEY.part, .json    a download that is not whole (transfer/partial.ts), its lock KEY.lock
 * <folder>/v1/keys/                      public keys
 * <folder>/v1/signatures/abcdef….sig     detached signatures, good ones, by the SHA-256 of their file
 * ```
 */
import { createHash, randomUUID } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { chmod, copyFile, link, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import { takeLock, type LockOptions } from '../files/lock.js'
import { diskFailure } from './transfer/failure.js'
import type { Digest } from './types.js'
import { makeFolder } from '../files/folder.js'

const version = 1

export interface StoredFile {
  sha256: string
  size: number
  path: string
}

export interface StoreProblem {
  sha256: string
  path: string
  /** What its bytes hash to now; absent when it could not be read. */
  found?: string
}

export class Store {
  readonly folder: string
  readonly #root: string

  private constructor(folder: string) {
    this.folder = folder
    this.#root = join(folder, `v${version}`)
  }

  /**
   * Opens the store in `folder`, which is made when there is none.
   * @throws IpxetoolError `store-newer`, `not-writable`, `disk-full`
   */
  static async open(folder: string): Promise<Store> {
    const store = new Store(folder)
    const marker = join(folder, 'version')
    const found = await readFile(marker, 'utf8').catch(() => undefined)
    if (found !== undefined && found.trim() !== '') {
      const number = Number(found.trim())
      if (!Number.isInteger(number) || number > version) {
        throw new IpxetoolError(
          'store-newer',
          `the store ${folder} was written by a newer ipxetool (layout ${found.trim().slice(0, 20)}, this one knows ${version})`,
          { hint: 'use that ipxetool, or give another folder' },
        )
      }
    }
    try {
      await makeFolder(folder)
    } catch (error) {
      // Node says ENOENT too where the file system is read-only
      if (!['ENOENT', 'ENOTDIR', 'EEXIST'].includes(errorCode(error))) {
        throw diskFailure(error, folder)?.toError() ?? error
      }
      throw new IpxetoolError('not-writable', `the folder ${folder} for the store cannot be made`, {
        cause: error,
      })
    }
    await writing(folder, async () => {
      for (const name of ['sha256', 'partial', 'keys', 'signatures'])
        await makeFolder(join(store.#root, name))
      if (found === undefined || found.trim() === '') await writeDurably(marker, `${version}\n`)
    })
    return store
  }

  get partialFolder(): string {
    return join(this.#root, 'partial')
  }

  get keysFolder(): string {
    return join(this.#root, 'keys')
  }

  /** Where the detached signature of a file with that digest is or would be. */
  signaturePath(sha256: string): string {
    return join(this.#root, 'signatures', `${sha256}.sig`)
  }

  /** Where a file with that digest is or would be. */
  path(sha256: string): string {
    return join(this.#root, 'sha256', sha256.slice(0, 2), sha256)
  }

  async get(sha256: string): Promise<StoredFile | undefined> {
    if (!/^[0-9a-f]{64}$/.test(sha256)) return undefined
    const path = this.path(sha256)
    const { size } = (await stat(path).catch(() => undefined)) ?? {}
    return size === undefined ? undefined : { sha256, size, path }
  }

  /** The file that all these digests are known to be of. MD5 and SHA-1 alone find nothing: they can be forged. */
  async find(digests: readonly Digest[]): Promise<StoredFile | undefined> {
    for (const { algorithm, hex } of digests) {
      if (algorithm === 'sha256') return this.get(hex)
    }
    for (const { algorithm, hex } of digests) {
      if (algorithm !== 'sha512' || !/^[0-9a-f]{128}$/.test(hex)) continue
      const sha256 = await readFile(this.#index(algorithm, hex), 'utf8').catch(() => '')
      return this.get(sha256.trim())
    }
    return undefined
  }

  #index(algorithm: string, hex: string): string {
    return join(this.#root, algorithm, hex.slice(0, 2), hex)
  }

  /**
   * Gives a verified file its name; `path` is gone afterwards. It must lie in {@link partialFolder} and be synced.
   * @param others further digests that it was found to have
   */
  async adopt(
    path: string,
    file: { sha256: string; size: number; others?: readonly Digest[] },
  ): Promise<StoredFile> {
    const target = this.path(file.sha256)
    await writing(target, async () => {
      await makeFolder(dirname(target))
      // hard links share it: nobody may write into it by one of its names
      await chmod(path, 0o444)
      await rename(path, target)
      await syncFolder(dirname(target))
      await syncFolder(join(this.#root, 'sha256'))
      for (const { algorithm, hex } of file.others ?? []) {
        if (algorithm === 'sha256') continue
        const index = this.#index(algorithm, hex)
        await makeFolder(dirname(index))
        await writeDurably(index, `${file.sha256}\n`)
      }
    })
    return { sha256: file.sha256, size: file.size, path: target }
  }

  /**
   * Puts in what comes from elsewhere: a member of an archive, an import.
   * @throws IpxetoolError `digest-mismatch` when it is not what was expected; nothing stays then
   */
  async add(
    bytes: AsyncIterable<Uint8Array>,
    expected: { sha256?: string; size?: number; name?: string } = {},
  ): Promise<StoredFile> {
    const path = join(this.partialFolder, `${randomUUID()}.new`)
    const hash = createHash('sha256')
    let size = 0
    try {
      await writing(path, async () => {
        const file = await open(path, 'wx')
        try {
          for await (const chunk of bytes) {
            hash.update(chunk)
            size += chunk.length
            for (let done = 0; done < chunk.length;) {
              done += (await file.write(chunk, done, chunk.length - done)).bytesWritten
            }
          }
          await file.datasync()
        } finally {
          await file.close()
        }
      })
      const sha256 = hash.digest('hex')
      const name = expected.name ?? 'the file'
      if (expected.sha256 !== undefined && expected.sha256 !== sha256) {
        throw new IpxetoolError('digest-mismatch', `${name} has the sha256 ${sha256}, not ${expected.sha256}`)
      }
      if (expected.size !== undefined && expected.size !== size) {
        throw new IpxetoolError('wrong-size', `${name} has ${size} bytes, not ${expected.size}`)
      }
      return await this.adopt(path, { sha256, size })
    } finally {
      await rm(path, { force: true })
    }
  }

  /**
   * Gives a stored file a second name, by hard link, or by copy where links are not possible. What is at
   * `destination` is replaced in one step.
   * @throws IpxetoolError `not-in-store`, `not-writable`, `disk-full`
   */
  async place(sha256: string, destination: string): Promise<'link' | 'copy'> {
    const source = this.path(sha256)
    if ((await this.get(sha256)) === undefined) {
      throw new IpxetoolError(
        'not-in-store',
        `no file with the sha256 ${sha256} is in the store ${this.folder}`,
        {
          hint: 'fetch it again',
        },
      )
    }
    const aside = join(dirname(destination), `.${randomUUID()}.ipxetool-new`)
    return writing(destination, async () => {
      await makeFolder(dirname(destination))
      try {
        const how = await link(source, aside).then(
          () => 'link' as const,
          async (error: unknown) => {
            // another file system, one without links, too many links, a rule of the kernel
            if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(errorCode(error)))
              throw error
            await copyFile(source, aside, constants.COPYFILE_FICLONE)
            const copy = await open(aside, 'r')
            await copy.datasync().finally(() => copy.close())
            return 'copy' as const
          },
        )
        await rename(aside, destination)
        await syncFolder(dirname(destination))
        return how
      } finally {
        // renaming one link onto another of the same file does nothing and leaves both
        await rm(aside, { force: true })
      }
    })
  }

  /** All files, sorted by digest. */
  async list(): Promise<StoredFile[]> {
    const files: StoredFile[] = []
    const root = join(this.#root, 'sha256')
    for (const folder of (await readdir(root)).sort()) {
      for (const name of (await readdir(join(root, folder))).sort()) {
        const file = await this.get(name)
        if (file !== undefined) files.push(file)
      }
    }
    return files
  }

  /**
   * Hashes files again.
   * @param only these; default all
   * @param options.remove takes the broken ones away, so that they are fetched again
   */
  async verify(
    only?: Iterable<string>,
    options: { remove?: boolean; onFile?: (file: StoredFile, good: boolean) => void } = {},
  ): Promise<StoreProblem[]> {
    const problems: StoreProblem[] = []
    const wanted = only === undefined ? undefined : new Set(only)
    for (const file of await this.list()) {
      if (wanted !== undefined && !wanted.has(file.sha256)) continue
      const found = await hashFile(file.path).catch(() => undefined)
      options.onFile?.(file, found === file.sha256)
      if (found === file.sha256) continue
      problems.push({ sha256: file.sha256, path: file.path, ...(found !== undefined && { found }) })
      if (options.remove) await rm(file.path, { force: true })
    }
    return problems
  }

  /**
   * Removes what is not kept: files, their other digests, and downloads that nobody works on.
   * @param keep SHA-256 of the files that stay
   */
  async prune(
    keep: Iterable<string>,
    options: { dryRun?: boolean } = {},
  ): Promise<{ removed: StoredFile[]; bytes: number }> {
    const kept = new Set(keep)
    const removed = (await this.list()).filter(({ sha256 }) => !kept.has(sha256))
    let bytes = removed.reduce((sum, { size }) => sum + size, 0)
    if (options.dryRun) return { removed, bytes }
    await writing(this.folder, async () => {
      for (const { path, sha256 } of removed) {
        await rm(path, { force: true })
        await rm(this.signaturePath(sha256), { force: true })
      }
      const names = await readdir(this.partialFolder)
      for (const key of new Set(names.map((name) => name.replace(/\..*$/, '')))) {
        const unlock = await this.lock(key).catch(() => undefined)
        if (unlock === undefined) continue
        for (const name of names.filter((one) => one.startsWith(`${key}.`) && !one.includes('.lock'))) {
          const path = join(this.partialFolder, name)
          if (name.endsWith('.part')) bytes += (await stat(path).catch(() => ({ size: 0 }))).size
          await rm(path, { force: true })
        }
        await unlock()
      }
      const gone = new Set(removed.map(({ sha256 }) => sha256))
      const index = join(this.#root, 'sha512')
      for (const folder of await readdir(index).catch(() => [])) {
        for (const name of await readdir(join(index, folder))) {
          const path = join(index, folder, name)
          if (gone.has((await readFile(path, 'utf8')).trim())) await rm(path, { force: true })
        }
      }
    })
    return { removed, bytes }
  }

  /**
   * The lock of one download, or of any name: letters, digits, `-`.
   * @throws IpxetoolError `locked`, `not-writable`
   */
  lock(key: string, options: LockOptions = {}): Promise<() => Promise<void>> {
    const path = join(this.partialFolder, `${key}.lock`)
    return writing(path, () => takeLock(path, `${key} in the store ${this.folder}`, options))
  }
}

/** SHA-256 of a file, hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** A new file takes the place of the old one, and both are never half there, even when the power goes. */
export async function writeDurably(path: string, text: string | Uint8Array): Promise<void> {
  const aside = `${path}-${randomUUID()}`
  try {
    const file = await open(aside, 'wx')
    try {
      await writeFile(file, text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(aside, path)
  } finally {
    await rm(aside, { force: true })
  }
  await syncFolder(dirname(path))
}

/** Makes names durable, where the system can (Windows cannot open folders). */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  if (folder === undefined) return
  await folder.sync().catch(() => undefined)
  await folder.close()
}

/** @throws IpxetoolError instead of what the disk says */
async function writing<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw diskFailure(error, path)?.toError() ?? error
  }
}

function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : ''
}

/** The bytes of a file, opened when the first are asked for: an error reaches whoever reads, and nobody else. */
export async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Uint8Array>
}

/**
 * Locked files as one tar, for a site with no internet. The same sets give the same bytes.
 *
 * ```
 * ipxetool.lock               only the sets that are inside; first
 * keys/FINGERPRINT.asc        public keys that signed
 * signatures/SHA256.sig       detached signatures, by the digest of their file
 * assets/...                  as in a project
 * ```
 */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { extract, pack, type Pack } from 'tar-stream'
import { IpxetoolError } from '../diagnostics/error.js'
import { assetPath, lockName, lockSchema, printLock, setName } from '../model/lock.js'
import { hashFile, type Store, syncFolder } from './store.js'
import type { LockedSet } from './types.js'

const smallLimit = 8 << 20
/** Keys and signatures that an archive may have. */
const countLimit = 10_000

/**
 * @param file full path of the tar; it gets its name when it is whole
 * @returns bytes of the tar
 * @throws IpxetoolError `not-here` when a file is neither in the store nor, unchanged, below `assets/`
 */
export async function exportTar(
  file: string,
  sets: readonly LockedSet[],
  store: Store,
  root: string,
  signal?: AbortSignal,
): Promise<number> {
  const aside = `${file}-${randomUUID()}`
  const tar = pack()
  try {
    const writing = pipeline(tar, createWriteStream(aside, { flags: 'wx' }), { ...(signal && { signal }) })
    // what fails first is told: either side stops the other
    const filling = fill(tar, sets, store, root).catch((error: unknown) => {
      tar.destroy(error as Error)
      throw error
    })
    const [filled, written] = await Promise.allSettled([filling, writing])
    if (written.status === 'rejected' && filled.status === 'fulfilled') throw written.reason
    if (filled.status === 'rejected') {
      const first: unknown = filled.reason
      throw first instanceof IpxetoolError || written.status === 'fulfilled' ? first : written.reason
    }
    await rename(aside, file)
    await syncFolder(join(file, '..'))
    return (await stat(file)).size
  } finally {
    await rm(aside, { force: true })
  }
}

async function fill(tar: Pack, sets: readonly LockedSet[], store: Store, root: string): Promise<void> {
  await addBytes(tar, lockName, new TextEncoder().encode(printLock(sets)))
  const files = sets.flatMap((set) => set.files.map((file) => ({ ...file, path: assetPath(set, file), set })))
  const small = new Map<string, string>()
  for (const { sha256, signedBy } of files) {
    if (signedBy !== undefined) small.set(`keys/${signedBy}.asc`, join(store.keysFolder, `${signedBy}.asc`))
    small.set(`signatures/${sha256}.sig`, store.signaturePath(sha256))
  }
  for (const [name, path] of [...small].sort(byName)) {
    const bytes = await readFile(path).catch(() => undefined)
    if (bytes !== undefined) await addBytes(tar, name, bytes)
  }
  const big = new Map(files.map((file) => [file.path, file]))
  for (const [name, { sha256, size, path, set }] of [...big].sort(byName)) {
    const stored = (await store.get(sha256))?.path
    const found = stored ?? ((await sameFile(join(root, path), sha256)) ? join(root, path) : undefined)
    if (found === undefined) {
      throw new IpxetoolError(
        'not-here',
        `${path} of ${setName(set)} is neither in the store nor, unchanged, in assets/`,
        { hint: 'fetch it first' },
      )
    }
    await addFile(tar, name, found, { sha256, size })
  }
  tar.finalize()
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1)

async function sameFile(path: string, sha256: string): Promise<boolean> {
  return (await hashFile(path).catch(() => undefined)) === sha256
}

/** Nothing in it says when, by whom or on which machine. */
const plain = { mode: 0o644, mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '', type: 'file' } as const

function addBytes(tar: Pack, name: string, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry({ ...plain, name, size: bytes.length }, Buffer.from(bytes), (error) => {
      if (error) reject(error)
      else resolve()
    })
  })
}

/** Hashed on its way: an archive does not carry what is broken. */
async function addFile(
  tar: Pack,
  name: string,
  path: string,
  { sha256, size }: { sha256: string; size: number },
): Promise<void> {
  const hash = createHash('sha256')
  let seen = 0
  const entry = tar.entry({ ...plain, name, size })
  await pipeline(
    createReadStream(path, { highWaterMark: 1 << 20 }),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        seen += chunk.length
        if (seen <= size) yield chunk
      }
      if (seen === size && hash.digest('hex') === sha256) return
      throw new IpxetoolError('digest-mismatch', `${path} is damaged: it is not what the lock says`, {
        hint: 'remove it and fetch again',
      })
    },
    entry,
  )
}

/** What came out of an archive; the files are in the store. */
export interface Carried {
  sets: LockedSet[]
  keys: Uint8Array[]
  /** By the SHA-256 of the file. */
  signatures: Map<string, Uint8Array>
}

/**
 * Reads an archive. Each file is in the store afterwards, its digest compared with the lock inside; no project is
 * touched. How far the lock can be believed is for the caller to decide.
 *
 * @throws IpxetoolError `archive-unsafe`, `archive-broken`, `digest-mismatch`, `wrong-size`
 */
export async function readTar(file: string, store: Store, signal?: AbortSignal): Promise<Carried> {
  const tar = extract()
  const source = createReadStream(file, { highWaterMark: 1 << 20, ...(signal && { signal }) })
  let failure: Error | undefined
  source.on('error', (error) => {
    failure = error
    tar.destroy(error)
  })
  source.pipe(tar)
  const keys: Uint8Array[] = []
  const signatures = new Map<string, Uint8Array>()
  const arrived = new Set<string>()
  let sets: LockedSet[] | undefined
  let expected = new Map<string, LockedSet['files'][number]>()
  let count = 0
  try {
    for await (const entry of tar) {
      const { name, type, size } = entry.header
      if (type !== 'file') throw unsafe(file, name, `is a ${type.replaceAll('-', ' ')}, not a file`)
      if (sets === undefined) {
        if (name !== lockName)
          throw broken(file, `it begins with \`${printable(name)}\`, not with ${lockName}`)
        sets = parse(await small(entry as AsyncIterable<Uint8Array>, file, name), file)
        expected = new Map(sets.flatMap((set) => set.files.map((one) => [assetPath(set, one), one])))
        continue
      }
      const signature = /^signatures\/([0-9a-f]{64})\.sig$/.exec(name)?.[1]
      if (signature !== undefined || /^keys\/[0-9A-F]{40,64}\.asc$/.test(name)) {
        if (++count > countLimit)
          throw unsafe(file, name, `is one of more than ${countLimit} keys and signatures`)
        const bytes = await small(entry as AsyncIterable<Uint8Array>, file, name)
        if (signature === undefined) keys.push(bytes)
        else signatures.set(signature, bytes)
        continue
      }
      const wanted = expected.get(name)
      if (wanted === undefined) throw unsafe(file, name, `is not in the ${lockName} inside`)
      if (arrived.has(name)) throw unsafe(file, name, 'is in it twice')
      if (size !== wanted.size) {
        throw new IpxetoolError('wrong-size', `${name} in ${file} has ${size} bytes, not ${wanted.size}`)
      }
      arrived.add(name)
      const { sha256 } = wanted
      await store.add(entry as AsyncIterable<Uint8Array>, { sha256, size, name: `${name} in ${file}` })
    }
  } catch (error) {
    if (failure) throw failure
    if (error instanceof IpxetoolError || (error as NodeJS.ErrnoException).syscall !== undefined) throw error
    throw broken(file, 'it is no whole tar file', error)
  } finally {
    source.destroy()
  }
  if (sets === undefined) throw broken(file, 'it is empty')
  for (const [name, { sha256 }] of expected) {
    if (!arrived.has(name) && (await store.get(sha256)) === undefined)
      throw broken(file, `${name} is not in it`)
  }
  return { sets, keys, signatures }
}

async function small(chunks: AsyncIterable<Uint8Array>, file: string, name: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > smallLimit) throw unsafe(file, name, `has more than ${smallLimit} bytes`)
    parts.push(chunk)
  }
  return Buffer.concat(parts)
}

function parse(bytes: Uint8Array, file: string): LockedSet[] {
  let data: unknown
  try {
    data = JSON.parse(new TextDecoder().decode(bytes))
  } catch (error) {
    throw broken(file, `the ${lockName} inside is not JSON`, error)
  }
  const result = lockSchema.safeParse(data)
  if (result.success) return result.data.sets
  const path = result.error.issues[0]?.path.join('.') ?? ''
  throw broken(file, `\`${path}\` in the ${lockName} inside is not possible`)
}

function broken(file: string, why: string, cause?: unknown): IpxetoolError {
  return new IpxetoolError('archive-broken', `${file} cannot be imported: ${why}`, {
    hint: 'Only what `ipxetool fetch --export FILE.tar` has written can, and as a whole.',
    ...(cause !== undefined && { cause }),
  })
}

function unsafe(file: string, name: string, what: string): IpxetoolError {
  return new IpxetoolError('archive-unsafe', `${file} is refused: \`${printable(name)}\` ${what}`, {
    hint: 'No export has such a member: nothing of it got a name in the project.',
  })
}

function printable(name: string): string {
  // eslint-disable-next-line no-control-regex
  return name.slice(0, 200).replace(/[\0-\x1f\x7f]/g, '?')
}

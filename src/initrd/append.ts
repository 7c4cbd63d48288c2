/**
 * Adds files to an initrd without unpacking it: one more cpio archive behind it, which Linux unpacks over the others.
 * The same input gives the same bytes.
 */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, copyFile, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import * as zlib from 'node:zlib'
import { IpxetoolError } from '../diagnostics/error.js'
import { type CpioEntry, writeCpio } from './cpio.js'
import { type InitrdImage, readInitrd } from './image.js'

export const appendCompressions = ['gzip', 'none', 'zstd'] as const
export type AppendCompression = (typeof appendCompressions)[number]

export interface AppendOptions {
  /** Full path of the new image; may be that of the old one. */
  output: string
  /** Default `gzip`, which every kernel with initrds can unpack. */
  compress?: AppendCompression
}

export interface Appended {
  /** Paths in the initrd, with the folders that had to be made. */
  paths: readonly string[]
  /** Of these the ones that take the place of a file that was there. */
  replaced: readonly string[]
  /** Bytes before and after. */
  before: number
  size: number
  /** Of the new image, lower case hex. */
  sha256: string
  /** How the parts of the image were packed before. */
  parts: readonly string[]
  /** False when a part could not be read, so that it is not known what is in it. */
  isComplete: boolean
}

/**
 * @param image full path
 * @throws IpxetoolError `not-an-initrd`, `initrd-path`, `initrd-compression`
 */
export async function appendToInitrd(
  image: string,
  files: readonly CpioEntry[],
  { output, compress = 'gzip' }: AppendOptions,
): Promise<Appended> {
  const old = await readInitrd(image)
  const entries = withFolders(files, old, image)
  const part = pack(writeCpio(entries), compress)
  const beside = join(dirname(output), `.${basename(output)}.${randomUUID()}.part`)
  try {
    await copyFile(image, beside)
    const { mode } = await stat(image)
    await chmod(beside, mode | 0o600)
    const handle = await open(beside, 'a')
    try {
      // the kernel looks for the next archive at a multiple of four bytes
      await handle.writeFile(Buffer.alloc(-old.size & 3))
      await handle.writeFile(part)
      await handle.writeFile(Buffer.alloc(-part.length & 3))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await chmod(beside, mode)
    const { size } = await stat(beside)
    const sha256 = await sha256Of(beside)
    await rename(beside, output)
    return {
      paths: entries.map(({ path }) => path),
      replaced: entries.map(({ path }) => path).filter((path) => old.names.has(path)),
      before: old.size,
      size,
      sha256,
      parts: old.parts,
      isComplete: old.isComplete,
    }
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

function pack(cpio: Uint8Array, compress: AppendCompression): Uint8Array {
  if (compress === 'none') return cpio
  if (compress === 'gzip') {
    const packed = zlib.gzipSync(cpio, { level: 9 })
    // the system that packed it; the bytes are to be the same on all
    packed[9] = 255
    return packed
  }
  const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Uint8Array) => Uint8Array }
  if (zstdCompressSync) return zstdCompressSync(cpio)
  throw new IpxetoolError('initrd-compression', 'this Node.js cannot write zstd', {
    exitCode: 2,
    hint: 'Node.js 22.15 and newer can; every kernel that unpacks zstd unpacks gzip too',
  })
}

/** In most images; some are links there, and to write a folder over a link would remove the link. */
const usualFolders = new Set(
  'bin boot dev etc home lib lib32 lib64 mnt opt proc root run sbin srv sys tmp usr var'.split(' '),
)

/** The kernel makes no folder that an archive does not name; one that is there must keep its permissions. */
function withFolders(files: readonly CpioEntry[], old: InitrdImage, image: string): CpioEntry[] {
  const entries = new Map<string, CpioEntry>()
  for (const file of files) {
    const there = old.names.get(file.path)
    if (entries.has(file.path)) throw badPath(`\`${file.path}\` is named twice`)
    if (there === 'folder' && file.kind !== 'folder') {
      throw badPath(`\`${file.path}\` is a folder in ${image}`, 'name the file in it: SOURCE:PATH/NAME')
    }
    if (!(there === 'folder' && file.kind === 'folder')) entries.set(file.path, file)
  }
  for (const { path } of [...entries.values()]) {
    const names = path.split('/')
    for (let count = 1; count < names.length; count++) {
      const folder = names.slice(0, count).join('/')
      const own = entries.get(folder)
      const kind = own?.kind ?? old.names.get(folder)
      if (kind === 'folder') continue
      if (kind !== undefined) {
        throw badPath(
          `\`${folder}\` is a ${kind === 'link' ? 'link' : 'file'} in ${own ? 'what is added' : image}, so \`${path}\` has no place`,
          kind === 'link' ? 'name the folder that the link leads to, for example usr/lib for lib' : undefined,
        )
      }
      if (!old.isComplete && usualFolders.has(folder)) continue
      entries.set(folder, { path: folder, kind: 'folder', mode: 0o755 })
    }
  }
  return [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

function badPath(message: string, hint?: string): IpxetoolError {
  return new IpxetoolError('initrd-path', message, hint === undefined ? {} : { hint })
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk)
  return hash.digest('hex')
}

/** Compressed streams as chunks of what is in them; nothing is held in memory beyond what a codec needs. */
import { Readable } from 'node:stream'
import type { ReadableStream as WebStream } from 'node:stream/web'
import * as zlib from 'node:zlib'
import { Decompress } from 'fzstd'
import xz from 'xz-decompress'
import { IpxetoolError } from '../../diagnostics/error.js'

export const compressions = ['gz', 'xz', 'zst'] as const
export type Compression = (typeof compressions)[number]

type Chunks = AsyncIterable<Uint8Array>

/** The web stream that the package is, which the types of Node do not know as global. */
const XzStream = xz.XzReadableStream as unknown as new (source: WebStream) => WebStream<Uint8Array>

/** Node has zstd from 22.15 on. */
const createNodeZstd = (zlib as { createZstdDecompress?: () => NodeJS.ReadWriteStream }).createZstdDecompress

/**
 * @param name of what is decompressed, for errors
 * @throws IpxetoolError `archive-broken` while it is read
 */
export async function* decompress(format: Compression, source: Chunks, name: string): Chunks {
  try {
    yield* codecs[format](checked(format, marked(source)))
  } catch (error) {
    if (error instanceof SourceError) throw error.cause
    throw new IpxetoolError('archive-broken', `${name} is no whole ${formatNames[format]} file`, {
      hint: 'it was cut short or changed on its way: fetch it again',
      cause: error,
    })
  }
}

export const formatNames: Readonly<Record<Compression, string>> = { gz: 'gzip', xz: 'xz', zst: 'zstd' }

const codecs: Readonly<Record<Compression, (source: Chunks) => Chunks>> = {
  gz: (source) => through(source, zlib.createGunzip()),
  xz: (source) => new XzStream(Readable.toWeb(Readable.from(source, { objectMode: false }))),
  zst: (source) => (createNodeZstd ? through(source, createNodeZstd()) : zstdInScript(source)),
}

const magic: Readonly<Record<Compression, readonly number[]>> = {
  gz: [0x1f, 0x8b],
  xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  zst: [0x28, 0xb5, 0x2f, 0xfd],
}

/** Not every codec says so when the first bytes are something else. */
async function* checked(format: Compression, source: Chunks): Chunks {
  let head: Uint8Array | undefined = new Uint8Array(0)
  for await (const chunk of source) {
    if (head === undefined) {
      yield chunk
      continue
    }
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
    if (head.length < 6) continue
    if (!magic[format].every((byte, index) => head?.[index] === byte))
      throw new Error('it has another format')
    yield head
    head = undefined
  }
  if (head !== undefined) throw new Error('it is too short')
}

/** So that a failure of the disk does not read as one of the archive. */
class SourceError extends Error {}

async function* marked(source: Chunks): Chunks {
  try {
    yield* source
  } catch (error) {
    throw new SourceError('the source failed', { cause: error })
  }
}

async function* through(source: Chunks, codec: NodeJS.ReadWriteStream): Chunks {
  const input = Readable.from(source, { objectMode: false })
  input.on('error', (error) => {
    ;(codec as unknown as Readable).destroy(error)
  })
  try {
    yield* input.pipe(codec) as unknown as Chunks
  } finally {
    input.destroy()
  }
}

async function* zstdInScript(source: Chunks): Chunks {
  let ready: Uint8Array[] = []
  const codec = new Decompress((chunk) => {
    // its buffer is used again
    if (chunk.length > 0) ready.push(chunk.slice())
  })
  for await (const chunk of source) {
    codec.push(chunk)
    yield* ready
    ready = []
  }
  codec.push(new Uint8Array(0), true)
  yield* ready
}

/**
 * What is in an initrd: one or several cpio archives behind each other, each plain or compressed on its own, with
 * zeros between them (init/initramfs.c, `unpack_to_rootfs`).
 */
import { createReadStream } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { crc32, createInflateRaw } from 'node:zlib'
import { IpxetoolError, isIpxetoolError } from '../diagnostics/error.js'
import { decompress } from '../fetch/archive/decompress.js'
import { ByteReader, type CpioName, readCpioNames } from './cpio.js'

export interface InitrdImage {
  /** Bytes. */
  size: number
  /** By path; where archives have the same path, as the last one says. */
  names: ReadonlyMap<string, CpioName['kind']>
  /** False when a part of it is packed in a way that cannot be read here, so that it may hold more. */
  isComplete: boolean
  /** How its parts are packed: `cpio`, `gzip`, … */
  parts: readonly string[]
}

const packings: readonly (readonly [name: string, magic: readonly number[]])[] = [
  ['cpio', [0x30, 0x37, 0x30, 0x37, 0x30, 0x31]],
  ['cpio', [0x30, 0x37, 0x30, 0x37, 0x30, 0x32]],
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['lzma', [0x5d, 0x00, 0x00]],
  ['lzo', [0x89, 0x4c, 0x5a, 0x4f]],
  ['lz4', [0x02, 0x21, 0x4c, 0x18]],
]

/**
 * @param path full
 * @throws IpxetoolError `not-an-initrd`
 */
export async function readInitrd(path: string): Promise<InitrdImage> {
  const handle = await open(path, 'r')
  try {
    const { size } = await handle.stat()
    const names = new Map<string, CpioName['kind']>()
    const parts: string[] = []
    let offset = await skipZeros(handle, 0, size)
    while (offset < size) {
      const head = await readAt(handle, offset, 6)
      const packing = packings.find(([, magic]) => magic.every((byte, index) => head[index] === byte))?.[0]
      if (packing === undefined) {
        if (parts.length === 0) throw notAnInitrd(path, size)
        return { size, names, isComplete: false, parts }
      }
      parts.push(packing)
      const end = await readPart(path, handle, packing, offset, size, names)
      if (end === undefined) return { size, names, isComplete: false, parts }
      offset = await skipZeros(handle, end, size)
    }
    if (parts.length === 0) throw notAnInitrd(path, size)
    return { size, names, isComplete: true, parts }
  } finally {
    await handle.close()
  }
}

function notAnInitrd(path: string, size: number): IpxetoolError {
  return new IpxetoolError('not-an-initrd', `${path} is no initrd that Linux unpacks`, {
    hint: size === 0 ? 'the file is empty' : 'it begins neither as a cpio archive nor as a compressed one',
  })
}

/** @returns where the part ends, `undefined` when that or what is in it cannot be said */
async function readPart(
  path: string,
  handle: FileHandle,
  packing: string,
  start: number,
  size: number,
  names: Map<string, CpioName['kind']>,
): Promise<number | undefined> {
  if (packing === 'cpio') {
    const reader = new ByteReader(chunks(path, start, size))
    const isWhole = await readNames(reader, names, 1)
    await reader.close()
    return isWhole ? start + reader.position : undefined
  }
  if (packing === 'gzip') return readGzip(path, handle, start, size, names)
  if (packing !== 'zstd' && packing !== 'xz') return undefined
  const end = packing === 'zstd' ? await endOfZstd(handle, start, size) : await endOfXz(path, start, size)
  if (end === undefined) return undefined
  const plain = decompress(packing === 'zstd' ? 'zst' : 'xz', chunks(path, start, end), path)
  return (await readAll(plain, names)) ? end : undefined
}

/** The archives in what a compressed part holds. */
async function readAll(
  plain: AsyncIterable<Uint8Array>,
  names: Map<string, CpioName['kind']>,
): Promise<boolean> {
  const reader = new ByteReader(plain)
  try {
    return await readNames(reader, names, Infinity)
  } catch (error) {
    if (isIpxetoolError(error)) return false
    throw error
  } finally {
    await reader.close()
  }
}

async function readNames(
  reader: ByteReader,
  names: Map<string, CpioName['kind']>,
  archives: number,
): Promise<boolean> {
  for (let count = 0; count < archives; count++) {
    while ((await reader.peek()) === 0) await reader.skip(1)
    if ((await reader.peek()) === undefined) return count > 0
    const found: CpioName[] = []
    const isWhole = await readCpioNames(reader, found)
    for (const { path, kind } of found) if (path !== '' && path !== '.') names.set(path, kind)
    if (!isWhole) return false
  }
  return true
}

async function readGzip(
  path: string,
  handle: FileHandle,
  start: number,
  size: number,
  names: Map<string, CpioName['kind']>,
): Promise<number | undefined> {
  const head = await readAt(handle, start, 65536 + 1024)
  const body = gzipHeaderSize(head)
  if (body === undefined) return undefined
  // not gunzip: that takes what follows for another gzip member, or fails on it
  const inflate = createInflateRaw()
  const input = createReadStream(path, { start: start + body, end: size - 1 })
  input.on('error', (error) => inflate.destroy(error))
  try {
    if (!(await readAll(input.pipe(inflate) as AsyncIterable<Uint8Array>, names))) return undefined
    return start + body + inflate.bytesWritten + 8
  } catch {
    return undefined
  } finally {
    input.destroy()
  }
}

/** RFC 1952, section 2.3. */
function gzipHeaderSize(head: Uint8Array): number | undefined {
  const flags = head[3] ?? 0
  let at = 10
  if (flags & 4) at += 2 + (head[at] ?? 0) + ((head[at + 1] ?? 0) << 8)
  for (const flag of [8, 16]) {
    if (!(flags & flag)) continue
    const end = head.indexOf(0, at)
    if (end < 0) return undefined
    at = end + 1
  }
  return flags & 2 ? at + 2 : at
}

/** RFC 8878, section 3.1.1. */
async function endOfZstd(handle: FileHandle, start: number, size: number): Promise<number | undefined> {
  const descriptor = (await readAt(handle, start + 4, 1))[0] ?? 0
  const isSingle = (descriptor & 0x20) !== 0
  const contentSize = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!
  let at = start + 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]! + contentSize
  for (;;) {
    const block = await readAt(handle, at, 3)
    if (block.length < 3) return undefined
    const header = block[0]! | (block[1]! << 8) | (block[2]! << 16)
    at += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3)
    if (header & 1) break
  }
  const end = at + (descriptor & 4 ? 4 : 0)
  return end <= size ? end : undefined
}

/** The footer of a stream (xz file format, section 2.1.2) stands at a multiple of four and has a checksum. */
async function endOfXz(path: string, start: number, size: number): Promise<number | undefined> {
  let rest = Buffer.alloc(0)
  let at = start
  for await (const chunk of chunks(path, start, size)) {
    const bytes = Buffer.concat([rest, chunk])
    for (let mark = bytes.indexOf('YZ'); mark >= 0; mark = bytes.indexOf('YZ', mark + 1)) {
      const end = at + mark + 2
      if (mark < 10 || (end - start) % 4 !== 0) continue
      const footer = bytes.subarray(mark - 10, mark)
      if (crc32(footer.subarray(4)) === footer.readUInt32LE(0)) return end
    }
    rest = bytes.subarray(Math.max(0, bytes.length - 11))
    at += bytes.length - rest.length
  }
  return undefined
}

function chunks(path: string, start: number, end: number): AsyncIterable<Uint8Array> {
  return createReadStream(path, { start, end: end - 1, highWaterMark: 2 ** 18 }) as AsyncIterable<Uint8Array>
}

async function readAt(handle: FileHandle, position: number, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count)
  const { bytesRead } = await handle.read(bytes, 0, count, position)
  return bytes.subarray(0, bytesRead)
}

async function skipZeros(handle: FileHandle, from: number, size: number): Promise<number> {
  for (let at = from; at < size;) {
    const bytes = await readAt(handle, at, 65536)
    const index = bytes.findIndex((byte) => byte !== 0)
    if (index >= 0) return at + index
    if (bytes.length === 0) break
    at += bytes.length
  }
  return size
}

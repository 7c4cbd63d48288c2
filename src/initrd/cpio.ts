/**
 * cpio archives in the "newc" form, as Linux unpacks them into its first file system (Documentation/driver-api/
 * early-userspace/buffer-format.rst, init/initramfs.c).
 */
import { IpxetoolError } from '../diagnostics/error.js'

export interface CpioEntry {
  /** Without a slash at either end. */
  path: string
  kind: 'file' | 'folder' | 'link'
  /** Permissions. */
  mode: number
  /** Bytes of a file; the target of a link. */
  content?: Uint8Array
}

const types = { file: 0o100000, folder: 0o040000, link: 0o120000 } as const
export const trailerName = 'TRAILER!!!'

/** The same entries give the same bytes: no times, owner root, numbers by order, sorted so that folders come first. */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1))
  const parts = sorted.map((entry, index) => member(entry, index + 1))
  return Buffer.concat([...parts, header(0, 0, 1, 0, trailerName)])
}

function member({ path, kind, mode, content = new Uint8Array(0) }: CpioEntry, inode: number): Uint8Array {
  if (content.length > 0xffff_fffe) {
    throw new IpxetoolError('initrd-file-too-large', `\`${path}\` has 4 GiB or more`, {
      hint: 'a file in an initrd can have at most 4294967294 bytes',
    })
  }
  const links = kind === 'folder' ? 2 : 1
  return Buffer.concat([header(inode, types[kind] | mode, links, content.length, path), padded(content)])
}

function header(inode: number, mode: number, links: number, size: number, path: string): Uint8Array {
  const name = Buffer.from(`${path}\0`)
  // user, group, time, device, device of a node, checksum: all 0
  const fields = [inode, mode, 0, 0, links, 0, size, 0, 0, 0, 0, name.length, 0]
  const text = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`
  return padded(Buffer.concat([Buffer.from(text), name]))
}

function padded(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
}

export interface CpioName {
  path: string
  kind: 'file' | 'folder' | 'link' | 'other'
}

/** The names of one archive. @returns whether its end was reached; the reader then stands behind it */
export async function readCpioNames(reader: ByteReader, names: CpioName[]): Promise<boolean> {
  for (;;) {
    const head = await reader.take(110)
    if (head === undefined) return false
    const text = Buffer.from(head).toString('latin1')
    if (!/^07070[12][0-9a-fA-F]{104}$/.test(text)) return false
    const field = (index: number): number => parseInt(text.slice(6 + index * 8, 14 + index * 8), 16)
    const [mode, size, nameSize] = [field(1), field(6), field(11)]
    if (nameSize < 1 || nameSize > 4096) return false
    const name = await reader.take(nameSize + (-(110 + nameSize) & 3))
    if (name === undefined) return false
    const path = Buffer.from(name.subarray(0, nameSize - 1)).toString('utf8')
    if (path === trailerName) return true
    if (!(await reader.skip(size + (-size & 3)))) return false
    const type = mode & 0o170000
    const kind =
      type === types.file ? 'file' : type === types.folder ? 'folder' : type === types.link ? 'link' : 'other'
    names.push({ path: path.replace(/^(\.?\/)+/, '').replace(/\/+$/, ''), kind })
  }
}

/** Bytes of a stream, some at a time. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)
  /** Bytes that were taken or skipped. */
  position = 0

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** @returns `undefined` at the end */
  async take(count: number): Promise<Uint8Array | undefined> {
    const parts: Uint8Array[] = []
    let missing = count
    while (missing > 0) {
      if (!(await this.#fill())) return undefined
      const part = this.#chunk.subarray(0, missing)
      parts.push(part)
      missing -= part.length
      this.#advance(part.length)
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts)
  }

  /** The next byte, which stays. */
  async peek(): Promise<number | undefined> {
    return (await this.#fill()) ? this.#chunk[0] : undefined
  }

  async skip(count: number): Promise<boolean> {
    let missing = count
    while (missing > 0) {
      if (!(await this.#fill())) return false
      const step = Math.min(missing, this.#chunk.length)
      this.#advance(step)
      missing -= step
    }
    return true
  }

  async close(): Promise<void> {
    await this.#source.return?.()
  }

  async #fill(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      const next = await this.#source.next()
      if (next.done === true) return false
      this.#chunk = next.value
    }
    return true
  }

  #advance(count: number): void {
    this.#chunk = this.#chunk.subarray(count)
    this.position += count
  }
}

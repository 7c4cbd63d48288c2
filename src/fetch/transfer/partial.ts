/**
 * A download that is not whole: `KEY.part` and, beside it, `KEY.json`, which says what of it can be trusted.
 *
 * Bytes count only when they are known to be on the disk: those that the state names, written after an fsync. In the
 * same run of the machine everything that was written counts, also after kill -9, because the system has it.
 */
import { writeSync } from 'node:fs'
import { open, readFile, rm, statfs, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeDurably } from '../store.js'
import { bootId } from '../../files/lock.js'
import { diskFailure, TransferFailure } from './failure.js'
import type { Validator } from './http-rules.js'

/** From, up to but not including. */
export type Range = readonly [from: number, to: number]

interface State {
  layout: 1
  /** As asked for, before redirects: those expire. */
  url: string
  validator?: Validator
  total?: number
  /** On the disk, sorted, apart from each other. */
  ranges: Range[]
  /** Written from the start to the end without holes: while this is the boot, the length of the file counts. */
  boot?: string
}

/** Bytes and milliseconds after which what was written is made durable. */
const syncAfterBytes = 64 * 1024 * 1024
const syncAfterTime = 5000
/**
 * From so many bytes on a block is written at once, by this thread, which has just read it: a third less work than by
 * another one. Mostly that only puts it into the memory of the system; a disk that made us wait is not waited for again.
 */
const writeNowFrom = 1024 * 1024
/** Milliseconds. */
const longWrite = 100
/** Left free on the disk. */
const reserve = 16 * 1024 * 1024

export class PartialFile {
  readonly path: string
  readonly #statePath: string
  readonly #file: FileHandle
  #state: State
  #ranges: Range[]
  #tail: Promise<void> = Promise.resolve()
  #failure: Error | undefined
  #sinceSync = 0
  #lastSync = performance.now()
  #syncing: Promise<void> | undefined
  #writing = 0
  #isSlow = false
  /** There are holes, or will be. */
  #scattered: boolean

  private constructor(path: string, file: FileHandle, state: State, ranges: Range[]) {
    this.path = path
    this.#statePath = path.replace(/\.part$/, '.json')
    this.#file = file
    this.#state = state
    this.#ranges = ranges
    this.#scattered = ranges.length > 1 || (ranges[0]?.[0] ?? 0) > 0
  }

  /** @param path ends in `.part`; the caller holds the lock */
  static async open(path: string): Promise<PartialFile> {
    return disk(path, async () => {
      const file = await open(path, 'r+').catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        return open(path, 'wx+')
      })
      const { size } = await file.stat()
      const state = parseState(await readFile(path.replace(/\.part$/, '.json'), 'utf8').catch(() => '{}'))
      if (state === undefined) {
        await file.truncate(0)
        return new PartialFile(path, file, emptyState(''), [])
      }
      const sameBoot = state.boot !== undefined && state.boot === bootId()
      const trusted: Range[] = sameBoot
        ? [[0, Math.min(size, state.total ?? size)]]
        : state.ranges.map(([from, to]) => [from, Math.min(to, size)])
      const ranges = trusted.filter(([from, to]) => to > from)
      // what lies behind must not look written once this run of the machine is in the state
      const end = ranges.at(-1)?.[1] ?? 0
      if (size > end) await file.truncate(end)
      return new PartialFile(path, file, state, ranges)
    })
  }

  get url(): string {
    return this.#state.url
  }
  get validator(): Validator | undefined {
    return this.#state.validator
  }
  get total(): number | undefined {
    return this.#state.total
  }
  get ranges(): readonly Range[] {
    return this.#ranges
  }
  /** Bytes from the start without a hole. */
  get prefix(): number {
    const first = this.#ranges[0]
    return first?.[0] === 0 ? first[1] : 0
  }
  /** Bytes that are there. */
  get length(): number {
    return this.#ranges.reduce((sum, [from, to]) => sum + to - from, 0)
  }
  /** The first hole; its end is unknown when the total is. */
  get gap(): { from: number; to: number | undefined } {
    const from = this.prefix
    const next = this.#ranges.find(([start]) => start > from)
    return { from, to: next?.[0] ?? this.#state.total }
  }

  /** Forgets all bytes; the next ones come from `url`. */
  async reset(from: {
    url: string
    validator?: Validator | undefined
    total?: number | undefined
  }): Promise<void> {
    await this.settle()
    await disk(this.path, async () => {
      this.#ranges = []
      this.#scattered = false
      await this.#file.truncate(0)
      this.#state = emptyState(from.url)
      this.#learn(from)
      // before any new byte: else old state could vouch for them
      await this.#save()
    })
  }

  /** From now on bytes may come out of order: only what the state names counts later, not the length of the file. */
  async scatter(): Promise<void> {
    if (this.#scattered) return
    this.#scattered = true
    await disk(this.path, () => this.#sync())
  }

  /** The rest comes from another server, or the total has become known. */
  async continueFrom(from: {
    url: string
    validator?: Validator | undefined
    total?: number | undefined
  }): Promise<void> {
    const { url, validator, total } = this.#state
    this.#state.url = from.url
    delete this.#state.validator
    this.#learn(from)
    const now = this.#state
    const same = url === now.url && validator?.value === now.validator?.value && total === now.total
    if (!same) await this.#sync()
  }

  #learn({ validator, total }: { validator?: Validator | undefined; total?: number | undefined }): void {
    if (validator !== undefined) this.#state.validator = validator
    if (total !== undefined) this.#state.total = total
  }

  /**
   * Writes; one after the other, so that in a file written in order there is no hole.
   * @returns when the block may be written to again; undefined: now. A failure also shows in {@link settle}.
   */
  write(block: Uint8Array, at: number): Promise<void> | undefined {
    if (this.#writing === 0 && !this.#isSlow && block.length >= writeNowFrom) {
      this.#writeNow(block, at)
      return undefined
    }
    this.#writing++
    this.#tail = this.#tail.then(async () => {
      try {
        for (let done = 0; done < block.length && !this.failed;) {
          const { bytesWritten } = await this.#file.write(block, done, block.length - done, at + done)
          done += bytesWritten
        }
        this.#written(at, block.length)
      } catch (error) {
        this.#failure ??= error as Error
      }
      this.#writing--
    })
    return this.#tail
  }

  #writeNow(block: Uint8Array, at: number): void {
    const begun = performance.now()
    try {
      for (let done = 0; done < block.length && !this.failed;) {
        done += writeSync(this.#file.fd, block, done, block.length - done, at + done)
      }
      this.#written(at, block.length)
    } catch (error) {
      this.#failure ??= error as Error
    }
    this.#isSlow = performance.now() - begun > longWrite
  }

  #written(at: number, length: number): void {
    if (this.failed) return
    this.#ranges = merge(this.#ranges, [at, at + length])
    this.#sinceSync += length
    const due = this.#sinceSync >= syncAfterBytes || performance.now() - this.#lastSync > syncAfterTime
    if (!due || this.#syncing !== undefined) return
    this.#syncing = this.#sync()
      .catch((error: unknown) => {
        this.#failure ??= error as Error
      })
      .finally(() => {
        this.#syncing = undefined
      })
  }

  get failed(): boolean {
    return this.#failure !== undefined
  }

  /** Waits for all writes. @throws TransferFailure of the disk */
  async settle(): Promise<void> {
    await this.#tail
    await this.#syncing
    if (this.#failure === undefined) return
    const failure = this.#failure
    this.#failure = undefined
    throw diskFailure(failure, this.path) ?? failure
  }

  async read(block: Uint8Array, at: number): Promise<number> {
    return disk(this.path, async () => (await this.#file.read(block, 0, block.length, at)).bytesRead)
  }

  /** Makes all bytes durable. */
  async sync(): Promise<void> {
    await this.settle()
    await disk(this.path, () => this.#file.datasync())
  }

  async #sync(): Promise<void> {
    const ranges = [...this.#ranges]
    this.#sinceSync = 0
    this.#lastSync = performance.now()
    await this.#file.datasync()
    await this.#save(ranges)
  }

  async #save(ranges: Range[] = this.#ranges): Promise<void> {
    const boot = this.#scattered ? undefined : bootId()
    this.#state.ranges = ranges
    await writeDurably(this.#statePath, JSON.stringify({ ...this.#state, boot }))
  }

  /** Checks that so many more bytes have room. @throws TransferFailure `disk-full` */
  async needRoom(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(dirname(this.path))
    const free = bavail * bsize
    if (free >= bytes + Math.min(reserve, bytes)) return
    throw new TransferFailure(
      'disk-full',
      `${megabytes(bytes)} are to come, and the disk has ${megabytes(free)} free for ${this.path}`,
      { remedy: 'never', hint: 'make room and run it again: it goes on where it stopped' },
    )
  }

  /** Leaves all as it is, durable, for the next time. */
  async keep(): Promise<void> {
    try {
      await this.#tail
      await this.#syncing
      await this.#sync().catch(() => undefined)
    } finally {
      await this.#file.close()
    }
  }

  /** The file was given its final name. */
  async done(): Promise<void> {
    await this.#file.close()
    await rm(this.#statePath, { force: true })
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
}

function emptyState(url: string): State {
  return { layout: 1, url, ranges: [] }
}

async function disk<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw diskFailure(error, path) ?? error
  }
}

/** Adds a range to sorted ones that do not touch. */
export function merge(ranges: readonly Range[], added: Range): Range[] {
  const last = ranges.at(-1)
  // nearly always: the next bytes of the only range
  if (ranges.length === 1 && last?.[1] === added[0]) return [[last[0], added[1]]]
  const result: Range[] = []
  for (const range of [...ranges, added].sort((a, b) => a[0] - b[0])) {
    const before = result.at(-1)
    if (before !== undefined && range[0] <= before[1]) {
      result[result.length - 1] = [before[0], Math.max(before[1], range[1])]
    } else result.push(range)
  }
  return result
}

function parseState(json: string): State | undefined {
  try {
    const data = (JSON.parse(json) ?? {}) as Partial<State>
    const { layout, url, ranges, validator, total, boot } = data
    if (layout !== 1 || typeof url !== 'string' || !Array.isArray(ranges)) return undefined
    const isRange = (range: unknown): range is Range =>
      Array.isArray(range) &&
      range.length === 2 &&
      range.every((end) => Number.isSafeInteger(end) && end >= 0)
    if (!ranges.every(isRange)) return undefined
    if (
      validator !== undefined &&
      (typeof validator.value !== 'string' || !['etag', 'date'].includes(validator.kind))
    ) {
      return undefined
    }
    return {
      layout,
      url,
      ranges: ranges.reduce<Range[]>(merge, []),
      ...(validator && { validator }),
      ...(Number.isSafeInteger(total) && { total: total! }),
      ...(typeof boot === 'string' && { boot }),
    }
  } catch {
    return undefined
  }
}

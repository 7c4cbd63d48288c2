/**
 * The files of the tree that are open: clients that want the same version of a file share one descriptor and its
 * octets ({@link ./content.ts}). Whether a name still leads to that version is asked for every request, so a rebuilt
 * menu reaches the next machine; a transfer under way keeps the version it began with.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type Chunk, Content, type ContentSource } from './content.js'
import type { Refusal } from './refusal.js'
import { fileState, findAnyCase, openInTree, sameState, type TreeFile } from './tree.js'

/** How long a file that nobody reads stays open. Short: a file that was deleted keeps its space until then. */
const IDLE_MS = 10_000
const MAX_IDLE = 256
/** A name is led through the whole policy of {@link openInTree} again after this time; in between one look is enough. */
const POLICY_MS = 1000
/**
 * File systems date changes to some milliseconds, so a file that has just been written can change once more without a
 * trace. Such a one is not shared.
 */
const YOUNG_MS = 100

/** An open file as one client has it. */
export interface Lease {
  readonly file: SharedFile
  /** Once only. */
  release(): void
}

interface Refused {
  readonly ok: false
  readonly refusal: Refusal
}

export type Leased = { readonly ok: true; readonly lease: Lease } | Refused

/** One version of one file, for all who read it. */
export interface SharedFile extends TreeFile, ContentSource {
  readonly chunks: Map<number, Chunk>
  readonly handle: TreeFile['handle']
}

interface Entry {
  readonly file: SharedFile
  readonly state: string
  leases: number
  idleSince: number
  /** Found again by name and state; false once it is out of date. */
  listed: boolean
  ended: boolean
}

interface Name {
  readonly entry: Entry
  checkedAt: number
}

export class TreeFiles {
  readonly content: Content
  readonly #root: string
  readonly #names = new Map<string, Name>()
  readonly #states = new Map<string, Entry>()
  /** In the order in which they fell idle. */
  readonly #idle = new Set<Entry>()
  readonly #closing = new Set<Promise<void>>()
  readonly #opening = new Map<string, Promise<Entry | Refused>>()
  #sweep: NodeJS.Timeout | undefined
  #closed = false

  constructor(root: string, content = new Content()) {
    this.#root = root
    this.content = content
  }

  /**
   * @param segments clean names, see {@link ./names.ts}
   * @param anyCase when the name is not there as it is written, take one that differs in upper and lower case only
   */
  async open(segments: readonly string[], anyCase = false): Promise<Leased> {
    const opened = await this.#open(segments)
    if (opened.ok || !anyCase || opened.refusal !== 'not-found') return opened
    const found = await findAnyCase(this.#root, segments)
    return found === undefined ? opened : this.#open(found)
  }

  /** Closes what is idle now and the rest when it is released; waits for what is being closed. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#sweep)
    for (const entry of this.#idle) this.#end(entry)
    await Promise.all(this.#closing)
  }

  async #open(segments: readonly string[]): Promise<Leased> {
    const name = segments.join('/')
    const known = this.#names.get(name)
    if (known !== undefined && performance.now() - known.checkedAt < POLICY_MS) {
      const { entry } = known
      if (entry.listed && this.#leadsTo(segments, entry.file)) {
        return { ok: true, lease: this.#lease(entry) }
      }
      this.#unlist(entry)
    }
    const opened = await (this.#opening.get(name) ?? this.#begin(name, segments))
    if (!('ended' in opened)) return opened
    // All who waited for it come here before any of them can be done with it; this is for whoever came with the last.
    return opened.ended ? this.#open(segments) : { ok: true, lease: this.#lease(opened) }
  }

  /** Once for all who ask while it lasts: a rack that is switched on at once wants one file, and not a descriptor each. */
  #begin(name: string, segments: readonly string[]): Promise<Entry | Refused> {
    const opening = this.#openAnew(name, segments).finally(() => this.#opening.delete(name))
    this.#opening.set(name, opening)
    return opening
  }

  async #openAnew(name: string, segments: readonly string[]): Promise<Entry | Refused> {
    let opened = await openInTree(this.#root, segments)
    if (!opened.ok && opened.refusal === 'busy' && this.#idle.size > 0) {
      for (const entry of this.#idle) this.#end(entry)
      await Promise.all(this.#closing)
      opened = await openInTree(this.#root, segments)
    }
    return opened.ok ? this.#enter(name, opened.file) : opened
  }

  /**
   * Not handed to a thread: the file is open, so the system has what it asks for in memory, and the hand-over takes ten
   * times as long as the look.
   */
  #leadsTo(segments: readonly string[], file: SharedFile): boolean {
    try {
      return sameState(fileState(statSync(join(this.#root, ...segments), { bigint: true })), file)
    } catch {
      return false
    }
  }

  #enter(name: string, opened: TreeFile): Entry {
    const { dev, ino, size, mtimeNs, ctimeNs } = opened
    const state = [opened.name, dev, ino, size, mtimeNs, ctimeNs].map(String).join('\0')
    const young = Date.now() - Number(ctimeNs / 1_000_000n) < YOUNG_MS
    const known = this.#states.get(state)
    const listed = !young && !this.#closed
    let entry: Entry
    if (listed && known !== undefined) {
      this.#close(opened)
      entry = known
    } else {
      entry = { file: { ...opened, chunks: new Map() }, state, leases: 0, idleSince: 0, listed, ended: false }
      if (listed) this.#states.set(state, entry)
    }
    if (listed) {
      // As many names as a client cares to invent lead to one file; it is the files that are counted.
      if (this.#names.size > 4 * MAX_IDLE) this.#names.clear()
      this.#names.set(name, { entry, checkedAt: performance.now() })
    }
    return entry
  }

  #lease(entry: Entry): Lease {
    entry.leases += 1
    this.#idle.delete(entry)
    let released = false
    return {
      file: entry.file,
      release: () => {
        if (released) return
        released = true
        entry.leases -= 1
        if (entry.leases === 0) this.#rest(entry)
      },
    }
  }

  #rest(entry: Entry): void {
    if (!entry.listed || this.#closed) {
      this.#end(entry)
      return
    }
    entry.idleSince = performance.now()
    this.#idle.add(entry)
    if (this.#idle.size > MAX_IDLE)
      for (const oldest of this.#idle) {
        this.#end(oldest)
        break
      }
    this.#sweep ??= setTimeout(() => {
      this.#sweepIdle()
    }, IDLE_MS).unref()
  }

  #sweepIdle(): void {
    this.#sweep = undefined
    const now = performance.now()
    for (const entry of this.#idle) {
      const left = entry.idleSince + IDLE_MS - now
      if (left > 0) {
        this.#sweep = setTimeout(() => {
          this.#sweepIdle()
        }, left).unref()
        return
      }
      this.#end(entry)
    }
  }

  #unlist(entry: Entry): void {
    entry.listed = false
    if (this.#states.get(entry.state) === entry) this.#states.delete(entry.state)
    if (entry.leases === 0) this.#end(entry)
  }

  #end(entry: Entry): void {
    if (entry.ended) return
    entry.ended = true
    this.#idle.delete(entry)
    entry.listed = false
    if (this.#states.get(entry.state) === entry) this.#states.delete(entry.state)
    this.content.forget(entry.file)
    this.#close(entry.file)
  }

  #close({ handle }: TreeFile): void {
    const closing = handle.close().catch(() => undefined)
    this.#closing.add(closing)
    void closing.then(() => this.#closing.delete(closing))
  }
}

/** What the check of outside links found, kept between runs: `$XDG_CACHE_HOME/ipxetool/links.json`. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { OnlineResult } from '../links/online.js'
import { makeFolder } from '../files/folder.js'

/** Files that were there stay there for a while; what was missing is asked for again each time. */
export const cacheTime = 24 * 60 * 60 * 1000
const maxEntries = 10_000
const version = 1

interface Stored {
  /** When the server said so, milliseconds. */
  at: number
  result: OnlineResult
}

/** Not in the project: what a server has is the same for all projects, and no build depends on it. */
export function onlineCachePath(env: Readonly<Record<string, string | undefined>>): string {
  const xdg = env['XDG_CACHE_HOME']
  // relative paths in it are to be ignored (XDG base directory specification)
  const folder = xdg?.startsWith('/') === true ? xdg : join(env['HOME'] ?? homedir(), '.cache')
  return join(folder, 'ipxetool', 'links.json')
}

/** One run's view of the cache; a file that is not there or not ours is an empty one. */
export class OnlineCache {
  /** Handed to `checkOnline`. */
  readonly results = new Map<string, OnlineResult>()
  readonly #stored: Map<string, Stored>
  readonly #path: string
  readonly #now: number

  private constructor(path: string, now: number, stored: Map<string, Stored>, fresh: boolean) {
    this.#path = path
    this.#now = now
    this.#stored = stored
    if (!fresh) for (const [url, { result }] of stored) this.results.set(url, result)
  }

  /** @param fresh what is known is asked for again */
  static async read(path: string, now: number, fresh: boolean): Promise<OnlineCache> {
    const stored = new Map<string, Stored>()
    try {
      const data = JSON.parse(await readFile(path, 'utf8')) as { version?: unknown; found?: unknown }
      const found = data.version === version && isRecord(data.found) ? data.found : {}
      for (const [url, value] of Object.entries(found)) {
        if (isStored(value) && value.at <= now && now - value.at < cacheTime) {
          stored.set(url, { at: value.at, result: { ...value.result, url } })
        }
      }
    } catch {
      // a cache that cannot be read only costs time
    }
    return new OnlineCache(path, now, stored, fresh)
  }

  /** Keeps what is there; a program that is killed meanwhile leaves the old file. @returns why it cannot be kept */
  async save(results: ReadonlyMap<string, OnlineResult>): Promise<string | undefined> {
    for (const [url, result] of results) {
      if (result.outcome !== 'ok') this.#stored.delete(url)
      else if (this.#stored.get(url)?.result !== result) this.#stored.set(url, { at: this.#now, result })
    }
    const newest = [...this.#stored].sort((a, b) => b[1].at - a[1].at).slice(0, maxEntries)
    const temporary = `${this.#path}.${process.pid}`
    try {
      await makeFolder(dirname(this.#path))
      await writeFile(temporary, `${JSON.stringify({ version, found: Object.fromEntries(newest) })}\n`)
      await rename(temporary, this.#path)
      return undefined
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined)
      return error instanceof Error && 'code' in error ? String(error.code) : String(error)
    }
  }
}

function isStored(value: unknown): value is Stored {
  return (
    isRecord(value) &&
    typeof value['at'] === 'number' &&
    isRecord(value['result']) &&
    value['result']['outcome'] === 'ok' &&
    typeof value['result']['attempts'] === 'number'
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

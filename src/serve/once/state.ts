/**
 * Which machines with `boot: once` have been installed, in a file that outlives the server. Tokens are kept as hashes,
 * so that who may read the file cannot end an installation.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { IpxetoolError } from '../../diagnostics/error.js'
import { errorCode } from '../tree.js'

export interface OnceRecord {
  /** `waiting`: its script is given out. `done`: it boots from its own disk. */
  readonly state: 'waiting' | 'done'
  /** ISO 8601: since when. */
  readonly since: string
  /** SHA-256 of the tokens that were given out and still count, the newest last; of the one that was used when done. */
  readonly tokens: readonly string[]
  /** Who said so: an IP address, or `operator`. */
  readonly by?: string | undefined
}

type Records = Map<string, OnceRecord>

/** A machine that is switched off and on again has the URL of a boot before in its installer; not of all of them. */
const MAX_TOKENS = 8
const TOKEN_BYTES = 16
const HINT =
  'it says which machines have been installed: put a copy back, or delete it and all of them are installed again'

interface Job {
  readonly run: (records: Records) => boolean
  readonly settle: (error?: Error) => void
}

/** One file. Changes that are asked for at the same time are written together. */
export class OnceState {
  readonly #file: string
  readonly #now: () => Date
  #jobs: Job[] = []
  #running = false

  constructor(file: string, now: () => Date = () => new Date()) {
    this.#file = file
    this.#now = now
  }

  get file(): string {
    return this.#file
  }

  /** @throws IpxetoolError `bad-state` */
  records(): Promise<ReadonlyMap<string, OnceRecord>> {
    return readRecords(this.#file)
  }

  /**
   * A token for an installation that may begin; undefined with the record of one that is over.
   *
   * @throws IpxetoolError `bad-state`, `state-not-written`
   */
  async begin(id: string): Promise<{ token: string } | { done: OnceRecord }> {
    const token = randomBytes(TOKEN_BYTES).toString('hex')
    let done: OnceRecord | undefined
    await this.#change((records) => {
      const before = records.get(id)
      if (before?.state === 'done') {
        done = before
        return false
      }
      const tokens = [...(before?.tokens ?? []), hashOf(token)].slice(-MAX_TOKENS)
      records.set(id, { state: 'waiting', since: before?.since ?? this.#time(), tokens })
      return true
    })
    return done === undefined ? { token } : { done }
  }

  /**
   * The installer has called. `again`: the same call as before, whose answer may have been lost.
   *
   * @throws IpxetoolError `bad-state`, `state-not-written`
   */
  async finish(id: string, token: string, by: string): Promise<'done' | 'again' | 'unknown'> {
    let result: 'done' | 'again' | 'unknown' = 'unknown'
    const hash = hashOf(token)
    await this.#change((records) => {
      const before = records.get(id)
      if (before?.tokens.includes(hash) !== true) return false
      result = before.state === 'done' ? 'again' : 'done'
      if (result === 'again') return false
      records.set(id, { state: 'done', since: this.#time(), tokens: [hash], by })
      return true
    })
    return result
  }

  /**
   * The word of a person: they are to be installed, or they are.
   *
   * @throws IpxetoolError `bad-state`, `state-not-written`
   */
  async set(ids: readonly string[], state: OnceRecord['state']): Promise<void> {
    await this.#change((records) => {
      const changed = ids.filter((id) => (records.get(id)?.state ?? 'waiting') !== state)
      for (const id of changed) {
        if (state === 'waiting') records.delete(id)
        else records.set(id, { state, since: this.#time(), tokens: [], by: 'operator' })
      }
      return changed.length > 0
    })
  }

  #time(): string {
    return this.#now().toISOString()
  }

  #change(run: Job['run']): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#jobs.push({
        run,
        settle: (error) => {
          if (error === undefined) resolve()
          else reject(error)
        },
      })
      if (!this.#running) void this.#work()
    })
  }

  /** The file is read each time: `ipxetool machines` may have written it. */
  async #work(): Promise<void> {
    this.#running = true
    while (this.#jobs.length > 0) {
      const jobs = this.#jobs
      this.#jobs = []
      try {
        const records = await readRecords(this.#file)
        const changes = jobs.map(({ run }) => run(records))
        if (changes.includes(true)) await writeRecords(this.#file, records)
        for (const { settle } of jobs) settle()
      } catch (error) {
        for (const { settle } of jobs) settle(error as Error)
      }
    }
    this.#running = false
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

async function readRecords(file: string): Promise<Records> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return new Map()
    throw new IpxetoolError('bad-state', `${file} cannot be read (${errorCode(error)})`, {
      hint: HINT,
      cause: error,
    })
  }
  try {
    const data = JSON.parse(text) as { version: unknown; machines: Record<string, OnceRecord> }
    const records = Object.entries(data.machines)
    if (data.version === 1 && records.every(([, record]) => isRecord(record))) return new Map(records)
  } catch {
    // said below
  }
  throw new IpxetoolError('bad-state', `${file} is damaged: it is not what ipxetool writes`, { hint: HINT })
}

function isRecord(value: unknown): value is OnceRecord {
  const { state, since, tokens } = (value ?? {}) as Partial<Record<keyof OnceRecord, unknown>>
  return (state === 'waiting' || state === 'done') && typeof since === 'string' && Array.isArray(tokens)
}

/** As a whole or not at all, also when the power fails. */
async function writeRecords(file: string, records: Records): Promise<void> {
  const machines = Object.fromEntries([...records].sort(([a], [b]) => (a < b ? -1 : 1)))
  const folder = dirname(file)
  const next = join(folder, `.${basename(file)}.${process.pid}.new`)
  try {
    await mkdir(folder, { recursive: true })
    const handle = await open(next, 'w', 0o644)
    try {
      await handle.writeFile(`${JSON.stringify({ version: 1, machines }, null, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(next, file)
  } catch (error) {
    await rm(next, { force: true }).catch(() => undefined)
    throw new IpxetoolError('state-not-written', `${file} cannot be written (${errorCode(error)})`, {
      hint: 'name a file that this user may write: --state FILE',
      cause: error,
    })
  }
}

/**
 * Trees in which iPXE was built before: a new embedded script costs a link and not a thousand files.
 *
 * ```
 * <cache>/trees/<key>/tree/src/…   the source, and what make has made of it
 * <cache>/trees/<key>/state.json   {"state": "ready"} or "building": a build was killed, nothing in it can be trusted
 * <cache>/trees/<key>.lock
 * ```
 */
import { readdir, readFile, rename, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import { type LockOptions, takeLock } from '../files/lock.js'
import { type StepCount, usualSteps } from './make-log.js'
import type { PreparedSource } from './source/types.js'
import type { BuildPlan } from './types.js'
import { makeFolder } from '../files/folder.js'

/** A built tree of 0ab2277c has 240 MB; bytes. */
export const treeRoom = 400 * 2 ** 20
/** The least recently used ones beyond that many go. */
const keepTrees = 8

interface State {
  version: 1
  state: 'ready' | 'building'
  /** Of the first build, for the next one's progress. */
  steps?: StepCount
  isWarm: boolean
}

export interface WarmTree {
  /** Full path; `src` is in it. */
  readonly tree: string
  /** What is to be expected of make. */
  readonly expected: StepCount
  /** The library is built: only a link is left. */
  readonly isWarm: boolean
  /** Nothing may be interrupted from here on without {@link finish}. */
  readonly begin: () => Promise<void>
  /** @param usable false: the tree is removed; `failed`: it stays, without what make may have left half written */
  readonly finish: (outcome: 'done' | 'failed' | 'unknown', steps?: StepCount) => Promise<void>
}

export interface WarmContext {
  /** `<cache>/trees` */
  readonly folder: string
  /** Sixty-four hex digits: all that the tree hangs on. */
  readonly key: string
  readonly source: PreparedSource
  readonly build: BuildPlan
  /** Throw away what is there. */
  readonly fresh: boolean
  readonly lock: LockOptions
  readonly onUnpack?: (() => void) | undefined
}

/** Runs `action` while nobody else works in the tree. @throws IpxetoolError `locked`, `no-room` */
export async function withWarmTree<T>(
  context: WarmContext,
  action: (tree: WarmTree) => Promise<T>,
): Promise<T> {
  const { folder, key, build, lock } = context
  await makeFolder(folder)
  const release = await takeLock(join(folder, `${key}.lock`), `the tree of ${build.bindir}`, lock)
  try {
    const place = join(folder, key)
    const before = context.fresh ? undefined : await readState(place)
    const usable = before?.state === 'ready' ? before : undefined
    if (!usable) await unpack(place, context)
    await setInputs(join(place, 'tree', 'src'), build)
    const now = new Date()
    await utimes(place, now, now)
    const save = (state: State): Promise<void> => saveState(place, state)
    const result = await action({
      tree: join(place, 'tree'),
      expected: usable?.isWarm === true ? { dependencies: 2, objects: 4 } : (usable?.steps ?? usualSteps),
      isWarm: usable?.isWarm === true,
      begin: () => save({ version: 1, state: 'building', isWarm: false }),
      finish: async (outcome, steps) => {
        if (outcome === 'unknown') {
          await rm(place, { recursive: true, force: true })
          return
        }
        if (outcome === 'failed')
          await rm(join(place, 'tree', 'src', build.bindir, 'blib.a'), { force: true })
        const kept = usable?.isWarm === true ? usable.steps : steps
        await save({
          version: 1,
          state: 'ready',
          isWarm: outcome === 'done' || usable?.isWarm === true,
          ...(kept && outcome === 'done' && { steps: kept }),
        })
      },
    })
    await dropOldTrees(folder, key)
    return result
  } finally {
    await release()
  }
}

async function unpack(place: string, { folder, key, source, lock, onUnpack }: WarmContext): Promise<void> {
  await rm(place, { recursive: true, force: true })
  await checkRoom(folder)
  onUnpack?.()
  const partial = join(folder, `.${key}.partial`)
  await rm(partial, { recursive: true, force: true })
  try {
    await makeFolder(join(partial, 'tree'))
    await source.unpack(join(partial, 'tree'), lock.signal)
    await saveState(partial, { version: 1, state: 'ready', isWarm: false })
    await rename(partial, place)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

/** @throws IpxetoolError `no-room` */
export async function checkRoom(
  folder: string,
  free: (folder: string) => Promise<number> = async (path) => {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  },
): Promise<void> {
  const room = await free(folder)
  if (room >= treeRoom) return
  const megabytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MiB`
  throw new IpxetoolError(
    'no-room',
    `there are ${megabytes(room)} free where ${folder} is, and a compile takes ${megabytes(treeRoom)}`,
    { hint: 'make room, or set XDG_CACHE_HOME to another disk' },
  )
}

/** Writes only what differs: make goes by the time of a file. */
async function setInputs(src: string, build: BuildPlan): Promise<void> {
  // make touches headers in it, but does not make it
  await makeFolder(join(src, 'config', 'local'))
  const wanted = new Map<string, Uint8Array>(build.inputs)
  for (const [name, text] of build.headers) wanted.set(`config/local/${name}`, Buffer.from(text))
  const folders = new Set([...build.inputs.keys()].map((path) => path.split('/')[0]!))
  for (const folder of [...folders].filter((name) => name.startsWith('ipxetool-'))) {
    for (const path of await filesBelow(src, folder)) if (!wanted.has(path)) await rm(join(src, path))
  }
  // empty ones are make's own: it touches those that are missing, and would compile everything again
  for (const path of await filesBelow(src, 'config/local')) {
    if (wanted.has(path) || !path.endsWith('.h')) continue
    if ((await stat(join(src, path))).size > 0) await rm(join(src, path))
  }
  for (const [path, bytes] of wanted) {
    const full = join(src, path)
    const there = await readFile(full).catch(() => undefined)
    if (there && Buffer.compare(there, bytes) === 0) continue
    await makeFolder(dirname(full))
    await writeFile(full, bytes)
  }
  for (const path of build.remove) await rm(join(src, path), { force: true })
}

async function filesBelow(src: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(src, folder), { withFileTypes: true, recursive: true }).catch(() => [])
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(src.length + 1))
}

async function readState(place: string): Promise<State | undefined> {
  try {
    const state = JSON.parse(await readFile(join(place, 'state.json'), 'utf8')) as Partial<State>
    return state.version === 1 ? (state as State) : undefined
  } catch {
    return undefined
  }
}

async function saveState(place: string, state: State): Promise<void> {
  const file = join(place, 'state.json')
  await writeFile(`${file}.new`, JSON.stringify(state))
  await rename(`${file}.new`, file)
}

async function dropOldTrees(folder: string, current: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^[0-9a-f]{64}$/.test(name) && name !== current)
  const dated = await Promise.all(
    names.map(async (name) => ({
      name,
      time: (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0,
    })),
  )
  dated.sort((a, b) => b.time - a.time)
  for (const { name } of dated.slice(keepTrees - 1)) {
    try {
      const release = await takeLock(join(folder, `${name}.lock`), name, { wait: false })
      await rm(join(folder, name), { recursive: true, force: true })
      await release()
    } catch {
      // somebody works in it
    }
  }
}

/** A lock between processes: a file that names who holds it. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { IpxetoolError } from '../diagnostics/error.js'

export interface Holder {
  pid: number
  host: string
  token: string
  /** Of the run of the machine and of the process, where the system tells (Linux): numbers of processes come again. */
  boot?: string
  started?: string
}

export interface LockOptions {
  /** Wait for the other one; default false. */
  wait?: boolean
  signal?: AbortSignal | undefined
  /** Called once when there is something to wait for. */
  onWait?: ((holder: Holder) => void) | undefined
}

const pollEvery = 150
/** A lock that has been written but holds nothing yet is its writer's for that long; milliseconds. */
const unreadableFor = 2000
const held = new Set<string>()

/** Identifies this run of the machine; what a process has written without an fsync is still there in the same run. */
export function bootId(): string | undefined {
  return text('/proc/sys/kernel/random/boot_id')?.trim()
}

function startOf(pid: number): string | undefined {
  // the second field is the name, which may hold blanks and brackets; the start is the 22nd (proc(5))
  const stat = text(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * @param what for the message: "the store …"
 * @returns gives it back
 * @throws IpxetoolError `locked` when somebody has it and `wait` is not set
 */
export async function takeLock(
  path: string,
  what: string,
  options: LockOptions = {},
): Promise<() => Promise<void>> {
  const boot = bootId()
  const started = startOf(process.pid)
  const token = randomUUID()
  const me: Holder = {
    pid: process.pid,
    host: hostname(),
    token,
    ...(boot !== undefined && { boot }),
    ...(started !== undefined && { started }),
  }
  let told = false
  let unreadable = 0
  for (;;) {
    options.signal?.throwIfAborted()
    try {
      await writeFile(path, JSON.stringify(me), { flag: 'wx' })
      held.add(token)
      return async () => {
        held.delete(token)
        await rm(path, { force: true })
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // made, but there was no room for what goes in it
      if (code === 'ENOSPC' || code === 'EDQUOT') await rm(path, { force: true })
      if (code !== 'EEXIST') throw error
    }
    const seen = await readFile(path, 'utf8').catch(() => undefined)
    if (seen === undefined) continue
    const holder = parse(seen)
    const stale = holder === undefined ? (unreadable += pollEvery) > unreadableFor : !isAlive(holder)
    if (stale) {
      unreadable = 0
      await dropStale(path, seen)
      continue
    }
    if (!options.wait && holder !== undefined) {
      throw new IpxetoolError('locked', `process ${holder.pid} on ${holder.host} is working on ${what}`, {
        hint: `wait until it has finished; if there is none, remove ${path}`,
      })
    }
    if (!told && holder !== undefined) {
      told = true
      options.onWait?.(holder)
    }
    await delay(pollEvery, undefined, options.signal ? { signal: options.signal } : {})
  }
}

/** Moves the lock of a dead process away; if that was somebody's new one after all, it goes back. */
async function dropStale(path: string, seen: string): Promise<void> {
  const aside = `${path}-${randomUUID()}`
  try {
    await rename(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if ((await readFile(aside, 'utf8')) === seen) await rm(aside, { force: true })
  else await rename(aside, path)
}

function parse(json: string): Holder | undefined {
  try {
    const { pid, host, token, boot, started } = (JSON.parse(json) ?? {}) as Partial<Holder>
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof token !== 'string') return undefined
    return {
      pid,
      host,
      token,
      ...(typeof boot === 'string' && { boot }),
      ...(typeof started === 'string' && { started }),
    }
  } catch {
    return undefined
  }
}

function isAlive({ pid, host, token, boot, started }: Holder): boolean {
  if (host !== hostname()) return true
  const now = bootId()
  if (boot !== undefined && now !== undefined && boot !== now) return false
  if (pid === process.pid) return held.has(token)
  const start = startOf(pid)
  if (started !== undefined && start !== undefined && started !== start) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

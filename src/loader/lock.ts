/** A lock between processes: a file that names who holds it. */
import { randomUUID } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { IpxetoolError } from '../diagnostics/error.js'

interface Holder {
  pid: number
  host: string
  token: string
  /** Numbers of processes come again: when this one began, where the system tells (Linux). */
  started: string | undefined
}

export interface LockOptions {
  signal?: AbortSignal | undefined
  /** Called once when there is something to wait for. */
  onWait?: ((pid: number) => void) | undefined
  /** False: `locked` is thrown when somebody has it. */
  wait: boolean
}

const held = new Set<string>()
const pollEvery = 200

/** @returns gives it back */
export async function takeLock(path: string, what: string, options: LockOptions): Promise<() => void> {
  const token = randomUUID()
  const me: Holder = { pid: process.pid, host: hostname(), token, started: startOf(process.pid) }
  let told = false
  let unreadable = 0
  for (;;) {
    options.signal?.throwIfAborted()
    try {
      writeFileSync(path, JSON.stringify(me), { flag: 'wx' })
      held.add(token)
      return () => {
        held.delete(token)
        rmSync(path, { force: true })
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const seen = text(path)
    if (seen === undefined) continue
    const holder = parse(seen)
    // one that is being written holds nothing yet
    if (holder === undefined ? ++unreadable > 10 : !isAlive(holder)) {
      unreadable = 0
      dropStale(path, seen)
      continue
    }
    if (!options.wait) {
      throw new IpxetoolError('locked', `process ${holder?.pid ?? '?'} is working on ${what}`, {
        hint: `wait until it has finished; if there is none, remove ${path}`,
      })
    }
    if (!told && holder) {
      told = true
      options.onWait?.(holder.pid)
    }
    await delay(pollEvery, undefined, options.signal ? { signal: options.signal } : {})
  }
}

/** Moves the lock of a dead process away; if that was somebody's new one after all, it goes back. */
function dropStale(path: string, seen: string): void {
  const aside = `${path}-${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (text(aside) === seen) rmSync(aside, { force: true })
  else renameSync(aside, path)
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function startOf(pid: number): string | undefined {
  // the second field is the name, which may hold blanks and brackets; the start is the 22nd (proc(5))
  const stat = text(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

function parse(json: string): Holder | undefined {
  try {
    const { pid, host, token, started } = JSON.parse(json) as Partial<Holder>
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof token !== 'string') return undefined
    return { pid, host, token, started }
  } catch {
    return undefined
  }
}

function isAlive({ pid, host, token, started }: Holder): boolean {
  if (host !== hostname()) return true
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

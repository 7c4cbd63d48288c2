/**
 * One build at a time for one output tree. `fetch` and `compile`, which write into the tree too, take the same lock.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { IpxetoolError } from '../diagnostics/error.js'
import { errorCode, treePaths } from './names.js'

interface Holder {
  pid: number
  host: string
  token: string
}

const held = new Set<string>()

/**
 * Runs `action` while nobody else writes to the tree `out`.
 * @throws IpxetoolError `build-running` when somebody does
 */
export async function withLock<T>(out: string, action: () => Promise<T>): Promise<T> {
  const { lock } = treePaths(out)
  const token = randomUUID()
  take(lock, out, token)
  held.add(token)
  try {
    return await action()
  } finally {
    held.delete(token)
    rmSync(lock, { force: true })
  }
}

function take(lock: string, out: string, token: string): void {
  const holder: Holder = { pid: process.pid, host: hostname(), token }
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      writeFileSync(lock, JSON.stringify(holder), { flag: 'wx' })
      return
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error
    }
    const text = read(lock)
    if (text === undefined) continue
    const other = parse(text)
    if (other === undefined || isAlive(other)) throw busy(lock, out, other)
    dropStale(lock, text)
  }
  throw busy(lock, out, undefined)
}

function busy(lock: string, out: string, other: Holder | undefined): IpxetoolError {
  const who = other === undefined ? 'another process' : `process ${other.pid} on ${other.host}`
  return new IpxetoolError('build-running', `${who} is writing to ${out}`, {
    hint: `wait until it has finished; if there is none, remove ${lock}`,
  })
}

/** Moves the lock of a dead process away; if that was somebody's new one after all, it goes back. */
function dropStale(lock: string, text: string): void {
  const aside = `${lock}-${randomUUID()}`
  try {
    renameSync(lock, aside)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return
    throw error
  }
  if (read(aside) === text) rmSync(aside, { force: true })
  else renameSync(aside, lock)
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function parse(text: string): Holder | undefined {
  try {
    const data = JSON.parse(text) as Partial<Holder> | null
    const { pid, host, token } = data ?? {}
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof token !== 'string') return undefined
    return { pid, host, token }
  } catch {
    return undefined
  }
}

function isAlive({ pid, host, token }: Holder): boolean {
  if (host !== hostname()) return true
  // a container gives every build the same number
  if (pid === process.pid) return held.has(token)
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errorCode(error) !== 'ESRCH'
  }
}

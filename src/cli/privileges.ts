/**
 * Root opens the ports below 1024, and is not needed for anything after that: `serve` goes on as another user. The way
 * back is closed: user, group and all other groups are set, and with them go the capabilities (capabilities(7)).
 */
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmdirSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import { onceFolder } from '../model/once.js'
import { ExitCode } from './exit-codes.js'

/** Every Unix has it. */
const NOBODY = 'nobody'

const KEEP_ROOT = 'root'

interface User {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** Decided while the process is root. */
export interface Successor extends User {
  /** Why that one cannot do what is needed: `cannot read /srv/boot`. */
  readonly problem: string | undefined
}

/**
 * The user to go on as: the one of `--user`, else the owner of the tree, and where that is root, `nobody`.
 *
 * @param stateFile where it is remembered which machines are installed, for a tree with machines that boot once
 * @param wish name or number
 * @returns undefined where there is nothing to give up: not root, or `--user root`
 * @throws IpxetoolError `no-such-user`, `not-root`, `tree-unreadable` (exit code 2)
 */
export function successor(tree: string, stateFile: string, wish: string | undefined): Successor | undefined {
  if (process.geteuid?.() !== 0) {
    if (wish === undefined) return undefined
    throw new IpxetoolError('not-root', `--user ${wish}: only root can become another user`, {
      exitCode: ExitCode.usage,
      hint: 'leave it out, or start as root',
    })
  }
  if (wish === KEEP_ROOT || wish === '0') return undefined
  const owner = statSync(tree, { throwIfNoEntry: false })?.uid ?? 0
  const who = wish === undefined ? (owner === 0 ? NOBODY : owner) : /^\d+$/.test(wish) ? Number(wish) : wish
  const found = as(who, () => ({ ...identity(who), problem: problem(tree, stateFile) }))
  if (found === undefined || found.uid === 0) {
    throw new IpxetoolError('no-such-user', `--user ${wish ?? who}: there is no such user here`, {
      exitCode: ExitCode.usage,
      hint: 'name one that exists (`getent passwd`), or --user root to stay root',
    })
  }
  if (found.problem !== undefined && wish !== undefined) {
    throw new IpxetoolError('tree-unreadable', `--user ${wish} ${found.problem}`, {
      exitCode: ExitCode.usage,
      hint: `let everybody read the tree (chmod -R a+rX ${tree}, and a+x above it), or name its owner`,
    })
  }
  return found
}

/** What the operator should know. */
export function userNote({ name, problem }: Successor): string {
  if (problem === undefined) return `the ports are open; from here on this runs as ${name}`
  return `this goes on as root, because ${name} ${problem} (chmod, or --user NAME, or --user root to say so)`
}

/** For good. @throws Error where the system does not let go of root */
export function become({ name, uid, gid }: User): void {
  setGroups(name, gid)
  process.setgid?.(gid)
  process.setuid?.(uid)
  try {
    process.setuid?.(0)
  } catch {
    return
  }
  throw new Error('root could be had back after it was given up')
}

/** Does something as that user and is root again. Undefined: there is none. */
function as<T>(who: string | number, work: () => T): T | undefined {
  const gid = process.getegid?.() ?? 0
  const groups = process.getgroups?.() ?? []
  try {
    process.seteuid?.(who)
  } catch {
    return undefined
  }
  try {
    // Its groups, without which root's would be tried: root has to set them.
    const own = identity(who)
    process.seteuid?.(0)
    setGroups(own.name, own.gid)
    process.setegid?.(own.gid)
    process.seteuid?.(own.uid)
    return work()
  } finally {
    process.seteuid?.(0)
    process.setegid?.(gid)
    process.setgroups?.(groups)
  }
}

function setGroups(name: string, gid: number): void {
  // Not in Node's types.
  const { initgroups } = process as { initgroups?: (user: string, extraGroup: number) => void }
  if (/^\d+$/.test(name)) process.setgroups?.([gid])
  else initgroups?.call(process, name, gid)
}

/** Of the effective user; one that is only a number has a group of the same number. */
function identity(who: string | number): User {
  try {
    const { username, uid, gid } = userInfo()
    return { name: username, uid, gid }
  } catch {
    return { name: String(who), uid: Number(who), gid: Number(who) }
  }
}

/** Not by `access`, which asks for the real user. The files below it are looked at when somebody wants them. */
function problem(tree: string, stateFile: string): string | undefined {
  try {
    for (const entry of readdirSync(tree, { withFileTypes: true }))
      if (entry.isFile()) closeSync(openSync(join(tree, entry.name), 'r'))
  } catch {
    return `cannot read ${tree}`
  }
  if (!hasOnceMachines(tree)) return undefined
  const folder = dirname(stateFile)
  try {
    rmdirSync(mkdtempSync(join(folder, '.ipxetool-')))
    return undefined
  } catch {
    return `cannot write in ${folder}, where it is remembered which \`boot: once\` machines are installed`
  }
}

function hasOnceMachines(tree: string): boolean {
  const folder = join(tree, 'machines')
  try {
    return readdirSync(folder).some((name) => readFileSync(join(folder, name), 'latin1').includes(onceFolder))
  } catch {
    return false
  }
}

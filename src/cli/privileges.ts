/**
 * Root opens the ports below 1024, and is not needed for anything after that: `serve` goes on as another user. The way
 * back is closed: user, group and all other groups are set, and with them go the capabilities (capabilities(7)).
 */
import {
  chownSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
} from 'node:fs'
import { userInfo } from 'node:os'
import { basename, dirname, join } from 'node:path'
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

interface Problem {
  readonly code: 'tree-unreadable' | 'state-not-written'
  /** What the user cannot do: `cannot read /srv/boot`. */
  readonly what: string
  /** How it could. */
  readonly way: string
}

/**
 * The user to go on as: the one of `--user`, else the owner of the tree, and where that is root, `nobody`. To be decided
 * while the process is root.
 *
 * @param stateFile where it is remembered which machines are installed, for a tree with machines that boot once
 * @param wish name or number
 * @returns undefined where there is nothing to give up: not root, or `--user root`
 * @throws IpxetoolError `no-such-user`, `not-root`, `tree-unreadable`, `state-not-written` (exit code 2)
 */
export function successor(tree: string, stateFile: string, wish: string | undefined): User | undefined {
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
  const found = as(who, () => {
    const user = identity(who)
    return { user, problem: problem(tree, stateFile, user) }
  })
  if (found === undefined || found.user.uid === 0) {
    throw new IpxetoolError('no-such-user', `--user ${wish ?? who}: there is no such user here`, {
      exitCode: ExitCode.usage,
      hint: 'name one that exists (`getent passwd`), or --user root to stay root',
    })
  }
  if (found.problem !== undefined) {
    const { code, what, way } = found.problem
    const { name } = found.user
    const subject =
      wish === undefined
        ? `once its ports are open this goes on as ${name}, who ${what}`
        : `--user ${wish} ${what}`
    throw new IpxetoolError(code, subject, {
      exitCode: ExitCode.usage,
      hint: `two ways out: ${way}; or say --user root, and it stays root`,
    })
  }
  return found.user
}

/** Whether that user can open the file; root asks. A program below /root is for root only. */
export function canRead(file: string, { name, uid }: User): boolean {
  return (
    as(name === String(uid) ? uid : name, () => {
      try {
        closeSync(openSync(file, 'r'))
        return true
      } catch {
        return false
      }
    }) === true
  )
}

/** What the operator should know. */
export function userNote({ name }: User): string {
  return `the ports are open; from here on this runs as ${name}`
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

/** What root has just made for somebody is theirs, as a recording. `nobody` owns nothing. */
export function handOver(file: string, { name, uid, gid }: User): void {
  if (name === NOBODY) return
  if (lstatSync(file, { throwIfNoEntry: false })?.isFile() === true) chownSync(file, uid, gid)
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
function problem(tree: string, stateFile: string, user: User): Problem | undefined {
  // Whoever serves it says so in better words.
  const isTree = asRoot(() => statSync(tree, { throwIfNoEntry: false })?.isDirectory() === true, user)
  if (!isTree) return undefined
  try {
    for (const entry of readdirSync(tree, { withFileTypes: true }))
      if (entry.isFile()) closeSync(openSync(join(tree, entry.name), 'r'))
  } catch {
    const closed = asRoot(() => closedFolders(tree), user)
    const above = closed.length === 0 ? '' : ` && chmod a+x ${closed.join(' ')}`
    return {
      code: 'tree-unreadable',
      what: `cannot read ${tree}`,
      way: `let everybody read it (chmod -R a+rX ${tree}${above})`,
    }
  }
  if (!hasOnceMachines(tree)) return undefined
  const folder = dirname(stateFile)
  try {
    rmdirSync(mkdtempSync(join(folder, '.ipxetool-')))
    return undefined
  } catch {
    const here = `/var/lib/ipxetool/${basename(stateFile)}`
    // Without what is in it all machines would be installed again.
    const copy = existsSync(stateFile) ? ` && cp ${stateFile} ${here}` : ''
    return {
      code: 'state-not-written',
      what: `cannot write in ${folder}, where it is remembered which \`boot: once\` machines are installed`,
      way: `give it a folder (install -d -o ${user.name} /var/lib/ipxetool${copy}) and name the file, --state ${here}`,
    }
  }
}

/** Folders above the tree through which not everybody gets. */
function closedFolders(tree: string): string[] {
  const closed: string[] = []
  for (let folder = dirname(tree); ; folder = dirname(folder)) {
    if (((statSync(folder, { throwIfNoEntry: false })?.mode ?? 1) & 1) === 0) closed.unshift(folder)
    if (folder === dirname(folder)) return closed
  }
}

/** Within {@link as}. */
function asRoot<T>(work: () => T, { uid }: User): T {
  process.seteuid?.(0)
  try {
    return work()
  } finally {
    process.seteuid?.(uid)
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

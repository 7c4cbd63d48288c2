/** `build --watch`: builds again whenever a file of the project changes. */
import { basename, dirname, relative, resolve, sep } from 'node:path'
import { watch } from 'chokidar'
import { treePaths } from '../build/names.js'
import type { BuildOutcome, BuildSession } from './build-session.js'

export interface WatchOptions {
  session: BuildSession
  /** Full path of the project's folder. */
  root: string
  /** Aborted: the watching ends, and a build that is under way leaves the tree as it was. */
  signal: AbortSignal
  /** After each build; the first one has no changes. */
  onBuild: (build: WatchedBuild) => void
  /** A build that threw: a tree that cannot be written, a folder that is gone. */
  onError: (error: unknown, seconds: number) => void
}

export interface WatchedBuild extends BuildOutcome {
  /** From the moment when the last change was noticed until the new tree was in its place. */
  seconds: number
  /** Paths below the root, those that were noticed first. */
  changes: readonly string[]
}

/** Changes that follow each other so closely are one: an editor that writes, renames and removes. Milliseconds. */
const quiet = 25
/** So long a stream of changes is waited for at most. */
const patience = 500

/**
 * Builds, then builds again after every change, until the signal ends it. The new scripts are in the tree as soon as
 * they are made; the preview follows when nothing else is to do.
 */
export async function watchProject({ session, root, signal, onBuild, onError }: WatchOptions): Promise<void> {
  const changes = new Set<string>()
  let wake: () => void = () => undefined
  const watcher = watch(root, {
    ignoreInitial: true,
    ignored: (path) => path !== root && isIgnored(path, root, session.out),
  })
  watcher.on('all', (event, path) => {
    // a new folder says nothing until there is something in it
    if (event === 'addDir') return
    changes.add(relative(root, path).split(sep).join('/'))
    wake()
  })
  watcher.on('error', (error) => {
    onError(error, 0)
  })
  const onAbort = (): void => {
    wake()
  }
  signal.addEventListener('abort', onAbort)
  const stopped = (): boolean => signal.aborted

  const change = async (limit?: number): Promise<boolean> => {
    const before = changes.size
    await new Promise<void>((done) => {
      const timer = limit === undefined ? undefined : setTimeout(done, limit)
      wake = () => {
        clearTimeout(timer)
        done()
      }
      if (stopped()) wake()
    })
    wake = () => undefined
    return changes.size > before
  }

  const build = async (noticed: readonly string[]): Promise<void> => {
    const start = performance.now()
    const seconds = (): number => (performance.now() - start) / 1000
    try {
      if (noticed.some((path) => !isScript(path))) session.forgetLinks()
      const outcome = await session.build('late')
      if (!stopped()) onBuild({ ...outcome, seconds: seconds(), changes: noticed })
    } catch (error) {
      if (!stopped()) onError(error, seconds())
    }
  }

  try {
    await new Promise<void>((ready) => {
      watcher.once('ready', ready)
      signal.addEventListener('abort', () => {
        ready()
      })
    })
    if (!stopped()) await build([])
    while (!stopped()) {
      if (changes.size === 0) {
        try {
          await session.latePreview()
        } catch (error) {
          if (!stopped()) onError(error, 0)
        }
      }
      if (changes.size === 0 && !stopped()) await change()
      const since = performance.now()
      while (!stopped() && performance.now() - since < patience) if (!(await change(quiet))) break
      if (stopped()) break
      const noticed = [...changes]
      changes.clear()
      await build(noticed)
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    await watcher.close()
  }
}

function isScript(path: string): boolean {
  return /\.(ipxe|ts|yaml)$/.test(path) && !path.startsWith('static/')
}

/** What a build makes, and what is nobody's source: folders of tools, files that editors keep for themselves. */
export function isIgnored(path: string, root: string, out: string | undefined): boolean {
  const own = out === undefined ? [] : Object.values(treePaths(out))
  if (own.some((mine) => path === mine || path.startsWith(`${mine}${sep}`))) return true
  // the lock and the new tree have names that nothing else has
  if (
    dirname(path) === dirname(resolve(out ?? root)) &&
    /^\..+\.ipxetool-(new|old|lock)/.test(basename(path))
  ) {
    return true
  }
  const parts = relative(root, path).split(sep)
  const name = parts.at(-1) ?? ''
  if (parts.some((part) => part === '.git' || part === 'node_modules')) return true
  return /^\.#|^#.*#$|~$|^\..*\.sw[a-p]x?$|^4913$|\.tmp(\.\d+)*$|^\.goutputstream-/.test(name)
}

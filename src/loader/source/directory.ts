/** A folder with the source of iPXE: copied with its times, never written to. */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, lstatSync, readdirSync } from 'node:fs'
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readFile,
  readlink,
  realpath,
  rename,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { PreparedSource, SourceContext } from './types.js'
import { isPartOfSource, noSource, versionOf } from './tree-facts.js'

interface Found {
  readonly path: string
  readonly kind: 'file' | 'link'
  readonly mode: number
  readonly size: number
  readonly mtimeMs: number
  /** Another one when somebody has written to it. */
  readonly stamp: string
}

/** What was hashed before: `[stamp, sha256]` by path; and the commit with its time in seconds. */
interface Index {
  version: 1
  commit?: [id: string, time: number]
  files: Record<string, [string, string]>
}

/**
 * The tree is known by its content, whether or not it has history; the commit is read where there is a `.git`.
 * @param folder full path
 * @throws IpxetoolError `not-ipxe`
 */
export async function directorySource(
  folder: string,
  name: string,
  { cache }: SourceContext,
): Promise<PreparedSource> {
  const root = await realpath(folder)
  const makefile = await readFile(join(root, 'src', 'Makefile'), 'utf8').catch(() => undefined)
  if (makefile === undefined) throw noSource(name, 'there is no src/Makefile in it')
  const { files, hasLocal } = listTree(root)
  const indexFile = join(cache, 'sources', `directory-${sha(root)}.json`)
  const before = await readIndex(indexFile)
  const { id, changed, index } = await contentId(root, files, before)
  const commit = await commitOf(root)
  const isKnown = commit !== undefined && before.commit?.[0] === commit
  const commitTime = isKnown
    ? before.commit?.[1]
    : commit === undefined
      ? undefined
      : await timeOf(root, commit)
  if (commit !== undefined && commitTime !== undefined) index.commit = [commit, commitTime]
  if (changed || (!isKnown && index.commit)) await saveIndex(indexFile, index)
  const newest = files.reduce((most, { mtimeMs }) => Math.max(most, mtimeMs), 0)
  // the time of a copy is no property of the source: with history it is the commit's, else of the newest file
  const time = commitTime ?? Math.floor(newest / 1000)
  const version = versionOf(makefile, { commit, time, name: basename(root) })
  if (version === undefined) throw noSource(name, 'src/Makefile names no version')
  return {
    identity: { id, version, commit, time },
    name,
    notes: hasLocal
      ? [`src/config/local of ${name} is not used: give build options by --define or in ipxetool.yaml`]
      : [],
    unpack: async (target, signal) => {
      for (const file of files) {
        signal?.throwIfAborted()
        await copyOne(root, target, file)
      }
    },
  }
}

async function copyOne(root: string, target: string, { path, kind, mode, mtimeMs }: Found): Promise<void> {
  const to = join(target, path)
  await mkdir(dirname(to), { recursive: true })
  if (kind === 'link') {
    await symlink(await readlink(join(root, path)), to)
    return
  }
  await copyFile(join(root, path), to)
  await chmod(to, (mode & 0o777) | 0o600)
  await utimes(to, mtimeMs / 1000, mtimeMs / 1000)
}

/** Synchronous: a promise for each of three thousand files takes ten times as long. */
function listTree(root: string): { files: Found[]; hasLocal: boolean } {
  const files: Found[] = []
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder === '' ? root : `${root}/${folder}`, { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (!isPartOfSource(path)) continue
      if (entry.isDirectory()) visit(path)
      if (!entry.isFile() && !entry.isSymbolicLink()) continue
      const { mode, size, mtimeMs, ctimeMs, ino } = lstatSync(`${root}/${path}`)
      const kind = entry.isFile() ? 'file' : 'link'
      files.push({ path, kind, mode, size, mtimeMs, stamp: `${ino} ${size} ${mtimeMs} ${ctimeMs}` })
    }
  }
  visit('')
  files.sort((a, b) => (a.path < b.path ? -1 : 1))
  const local = join(root, 'src', 'config', 'local')
  const headers = existsSync(local) ? readdirSync(local).filter((file) => file.endsWith('.h')) : []
  return { files, hasLocal: headers.some((file) => lstatSync(join(local, file)).size > 0) }
}

/** Over paths, kinds, the execute bit and contents; times do not count. */
async function contentId(
  root: string,
  files: readonly Found[],
  before: Index,
): Promise<{ id: string; changed: boolean; index: Index }> {
  const index: Index = { version: 1, files: {} }
  let changed = Object.keys(before.files).length !== files.length
  const all = createHash('sha256')
  for (const { path, kind, mode, stamp } of files) {
    const known = before.files[path]
    let digest = known?.[0] === stamp ? known[1] : undefined
    if (digest === undefined) {
      changed = true
      digest = kind === 'link' ? sha(await readlink(join(root, path))) : await hashFile(join(root, path))
    }
    index.files[path] = [stamp, digest]
    all.update(`${kind} ${(mode & 0o100) === 0 ? '-' : 'x'} ${digest} ${path}\0`)
  }
  return { id: `sha256:${all.digest('hex')}`, changed, index }
}

async function readIndex(file: string): Promise<Index> {
  try {
    const data = JSON.parse(await readFile(file, 'utf8')) as Partial<Index>
    if (data.version === 1 && typeof data.files === 'object') return data as Index
  } catch {
    // it only saves time
  }
  return { version: 1, files: {} }
}

async function saveIndex(file: string, index: Index): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const temporary = `${file}.${process.pid}`
  await writeFile(temporary, JSON.stringify(index))
  await rename(temporary, file)
}

/** Of HEAD, read from the files of git; undefined where there is no history or it cannot be read. */
async function commitOf(root: string): Promise<string | undefined> {
  const git = await gitFolder(root)
  if (git === undefined) return undefined
  const head = (await text(join(git, 'HEAD'))) ?? ''
  const ref = /^ref: (\S+)$/m.exec(head)?.[1]
  const common = ((await text(join(git, 'commondir'))) ?? '').trim()
  const shared = common === '' ? git : join(git, common)
  const found =
    ref === undefined
      ? head.trim()
      : ((await text(join(git, ref))) ??
        (await text(join(shared, ref))) ??
        (await text(join(shared, 'packed-refs')))
          ?.split('\n')
          .find((line) => line.endsWith(` ${ref}`))
          ?.slice(0, 40))
  return found !== undefined && /^[0-9a-f]{40}$/.test(found.trim()) ? found.trim() : undefined
}

async function gitFolder(root: string): Promise<string | undefined> {
  const path = join(root, '.git')
  const info = await lstat(path).catch(() => undefined)
  if (info === undefined) return undefined
  if (info.isDirectory()) return path
  const target = /^gitdir: (.+)$/m.exec((await text(path)) ?? '')?.[1]
  return target === undefined ? undefined : join(target.startsWith('/') ? '' : root, target)
}

/** Seconds; undefined where git cannot say. */
async function timeOf(root: string, commit: string): Promise<number | undefined> {
  const { runProcess } = await import('../process.js')
  const { code, stdout } = await runProcess({
    command: 'git',
    args: ['-c', `safe.directory=${root}`, '-C', root, 'show', '-s', '--format=%ct', commit],
  })
  const time = Number(stdout.trim())
  return code === 0 && Number.isInteger(time) && time > 0 ? time : undefined
}

async function text(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk)
  return hash.digest('hex')
}

function sha(value: string): string {
  return createHash('sha256').update(value).digest('hex')
}

/** Where `ipxetool fetch` works and what it finds there: the project, its catalog, its lock, what its menus use. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { IpxetoolError, isIpxetoolError } from '../diagnostics/error.js'
import { prettyReport } from '../diagnostics/reporters/pretty.js'
import type { Catalog } from '../fetch/catalog/catalog.js'
import { loadCatalog } from '../fetch/catalog/load.js'
import type { FetchArchitecture, LockedSet, PinnedKey } from '../fetch/types.js'
import { writeDurably } from '../fetch/store.js'
import { usesAssets } from '../model/assets.js'
import { lockName, parseUse, printLock } from '../model/lock.js'
import { configName, type ProjectConfig, readConfig } from '../project/config.js'
import { parseLock } from '../project/lock-file.js'
import { loadProject } from '../project/project.js'
import type { FetchOptions } from './fetch-options.js'
import { findProject } from './find-project.js'
import type { Io } from './io.js'
import { nodeHost } from './node-host.js'

export interface Tree {
  /** Full path of the folder that has `assets/` and the lock. */
  root: string
  /** The folder of `ipxetool.yaml` as the user knows it, when there is one. */
  project: string | undefined
}

/** @throws IpxetoolError when `--project` names no project */
export async function treeOf(options: FetchOptions, io: Io): Promise<Tree> {
  let project: string | undefined
  try {
    project = await findProject(io.cwd, options.project)
  } catch (error) {
    if (options.project !== undefined || !isIpxetoolError(error)) throw error
  }
  return { root: resolve(io.cwd, options.dest ?? project ?? '.'), project }
}

/**
 * The shipped distributions, those of `--catalog`, and those of `ipxetool.yaml`, which come first.
 *
 * @throws IpxetoolError `bad-catalog`, `bad-project`, `unreadable`
 */
export async function catalogOf(
  tree: Tree,
  options: FetchOptions,
  keys: readonly PinnedKey[],
  io: Io,
): Promise<Catalog> {
  const files = await Promise.all(
    (options.catalog ?? []).map(async (path) => ({
      path,
      bytes: await readUser(resolve(io.cwd, path), path),
    })),
  )
  const config = tree.project === undefined ? undefined : await configOf(tree.project, io)
  const { catalog, diagnostics } = loadCatalog({
    files,
    own: config?.distributions ?? [],
    keys: [...(config?.keys ?? []), ...keys],
  })
  if (diagnostics.length === 0) return catalog
  const sources = new Map(files.map(({ path, bytes }) => [path, bytes]))
  throw new IpxetoolError(
    'bad-catalog',
    `the catalog has mistakes\n${prettyReport(diagnostics, sources, { color: false, width: 120 })}`,
  )
}

async function configOf(project: string, io: Io): Promise<ProjectConfig> {
  const { config, diagnostics, bytes } = await readConfig(project, nodeHost(io.cwd, io.stderr))
  if (config !== undefined) return config
  const sources = new Map(bytes === undefined ? [] : [[diagnostics[0]?.file ?? configName, bytes]])
  throw new IpxetoolError(
    'bad-project',
    `the project has mistakes\n${prettyReport(diagnostics, sources, { color: false, width: 120 })}`,
  )
}

async function readUser(full: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(full)
  } catch (error) {
    throw new IpxetoolError(
      'unreadable',
      `${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}`,
      { cause: error },
    )
  }
}

/** @throws IpxetoolError `lock-file` */
export async function readSets(root: string): Promise<readonly LockedSet[]> {
  const bytes = await readFile(join(root, lockName)).catch(() => undefined)
  if (bytes === undefined) return []
  const { sets, diagnostics } = parseLock(lockName, bytes)
  const [problem] = diagnostics
  if (!problem) return sets
  const { start } = problem.place ?? {}
  throw new IpxetoolError(
    'lock-file',
    `${lockName}${start ? `:${start.line}:${start.column}` : ''}: ${problem.reason}`,
    {
      ...(problem.note !== undefined && { hint: problem.note }),
    },
  )
}

/** The same sets leave the file as it is. */
export async function writeSets(root: string, sets: readonly LockedSet[]): Promise<void> {
  const path = join(root, lockName)
  const text = printLock(sets)
  const old = await readFile(path, 'utf8').catch(() => '')
  if (text !== old) await writeDurably(path, text)
}

export interface Wanted {
  name: string
  want: string | undefined
  architecture: FetchArchitecture
}

/** What was named, else all that the menus of the project use, else all that is locked. */
export async function wantedSets(
  distro: string | undefined,
  channel: string | undefined,
  sets: readonly LockedSet[],
  architectures: readonly FetchArchitecture[],
  { project: folder }: Tree,
  io: Io,
): Promise<Wanted[]> {
  const each = (name: string, want: string | undefined): Wanted[] => {
    const known = sets.filter((set) => set.distribution === name && (set.channel ?? set.version) === want)
    const own = architectures.length > 0 ? architectures : known.map((set) => set.architecture)
    return (own.length > 0 ? own : (['x86_64'] as const)).map((architecture) => ({
      name,
      want,
      architecture,
    }))
  }
  if (distro !== undefined) return each(distro, channel)
  const uses = new Map<string, [string, string | undefined]>()
  if (folder !== undefined) {
    const { project } = await loadProject(folder, nodeHost(io.cwd, io.stderr), {
      environment: io.env,
      variables: new Map(),
    })
    for (const entry of project?.model.menus.flatMap(({ entries }) => entries) ?? []) {
      if (!usesAssets(entry)) continue
      const use = parseUse(entry.use)
      uses.set(`${use.distribution} ${use.channel ?? ''}`, [use.distribution, use.channel])
    }
  }
  if (uses.size === 0)
    for (const set of sets)
      uses.set(`${set.distribution} ${set.channel ?? set.version}`, [
        set.distribution,
        set.channel ?? set.version,
      ])
  if (uses.size === 0) {
    throw new IpxetoolError(
      'nothing-to-fetch',
      'nothing says what to fetch: no menu has a `use:`, and nothing is locked',
      {
        exitCode: 2,
        hint: 'name a distribution: ipxetool fetch coreos stable; `ipxetool fetch --list` shows all',
      },
    )
  }
  return [...uses.values()].flatMap(([name, want]) => each(name, want))
}

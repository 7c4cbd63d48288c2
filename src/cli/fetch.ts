/** `ipxetool fetch [DISTRO [CHANNEL]]`: kernels and initrds, verified, into `assets/` and `ipxetool.lock`. */
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { prettyReport } from '../diagnostics/reporters/pretty.js'
import { IpxetoolError, isIpxetoolError } from '../diagnostics/error.js'
import type { Catalog } from '../fetch/catalog/catalog.js'
import { loadCatalog } from '../fetch/catalog/load.js'
import { resolveRelease } from '../fetch/catalog/resolve.js'
import { fetchSet, placeSet } from '../fetch/fetch-set.js'
import { hashFile, Store, writeDurably } from '../fetch/store.js'
import { takeLock } from '../fetch/store-lock.js'
import { createClient } from '../fetch/transfer/client.js'
import {
  fetchArchitectures,
  type FetchArchitecture,
  type LockedSet,
  tiers,
  type Tier,
} from '../fetch/types.js'
import { KeyRing } from '../fetch/verify/key-ring.js'
import { reaches, refuseDowngrade } from '../fetch/verify/policy.js'
import { usesAssets } from '../model/assets.js'
import { assetPath, findSet, lockName, mergeSets, parseUse, printLock, setName } from '../model/lock.js'
import { parseLock } from '../project/lock-file.js'
import { loadProject } from '../project/project.js'
import { ExitCode } from './exit-codes.js'
import { fetchReporter } from './fetch-report.js'
import { findProject } from './find-project.js'
import type { Io } from './io.js'
import { nodeHost } from './node-host.js'
import { packageVersion } from './main.js'

export interface FetchOptions {
  arch?: string[]
  version?: string
  mirror?: string
  list?: boolean
  offline?: boolean
  verify?: boolean
  require?: string
  allowUnsigned?: boolean
  allowDowngrade?: boolean
  key?: string[]
  catalog?: string[]
  limitRate?: string
  parallel?: string
  dest?: string
  project?: string
  json?: boolean
  quiet?: boolean
}

/** @throws IpxetoolError for all that is wrong with the call, the network, the disk and the files */
export async function runFetch(
  distro: string | undefined,
  channel: string | undefined,
  options: FetchOptions,
  io: Io,
): Promise<number> {
  const settings = parseOptions(options)
  const { root, isProject } = await rootOf(options, io)
  const catalog = await catalogOf(options, io)
  if (options.list === true) return list(catalog, await readSets(root), io, options)

  const storeFolder = join(
    io.env['XDG_CACHE_HOME'] || join(io.env['HOME'] ?? homedir(), '.cache'),
    'ipxetool',
  )
  const store = await Store.open(join(storeFolder, 'store'))
  const unlock = await takeLock(join(root, '.ipxetool-fetch.lock'), `the tree ${root}`, {})
  const report = fetchReporter(options, io)
  const client = createClient({
    environment: io.env,
    userAgent: `ipxetool/${packageVersion()}`,
    signal: io.signal,
  })
  try {
    const sets = await readSets(root)
    if (options.verify === true) return await verify(sets, root, report)
    if (!isProject)
      report.note(`no ipxetool.yaml here: files go to ${join(root, 'assets')}, their lock is ${lockName}`)
    const wanted = await wantedSets(distro, channel, sets, settings.architectures, isProject, options, io)
    let locked = sets
    for (const { name, want, architecture } of wanted) {
      const distribution = catalog.findDistribution(name)
      if (options.offline === true) {
        const offline = locked.filter(
          (set) =>
            set.distribution === distribution.id &&
            set.architecture === architecture &&
            (want === undefined || set.channel === want || set.version === want),
        )
        if (offline.length === 0) {
          throw new IpxetoolError(
            'not-locked',
            `${name} ${want ?? ''}`.trim() + ` (${architecture}) is not in ${lockName}`,
            {
              hint: 'fetch it once with the network there',
            },
          )
        }
        for (const set of offline) {
          requireTier(set, settings.require)
          await placeSet(set, store, root)
          report.set(set)
        }
        continue
      }
      const keyRing = new KeyRing({
        document: client.document,
        folder: store.keysFolder,
        alsoFrom: () => distribution.keys?.flatMap(({ url }) => url ?? []) ?? [],
      })
      const now = new Date()
      const release = await resolveRelease(
        distribution,
        {
          architecture,
          channel: want,
          version: options.version,
          mirror: options.mirror,
          keys: catalog.keys,
          allowUnsigned: options.allowUnsigned,
        },
        { document: client.document, keys: keyRing, now },
      )
      for (const note of release.notes) report.note(note)
      const like = { ...release, files: [], arguments: [] } as unknown as LockedSet
      const before = findSet(locked, like)
      if (options.allowDowngrade !== true) {
        refuseDowngrade(
          `${distribution.id} ${release.channel ?? ''}`.trim(),
          { locked: before?.version, found: release.version },
          { asked: options.version !== undefined, prerelease: distribution.prerelease },
        )
      }
      report.start(release)
      const set = await fetchSet(release, {
        client,
        store,
        keyRing,
        now,
        policy: { require: settings.require, allowUnsigned: options.allowUnsigned },
        locked: before,
        events: (event) => {
          report.event(event)
        },
        signal: io.signal,
        ...(settings.parallel !== undefined && { parallel: settings.parallel }),
        ...(settings.limitRate !== undefined && { limitRate: settings.limitRate }),
      })
      await placeSet(set, store, root)
      locked = mergeSets(locked, [set])
      const text = printLock(locked)
      const old = await readFile(join(root, lockName), 'utf8').catch(() => '')
      if (text !== old) await writeDurably(join(root, lockName), text)
      report.set(set)
    }
    return ExitCode.ok
  } catch (error) {
    if (!io.signal.aborted) throw error
    throw new IpxetoolError(
      'interrupted',
      'interrupted: what has come is kept, and the next fetch goes on from there',
      {
        cause: error,
      },
    )
  } finally {
    report.close()
    await client.close()
    await unlock()
  }
}

interface Settings {
  architectures: FetchArchitecture[]
  require: Tier | undefined
  parallel: number | undefined
  limitRate: number | undefined
}

function parseOptions(options: FetchOptions): Settings {
  const bad = (option: string, value: string, hint: string): IpxetoolError =>
    new IpxetoolError('bad-option', `${option} ${value} is not possible`, { exitCode: 2, hint })
  const architectures = (options.arch ?? []).flatMap((text) => text.split(','))
  for (const name of architectures) {
    if (!(fetchArchitectures as readonly string[]).includes(name))
      throw bad('--arch', name, `possible are ${fetchArchitectures.join(', ')}`)
  }
  const { require, parallel, limitRate } = options
  if (require !== undefined && !(tiers as readonly string[]).includes(require))
    throw bad('--require', require, `possible are ${tiers.join(', ')}`)
  if (parallel !== undefined && !/^[1-9]\d?$/.test(parallel))
    throw bad('--parallel', parallel, 'a number from 1 to 99')
  const rate = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(limitRate ?? '1')
  if (!rate || Number(rate[1]) <= 0) throw bad('--limit-rate', limitRate ?? '', 'bytes per second: 500k, 10M')
  const factor = { '': 1, k: 1e3, M: 1e6, G: 1e9 }[rate[2] as '' | 'k' | 'M' | 'G']
  return {
    architectures: architectures as FetchArchitecture[],
    require: require as Tier | undefined,
    parallel: parallel === undefined ? undefined : Number(parallel),
    limitRate: limitRate === undefined ? undefined : Number(rate[1]) * factor,
  }
}

async function rootOf(options: FetchOptions, io: Io): Promise<{ root: string; isProject: boolean }> {
  if (options.dest !== undefined) return { root: resolve(io.cwd, options.dest), isProject: false }
  try {
    return { root: resolve(io.cwd, await findProject(io.cwd, options.project)), isProject: true }
  } catch (error) {
    if (options.project !== undefined || !isIpxetoolError(error)) throw error
    return { root: io.cwd, isProject: false }
  }
}

async function catalogOf(options: FetchOptions, io: Io): Promise<Catalog> {
  const files = await Promise.all(
    (options.catalog ?? []).map(async (path) => ({
      path,
      bytes: await readUser(resolve(io.cwd, path), path),
    })),
  )
  const keys = (options.key ?? []).map((text) => {
    const fingerprint = text.replace(/[\s:]/g, '').toUpperCase()
    if (/^([0-9A-F]{40}|[0-9A-F]{64})$/.test(fingerprint)) return { fingerprint, owner: 'added by you' }
    throw new IpxetoolError('bad-option', `--key ${text} is no fingerprint`, {
      exitCode: 2,
      hint: 'the full fingerprint of the primary key, 40 or 64 hex digits',
    })
  })
  const { catalog, diagnostics } = loadCatalog({ files, keys })
  if (diagnostics.length === 0) return catalog
  const sources = new Map(files.map(({ path, bytes }) => [path, bytes]))
  throw new IpxetoolError(
    'bad-catalog',
    `the catalog has mistakes\n${prettyReport(diagnostics, sources, { color: false, width: 120 })}`,
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

async function readSets(root: string): Promise<readonly LockedSet[]> {
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

interface Wanted {
  name: string
  want: string | undefined
  architecture: FetchArchitecture
}

/** What was named, else all that the menus of the project use, else all that is locked. */
async function wantedSets(
  distro: string | undefined,
  channel: string | undefined,
  sets: readonly LockedSet[],
  architectures: readonly FetchArchitecture[],
  isProject: boolean,
  options: FetchOptions,
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
  if (isProject) {
    const root = await findProject(io.cwd, options.project)
    const { project } = await loadProject(root, nodeHost(io.cwd, io.stderr), {
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

function requireTier(set: LockedSet, least: Tier | undefined): void {
  const bad = least && set.files.find(({ tier }) => !reaches(tier, least))
  if (!bad) return
  throw new IpxetoolError(
    'not-trusted',
    `${bad.name} of ${setName(set)} is \`${bad.tier}\`, and \`${least}\` is required`,
  )
}

async function verify(
  sets: readonly LockedSet[],
  root: string,
  report: ReturnType<typeof fetchReporter>,
): Promise<number> {
  let bad = 0
  for (const set of sets) {
    for (const file of set.files) {
      const path = assetPath(set, file)
      const found = await hashFile(join(root, path)).catch(() => undefined)
      if (found !== file.sha256) bad++
      report.verified(
        path,
        found === file.sha256 ? 'good' : found === undefined ? 'missing' : 'changed',
        file.tier,
      )
    }
  }
  return bad === 0 ? ExitCode.ok : ExitCode.problems
}

function list(catalog: Catalog, sets: readonly LockedSet[], io: Io, options: FetchOptions): number {
  const rows = catalog.distributions.map((one) => ({
    distribution: one.id,
    title: one.title,
    status: one.status,
    channels: Object.keys(one.channels),
    architectures: Object.keys(one.architectures),
    locked: sets
      .filter(({ distribution }) => distribution === one.id)
      .map((set) => ({
        set: setName(set),
        version: set.version,
        tiers: [...new Set(set.files.map(({ tier }) => tier))],
      })),
  }))
  if (options.json === true) {
    io.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`)
    return ExitCode.ok
  }
  for (const { distribution, title, status, channels, architectures, locked } of rows) {
    const what = status === 'ended' ? 'ended' : `${channels.join(' ')}  (${architectures.join(' ')})`
    io.stdout.write(`${distribution.padEnd(16)} ${title.padEnd(28)} ${what}\n`)
    for (const one of locked)
      io.stdout.write(`${' '.repeat(17)}here: ${one.set} ${one.version}, ${one.tiers.join(', ')}\n`)
  }
  return ExitCode.ok
}

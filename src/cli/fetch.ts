/** `ipxetool fetch [DISTRO [CHANNEL]]`: kernels and initrds, verified, into `assets/` and `ipxetool.lock`. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { IpxetoolError, isIpxetoolError } from '../diagnostics/error.js'
import { Store } from '../fetch/store.js'
import { takeLock } from '../files/lock.js'
import { createClient, type HttpClient } from '../fetch/transfer/client.js'
import { diskFailure } from '../fetch/transfer/failure.js'
import { lockName } from '../model/lock.js'
import { ExitCode } from './exit-codes.js'
import { exportSets, importSets } from './fetch-carry.js'
import { runList } from './fetch-list.js'
import { fetchOnline } from './fetch-online.js'
import { type FetchOptions, parseOptions, type Settings } from './fetch-options.js'
import { fetchReporter, type FetchReporter } from './fetch-report.js'
import { fetchOffline, prune, verify } from './fetch-stored.js'
import { catalogOf, readSets, type Tree, treeOf, wantedSets } from './fetch-tree.js'
import type { Catalog } from '../fetch/catalog/catalog.js'
import type { Io } from './io.js'
import { packageVersion } from './main.js'
import { makeFolder } from '../files/folder.js'

/** What all actions that change something work with. */
export interface FetchSession {
  tree: Tree
  catalog: Catalog
  store: Store
  settings: Settings
  options: FetchOptions
  report: FetchReporter
  io: Io
}

/** @throws IpxetoolError for all that is wrong with the call, the network, the disk and the files */
export async function runFetch(
  distro: string | undefined,
  channel: string | undefined,
  options: FetchOptions,
  io: Io,
): Promise<number> {
  const settings = parseOptions(options)
  const tree = await treeOf(options, io)
  const report = fetchReporter(options, io)
  let unlock: (() => Promise<void>) | undefined
  try {
    const catalog = await catalogOf(tree, options, settings.keys, io)
    if (options.list === true) return await runList(distro, { tree, catalog, settings, options, io })
    if (options.verify === true) return await verify(await readSets(tree.root), tree.root, report)
    // shared by all projects of a user
    const store = await Store.open(join(cacheFolder(io), 'store'))
    unlock = await lockTree(tree.root, report, io)
    const session: FetchSession = { tree, catalog, store, settings, options, report, io }
    return await act(distro, channel, session)
  } catch (error) {
    if (io.signal.aborted) {
      throw new IpxetoolError(
        'interrupted',
        'interrupted: what has come is kept, and the next fetch goes on from there',
        { cause: error },
      )
    }
    if (isIpxetoolError(error)) throw error
    const path = pathOf(error)
    const code = (error as NodeJS.ErrnoException).code ?? ''
    // a file of the user's: an archive that is not there, a folder where it should go
    if (path !== undefined && ['ENOENT', 'EISDIR', 'ENOTDIR'].includes(code))
      throw new IpxetoolError('unreadable', `${path} cannot be used: ${code}`, { cause: error })
    throw diskFailure(error, path ?? tree.root)?.toError() ?? error
  } finally {
    report.close()
    await unlock?.()
  }
}

async function act(
  distro: string | undefined,
  channel: string | undefined,
  session: FetchSession,
): Promise<number> {
  const { tree, options, settings, report, io } = session
  if (options.prune === true) return prune(session)
  if (options.export !== undefined) return exportSets(options.export, distro, channel, session)
  if (options.import !== undefined) return importSets(options.import, session)

  const sets = await readSets(tree.root)
  if (tree.project === undefined)
    report.note(`no ipxetool.yaml here: files go to ${join(tree.root, 'assets')}, their lock is ${lockName}`)
  const wanted = await wantedSets(distro, channel, sets, settings.architectures, tree, io)
  if (options.offline === true) return fetchOffline(wanted, sets, session)
  const client = clientFor(io)
  try {
    await fetchOnline(wanted, sets, client, session)
    return ExitCode.ok
  } finally {
    await client.close()
  }
}

function clientFor(io: Io): HttpClient {
  return createClient({
    environment: io.env,
    userAgent: `ipxetool/${packageVersion()}`,
    signal: io.signal,
  })
}

/** Two fetches on one tree go one after the other. */
async function lockTree(root: string, report: FetchReporter, io: Io): Promise<() => Promise<void>> {
  await makeFolder(root).catch((error: unknown) => {
    const known = diskFailure(error, root)?.toError()
    // ENOENT comes too where the file system takes no folders
    throw known ?? new IpxetoolError('not-writable', `the folder ${root} cannot be made`, { cause: error })
  })
  return takeLock(join(root, '.ipxetool-fetch.lock'), `the tree ${root}`, {
    wait: true,
    signal: io.signal,
    onWait: (holder) => {
      report.note(`waiting for process ${holder.pid} on ${holder.host}, which is fetching into ${root}`)
    },
  })
}

function cacheFolder(io: Io): string {
  const cache = io.env['XDG_CACHE_HOME'] || join(io.env['HOME'] ?? homedir(), '.cache')
  return join(cache, 'ipxetool')
}

function pathOf(error: unknown): string | undefined {
  const path = (error as { path?: unknown } | null)?.path
  return typeof path === 'string' ? path : undefined
}

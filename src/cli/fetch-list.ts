/** `fetch --list`: what there is, which versions are newest, what is here, and how far each is trusted. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Distribution } from '../data/catalog/schema.js'
import { isIpxetoolError } from '../diagnostics/error.js'
import type { Catalog } from '../fetch/catalog/catalog.js'
import { listDistributions } from '../fetch/catalog/list.js'
import { latestVersion } from '../fetch/catalog/resolve.js'
import { createClient, type HttpClient } from '../fetch/transfer/client.js'
import { fetchArchitectures, type LockedSet, type Tier, tiers } from '../fetch/types.js'
import { KeyRing } from '../fetch/verify/key-ring.js'
import { assetPath } from '../model/lock.js'
import { ExitCode } from './exit-codes.js'
import type { FetchOptions, Settings } from './fetch-options.js'
import { readSets, type Tree } from './fetch-tree.js'
import type { Io } from './io.js'
import { packageVersion } from './main.js'

interface ListContext {
  tree: Tree
  catalog: Catalog
  settings: Settings
  options: FetchOptions
  io: Io
}

interface HereSet {
  version: string
  architecture: string
  /** Of its least trusted file. */
  tier: Tier
  /** All its files are below `assets/`, as long as the lock says. `--verify` hashes them. */
  complete: boolean
}

interface Row {
  distribution: string
  title: string
  status: 'active' | 'ended'
  note?: string
  /** The best that its least trusted file can reach. */
  tier?: Tier
  architectures: readonly string[]
  channels: {
    channel: string
    /** Null when nobody was asked, or nobody answered in time. */
    newest: string | null
    /** Why not. */
    reason?: string
    here: HereSet[]
  }[]
  /** Locked by version, or in a channel that is no more. */
  others: (HereSet & { name: string })[]
}

/** For all servers together; one that is slower is shown as `?`. Milliseconds. */
const timeLimit = 6000

/** @throws IpxetoolError `unknown-distribution` for a name, `lock-file` */
export async function runList(name: string | undefined, context: ListContext): Promise<number> {
  const { catalog, options, io, tree } = context
  const chosen = name === undefined ? undefined : catalog.findDistribution(name)
  const sets = await readSets(tree.root)
  const newest = options.offline === true ? undefined : await askAll(chosen, context)
  io.signal.throwIfAborted()
  const rows: Row[] = []
  for (const listed of listDistributions(catalog)) {
    const { id, title, status, note, tier, architectures, channels } = listed
    if (chosen !== undefined && chosen.id !== id) continue
    const own = sets.filter(({ distribution }) => distribution === id)
    const others = own.filter(({ channel }) => channel === undefined || !channels.includes(channel))
    rows.push({
      distribution: id,
      title,
      status,
      ...(note !== undefined && { note }),
      ...(tier !== undefined && { tier }),
      architectures,
      channels: await Promise.all(
        channels.map(async (channel) => ({
          channel,
          ...(newest?.get(`${id} ${channel}`) ?? { newest: null }),
          here: await Promise.all(
            own.filter((set) => set.channel === channel).map((set) => here(set, tree.root)),
          ),
        })),
      ),
      others: await Promise.all(
        others.map(async (set) => ({ name: set.channel ?? set.version, ...(await here(set, tree.root)) })),
      ),
    })
  }
  if (options.json === true) io.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`)
  else
    for (const row of rows)
      io.stdout.write(shown(row, { asked: newest !== undefined, why: chosen !== undefined }))
  const silent = [...(newest?.values() ?? [])].some((one) => one.newest === null)
  if (silent && chosen === undefined && options.json !== true && options.quiet !== true)
    io.stderr.write('?: no answer that could be used; `ipxetool fetch --list NAME` says why\n')
  return ExitCode.ok
}

async function here(set: LockedSet, root: string): Promise<HereSet> {
  const sizes = await Promise.all(
    set.files.map((file) => stat(join(root, assetPath(set, file))).catch(() => undefined)),
  )
  return {
    version: set.version,
    architecture: set.architecture,
    tier: [...tiers].reverse().find((tier) => set.files.some((file) => file.tier === tier)) ?? 'none',
    complete: set.files.every((file, index) => sizes[index]?.size === file.size),
  }
}

type Newest = { newest: string } | { newest: null; reason: string }

/** All servers at once; none is waited for longer than the limit. By "distribution channel". */
async function askAll(chosen: Distribution | undefined, context: ListContext): Promise<Map<string, Newest>> {
  const { catalog, io } = context
  const late = AbortSignal.timeout(timeLimit)
  const client = createClient({
    environment: io.env,
    userAgent: `ipxetool/${packageVersion()}`,
    signal: AbortSignal.any([io.signal, late]),
    connectTimeout: timeLimit,
    retry: { tries: 1 },
  })
  const newest = new Map<string, Newest>()
  try {
    const distributions = chosen === undefined ? catalog.distributions : [chosen]
    await Promise.all(
      distributions.flatMap((distribution) =>
        Object.keys(distribution.channels).map(async (channel) => {
          newest.set(`${distribution.id} ${channel}`, await ask(distribution, channel, client, late, context))
        }),
      ),
    )
  } finally {
    await client.close()
  }
  return newest
}

async function ask(
  distribution: Distribution,
  channel: string,
  client: HttpClient,
  late: AbortSignal,
  { catalog, settings, options }: ListContext,
): Promise<Newest> {
  const architecture =
    settings.architectures[0] ?? fetchArchitectures.find((one) => distribution.architectures[one])
  if (architecture === undefined) return { newest: null, reason: 'there is nothing to fetch' }
  const keys = new KeyRing({
    document: client.document,
    alsoFrom: () => distribution.keys?.flatMap(({ url }) => url ?? []) ?? [],
  })
  try {
    const query = { architecture, channel, mirror: options.mirror, keys: catalog.keys }
    const context = { document: client.document, keys, now: new Date() }
    return { newest: await latestVersion(distribution, query, context) }
  } catch (error) {
    if (late.aborted) return { newest: null, reason: `no answer within ${timeLimit / 1000} s` }
    if (!isIpxetoolError(error)) throw error
    return { newest: null, reason: error.message }
  }
}

function shown(
  { distribution, title, status, note, tier, architectures, ...row }: Row,
  { asked, why: showWhy }: { asked: boolean; why: boolean },
): string {
  const trust = tier === undefined ? '' : `, can be ${tier}`
  const about = status === 'ended' ? `: ${note ?? 'has ended'}` : ` (${architectures.join(' ')}${trust})`
  const lines = [`${distribution.padEnd(16)} ${title}${about}`]
  for (const { channel, newest, reason, here } of row.channels) {
    const version = newest ?? (asked ? '?' : '')
    const why = reason === undefined || !showWhy ? '' : `  ${reason.split('\n')[0]!}`
    const own = here.map((set) => `  here: ${described(set)}`).join('')
    lines.push(`  ${channel.padEnd(14)} ${version.padEnd(20)}${own}${why}`.trimEnd())
  }
  for (const { name, ...set } of row.others) lines.push(`  ${name.padEnd(35)}  here: ${described(set)}`)
  return `${lines.join('\n')}\n`
}

function described({ version, architecture, tier, complete }: HereSet): string {
  return `${version} (${architecture}, ${tier}${complete ? '' : ', files missing'})`
}

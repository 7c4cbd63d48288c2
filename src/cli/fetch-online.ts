/** Resolves what is wanted, downloads and verifies it, and only then names it in the tree and in the lock. */
import { resolveRelease } from '../fetch/catalog/resolve.js'
import { fetchSet, placeSet } from '../fetch/fetch-set.js'
import type { HttpClient } from '../fetch/transfer/client.js'
import type { LockedSet } from '../fetch/types.js'
import { KeyRing } from '../fetch/verify/key-ring.js'
import { refuseDowngrade } from '../fetch/verify/policy.js'
import { findSet, mergeSets } from '../model/lock.js'
import { type Wanted, writeSets } from './fetch-tree.js'
import type { FetchSession } from './fetch.js'

/** @throws IpxetoolError of the first set that cannot be had; those before it stay */
export async function fetchOnline(
  wanted: readonly Wanted[],
  sets: readonly LockedSet[],
  client: HttpClient,
  session: FetchSession,
): Promise<void> {
  let locked = sets
  for (const one of wanted) {
    const set = await fetchOne(one, locked, client, session)
    await placeSet(set, session.store, session.tree.root)
    locked = mergeSets(locked, [set])
    await writeSets(session.tree.root, locked)
    session.report.set(set)
  }
}

async function fetchOne(
  { name, want, architecture }: Wanted,
  locked: readonly LockedSet[],
  client: HttpClient,
  { catalog, store, settings, options, report, io }: FetchSession,
): Promise<LockedSet> {
  const distribution = catalog.findDistribution(name)
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
  const before = findSet(locked, release)
  if (options.allowDowngrade !== true) {
    refuseDowngrade(
      `${distribution.id} ${release.channel ?? ''}`.trim(),
      { locked: before?.version, found: release.version },
      { asked: options.version !== undefined, prerelease: distribution.prerelease },
    )
  }
  report.start(release)
  return fetchSet(release, {
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
}

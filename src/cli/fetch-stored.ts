/** What `fetch` does without a network: puts back what is locked, hashes it again, removes what is not. */
import { join } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import { placeSet } from '../fetch/fetch-set.js'
import { missingOf } from '../fetch/missing.js'
import { pruneTree } from '../fetch/prune.js'
import { hashFile } from '../fetch/store.js'
import type { LockedSet, Tier } from '../fetch/types.js'
import { reaches } from '../fetch/verify/policy.js'
import { assetPath, lockName, setName } from '../model/lock.js'
import { ExitCode } from './exit-codes.js'
import { type FetchReporter, showSize } from './fetch-report.js'
import { readSets, type Wanted } from './fetch-tree.js'
import type { FetchSession } from './fetch.js'

/** @throws IpxetoolError `not-locked`, `not-here`, `not-trusted` */
export async function fetchOffline(
  wanted: readonly Wanted[],
  locked: readonly LockedSet[],
  { catalog, store, settings, tree, report, options }: FetchSession,
): Promise<number> {
  for (const { name, want, architecture } of wanted) {
    const { id } = catalog.findDistribution(name)
    const sets = locked.filter(
      (set) =>
        set.distribution === id &&
        set.architecture === architecture &&
        (want === undefined || set.channel === want || set.version === want) &&
        (options.version === undefined || set.version === options.version),
    )
    if (sets.length === 0) {
      const what = [name, want, options.version].filter((word) => word !== undefined).join(' ')
      throw new IpxetoolError('not-locked', `${what} (${architecture}) is not in ${lockName}`, {
        hint: 'fetch it once with the network there, or bring it with `ipxetool fetch --import FILE.tar`',
      })
    }
    for (const set of sets) {
      requireTier(set, settings.require)
      const missing = await missingOf(set, store, tree.root)
      if (missing.length > 0) {
        throw new IpxetoolError(
          'not-here',
          `${setName(set)} is not whole here: ${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} neither in the store nor in assets/`,
          {
            hint: 'fetch it once with the network there, or bring it with `ipxetool fetch --import FILE.tar`',
          },
        )
      }
      await placeSet(set, store, tree.root)
      report.set(set)
    }
  }
  return ExitCode.ok
}

function requireTier(set: LockedSet, least: Tier | undefined): void {
  const bad = least && set.files.find(({ tier }) => !reaches(tier, least))
  if (!bad) return
  throw new IpxetoolError(
    'not-trusted',
    `${bad.name} of ${setName(set)} is \`${bad.tier}\`, and \`${least}\` is required`,
  )
}

/** Changes nothing: a tree that is read-only can be verified, too. */
export async function verify(
  sets: readonly LockedSet[],
  root: string,
  report: FetchReporter,
): Promise<number> {
  let bad = 0
  for (const set of sets) {
    for (const file of set.files) {
      const path = assetPath(set, file)
      const found = await hashFile(join(root, path)).catch(() => undefined)
      if (found !== file.sha256) bad++
      const state = found === file.sha256 ? 'good' : found === undefined ? 'missing' : 'changed'
      report.verified(path, state, file.tier)
    }
  }
  return bad === 0 ? ExitCode.ok : ExitCode.problems
}

/** @throws IpxetoolError `no-lock`: then nothing says what stays */
export async function prune({ tree, store, catalog, report }: FetchSession): Promise<number> {
  const sets = await readSets(tree.root)
  if (sets.length === 0) {
    throw new IpxetoolError(
      'no-lock',
      `there is no ${lockName} in ${tree.root}, so nothing says what has to stay`,
      { hint: 'run it in the project; to remove everything, remove the folder of the store' },
    )
  }
  const names = [...catalog.distributions.map(({ id }) => id), ...sets.map((set) => set.distribution)]
  const { assets, stored, bytes } = await pruneTree(tree.root, sets, store, names)
  for (const path of assets) report.removed(path)
  for (const { path, size } of stored) report.removed(path, size)
  report.result({ type: 'pruned', bytes }, `${showSize(bytes)} freed in the store`)
  return ExitCode.ok
}

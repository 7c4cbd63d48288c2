/** `fetch --export` and `--import`: assets to a site with no internet. */
import { join, resolve } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import { type Carried, exportTar, readTar } from '../fetch/carry.js'
import { placeSet } from '../fetch/fetch-set.js'
import { writeDurably } from '../fetch/store.js'
import type { LockedSet, VerifiedFile } from '../fetch/types.js'
import { KeyRing } from '../fetch/verify/key-ring.js'
import { verifyDetached } from '../fetch/verify/openpgp.js'
import { reaches, refuseDowngrade, refuseLessTrust } from '../fetch/verify/policy.js'
import { findSet, lockName, mergeSets, printLock, setName } from '../model/lock.js'
import { ExitCode } from './exit-codes.js'
import { showSize } from './fetch-report.js'
import { readSets, writeSets } from './fetch-tree.js'
import type { FetchSession } from './fetch.js'

/** @throws IpxetoolError `not-locked`, `not-here`, of the disk */
export async function exportSets(
  path: string,
  distro: string | undefined,
  channel: string | undefined,
  { tree, catalog, settings, store, report, io }: FetchSession,
): Promise<number> {
  const id = distro === undefined ? undefined : catalog.findDistribution(distro).id
  const { architectures } = settings
  const sets = (await readSets(tree.root)).filter(
    (set) =>
      (id === undefined || set.distribution === id) &&
      (channel === undefined || set.channel === channel || set.version === channel) &&
      (architectures.length === 0 || architectures.includes(set.architecture)),
  )
  if (sets.length === 0) {
    const what = [distro, channel].filter((word) => word !== undefined).join(' ')
    throw new IpxetoolError('not-locked', `${what === '' ? 'nothing' : `no ${what}`} is in ${lockName}`, {
      hint: 'fetch first what is to be carried',
    })
  }
  const size = await exportTar(resolve(io.cwd, path), sets, store, tree.root, io.signal)
  report.result(
    { type: 'exported', file: path, size, sets: sets.map(setName) },
    `${path}: ${sets.map(setName).join(', ')}; ${showSize(size)}`,
  )
  return ExitCode.ok
}

/**
 * Takes in what {@link exportSets} has written. Digests are compared with the lock inside, signatures that came along
 * are checked again by keys that are pinned here, and the lock here counts for more than the one inside.
 */
export async function importSets(path: string, session: FetchSession): Promise<number> {
  const { tree, store, report, io } = session
  const here = await readSets(tree.root)
  const carried = await readTar(resolve(io.cwd, path), store, io.signal)
  const sets: LockedSet[] = []
  for (const set of carried.sets) sets.push(await judged(set, here, carried, session))
  for (const set of sets) await placeSet(set, store, tree.root)
  await writeSets(tree.root, mergeSets(here, sets))
  for (const set of sets) report.set(set)
  return ExitCode.ok
}

async function judged(
  set: LockedSet,
  here: readonly LockedSet[],
  carried: Carried,
  { catalog, settings, options, store, report }: FetchSession,
): Promise<LockedSet> {
  const distribution = catalog.findDistribution(set.distribution)
  const before = findSet(here, set)
  const isKnown = before !== undefined && printLock([before]) === printLock([set])
  if (options.allowDowngrade !== true) {
    refuseDowngrade(
      `${setName(set)} in the archive`,
      { locked: before?.version, found: set.version },
      { prerelease: distribution.prerelease },
    )
  }
  const keyRing = new KeyRing({
    document: () => Promise.reject(new IpxetoolError('offline', 'an import asks nobody')),
    offline: true,
  })
  for (const key of carried.keys) await keyRing.add(key)
  const pins = [...(distribution.keys ?? []), ...catalog.keys].map(({ fingerprint, owner }) => ({
    fingerprint: fingerprint.toUpperCase(),
    owner,
  }))
  const files: VerifiedFile[] = []
  for (const file of set.files) {
    const old =
      before?.version === set.version ? before.files.find(({ name }) => name === file.name) : undefined
    if (old !== undefined && old.sha256 !== file.sha256) {
      throw new IpxetoolError(
        'digest-mismatch',
        `${file.name} of ${setName(set)} ${set.version} is another file than the ${lockName} here says`,
        { hint: 'one of the two was tampered with: nothing of the archive was used' },
      )
    }
    const signature = carried.signatures.get(file.sha256)
    let judgedFile: VerifiedFile = file
    if (signature !== undefined) {
      const { fingerprint } = await verifyDetached(signature, store.path(file.sha256), {
        keys: pins,
        keyRing,
        now: new Date(),
        subject: file.name,
      })
      await writeDurably(store.signaturePath(file.sha256), signature)
      judgedFile = { ...file, tier: 'signed', signedBy: fingerprint }
    } else if (file.tier === 'signed' && !isKnown) {
      // what a carrier says is no signature
      judgedFile = { ...file, tier: 'digest' }
      delete judgedFile.signedBy
    }
    const { tier, signedBy } = judgedFile
    const notes =
      tier === file.tier
        ? []
        : [`its signature did not come along: only its digest could be compared with the ${lockName} inside`]
    report.event({
      type: 'trusted',
      name: file.name,
      tier,
      notes,
      ...(signedBy !== undefined && { signedBy }),
    })
    const least = settings.require
    if (least !== undefined && !reaches(tier, least)) {
      throw new IpxetoolError(
        'not-trusted',
        `${file.name} of ${setName(set)} is \`${tier}\`, and \`${least}\` is required`,
      )
    }
    const locked = before?.files.find(({ name }) => name === file.name)?.tier
    refuseLessTrust(file.name, { locked, found: tier }, { allowUnsigned: options.allowUnsigned })
    files.push(judgedFile)
  }
  for (const key of carried.keys) await keepKeys(key, files, keyRing, store.keysFolder)
  return isKnown ? set : { ...set, files }
}

/** A key that has just proved itself is there for the next export. */
async function keepKeys(
  bytes: Uint8Array,
  files: readonly VerifiedFile[],
  keyRing: KeyRing,
  folder: string,
): Promise<void> {
  for (const fingerprint of await keyRing.add(bytes)) {
    if (files.some(({ signedBy }) => signedBy === fingerprint))
      await writeDurably(join(folder, `${fingerprint}.asc`), bytes)
  }
}

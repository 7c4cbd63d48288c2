/** One release into a project: its files verified into the store, then named in `assets/`, then its pointer. */
import { randomUUID } from 'node:crypto'
import { lstat, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { IpxetoolError, isIpxetoolError } from '../diagnostics/error.js'
import { assetFolder, assetPath, assetsName } from '../model/lock.js'
import { extractMember } from './archive/extract.js'
import { bytesOf, type Store, writeDurably } from './store.js'
import type { HttpClient } from './transfer/client.js'
import { downloadAll } from './transfer/download-all.js'
import type { DownloadRequest, TransferEvent } from './transfer/download.js'
import type { LockedSet, Release, ReleaseFile, VerifiedFile } from './types.js'
import type { KeyRing } from './verify/key-ring.js'
import { type GoodSignature, prepareDetached } from './verify/openpgp.js'
import {
  judgeFile,
  type Policy,
  refuseLessTrust,
  type SignatureOutcome,
  type Verdict,
} from './verify/policy.js'
import { makeFolder } from '../files/folder.js'

export type FetchSetEvent =
  | TransferEvent
  | { type: 'trusted'; name: string; tier: VerifiedFile['tier']; signedBy?: string; notes: readonly string[] }

export interface FetchSetContext {
  client: HttpClient
  store: Store
  keyRing: KeyRing
  policy: Policy
  now: Date
  /** The set of that name in the lock. */
  locked?: LockedSet | undefined
  events?: (event: FetchSetEvent) => void
  parallel?: number
  /** Bytes per second. */
  limitRate?: number
  signal?: AbortSignal
}

/**
 * Brings all files of a release into the store and verifies each. Nothing of the project is touched.
 *
 * @throws IpxetoolError of the transfer, of the verification and of the policy
 */
export async function fetchSet(release: Release, context: FetchSetContext): Promise<LockedSet> {
  const { locked, policy, events } = context
  const jobs = await Promise.all(release.files.map((file) => prepare(file, context)))
  const requests = jobs.map(({ file, check }): DownloadRequest => {
    const pinned = file.digests.some(({ algorithm }) => algorithm === 'sha256' || algorithm === 'sha512')
    const known =
      locked?.version === release.version ? locked.files.find(({ name }) => name === file.name) : undefined
    // a version does not change; a publisher without digests is held to what came first
    const own = !pinned && known && !file.member ? [{ algorithm: 'sha256' as const, hex: known.sha256 }] : []
    return {
      name: file.name,
      urls: file.urls,
      digests: [...file.digests, ...own],
      ...(file.size !== undefined && { size: file.size }),
      ...(check && { inspect: check }),
    }
  })
  const { client, store, signal, parallel, limitRate } = context
  const downloaded = await downloadAll(requests, {
    client,
    store,
    ...(events && { events }),
    ...(signal && { signal }),
    ...(parallel !== undefined && { parallel }),
    ...(limitRate !== undefined && { limitRate }),
  })
  const files: VerifiedFile[] = []
  for (const [index, { file, outcome, signature }] of jobs.entries()) {
    const got = downloaded[index]!
    const verdict = judge(file, outcome(), policy, got.url)
    const before = locked?.files.find(({ name }) => name === file.name)
    refuseLessTrust(file.name, { locked: before?.tier, found: verdict.tier }, policy)
    // goes along with an export
    if (signature) await writeDurably(store.signaturePath(got.sha256), signature)
    const archive = { url: got.url, size: got.size, sha256: got.sha256 }
    const own = file.member ? await takeOut(file, got.path, store) : archive
    const { tier, signedBy, notes } = verdict
    events?.({ type: 'trusted', name: file.name, tier, notes, ...(signedBy !== undefined && { signedBy }) })
    files.push({
      role: file.role,
      name: file.name,
      url: got.url,
      size: own.size,
      sha256: own.sha256,
      tier,
      ...(signedBy !== undefined && { signedBy }),
      ...(file.member && { archive }),
    })
  }
  const { distribution, channel, version, architecture, fields } = release
  return {
    distribution,
    ...(channel !== undefined && { channel }),
    version,
    architecture,
    files,
    arguments: [...release.arguments],
    ...(Object.keys(fields).length > 0 && { fields: { ...fields } }),
  }
}

interface Job {
  file: ReleaseFile
  /** The detached signature. */
  signature?: Uint8Array
  check: DownloadRequest['inspect'] | undefined
  outcome: () => SignatureOutcome | undefined
}

/** The signature comes first: what is wrong with it or its key is known before a byte of the file is. */
async function prepare(file: ReleaseFile, context: FetchSetContext): Promise<Job> {
  const { signature } = file
  if (signature === undefined) return { file, check: undefined, outcome: () => undefined }
  if (signature.kind === 'cms') {
    const reason = 'its CMS signature cannot be checked yet'
    return { file, check: undefined, outcome: () => ({ kind: 'unchecked', reason }) }
  }
  let bytes: Uint8Array
  try {
    ;({ bytes } = await context.client.document(signature.url, { limit: 1 << 20 }))
  } catch (error) {
    if (!isIpxetoolError(error) || error.code !== 'not-found') throw error
    const missing: SignatureOutcome = { kind: 'missing', url: signature.url }
    // refused now, not after a gigabyte
    judge(file, missing, context.policy, file.urls[0] ?? '')
    return { file, check: undefined, outcome: () => missing }
  }
  const { keyRing, now } = context
  const verify = await prepareDetached(bytes, {
    keys: signature.keys,
    keyRing,
    now,
    subject: file.urls[0] ?? '',
  })
  let good: GoodSignature | undefined
  return {
    file,
    signature: bytes,
    check: async (data) => {
      good = await verify(data)
    },
    outcome: () => {
      // a download that nobody has looked at is not signed
      if (!good) throw new IpxetoolError('bad-signature', `the signature of ${file.name} was not checked`)
      return { kind: 'good', fingerprint: good.fingerprint }
    },
  }
}

function judge(
  file: ReleaseFile,
  signature: SignatureOutcome | undefined,
  policy: Policy,
  url: string,
): Verdict {
  return judgeFile({ file, urls: [url], ...(signature && { signature }) }, policy)
}

async function takeOut(
  { member, name }: ReleaseFile,
  archive: string,
  store: Store,
): Promise<{ size: number; sha256: string }> {
  const out = join(store.partialFolder, `${randomUUID()}.member`)
  try {
    const { sha256 } = await extractMember(archive, member!, out)
    return await store.add(bytesOf(out), { sha256, name })
  } finally {
    await rm(out, { force: true })
  }
}

/**
 * Names the files of a set below `root` and, when all are there, moves the pointer of its channel.
 *
 * @throws IpxetoolError `not-in-store`, `not-writable`, `disk-full`
 */
export async function placeSet(set: LockedSet, store: Store, root: string): Promise<void> {
  for (const file of set.files) await store.place(file.sha256, join(root, assetPath(set, file)))
  if (set.channel === undefined) return
  const pointer = pointerPath(set.distribution, set.channel, set.architecture)
  await pointTo(join(root, pointer), join(root, assetFolder(set)))
}

/** `assets/coreos/current/stable/x86_64` leads to the folder of the version. */
export function pointerPath(distribution: string, channel: string, architecture: string): string {
  return `${assetsName}/${distribution}/current/${channel}/${architecture}`
}

/** A link; where there are none a file that holds the name. */
async function pointTo(pointer: string, folder: string): Promise<void> {
  const target = relative(dirname(pointer), folder)
  const aside = `${pointer}-${randomUUID()}`
  await makeFolder(dirname(pointer))
  const info = await lstat(pointer).catch(() => undefined)
  if (info?.isDirectory() === true) {
    throw new IpxetoolError(
      'pointer-in-the-way',
      `${pointer} is a folder, where the name of the newest version goes`,
      {
        hint: 'move it away and fetch again',
      },
    )
  }
  try {
    await symlink(target, aside, 'dir')
    await rename(aside, pointer)
  } catch (error) {
    await rm(aside, { force: true })
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error
    await writeDurably(pointer, `${target}\n`)
  }
}

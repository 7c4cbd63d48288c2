/** What may be used: decided from facts alone, so that it can be tested, and read, in one place. */
import { IpxetoolError } from '../../diagnostics/error.js'
import { compareVersions } from '../catalog/version-order.js'
import { tiers, type ReleaseFile, type Tier } from '../types.js'

/** What came of the signature that the catalog says a file has. */
export type SignatureOutcome =
  | { kind: 'good'; fingerprint: string }
  /** The publisher's server says that there is none. */
  | { kind: 'missing'; url: string }
  /** Broken, of an unknown, expired or revoked key: the error of the verification. */
  | { kind: 'bad'; error: IpxetoolError }
  /** It could not be checked here, because a program is missing: why. */
  | { kind: 'unchecked'; reason: string }

export interface FileFacts {
  file: Pick<ReleaseFile, 'name' | 'digests' | 'digestTier' | 'digestSignedBy' | 'signature'>
  /** All URLs of the chain of redirects that the bytes came by. */
  urls: readonly string[]
  /** Must be there when {@link ReleaseFile.signature} is. */
  signature?: SignatureOutcome
}

export interface Policy {
  /** The least that is good enough. */
  require?: Tier | undefined
  /** A signature that should be there may be missing. A bad one is never waived. */
  allowUnsigned?: boolean | undefined
}

export interface Verdict {
  tier: Tier
  /** Primary fingerprint, for `signed`. */
  signedBy?: string
  /** Why it is not better, for people. */
  notes: string[]
}

/** @returns whether `tier` is at least as good as `least` */
export function reaches(tier: Tier, least: Tier): boolean {
  return tiers.indexOf(tier) <= tiers.indexOf(least)
}

/**
 * How far a file whose digests are all right can be trusted.
 *
 * @throws IpxetoolError what is wrong with a bad signature; `missing-signature`; `not-trusted` when the file does not
 *   reach what the policy requires
 */
export function judgeFile(facts: FileFacts, policy: Policy): Verdict {
  const { file, signature } = facts
  const notes: string[] = []
  if (signature?.kind === 'bad') throw signature.error
  if (signature?.kind === 'missing' && policy.allowUnsigned !== true) {
    throw new IpxetoolError(
      'missing-signature',
      `${file.name} has no signature: ${signature.url} is not there`,
      {
        hint: '`--allow-unsigned` takes it without one.',
      },
    )
  }
  if (signature?.kind === 'missing') notes.push(`${file.name}: its signature is missing (--allow-unsigned)`)
  if (signature?.kind === 'unchecked') notes.push(`${file.name}: ${signature.reason}`)

  const verdict: Verdict =
    signature?.kind === 'good'
      ? { tier: 'signed', signedBy: signature.fingerprint, notes }
      : { ...byDigest(facts), notes }
  const { require } = policy
  if (require !== undefined && !reaches(verdict.tier, require)) {
    throw new IpxetoolError(
      'not-trusted',
      `${file.name} reaches the trust tier \`${verdict.tier}\`, and \`${require}\` is required`,
      {
        hint:
          notes[0] ??
          'The publisher offers no more for this file: `ipxetool fetch --list` shows what each has.',
      },
    )
  }
  return verdict
}

function byDigest({ file, urls }: FileFacts): { tier: Tier; signedBy?: string } {
  if (file.digests.length > 0 && file.digestTier === 'signed') {
    return { tier: 'signed', ...(file.digestSignedBy !== undefined && { signedBy: file.digestSignedBy }) }
  }
  if (file.digests.length > 0 && file.digestTier === 'digest') return { tier: 'digest' }
  return { tier: urls.length > 0 && urls.every((url) => url.startsWith('https:')) ? 'tls' : 'none' }
}

/** The tier that a file is going to have when all goes well. */
export function expectedTier(file: ReleaseFile): Tier {
  if (file.signature !== undefined) return 'signed'
  return byDigest({ file, urls: file.urls.slice(0, 1) }).tier
}

/**
 * Refuses a channel that has gone back behind what the lock has: a mirror that stopped, or somebody who wants an old
 * hole back. A version that was asked for by its number is the user's own will.
 *
 * @throws IpxetoolError `downgrade`
 */
export function refuseDowngrade(
  name: string,
  versions: { locked: string | undefined; found: string },
  options: { asked?: boolean; prerelease?: boolean | undefined } = {},
): void {
  const { locked, found } = versions
  if (locked === undefined || options.asked === true) return
  if (compareVersions(found, locked, { prerelease: options.prerelease === true }) >= 0) return
  throw new IpxetoolError(
    'downgrade',
    `${name} is ${found} now, which is older than ${locked} in ipxetool.lock`,
    {
      hint: `If the publisher took ${locked} back, ask for the old one by name: \`--version ${found}\`.`,
    },
  )
}

/**
 * A file that was trusted further before does not silently become less: somebody may have taken its signature away.
 *
 * @throws IpxetoolError `trust-lost`
 */
export function refuseLessTrust(
  name: string,
  tiersOf: { locked: Tier | undefined; found: Tier },
  policy: Policy,
): void {
  const { locked, found } = tiersOf
  if (locked === undefined || reaches(found, locked) || policy.allowUnsigned === true) return
  throw new IpxetoolError(
    'trust-lost',
    `${name} was \`${locked}\` in ipxetool.lock and would be \`${found}\` now`,
    {
      hint: '`--allow-unsigned` takes it all the same.',
    },
  )
}

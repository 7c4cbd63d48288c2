/** One step of a catalog entry: a document is fetched, checked and read, variables are set. */
import { createHash } from 'node:crypto'
import type { CatalogStep, Distribution } from '../../data/catalog/schema.js'
import { IpxetoolError, isIpxetoolError } from '../../diagnostics/error.js'
import type { FetchedDocument, PinnedKey } from '../types.js'
import {
  textOfClearsigned,
  verifyClearsigned,
  verifyDetached,
  type SignatureCheck,
} from '../verify/openpgp.js'
import { readDocument } from './documents.js'
import { webUrl } from './resolve-file.js'
import type { ResolveContext } from './resolve.js'
import type { DocumentTier, Scope } from './scope.js'

export interface StepContext {
  distribution: Distribution
  scope: Scope
  keys: readonly PinnedKey[]
  notes: string[]
  context: ResolveContext
  allowUnsigned: boolean
  /** The version that was asked for. */
  asked: string | undefined
}

/** Release files of a large archive are a few MiB. */
const documentLimit = 32 << 20

/** @throws IpxetoolError */
export async function runStep(step: CatalogStep, field: string, run: StepContext): Promise<void> {
  const { scope, distribution, context } = run
  if (step.url !== undefined) {
    const fetched = await fetchFirst(step, field, run)
    if (fetched === undefined) return
    const checked = await check(step, field, fetched, run)
    const match = step.match === undefined ? undefined : scope.regex(step.match, field)
    const read = readDocument(step.format!, checked.text, {
      url: fetched.url,
      ...(match && { match }),
      ...(distribution.prerelease === true && { prerelease: true }),
    })
    if (step.format === 'debian-release') refuseStale(read.value('Valid-Until'), fetched.url, context.now)
    scope.documents.set(step.id!, {
      read,
      tier: checked.tier,
      url: fetched.url,
      folder: fetched.asked.replace(/\/[^/]*$/, ''),
      ...(checked.signedBy !== undefined && { signedBy: checked.signedBy }),
    })
  }
  scope.set(step.set, field)
}

async function fetchFirst(
  step: CatalogStep,
  field: string,
  { scope, distribution, context, asked }: StepContext,
): Promise<(FetchedDocument & { asked: string }) | undefined> {
  const urls = [step.url!]
    .flat()
    .map((template) => webUrl(scope.onMirror(scope.expand(template, `${field}.url`)), distribution.id))
  let missing: unknown
  for (const url of urls) {
    try {
      const fetched = await context.document(url, { limit: documentLimit })
      return { ...fetched, asked: url }
    } catch (error) {
      if (!isIpxetoolError(error) || error.code !== 'not-found') throw error
      missing ??= error
    }
  }
  if (step.optional === true) return undefined
  if (asked !== undefined) {
    throw new IpxetoolError(
      'unknown-version',
      `${distribution.title} ${asked} is not there: ${urls.join(' and ')} ${urls.length > 1 ? 'are' : 'is'} not found`,
      { cause: missing },
    )
  }
  throw missing
}

interface Checked {
  text: string
  tier: DocumentTier
  signedBy?: string
}

async function check(
  step: CatalogStep,
  field: string,
  fetched: FetchedDocument & { asked: string },
  run: StepContext,
): Promise<Checked> {
  const { scope, keys, context, notes } = run
  const { bytes, url } = fetched
  // who answers plain HTTP can redirect to an https server of their own
  const byTransport: DocumentTier = [fetched.asked, url].every((each) => each.startsWith('https:'))
    ? 'digest'
    : 'none'
  const text = (): string => new TextDecoder().decode(bytes)
  const openpgp: SignatureCheck = { keys, keyRing: context.keys, now: context.now, subject: url }

  if (step.within !== undefined) {
    const list = scope.documents.get(step.within.list)
    const name = scope.expand(step.within.name, `${field}.within.name`)
    const wanted = list?.read.digests?.find(name).find(({ algorithm }) => /^sha(256|512)$/.test(algorithm))
    if (list === undefined || wanted === undefined) {
      throw new IpxetoolError('missing-digest', `${list?.url ?? step.within.list} does not list ${name}`)
    }
    const hex = createHash(wanted.algorithm).update(bytes).digest('hex')
    if (hex !== wanted.hex) {
      throw new IpxetoolError('bad-digest', `${url} is not the file that ${list.url} lists`, {
        hint:
          `Its ${wanted.algorithm} is ${hex}, expected was ${wanted.hex}. The publisher may be in the middle of a ` +
          `release, or a cache is behind: try again in some minutes.`,
      })
    }
    return { text: text(), tier: list.tier, ...(list.signedBy !== undefined && { signedBy: list.signedBy }) }
  }
  if (step.cleartext !== true && step.signature === undefined) return { text: text(), tier: byTransport }
  if (keys.length === 0) {
    notes.push(`${url}: it is signed, but no key is pinned to check it with (\`keys:\`, \`--key\`)`)
    const plain = step.cleartext === true ? await textOfClearsigned(bytes, url) : text()
    return { text: plain, tier: byTransport }
  }

  try {
    if (step.cleartext === true) {
      const signed = await verifyClearsigned(bytes, openpgp)
      return { text: signed.text, tier: 'signed', signedBy: signed.fingerprint }
    }
    const signature = await fetchSignature(step, field, url, run)
    const signed = await verifyDetached(signature, bytes, openpgp)
    return { text: text(), tier: 'signed', signedBy: signed.fingerprint }
  } catch (error) {
    const waived = isIpxetoolError(error) && error.code === 'missing-signature' && run.allowUnsigned
    if (!waived) throw error
    notes.push(`${url}: its signature is missing, and was not asked for (--allow-unsigned)`)
    return { text: text(), tier: byTransport }
  }
}

async function fetchSignature(
  step: CatalogStep,
  field: string,
  url: string,
  { scope, distribution, context }: StepContext,
): Promise<Uint8Array> {
  const signatureUrl = scope.with('url', url, () =>
    webUrl(scope.onMirror(scope.expand(step.signature!, `${field}.signature`)), distribution.id),
  )
  try {
    return (await context.document(signatureUrl, { limit: 1 << 20 })).bytes
  } catch (cause) {
    if (!isIpxetoolError(cause) || cause.code !== 'not-found') throw cause
    throw new IpxetoolError('missing-signature', `${url} has no signature: ${signatureUrl} is not there`, {
      hint: '`--allow-unsigned` takes it without one.',
      cause,
    })
  }
}

/** Somebody who holds back updates can serve an old signed list for ever, but for this date. */
function refuseStale(validUntil: string | undefined, url: string, now: Date): void {
  const end = validUntil === undefined ? NaN : Date.parse(validUntil)
  if (Number.isNaN(end) || end >= now.getTime()) return
  throw new IpxetoolError('expired-metadata', `${url} was valid until ${validUntil!}, which is over`, {
    hint: 'A mirror that is no longer updated, or the clock of this machine is wrong.',
  })
}

/** OpenPGP signatures by pinned keys (RFC 9580), judged at the time when they were made. */
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import {
  createMessage,
  readCleartextMessage,
  readSignature,
  verify,
  type CleartextMessage,
  type PublicKey,
  type Signature,
} from 'openpgp'
import { IpxetoolError, isIpxetoolError } from '../../diagnostics/error.js'
import type { PinnedKey } from '../types.js'
import type { KeyRing } from './key-ring.js'

export interface SignatureCheck {
  keys: readonly PinnedKey[]
  keyRing: KeyRing
  /** A signature from later than this is not believed. */
  now: Date
  /** What is checked, for messages: the URL of the file. */
  subject: string
}

export interface GoodSignature {
  /** Of the primary key, upper case. */
  fingerprint: string
  owner: string
  /** When it was made, as it says itself. */
  created: Date
}

/** Bytes in order: a path, or a stream that ends when the file is complete. */
export type SignedData = string | Uint8Array | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>

/**
 * Checks a detached signature, armored or binary, in one pass over the data. A stream is always read to its end,
 * unless this throws before it begins: then it is not touched.
 *
 * @throws IpxetoolError `bad-signature`, `malformed-signature`, `unknown-key`, `expired-key`, `revoked-key`; what the
 *   stream throws; what fetching a key throws
 */
export async function verifyDetached(
  signature: Uint8Array,
  data: SignedData,
  check: SignatureCheck,
): Promise<GoodSignature> {
  return (await prepareDetached(signature, check))(data)
}

/**
 * The same in two steps: reads the signature and brings the keys, so that what is wrong with these is known before a
 * download begins.
 */
export async function prepareDetached(
  signature: Uint8Array,
  check: SignatureCheck,
): Promise<(data: SignedData) => Promise<GoodSignature>> {
  const parsed = await readAnySignature(signature, check.subject)
  const keys = await keysFor(parsed, check)
  return async (data) => {
    const message = await createMessage({ binary: webStream(data) as never })
    const result = await verify({
      message,
      signature: parsed,
      verificationKeys: keys,
      format: 'binary',
      date: check.now,
      config: verifyConfig,
    })
    // Nothing settles until somebody has read the data that verify hands on.
    await drain(result.data)
    return judge(result.signatures, keys, check)
  }
}

export interface ClearsignedText extends GoodSignature {
  /** What is signed, and nothing else of the file; lines end with LF. */
  text: string
}

/**
 * Checks a clear-signed text (`InRelease`, `CHECKSUM`).
 *
 * @throws IpxetoolError as {@link verifyDetached}; `missing-signature` when the text is not signed at all
 */
export async function verifyClearsigned(bytes: Uint8Array, check: SignatureCheck): Promise<ClearsignedText> {
  const { message, signature } = await readClearsigned(bytes, check.subject)
  const keys = await keysFor(signature, check)
  const { signatures } = await verify({
    message,
    verificationKeys: keys,
    date: check.now,
    config: verifyConfig,
  })
  return { ...(await judge(signatures, keys, check)), text: message.getText() }
}

/** The text of a clear-signed file without looking at its signature. */
export async function textOfClearsigned(bytes: Uint8Array, subject: string): Promise<string> {
  return (await readClearsigned(bytes, subject)).message.getText()
}

async function readClearsigned(
  bytes: Uint8Array,
  subject: string,
): Promise<{ message: CleartextMessage; signature: Signature }> {
  const text = new TextDecoder().decode(bytes)
  const begin = text.indexOf('-----BEGIN PGP SIGNED MESSAGE-----')
  if (begin < 0) {
    throw new IpxetoolError(
      'missing-signature',
      `${subject} is not signed: it has no OpenPGP signature inside`,
      {
        hint: '`--allow-unsigned` takes it as it is.',
      },
    )
  }
  // what stands around the signed part says nothing
  const end = /-----END PGP SIGNATURE-----/.exec(text.slice(begin))
  const cleartextMessage = end
    ? text.slice(begin, begin + end.index + end[0].length) + '\n'
    : text.slice(begin)
  try {
    const message = await readCleartextMessage({ cleartextMessage })
    const block = text.slice(text.lastIndexOf('-----BEGIN PGP SIGNATURE-----', begin + (end?.index ?? 0)))
    return { message, signature: await readSignature({ armoredSignature: block }) }
  } catch (cause) {
    throw malformed(subject, cause)
  }
}

async function readAnySignature(bytes: Uint8Array, subject: string): Promise<Signature> {
  try {
    const text = new TextDecoder('latin1').decode(bytes)
    const armor = text.indexOf('-----BEGIN PGP SIGNATURE-----')
    const signature =
      armor < 0
        ? await readSignature({ binarySignature: bytes })
        : await readSignature({ armoredSignature: text.slice(armor) })
    if (signature.packets.length === 0) throw new Error('no signature packet')
    return signature
  } catch (cause) {
    throw malformed(subject, cause)
  }
}

function malformed(subject: string, cause: unknown): IpxetoolError {
  return new IpxetoolError('malformed-signature', `The signature of ${subject} is no OpenPGP signature`, {
    hint: 'Did the server answer with a page of its own? A signature that cannot be read counts as a bad one.',
    cause,
  })
}

const verifyConfig = {
  // a key whose expiry was renewed has self-signatures younger than what it signed before
  allowInsecureVerificationWithReformattedKeys: true,
}

/** The pinned keys that made one of the signatures. */
async function keysFor(signature: Signature, check: SignatureCheck): Promise<PublicKey[]> {
  const issuers = signature.packets.map((packet) => packet.issuerKeyID)
  const found = await check.keyRing.keysFor(issuers, check.keys)
  if (found.length > 0) return found
  const named = signature.packets.map((packet) =>
    packet.issuerFingerprint
      ? Buffer.from(packet.issuerFingerprint).toString('hex').toUpperCase()
      : packet.issuerKeyID.toHex().toUpperCase(),
  )
  const primary = check.keyRing.knownPrimaryOf(issuers)
  const key = primary ?? named[0]!
  throw new IpxetoolError(
    'unknown-key',
    `${check.subject} is signed by key ${named.join(', ')}, which is not pinned` +
      (primary && primary !== named[0] ? `; it belongs to ${primary}` : ''),
    {
      hint:
        `If the publisher names this key, add it: \`--key ${key}\`, or \`keys: [{ fingerprint: ${key} }]\` in ` +
        `ipxetool.yaml. Pinned are ${check.keys.map(({ fingerprint, owner }) => `${fingerprint} (${owner})`).join(', ') || 'none'}.`,
    },
  )
}

/** One good signature of a pinned key is enough, and a broken one of a pinned key is always too many. */
async function judge(
  results: Awaited<ReturnType<typeof verify>>['signatures'],
  keys: readonly PublicKey[],
  check: SignatureCheck,
): Promise<GoodSignature> {
  let good: GoodSignature | undefined
  const failures: IpxetoolError[] = []
  for (const { keyID, verified, signature } of results) {
    const key = keys.find((candidate) => candidate.getKeys(keyID).length > 0)
    if (key === undefined) {
      await verified.catch(() => false)
      continue
    }
    const fingerprint = key.getFingerprint().toUpperCase()
    const owner = check.keys.find((pin) => pin.fingerprint === fingerprint)?.owner ?? fingerprint
    try {
      await verified
      good ??= { fingerprint, owner, created: (await signature).packets[0]!.created ?? check.now }
    } catch (error) {
      if (isIpxetoolError(error)) throw error
      failures.push(await explain(error, key, keyID, owner, check))
    }
  }
  const worst = failures.find(({ code }) => code === 'bad-signature') ?? failures[0]
  if (worst !== undefined && (good === undefined || worst.code === 'bad-signature')) throw worst
  if (good === undefined) throw malformed(check.subject, new Error('no signature of a pinned key'))
  return good
}

async function explain(
  error: unknown,
  key: PublicKey,
  keyID: Parameters<PublicKey['getKeys']>[0],
  owner: string,
  check: SignatureCheck,
): Promise<IpxetoolError> {
  const text = error instanceof Error ? error.message : String(error)
  const signer = key.getKeys(keyID)[0]!
  const name = `${signer.getFingerprint().toUpperCase()} (${owner})`
  // what the stream of the data threw comes through here too
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return new IpxetoolError('read-failed', `${check.subject} could not be read: ${text}`, { cause: error })
  }
  if (/revoked/.test(text)) {
    return new IpxetoolError('revoked-key', `${check.subject} is signed by ${name}, which was revoked`, {
      hint: 'Its owner says that nobody may trust it any more. Nothing waives this.',
      cause: error,
    })
  }
  if (/expired/.test(text)) {
    const expires = await expiryOf(key, keyID)
    return new IpxetoolError(
      'expired-key',
      `${check.subject} is signed by ${name}${expires ? `, which expired on ${expires},` : ''} after the key had expired`,
      { hint: 'A signature made before that day is good for ever; this one is younger.', cause: error },
    )
  }
  return new IpxetoolError('bad-signature', `The signature of ${check.subject} by ${name} is bad: ${text}`, {
    hint: 'The file is not what its publisher signed: damaged on the way, mixed up, or forged. Nothing waives this.',
    cause: error,
  })
}

async function expiryOf(
  key: PublicKey,
  keyID: Parameters<PublicKey['getKeys']>[0],
): Promise<string | undefined> {
  const subkey = key.subkeys.find((candidate) => candidate.getKeyID().equals(keyID!))
  const time = await (subkey ?? key).getExpirationTime().catch(() => null)
  return time instanceof Date ? time.toISOString().slice(0, 10) : undefined
}

function webStream(data: SignedData): ReadableStream<Uint8Array> {
  if (typeof data === 'string') return toWeb(createReadStream(data, { highWaterMark: 1 << 20 }))
  if (data instanceof Uint8Array) return toWeb(Readable.from([data], { objectMode: false }))
  if ('getReader' in data) return data
  return toWeb(Readable.from(data, { objectMode: false }))
}

function toWeb(readable: Readable): ReadableStream<Uint8Array> {
  return Readable.toWeb(readable) as NodeReadableStream<Uint8Array>
}

async function drain(data: unknown): Promise<void> {
  if (data === null || typeof data !== 'object' || !('getReader' in data)) return
  // `for await` would say that the stream is locked
  const reader = (data as ReadableStream<Uint8Array>).getReader()
  while (!(await reader.read()).done);
}

/** OpenPGP keys and signatures that the tests make. Small and quick: ed25519. */
import {
  armor,
  createCleartextMessage,
  createMessage,
  enums,
  generateKey,
  revokeKey,
  sign,
  type PrivateKey,
  type PublicKey,
} from 'openpgp'
import { IpxetoolError } from '../../../src/diagnostics/error.js'
import type { FetchDocument, PinnedKey } from '../../../src/fetch/types.js'
import { KeyRing } from '../../../src/fetch/verify/key-ring.js'

export interface TestKey {
  pin: PinnedKey
  privateKey: PrivateKey
  publicKey: PublicKey
}

export async function makeKey(
  owner: string,
  options: { date?: Date; lifetime?: number; subkeyLifetime?: number } = {},
): Promise<TestKey> {
  const date = options.date ?? new Date(Date.now() - 1000)
  const { privateKey, publicKey } = await generateKey({
    type: 'curve25519',
    userIDs: [{ name: owner }],
    subkeys: [
      {
        sign: true,
        ...(options.subkeyLifetime !== undefined && { keyExpirationTime: options.subkeyLifetime }),
      },
    ],
    date,
    ...(options.lifetime !== undefined && { keyExpirationTime: options.lifetime }),
    format: 'object',
  })
  const fingerprint = publicKey.getFingerprint().toUpperCase()
  return { pin: { fingerprint, owner, url: `https://keys.test/${fingerprint}` }, privateKey, publicKey }
}

export async function signDetached(
  key: TestKey,
  data: Uint8Array | string,
  { armor: armored = false, date }: { armor?: boolean; date?: Date } = {},
): Promise<Uint8Array> {
  const binary = typeof data === 'string' ? new TextEncoder().encode(data) : data
  const signature = (await sign({
    message: await createMessage({ binary }),
    signingKeys: key.privateKey,
    detached: true,
    format: 'binary',
    ...(date && { date }),
  })) as unknown as Uint8Array
  if (!armored) return signature
  return new TextEncoder().encode(armor(enums.armor.signature, signature))
}

export async function clearsign(keys: TestKey | TestKey[], text: string, date?: Date): Promise<Uint8Array> {
  const message = await createCleartextMessage({ text })
  const signed = await sign({
    message,
    signingKeys: [keys].flat().map(({ privateKey }) => privateKey),
    ...(date && { date }),
  })
  return new TextEncoder().encode(signed)
}

/** The key after its owner said that it was stolen. */
export async function compromised(key: TestKey): Promise<PublicKey> {
  const { publicKey } = await revokeKey({
    key: key.privateKey,
    reasonForRevocation: { flag: enums.reasonForRevocation.keyCompromised },
    format: 'object',
  })
  return publicKey
}

export type Served = Record<string, string | Uint8Array | undefined>

/** The network of a test: what is not in the map is not there. */
export function serve(files: Served, asked: string[] = []): FetchDocument {
  return (url) => {
    asked.push(url)
    const found = files[url]
    if (found === undefined) {
      return Promise.reject(new IpxetoolError('not-found', `${url} is not there (404)`))
    }
    return Promise.resolve({
      url,
      bytes: typeof found === 'string' ? new TextEncoder().encode(found) : found,
    })
  }
}

/** Each key at its own URL. */
export function servedKeys(...keys: (TestKey | PublicKey)[]): Served {
  return Object.fromEntries(
    keys.map((key) => {
      const publicKey = 'publicKey' in key ? key.publicKey : key
      return [`https://keys.test/${publicKey.getFingerprint().toUpperCase()}`, publicKey.armor()]
    }),
  )
}

export function keyRingOf(...keys: (TestKey | PublicKey)[]): KeyRing {
  return new KeyRing({ document: serve(servedKeys(...keys)) })
}

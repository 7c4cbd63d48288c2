/**
 * Public keys by the fingerprint of their primary key: from the folder of keys that were fetched before, else from the
 * publisher. A key is believed because of its pinned fingerprint, wherever it came from.
 */
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readKeys, type KeyID, type PublicKey } from 'openpgp'
import { IpxetoolError, isIpxetoolError } from '../../diagnostics/error.js'
import type { FetchDocument, PinnedKey } from '../types.js'
import { makeFolder } from '../../files/folder.js'

export interface KeyRingOptions {
  document: FetchDocument
  /** Where fetched keys are kept; without it they are fetched again by each run. */
  folder?: string
  /** More places for a key, tried after the publisher's: what a `--mirror` has, a key server. */
  alsoFrom?: (key: PinnedKey) => readonly string[]
  /** No network: only what is kept. */
  offline?: boolean
  /** Milliseconds since 1970. */
  now?: () => number
}

/** A kept key is asked for again after a week: it may have been revoked. Milliseconds. */
const freshFor = 7 * 24 * 3600 * 1000

/** A bundle of keys is a few hundred KiB at most. */
const keyLimit = 8 << 20
let serial = 0

export class KeyRing {
  readonly #options: KeyRingOptions
  /** Of all keys that were seen, pinned or not, by fingerprint. */
  readonly #seen = new Map<string, PublicKey>()
  readonly #fetched = new Map<string, Promise<PublicKey[]>>()
  /** Fingerprints of kept keys that nobody has asked for in a long time. */
  readonly #old = new Set<string>()

  constructor(options: KeyRingOptions) {
    this.#options = options
  }

  /** Adds keys from a file of the user's; they still have to be pinned. */
  async add(bytes: Uint8Array): Promise<string[]> {
    const keys = await readKeyBundle(bytes)
    for (const key of keys) this.#remember(key)
    return keys.map(fingerprintOf)
  }

  /**
   * The pinned keys that own one of the key ids (of the primary key or of a subkey).
   *
   * @throws IpxetoolError of the failed transfer, when a key that may be the right one cannot be fetched
   */
  async keysFor(issuers: readonly KeyID[], pins: readonly PinnedKey[]): Promise<PublicKey[]> {
    const owns = (key: PublicKey): boolean => issuers.some((issuer) => key.getKeys(issuer).length > 0)
    for (const pin of pins) await this.#loadKept(pin)
    const known = pins.filter((pin) => this.#pinned([pin]).some(owns))
    for (const pin of known) await this.#refresh(pin)
    if (known.length > 0) return this.#pinned(known).filter(owns)

    const failures: unknown[] = []
    if (this.#options.offline !== true) {
      // those that were never seen first: a kept one is asked for again only because it may have a new subkey
      const order = [...pins].sort(
        (a, b) => Number(this.#seen.has(a.fingerprint)) - Number(this.#seen.has(b.fingerprint)),
      )
      for (const pin of order) {
        await this.#fetch(pin, failures)
        const found = this.#pinned([pin]).filter(owns)
        if (found.length > 0) return found
      }
    }
    const missing = pins.filter((pin) => !this.#seen.has(pin.fingerprint))
    if (missing.length > 0 && (failures.length > 0 || this.#options.offline === true)) {
      throw this.#unreachable(missing, failures)
    }
    return []
  }

  /** The primary fingerprint of a key that was seen in a publisher's bundle but is not pinned. */
  knownPrimaryOf(issuers: readonly KeyID[]): string | undefined {
    for (const [fingerprint, key] of this.#seen) {
      if (issuers.some((issuer) => key.getKeys(issuer).length > 0)) return fingerprint
    }
    return undefined
  }

  #pinned(pins: readonly PinnedKey[]): PublicKey[] {
    return pins.flatMap(({ fingerprint }) => this.#seen.get(fingerprint) ?? [])
  }

  #remember(key: PublicKey): void {
    this.#seen.set(fingerprintOf(key), key)
  }

  async #loadKept(pin: PinnedKey): Promise<void> {
    if (this.#seen.has(pin.fingerprint) || this.#options.folder === undefined) return
    try {
      const kept = await readFile(this.#fileOf(this.#options.folder, pin))
      const key = (await readKeyBundle(kept)).find((each) => fingerprintOf(each) === pin.fingerprint)
      // a damaged or exchanged file is as good as none: the key is fetched again
      if (key) this.#remember(key)
      const { mtimeMs } = await stat(this.#fileOf(this.#options.folder, pin))
      if ((this.#options.now ?? Date.now)() - mtimeMs > freshFor) this.#old.add(pin.fingerprint)
    } catch {
      return
    }
  }

  /** Who does not answer does not stop us: the key is the right one, and was good when it was kept. */
  async #refresh(pin: PinnedKey): Promise<void> {
    if (this.#options.offline !== true && this.#old.delete(pin.fingerprint)) await this.#fetch(pin, [])
  }

  async #fetch(pin: PinnedKey, failures: unknown[]): Promise<void> {
    const urls = [...(pin.url === undefined ? [] : [pin.url]), ...(this.#options.alsoFrom?.(pin) ?? [])]
    for (const url of urls) {
      try {
        let keys = this.#fetched.get(url)
        if (keys === undefined) {
          keys = this.#options.document(url, { limit: keyLimit }).then(({ bytes }) => readKeyBundle(bytes))
          this.#fetched.set(url, keys)
        }
        for (const key of await keys) await this.#merge(key)
      } catch (error) {
        failures.push(error)
        continue
      }
      const key = this.#seen.get(pin.fingerprint)
      if (key) return this.#keep(pin, key)
      failures.push(
        new IpxetoolError('key-not-there', `${url} does not have the key ${pin.fingerprint} (${pin.owner})`),
      )
    }
    if (urls.length === 0 && !this.#seen.has(pin.fingerprint)) {
      failures.push(
        new IpxetoolError('key-not-there', `Nothing says where the key ${pin.fingerprint} is`, {
          hint: 'Give its `url` beside the fingerprint under `keys:` in ipxetool.yaml.',
        }),
      )
    }
  }

  /** What was known stays known: whoever serves the key again cannot take a revocation out of it. */
  async #merge(key: PublicKey): Promise<void> {
    const old = this.#seen.get(fingerprintOf(key))
    this.#remember(old === undefined ? key : await old.update(key).catch(() => old))
  }

  async #keep(pin: PinnedKey, key: PublicKey): Promise<void> {
    const { folder } = this.#options
    if (folder === undefined) return
    const file = this.#fileOf(folder, pin)
    const part = `${file}.${process.pid}-${serial++}.part`
    try {
      await makeFolder(folder)
      await writeFile(part, key.armor())
      await rename(part, file)
    } catch {
      // a folder that cannot be written to only costs another fetch
      await rm(part, { force: true })
    }
  }

  #fileOf(folder: string, { fingerprint }: PinnedKey): string {
    return join(folder, `${fingerprint}.asc`)
  }

  #unreachable(missing: readonly PinnedKey[], failures: readonly unknown[]): IpxetoolError {
    const names = missing.map(({ fingerprint, owner }) => `${fingerprint} (${owner})`).join(', ')
    const first = failures.find(isIpxetoolError)
    const why = first?.message ?? (this.#options.offline === true ? 'this run is offline' : 'unknown reason')
    return new IpxetoolError('key-unreachable', `No key to check the signature with: ${names}: ${why}`, {
      hint:
        this.#options.offline === true
          ? 'Fetch once with the network there; keys are kept.'
          : (first?.hint ?? 'A key that is in a file can be given with `--key FILE`.'),
      cause: failures[0],
    })
  }
}

function fingerprintOf(key: PublicKey): string {
  return key.getFingerprint().toUpperCase()
}

/**
 * All public keys of a file: binary, armored, or several armored blocks one after the other, of which the library
 * would read only the first. A block that cannot be read is passed over when there are others.
 *
 * @throws IpxetoolError `malformed-key`
 */
export async function readKeyBundle(bytes: Uint8Array): Promise<PublicKey[]> {
  const text = new TextDecoder('latin1').decode(bytes)
  const blocks = text.match(/-----BEGIN PGP PUBLIC KEY BLOCK-----[^]*?-----END PGP PUBLIC KEY BLOCK-----/g)
  const keys: PublicKey[] = []
  let failure: unknown
  if (blocks === null) {
    try {
      keys.push(...(await readKeys({ binaryKeys: bytes })).map((key) => key.toPublic()))
    } catch (error) {
      failure = error
    }
  }
  for (const block of blocks ?? []) {
    try {
      keys.push(...(await readKeys({ armoredKeys: block })).map((key) => key.toPublic()))
    } catch (error) {
      failure ??= error
    }
  }
  if (keys.length > 0) return keys
  throw new IpxetoolError('malformed-key', 'There is no OpenPGP public key in it', { cause: failure })
}

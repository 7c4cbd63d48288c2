/**
 * The shapes that the parts of `fetch` hand to each other: the catalog resolves a channel to a {@link Release}, the
 * transfer brings its files into the store, verification says how far each can be trusted, the lock remembers it.
 */

import type { DistributionKind } from '../data/catalog/schema.js'

/** How far a file can be trusted, best first (reference/catalog.md, rule 2). */
export const tiers = ['signed', 'digest', 'tls', 'none'] as const
export type Tier = (typeof tiers)[number]

/** Names of this project; the catalog translates to those of a publisher (`amd64`, `aarch64`). */
export const fetchArchitectures = ['x86_64', 'i386', 'arm64', 'arm32', 'riscv64', 'loong64'] as const
export type FetchArchitecture = (typeof fetchArchitectures)[number]

export const digestAlgorithms = ['sha256', 'sha512', 'sha1', 'md5'] as const
export type DigestAlgorithm = (typeof digestAlgorithms)[number]

export interface Digest {
  algorithm: DigestAlgorithm
  /** Lower case hex. */
  hex: string
}

/** A role that menus refer to; `extra` for what only has a name. */
export type FileRole = 'kernel' | 'initrd' | 'rootfs' | 'modloop' | 'iso' | 'loader' | 'extra'

/** A key that may sign. Only what has this primary fingerprint is ever believed, wherever it was fetched. */
export interface PinnedKey {
  /** Full fingerprint of the primary key, upper case hex, 40 or 64 digits. */
  fingerprint: string
  /** Who owns it: `Fedora 44`. */
  owner: string
  /** Where the publisher has it: armored or binary, alone or in a bundle. */
  url?: string
}

/** A detached signature over the bytes of the file as served. */
export interface DetachedSignature {
  kind: 'openpgp' | 'cms'
  url: string
  keys: readonly PinnedKey[]
  /** PEM, for `cms`: the root that the signer's certificate must lead to. */
  certificate?: string
}

/** One file of a release, with all that can be known before it is downloaded. */
export interface ReleaseFile {
  role: FileRole
  /** Under `assets/<distribution>/<version>/<architecture>/`; one path segment, safe on every file system. */
  name: string
  /** The publisher's own URL first, then mirrors. All serve the same bytes. */
  urls: readonly string[]
  /** Bytes, where the metadata says. */
  size?: number
  digests: readonly Digest[]
  /**
   * How far the digests can be trusted: `signed` when they come from a signed list, `digest` when from one that TLS
   * brought, `none` when it came over plain HTTP: then they only show damage.
   */
  digestTier?: 'signed' | 'digest' | 'none'
  /** Primary fingerprint of the key that signed the list of digests. */
  digestSignedBy?: string
  signature?: DetachedSignature
  /** The file is inside of an archive: this is what to take out; `urls`, `size` and `digests` are the archive's. */
  member?: { format: 'tar' | 'tar.gz' | 'tar.xz' | 'tar.zst' | 'gz' | 'xz' | 'zst'; path?: string }
}

/** A channel of a distribution for one architecture, resolved to files that belong together. */
export interface Release {
  /** Id in the catalog: `coreos`. */
  distribution: string
  /** `stable`; absent when a version was asked for. */
  channel?: string
  /** `44.20260707.3.1` */
  version: string
  architecture: FetchArchitecture
  files: readonly ReleaseFile[]
  /**
   * All arguments that the kernel needs when an entry of kind `linux` boots it; `{rootfs}` and the like stand for URLs
   * of files by role. The other kinds write theirs themselves (src/model/kernels.ts).
   */
  arguments: readonly string[]
  /** Kind of the menu entry that boots it (src/model/schema.ts), `loader` for an iPXE program. */
  kind: DistributionKind
  /** Fields of that entry that are no files: `repo` of `anaconda` and `alpine`, `iso` of `casper`. */
  fields: Readonly<Record<string, string>>
  /** What is added to {@link arguments} for one use: `install`, `rescue`. */
  modes: Readonly<Record<string, readonly string[]>>
  /** When the publisher made it, RFC 3339, where the metadata says. */
  released?: string
  /** What a person should know: "ended in June 2024". */
  notes: readonly string[]
}

/** What came of one file, and a set of them as `ipxetool.lock` keeps it. */
export type { LockedFile as VerifiedFile, LockedSet } from '../model/lock.js'

/** A small document: metadata, list of digests, signature, key. */
export interface FetchedDocument {
  /** After redirects. */
  url: string
  bytes: Uint8Array
}

/**
 * Fetches whole small documents; the transfer provides it, tests hand in a map.
 *
 * @throws IpxetoolError `not-found` for 404 and 410, `network` for all that may go away by itself
 */
export type FetchDocument = (url: string, options?: { limit?: number }) => Promise<FetchedDocument>

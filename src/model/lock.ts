/**
 * `ipxetool.lock`: which files the names `coreos stable` in menus stand for. `ipxetool fetch` writes it, menus are
 * compiled with it. Nothing in it says when: the same files give the same bytes.
 */
import * as z from 'zod'
import { architectures, type Architecture } from './schema.js'

/** How far a file can be trusted, best first. */
export const trustTiers = ['signed', 'digest', 'tls', 'none'] as const
const roles = ['kernel', 'initrd', 'rootfs', 'modloop', 'iso', 'loader', 'extra'] as const

/** Becomes a folder or a file of the tree: one segment, the same on every file system. */
export const segmentPattern = /^(?!.*\.$)[A-Za-z0-9][A-Za-z0-9._+~-]{0,199}$/
const segment = z.string().regex(segmentPattern)
const url = z
  .string()
  .max(2000)
  .regex(/^https?:\/\/[^\s\0$<>{}\\"]+$/)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const size = z.int().min(0)
/** A word of a command line; `{rootfs}` and the like stand for URLs. */
const word = z
  .string()
  .min(1)
  .regex(/^[^\s\0]+$/)
  .refine((text) => !/[$\\]/.test(text) && !/^(\|\||&&|;|#.*)$/.test(text))

const lockedFile = z.strictObject({
  role: z.enum(roles),
  name: segment,
  url,
  size,
  sha256,
  tier: z.enum(trustTiers),
  signedBy: z
    .string()
    .regex(/^([0-9A-F]{40}|[0-9A-F]{64})$/)
    .optional(),
  archive: z.strictObject({ url, size, sha256 }).optional(),
})
export type LockedFile = z.infer<typeof lockedFile>

const lockedSet = z.strictObject({
  distribution: segment,
  channel: segment.optional(),
  version: segment,
  architecture: z.enum(['x86_64', 'i386', 'arm64', 'arm32', 'riscv64', 'loong64']),
  files: z.array(lockedFile).min(1),
  arguments: z.array(word),
  fields: z.record(z.string(), word).optional(),
})
/** One version of a distribution for one architecture: files that belong together. */
export type LockedSet = z.infer<typeof lockedSet>

export const lockSchema = z.strictObject({
  lock: z.literal(1),
  sets: z.array(lockedSet),
})

export const lockName = 'ipxetool.lock'

/** Where a file of a set lies: in the project and in the output tree. */
export function assetPath(
  set: Pick<LockedSet, 'distribution' | 'version' | 'architecture'>,
  { name }: Pick<LockedFile, 'name'>,
): string {
  return `${assetFolder(set)}/${name}`
}

export function assetFolder({
  distribution,
  version,
  architecture,
}: Pick<LockedSet, 'distribution' | 'version' | 'architecture'>): string {
  return `${assetsName}/${distribution}/${version}/${architecture}`
}

export const assetsName = 'assets'

/** `coreos stable (x86_64)` */
export function setName({ distribution, channel, version, architecture }: LockedSet): string {
  return `${distribution} ${channel ?? version} (${architecture})`
}

type SetLike = Pick<LockedSet, 'distribution' | 'channel' | 'version' | 'architecture'>

/** One set for each name and architecture. */
function keyOf({ distribution, channel, version, architecture }: SetLike): string {
  return channel === undefined
    ? `${distribution}\n\n${version}\n${architecture}`
    : `${distribution}\n${channel}\n\n${architecture}`
}

/** @returns the sets of both; of the same name and architecture the new one */
export function mergeSets(old: readonly LockedSet[], more: readonly LockedSet[]): LockedSet[] {
  const sets = new Map(old.map((set) => [keyOf(set), set]))
  for (const set of more) sets.set(keyOf(set), set)
  return [...sets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, set]) => set)
}

export function findSet(sets: readonly LockedSet[], like: SetLike): LockedSet | undefined {
  return sets.find((set) => keyOf(set) === keyOf(like))
}

/** The same sets give the same text. */
export function printLock(sets: readonly LockedSet[]): string {
  const sorted = mergeSets([], sets).map((set) => ({
    ...set,
    files: [...set.files].sort((a, b) => (a.name < b.name ? -1 : 1)),
  }))
  return `${JSON.stringify(sortKeys({ lock: 1, sets: sorted }), undefined, 2)}\n`
}

/** What names a thing comes first, then the alphabet. */
const firstKeys = ['lock', 'sets', 'distribution', 'channel', 'version', 'architecture', 'role', 'name']

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (typeof value !== 'object' || value === null) return value
  const rank = (key: string): string => {
    const index = firstKeys.indexOf(key)
    return index < 0 ? `1${key}` : `0${String(index).padStart(2, '0')}`
  }
  const entries = Object.entries(value).filter(([, own]) => own !== undefined)
  entries.sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1))
  return Object.fromEntries(entries.map(([key, own]) => [key, sortKeys(own)]))
}

/** What a menu says: `coreos stable`, or the two parts. */
export interface AssetUse {
  distribution: string
  /** A channel, or a version. Without it the only one that is locked. */
  channel?: string | undefined
}

export function parseUse(use: string | AssetUse): AssetUse {
  if (typeof use !== 'string') return use
  const [distribution = '', channel] = use.split(' ')
  return { distribution, ...(channel !== undefined && { channel }) }
}

export function showUse(use: string | AssetUse): string {
  const { distribution, channel } = parseUse(use)
  return channel === undefined ? distribution : `${distribution} ${channel}`
}

/** The sets that a name stands for, by architecture; without a channel only when there is no choice. */
export function setsFor(
  sets: readonly LockedSet[],
  use: string | AssetUse,
): Partial<Record<Architecture, LockedSet>> {
  const { distribution, channel } = parseUse(use)
  const own = sets.filter((set) => set.distribution === distribution)
  const named = own.filter(
    (set) => channel === undefined || set.channel === channel || (set.channel ?? set.version) === channel,
  )
  const choices = new Set(named.map((set) => set.channel ?? set.version))
  if (choices.size > 1) return {}
  const found: Partial<Record<Architecture, LockedSet>> = {}
  for (const architecture of architectures) {
    const set = named.find((one) => one.architecture === architecture)
    if (set) found[architecture] = set
  }
  return found
}

/** Lists of digests, in all the spellings that publishers use. Lists are data from a network: nothing here throws. */
import type { Digest, DigestAlgorithm } from '../types.js'

export interface ListedDigest extends Digest {
  /** As written, without `*` and a leading `./`. */
  name: string
  /** Bytes, where the list says. */
  size?: number
}

export interface DigestList {
  /** All digests of a name, strongest first. */
  find(name: string): ListedDigest[]
  readonly entries: readonly ListedDigest[]
}

const byLength: Partial<Record<number, DigestAlgorithm>> = {
  32: 'md5',
  40: 'sha1',
  64: 'sha256',
  128: 'sha512',
}
/** No path is longer; the patterns below are not linear in every text. */
const longestLine = 4096
const strength: Record<DigestAlgorithm, number> = { sha512: 0, sha256: 1, sha1: 2, md5: 3 }

/**
 * GNU (`hex  name`, `hex *name`, `./name`, `\hex  name` with escapes), BSD (`SHA256 (name) = hex`, with
 * `# name: 123 bytes`), Flatcar's DIGESTS (GNU lines below `# SHA512 HASH`, the algorithm is known by length) and a
 * file that is one bare hex word. Lines of other kinds are passed over.
 */
export function parseDigestList(text: string): DigestList {
  const entries: ListedDigest[] = []
  const sizes = new Map<string, number>()
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (line.length > longestLine) continue
    const bytes = /^#\s*(\S.*): (\d{1,15}) bytes\s*$/.exec(line)
    if (bytes) {
      sizes.set(plainName(bytes[1]!), Number(bytes[2]))
      continue
    }
    const entry = readGnu(line) ?? readBsd(line)
    if (entry) entries.push(entry)
  }
  if (entries.length === 0) {
    const bare = readHex(text.trim())
    if (bare) entries.push({ ...bare, name: '' })
  }
  return listOfDigests(
    entries.map((entry) => {
      const size = sizes.get(entry.name)
      return size === undefined ? entry : { ...entry, size }
    }),
  )
}

/** `Release` of a Debian archive: the sections `MD5Sum:`, `SHA1:`, `SHA256:`, `SHA512:` with ` hex size path`. */
export function parseReleaseDigests(text: string): DigestList {
  const entries: ListedDigest[] = []
  let wanted: DigestAlgorithm | undefined
  for (const line of text.split(/\r?\n/)) {
    if (line.length > longestLine) continue
    const header = /^([A-Za-z0-9-]+):/.exec(line)
    if (header) {
      wanted = releaseSections[header[1]!.toLowerCase()]
      continue
    }
    const fields = /^\s+([0-9a-fA-F]+)\s+(\d{1,15})\s+(\S+)\s*$/.exec(line)
    const digest = fields ? readHex(fields[1]!) : undefined
    if (digest && digest.algorithm === wanted) {
      entries.push({ ...digest, name: plainName(fields![3]!), size: Number(fields![2]) })
    }
  }
  return listOfDigests(entries)
}

const releaseSections: Partial<Record<string, DigestAlgorithm>> = {
  md5sum: 'md5',
  sha1: 'sha1',
  sha256: 'sha256',
  sha512: 'sha512',
}

/** The `[checksums]` of a `.treeinfo`: path to `algorithm:hex`. */
export function treeinfoDigests(checksums: ReadonlyMap<string, string>): DigestList {
  const entries: ListedDigest[] = []
  for (const [name, value] of checksums) {
    const digest = readDigest(value)
    if (digest) entries.push({ ...digest, name: plainName(name) })
  }
  return listOfDigests(entries)
}

/** `sha256:hex`, `hex`; the length must fit the algorithm. */
export function readDigest(text: string): Digest | undefined {
  const fields = /^(?:([A-Za-z0-9-]+):)?([0-9a-fA-F]+)$/.exec(text.trim())
  if (!fields) return undefined
  const digest = readHex(fields[2]!)
  const named = fields[1]?.toLowerCase().replace('-', '')
  return digest && (named === undefined || named === digest.algorithm) ? digest : undefined
}

function readHex(text: string): Digest | undefined {
  if (!/^[0-9a-fA-F]{32,128}$/.test(text)) return undefined
  const algorithm = byLength[text.length]
  return algorithm && { algorithm, hex: text.toLowerCase() }
}

function readGnu(line: string): ListedDigest | undefined {
  const fields = /^(\\?)([0-9a-fA-F]{32,128})(?: [ *]|\s+)(\S.*?)\s*$/.exec(line)
  const digest = fields ? readHex(fields[2]!) : undefined
  if (!digest) return undefined
  const name = fields![1] === '' ? fields![3]! : unescape(fields![3]!)
  return { ...digest, name: plainName(name) }
}

function readBsd(line: string): ListedDigest | undefined {
  const fields = /^([A-Za-z0-9-]+) ?\((.+)\) ?= ?([0-9a-fA-F]+)\s*$/.exec(line)
  const digest = fields ? readDigest(`${fields[1]!}:${fields[3]!}`) : undefined
  return digest && { ...digest, name: plainName(fields![2]!) }
}

/** As sha256sum writes a name that holds a line break or a backslash. */
function unescape(name: string): string {
  return name.replace(/\\([\\nr])/g, (_, char: string) => (char === 'n' ? '\n' : char === 'r' ? '\r' : '\\'))
}

function plainName(name: string): string {
  return name.replace(/^\*/, '').replace(/^(\.\/)+/, '')
}

/** @param entries with plain names */
export function listOfDigests(entries: readonly ListedDigest[]): DigestList {
  const byName = new Map<string, ListedDigest[]>()
  for (const entry of entries) {
    const others = byName.get(entry.name)
    if (others) others.push(entry)
    else byName.set(entry.name, [entry])
  }
  return {
    entries,
    find(name) {
      // a file that is one bare digest speaks of whatever it was fetched for
      const found = byName.get(plainName(name)) ?? (entries.length === 1 ? byName.get('') : undefined) ?? []
      return [...found].sort((a, b) => strength[a.algorithm] - strength[b.algorithm])
    },
  }
}

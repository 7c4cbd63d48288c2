/**
 * Strong entity tags (RFC 9110 section 8.8.3): UEFI HTTP Boot resumes a broken download with Range and If-Match,
 * and a weak tag would make it start over.
 */
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { openInTree, type TreeFile } from '../tree.js'

/**
 * Above this size a file that no manifest vouches for is not hashed while a client waits: firmware allows five
 * seconds. Its tag then names the state of the file on disk.
 */
const HASH_LIMIT = 256 * 1024 * 1024

/** Tags of more files than a tree has; a bound all the same. */
const MAX_CACHED = 20_000

const MANIFEST = 'manifest.json'
/** Bigger than any real one; a wrong file of that name must not fill the memory. */
const MANIFEST_LIMIT = 32 * 1024 * 1024

interface Vouched {
  readonly size: number
  readonly sha256: string
}

interface Manifest {
  /** Which version of the file this was read from. */
  readonly version: string
  readonly mtimeNs: bigint
  readonly files: ReadonlyMap<string, Vouched>
}

export class EntityTags {
  readonly #root: string
  readonly #hashLimit: number
  /** By state of the file; holds promises, so that a hundred clients asking at once cause one hash. */
  readonly #tags = new Map<string, Promise<string>>()
  #manifest: Manifest | undefined

  constructor(root: string, hashLimit = HASH_LIMIT) {
    this.#root = root
    this.#hashLimit = hashLimit
  }

  /** The tag with its quotes. Leaves `file.handle` open and its position unused. */
  async of(file: TreeFile): Promise<string> {
    const manifest = await this.#readManifest()
    const vouched = manifest?.files.get(file.name)
    // A file younger than the manifest was changed after the build, and the manifest speaks of another version.
    if (manifest !== undefined && vouched?.size === file.size && file.mtimeNs <= manifest.mtimeNs) {
      return `"${vouched.sha256}"`
    }
    const { name, size, mtimeNs, ctimeNs, ino } = file
    const state = `${size}-${String(mtimeNs)}-${String(ino)}`
    if (size > this.#hashLimit) return `"${state}-${String(ctimeNs)}"`
    const id = `${name}\n${state}`
    const known = this.#tags.get(id)
    if (known !== undefined) return known
    if (this.#tags.size >= MAX_CACHED) this.#tags.clear()
    const tag = hash(file)
    this.#tags.set(id, tag)
    tag.catch(() => this.#tags.delete(id))
    return tag
  }

  async #readManifest(): Promise<Manifest | undefined> {
    // A missing manifest is ordinary: any folder can be served.
    const version = await this.#manifestVersion()
    if (version === undefined) return undefined
    if (this.#manifest?.version === version) return this.#manifest
    const opened = await openInTree(this.#root, [MANIFEST])
    if (!opened.ok) return undefined
    const { handle, size, mtimeNs } = opened.file
    try {
      const text = size > MANIFEST_LIMIT ? '' : await handle.readFile('utf8')
      this.#manifest = { version, mtimeNs, files: parseManifest(text) }
    } catch {
      return undefined
    } finally {
      await handle.close()
    }
    return this.#manifest
  }

  async #manifestVersion(): Promise<string | undefined> {
    try {
      const { size, mtimeNs, ino } = await stat(`${this.#root}/${MANIFEST}`, { bigint: true })
      return `${String(size)}-${String(mtimeNs)}-${String(ino)}`
    } catch {
      return undefined
    }
  }
}

/** `{"files": {"boot.ipxe": {"size": 1, "sha256": "…"}}}`; whatever does not look so is passed over. */
function parseManifest(text: string): Map<string, Vouched> {
  const files = new Map<string, Vouched>()
  const entries = property(parseJson(text), 'files')
  if (typeof entries !== 'object' || entries === null) return files
  for (const [name, entry] of Object.entries(entries)) {
    const size = property(entry, 'size')
    const sha256 = property(entry, 'sha256')
    if (typeof size === 'number' && typeof sha256 === 'string' && /^[0-9a-f]{64}$/i.test(sha256)) {
      files.set(name, { size, sha256: sha256.toLowerCase() })
    }
  }
  return files
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

async function hash({ handle, size }: TreeFile): Promise<string> {
  const sha256 = createHash('sha256')
  const buffer = Buffer.allocUnsafe(Math.min(Math.max(size, 1), 1024 * 1024))
  let at = 0
  while (at < size) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - at), at)
    if (bytesRead === 0) throw new Error('the file became shorter while it was being read')
    sha256.update(buffer.subarray(0, bytesRead))
    at += bytesRead
  }
  return `"${sha256.digest('hex')}"`
}

/** `manifest.json`: what is in an output tree and where it came from. No times, no order but that of names. */
import { readFileSync } from 'node:fs'

export const manifestName = 'manifest.json'
const version = 1

export interface ManifestEntry {
  /** Bytes. */
  size: number
  /** Hex. */
  sha256: string
  /** `build`, `static` and `asset` belong to `ipxetool build`; other commands use other words. */
  origin: string
  /** Files that it was made of, relative to the project. */
  sources?: readonly string[]
  /** What other commands keep here (`trust` and the like) is passed on. */
  [key: string]: unknown
}

export interface Manifest {
  manifest: typeof version
  /** `ipxetool 0.1.0` */
  generator: string
  /** By path in the tree. */
  files: Readonly<Record<string, ManifestEntry>>
}

export function makeManifest(files: ReadonlyMap<string, ManifestEntry>): Manifest {
  return { manifest: version, generator: `ipxetool ${packageVersion()}`, files: Object.fromEntries(files) }
}

/** The same bytes on every machine. */
export function printManifest(manifest: Manifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(sortKeys(manifest), null, 2)}\n`)
}

/** `undefined` when the text is no manifest of ours. */
export function parseManifest(bytes: Uint8Array): Manifest | undefined {
  let data: unknown
  try {
    data = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
  if (!isObject(data) || data['manifest'] !== version || !isObject(data['files'])) return undefined
  if (typeof data['generator'] !== 'string' || !data['generator'].startsWith('ipxetool ')) return undefined
  const isEntry = (entry: unknown): boolean => isObject(entry) && typeof entry['origin'] === 'string'
  return Object.values(data['files']).every(isEntry) ? (data as unknown as Manifest) : undefined
}

/** Whether the build may replace and remove the file. */
export function isOwned(entry: ManifestEntry | undefined): boolean {
  return entry !== undefined && ['build', 'static', 'asset'].includes(entry.origin)
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys)
  if (!isObject(value)) return value
  const keys = Object.keys(value)
  // the three keys of the file itself read best as they are; paths and the keys of entries are sorted
  if (!('manifest' in value && 'generator' in value)) keys.sort()
  // fromEntries, unlike assignment, makes `__proto__` an ordinary key
  return Object.fromEntries(keys.map((key) => [key, sortKeys(value[key])]))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

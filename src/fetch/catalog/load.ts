/** Reads catalog files: the shipped ones beside the code, `--catalog FILE`, `distributions:` of a project. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { LineCounter, parseDocument, type Document } from 'yaml'
import type * as z from 'zod'
import { catalogFileSchema, type CatalogKey, type Distribution } from '../../data/catalog/schema.js'
import { suggest } from '../../data/suggest.js'
import { Diagnostic, type Place } from '../../diagnostics/diagnostic.js'
import type { PinnedKey } from '../types.js'
import { Catalog } from './catalog.js'

export interface CatalogSources {
  /** Files of the user's: the shipped entry of the same id is replaced. */
  files?: readonly { path: string; bytes: Uint8Array }[]
  /** Entries that were validated elsewhere: those of `ipxetool.yaml`. They win over all others. */
  own?: readonly Distribution[]
  /** Keys for all distributions: `keys:` of `ipxetool.yaml`, `--key`. */
  keys?: readonly CatalogKey[]
}

export interface LoadedCatalog {
  catalog: Catalog
  /** Mistakes in the user's files; entries with mistakes are left out. */
  diagnostics: Diagnostic[]
}

const shippedFolder = new URL('../../data/catalog/', import.meta.url)
let shipped: readonly Distribution[] | undefined

export function loadCatalog({ files = [], own = [], keys = [] }: CatalogSources = {}): LoadedCatalog {
  const diagnostics: Diagnostic[] = []
  const pins: PinnedKey[] = keys.map(toPin)
  const read = files.flatMap(({ path, bytes }) => {
    const file = readCatalogFile(path, bytes)
    diagnostics.push(...file.diagnostics)
    pins.push(...file.keys.map(toPin))
    return file.distributions
  })
  shipped ??= readShipped()
  return { catalog: new Catalog([...shipped, ...read, ...own], pins), diagnostics }
}

function toPin({ fingerprint, owner, url }: CatalogKey): PinnedKey {
  return { fingerprint, owner, ...(url !== undefined && { url }) }
}

function readShipped(): Distribution[] {
  return readdirSync(shippedFolder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) => {
      const path = fileURLToPath(new URL(name, shippedFolder))
      const { distributions, diagnostics } = readCatalogFile(path, readFileSync(path))
      // a mistake of ours, which a test finds
      if (diagnostics.length > 0) throw new Error(diagnostics.map(String).join('\n'))
      return distributions
    })
}

interface CatalogFileContent {
  distributions: Distribution[]
  keys: CatalogKey[]
  diagnostics: Diagnostic[]
}

/** @param path for diagnostics */
export function readCatalogFile(path: string, bytes: Uint8Array): CatalogFileContent {
  const lines = new LineCounter()
  const text = new TextDecoder().decode(bytes)
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent', prettyErrors: false })
  const placeOf = (start: number, end: number): Place => ({
    start: point(lines, start),
    end: point(lines, end),
  })
  if (document.errors.length > 0) {
    return nothing(
      document.errors.slice(0, 5).map(({ message, pos }) => problem(path, message, placeOf(pos[0], pos[1]))),
    )
  }
  let data: unknown
  try {
    data = document.toJS({ maxAliasCount: 50 })
  } catch (error) {
    return nothing([problem(path, error instanceof Error ? error.message : String(error))])
  }
  const result = catalogFileSchema.safeParse(data)
  if (result.success) {
    const { data: content } = result
    return 'distributions' in content
      ? { distributions: content.distributions, keys: content.keys ?? [], diagnostics: [] }
      : { distributions: [content], keys: [], diagnostics: [] }
  }
  const isList = typeof data === 'object' && data !== null && 'distributions' in data
  return nothing(
    issuesOf(result.error, isList).map(({ path: where, message, note }) => {
      const range = rangeAt(document, where)
      return problem(path, message, range && placeOf(range[0], range[1]), note)
    }),
  )
}

function nothing(diagnostics: Diagnostic[]): CatalogFileContent {
  return { distributions: [], keys: [], diagnostics }
}

function problem(file: string, reason: string, place?: Place, note?: string): Diagnostic {
  return new Diagnostic({
    ruleId: 'catalog-file',
    severity: 'error',
    file,
    reason,
    ...(place && { place }),
    ...(note !== undefined && { note }),
  })
}

function point(lines: LineCounter, offset: number): Place['start'] {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1), offset }
}

interface PlainIssue {
  path: (string | number)[]
  message: string
  note?: string
}

/** The messages of the kind of file that was meant: a union alone would only say that neither fits. */
function issuesOf(error: z.ZodError, isList: boolean): PlainIssue[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'invalid_union' && issue.path.length === 0 && issue.errors.length === 2) {
      return issue.errors[isList ? 0 : 1]!.flatMap(plain)
    }
    return plain(issue)
  })
}

function plain(issue: z.core.$ZodIssue): PlainIssue[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
  const where = path.length === 0 ? 'The file' : `\`${path.join('.')}\``
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const near = suggest(key, knownKeys)
      return {
        path: [...path, key],
        message: `There is no \`${key}\` here${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
      }
    })
  }
  return [
    { path, message: `${where}: ${issue.message}`, note: 'docs/fetch-catalog.md describes all fields.' },
  ]
}

const knownKeys: readonly string[] =
  'id title aliases kind homepage status note replacedBy base mirrors architectures channels endedChannels channelOf prerelease keys certificate steps version released files arguments modes fields memory notes when url format optional cleartext signature within match set role name size sha256 sha512 digest cms member path list fingerprint owner ended from as distributions'.split(
    ' ',
  )

/** Of the value, or of the nearest thing around it that is there; of the key where the key is wrong. */
function rangeAt(
  document: Document.Parsed,
  path: readonly (string | number)[],
): [number, number] | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (typeof node !== 'object' || node === null || !('range' in node)) continue
    const range = node.range as [number, number, number] | null | undefined
    if (range) return [range[0], Math.min(range[1], range[0] + 200)]
  }
  return undefined
}

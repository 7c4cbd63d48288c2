/** Places that JavaScript told, as places in bytes of a file of the project. */
import { Diagnostic, type Place } from '../diagnostics/diagnostic.js'
import type { Source } from '../model/schema.js'
import type { ScriptReader } from './compose.js'
import { HostError } from './host.js'
import { placeOfSource } from './model.js'
import { isWithin, underRoot } from './paths.js'
import type { SchemaReport } from './schema-issues.js'

export class SourcePlaces {
  readonly root: string
  readonly #reader: ScriptReader
  readonly #lines = new Map<string, Promise<Lines | undefined>>()

  constructor(root: string, reader: ScriptReader) {
    this.root = root
    this.#reader = reader
  }

  /** The name of a file of the project as the user knows it. */
  nameOf(full: string): string | undefined {
    const path = this.#relative(full)
    return path === undefined ? undefined : underRoot(this.root, path)
  }

  /**
   * Makes the `source` of every menu and entry one in the project: the file from its root, the column and offset in
   * bytes. What has none, or one elsewhere, gets that of what it is in.
   *
   * @param path of the menu file, relative to the root
   */
  async complete(menus: readonly unknown[], path: string): Promise<void> {
    const top: Source = { file: path, line: 1, column: 1, offset: 0 }
    for (const menu of menus) {
      const source = await this.#completeOne(menu, top)
      const entries = (menu as { entries?: unknown } | null)?.entries
      if (!Array.isArray(entries)) continue
      for (const entry of entries as unknown[]) await this.#completeOne(entry, source)
    }
  }

  async #completeOne(item: unknown, outer: Source): Promise<Source> {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return outer
    const owner = item as { source?: unknown }
    owner.source = (await this.#inProject(owner.source)) ?? outer
    return owner.source as Source
  }

  async #inProject(given: unknown): Promise<Source | undefined> {
    const { file, line, column } = (given ?? {}) as Partial<Source>
    if (typeof file !== 'string' || typeof line !== 'number' || typeof column !== 'number') return undefined
    const path = this.#relative(file)
    if (path === undefined) return undefined
    const place = await this.place(underRoot(this.root, path), line, column)
    const { start } = place ?? {}
    return start && { file: path, line: start.line, column: start.column, offset: start.offset ?? 0 }
  }

  /** @param column in UTF-16 code units, 1-based */
  async place(file: string, line: number, column: number): Promise<Place | undefined> {
    let lines = this.#lines.get(file)
    if (!lines) {
      lines = this.#read(file)
      this.#lines.set(file, lines)
    }
    const point = (await lines)?.point(line, column)
    return point && { start: point, end: point }
  }

  /** A problem with data that a file gave: at the innermost menu or entry that it is in. */
  diagnostic({ path, reason, expected, note }: SchemaReport, data: unknown, file: string): Diagnostic {
    let source: Source = { file: '', line: 1, column: 1, offset: 0 }
    let value = data
    for (const step of path) {
      if (typeof value !== 'object' || value === null) break
      value = (value as Record<string | number, unknown>)[step]
      source = (value as { source?: Source } | null | undefined)?.source ?? source
    }
    return new Diagnostic({
      ruleId: 'menu-schema',
      severity: 'error',
      file: source.file === '' ? file : underRoot(this.root, source.file),
      reason,
      place: placeOfSource(source),
      ...(expected && { expected }),
      ...(note !== undefined && { note: inJavaScript(note) }),
    })
  }

  #relative(full: string): string | undefined {
    const { boundary } = this.#reader
    if (!isWithin(boundary, full) || full === boundary) return undefined
    const path = full.slice(boundary.endsWith('/') ? boundary.length : boundary.length + 1)
    return path.split('/').includes('node_modules') ? undefined : path
  }

  async #read(file: string): Promise<Lines | undefined> {
    try {
      return new Lines(await this.#reader.read(file))
    } catch (error) {
      if (error instanceof HostError) return undefined
      throw error
    }
  }
}

/** Notes about YAML do not help here. */
function inJavaScript(note: string): string {
  if (note.startsWith('YAML')) return 'Put quotes around it.'
  return note.startsWith('Nothing follows')
    ? 'It is `undefined` or `null`: does a condition or a function give nothing?'
    : note
}

class Lines {
  readonly #bytes: Uint8Array
  readonly #starts = [0]

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    for (let lf = bytes.indexOf(10); lf >= 0; lf = bytes.indexOf(10, lf + 1)) this.#starts.push(lf + 1)
  }

  point(line: number, column: number): Place['start'] {
    const number = Math.min(Math.max(1, line), this.#starts.length)
    const start = this.#starts[number - 1]!
    const end = this.#starts[number] ?? this.#bytes.length
    const text = new TextDecoder().decode(this.#bytes.subarray(start, end))
    const before = new TextEncoder().encode(text.slice(0, Math.max(0, column - 1))).length
    return { line: number, column: before + 1, offset: start + before }
  }
}

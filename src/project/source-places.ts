/** Places that JavaScript told, as places in bytes of a file of the project. */
import { Diagnostic, type Place } from '../diagnostics/diagnostic.js'
import type { Source } from '../model/schema.js'
import type { ScriptReader } from './compose.js'
import { HostError } from './host.js'
import { placeOfSource } from './model.js'
import { isWithin, underRoot } from './paths.js'
import { rawPlaces } from './raw-places.js'
import type { SchemaReport } from './schema-issues.js'
import type { YamlPath } from './yaml.js'

export class SourcePlaces {
  readonly root: string
  readonly #reader: ScriptReader
  readonly #lines = new Map<string, Promise<Lines | undefined>>()
  /** Where menus and entries of a file begin: offsets. */
  readonly #starts = new Map<string, Set<number>>()
  /** Where menus of a file begin. */
  readonly #menuStarts = new Map<string, Set<number>>()
  /** Menus and entries that have a place of their own. */
  readonly #own = new WeakSet<object>()

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
   * Makes the `source` of every menu, entry, machine and group one in the project: the file from its root, the column
   * and offset in bytes. What has none, or one elsewhere, gets that of what it is in.
   *
   * @param path of the menu file, relative to the root
   */
  async complete(
    { menus, groups, machines }: { menus?: unknown; groups?: unknown; machines?: unknown },
    path: string,
  ): Promise<void> {
    const top: Source = { file: path, line: 1, column: 1, offset: 0 }
    for (const item of [groups, machines].flatMap(listOf)) {
      note(this.#menuStarts, await this.#completeOne(item, top))
    }
    for (const menu of listOf(menus)) {
      const source = await this.#completeOne(menu, top)
      note(this.#menuStarts, source)
      const { entries } = (menu ?? {}) as { entries?: unknown }
      for (const entry of listOf(entries)) await this.#completeOne(entry, source)
    }
  }

  async #completeOne(item: unknown, outer: Source): Promise<Source> {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return outer
    const owner = item as { source?: unknown }
    const own = await this.#inProject(owner.source)
    const lines = own && (await this.#linesOf(underRoot(this.root, own.file)))
    const raw =
      lines &&
      rawPlaces(
        item,
        own,
        (line) => lines.text(line) || undefined,
        (line, column) => lines.point(line, column),
      )
    owner.source = own ? { ...own, ...(raw && { lines: raw }) } : outer
    if (own) {
      this.#own.add(item)
      note(this.#starts, own)
    }
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
    const point = (await this.#linesOf(file))?.point(line, column)
    return point && { start: point, end: point }
  }

  #linesOf(file: string): Promise<Lines | undefined> {
    let lines = this.#lines.get(file)
    if (!lines) {
      lines = this.#read(file)
      this.#lines.set(file, lines)
    }
    return lines
  }

  /** Does a comment on this line, or on the one before, say `ipxetool disable=RULE`? */
  async isDisabled(full: string, line: number, rule: string): Promise<boolean> {
    const path = this.#relative(full)
    if (path === undefined) return false
    const lines = await this.#linesOf(underRoot(this.root, path))
    const texts = [lines?.text(line), lines?.text(line - 1).replace(/^(?!\s*\/\/).*/s, '')]
    return texts.some((text) => {
      const rules = /\/\/.*\bipxetool disable=([\w,-]+)/.exec(text ?? '')?.[1]
      return rules?.split(',').includes(rule)
    })
  }

  /** A problem with data that a file gave: at the key in the innermost menu or entry, or at that. */
  async diagnostic(report: SchemaReport, data: unknown, file: string): Promise<Diagnostic> {
    const { path, reason, expected, note, isMissing } = report
    let source: Source = { file: '', line: 1, column: 1, offset: 0 }
    let value = data
    let rest = path
    let isOwn = false
    for (const [index, step] of path.entries()) {
      if (typeof value !== 'object' || value === null) break
      value = (value as Record<string | number, unknown>)[step]
      const found = (value as { source?: Source } | null | undefined)?.source
      if (!found) continue
      source = found
      rest = path.slice(index + 1)
      isOwn = this.#own.has(value as object)
    }
    const name = source.file === '' ? file : underRoot(this.root, source.file)
    const keys = isMissing === true ? rest.slice(0, -1) : rest
    const place = await this.#placeOfKey(name, source, keys, isOwn)
    return new Diagnostic({
      ruleId: 'menu-schema',
      severity: 'error',
      file: name,
      reason,
      place: place ?? placeOfSource(source),
      ...(expected && { expected }),
      ...(note !== undefined && { note: inJavaScript(note) }),
    })
  }

  /** The key in the text between a menu or entry and the next one; undefined: there is no telling. */
  async #placeOfKey(
    file: string,
    source: Source,
    keys: YamlPath,
    isOwn: boolean,
  ): Promise<Place | undefined> {
    const lines = await this.#linesOf(file)
    if (!lines || keys.length === 0) return undefined
    const names = keys.map(String)
    const isSure = isOwn && keys.every((key) => typeof key === 'string')
    const found = lines.key(names, source.offset, after(this.#starts.get(source.file), source.offset), isSure)
    // a menu goes on after its entries
    const end = after(this.#menuStarts.get(source.file), source.offset)
    return found ?? lines.key(names, source.offset, end, false)
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

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : []
}

function note(starts: Map<string, Set<number>>, { file, offset }: Source): void {
  starts.set(file, (starts.get(file) ?? new Set()).add(offset))
}

/** The first start behind an offset. */
function after(starts: ReadonlySet<number> | undefined, offset: number): number {
  return Math.min(...[...(starts ?? [])].filter((start) => start > offset))
}

/** Notes about YAML do not help here. */
function inJavaScript(note: string): string {
  if (note.startsWith('YAML')) return 'Put quotes around it.'
  return note.startsWith('Nothing follows')
    ? 'It is `undefined` or `null`: does a condition or a function give nothing?'
    : note
}

/** Comments and texts. */
const notCode = /\/\/[^\n]*|\/\*[^]*?\*\/|(['"`])(?:\\[^]|(?!\1)[^\\])*\1/g

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
    const before = new TextEncoder().encode(this.text(number).slice(0, Math.max(0, column - 1))).length
    return { line: number, column: before + 1, offset: start + before }
  }

  /**
   * Where a chain of keys ends, each below the one before. Numbers in it are passed over.
   *
   * @param isSure false: only a key that occurs once is the one
   */
  key(keys: readonly string[], from: number, to: number, isSure: boolean): Place | undefined {
    // one character for each byte, so that indices are offsets
    const text = new TextDecoder('latin1').decode(
      this.#bytes.subarray(from, Math.min(to, this.#bytes.length)),
    )
    const code = text.replace(notCode, (part, _quote, offset: number) =>
      /^['"]/.test(part) && /^\s*:/.test(text.slice(offset + part.length)) ? part : ' '.repeat(part.length),
    )
    let found: RegExpExecArray | undefined
    let start = 0
    for (const key of keys) {
      if (/^\d+$/.test(key)) continue
      const name = key.replace(/[^\w]/g, '\\$&')
      const pattern = new RegExp(`(?<![\\w$.-])(?:'${name}'|"${name}"|${name})(?=\\s*[:,}\\n])`, 'g')
      pattern.lastIndex = start
      const [first, second] = [pattern.exec(code), pattern.exec(code)]
      if (!first || (second && !isSure)) return undefined
      found = first
      start = pattern.lastIndex = first.index + first[0].length
    }
    return found && { start: this.#pointAt(from + found.index), end: this.#pointAt(from + start) }
  }

  #pointAt(offset: number): Place['start'] {
    let line = this.#starts.length
    while (line > 1 && this.#starts[line - 1]! > offset) line--
    return { line, column: offset - this.#starts[line - 1]! + 1, offset }
  }

  /** With its line end; empty where there is none. */
  text(line: number): string {
    const start = this.#starts[line - 1]
    return start === undefined
      ? ''
      : new TextDecoder().decode(this.#bytes.subarray(start, this.#starts[line]))
  }
}

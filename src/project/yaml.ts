/**
 * YAML with places. Only the plain part of YAML is taken: one document, no anchors, aliases, merge keys and tags,
 * because a configuration that says a thing in two places at once cannot point at a mistake in it.
 */
import type { Point } from 'unist'
import { isAlias, isCollection, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml'
import type { Document, Node, Pair, YAMLMap } from 'yaml'
import { Diagnostic, type Place } from '../diagnostics/diagnostic.js'
import { visible } from '../diagnostics/visible.js'

export type YamlPath = readonly (string | number)[]

export interface YamlFile {
  /** Plain data; `undefined` when the file could not be read as a mapping. */
  data: Record<string, unknown> | undefined
  diagnostics: Diagnostic[]
  /** The key or the value at a path; that of the nearest parent when the path is not there. */
  placeOf(path: YamlPath, part?: 'key' | 'value'): Place | undefined
  /** Where the mappings in the list at a path begin, by their index. */
  itemsOf(path: YamlPath): (Point | undefined)[]
  /** A line of the file, 1-based, without its end; undefined behind the last one. */
  lineAt(line: number): string | undefined
  /** @param column in UTF-16 code units, 1-based */
  pointAt(line: number, column: number): Point
}

const ruleId = 'project-yaml'
/** A file that is no YAML at all has a mistake in every line. */
const reportLimit = 20

/** @param file the path for diagnostics */
export function readYaml(file: string, bytes: Uint8Array): YamlFile {
  const diagnostics: Diagnostic[] = []
  const fail: Fail = (reason, place, note) => {
    if (diagnostics.length >= reportLimit) return
    diagnostics.push(
      new Diagnostic({
        ruleId,
        severity: 'error',
        file,
        reason,
        ...(place && { place }),
        ...(note !== undefined && { note }),
      }),
    )
  }
  const broken: YamlFile = {
    data: undefined,
    diagnostics,
    placeOf: () => undefined,
    itemsOf: () => [],
    lineAt: () => undefined,
    pointAt: (line, column) => ({ line, column }),
  }

  const text = decode(bytes)
  if (typeof text === 'number') {
    const point = pointInBytes(bytes, text)
    fail(
      bytes[text] === 0 ? 'The file is not text: it holds a NUL byte' : 'The file is not UTF-8',
      { start: point, end: point },
      'A project is described in a UTF-8 text file.',
    )
    return broken
  }
  const places = new Places(text)
  const deep = nestedTooDeeply(text)
  if (deep !== undefined) {
    fail(
      'The file is nested too deeply',
      places.range(deep, deep),
      'A dozen levels are enough for a project.',
    )
    return broken
  }
  // a warning is never printed: parseDocument leaves that to the caller
  const document = parseDocument(text, {
    prettyErrors: false,
    version: '1.2',
    logLevel: 'error',
    uniqueKeys: false,
  })
  for (const error of document.errors) {
    fail(explain(error.code, error.message), places.range(error.pos[0], error.pos[1]), hints[error.code])
  }
  if (document.errors.length > 0) return broken

  refuseSpecialYaml(document, places, fail)
  const root: unknown = document.contents
  if (root === null || (isScalar(root) && root.value === null)) {
    fail('The file is empty', undefined, 'The least that it can say is `entry: boot.ipxe`.')
    return broken
  }
  if (!isMap(root)) {
    const what = isSeq(root) ? 'a list' : 'a single value'
    fail(
      `A project is described by a mapping, not by ${what}`,
      places.ofNode(root as Node),
      'Write `entry: boot.ipxe` and so on, one key a line.',
    )
    return broken
  }
  if (diagnostics.length > 0) return broken
  return {
    data: document.toJS({ maxAliasCount: 0 }) as Record<string, unknown>,
    diagnostics,
    placeOf: (path, part = 'value') => places.find(root, path, part),
    itemsOf: (path) => places.items(root, path),
    lineAt: (line) => places.lineAt(line),
    pointAt: (line, column) => places.pointAt(line, column),
  }
}

type Fail = (reason: string, place: Place | undefined, note?: string) => void

function refuseSpecialYaml(document: Document.Parsed, places: Places, fail: Fail): void {
  if (document.directives.yaml.explicit === true) {
    fail('A `%YAML` directive is not supported', places.range(0, 5), 'Remove the line: the file is YAML 1.2.')
  }
  visit(document, {
    Map: (_key, map) => {
      // the parser's own search for duplicates compares every two keys
      const seen = new Set<unknown>()
      for (const { key } of map.items) {
        if (!isScalar(key)) continue
        if (seen.has(key.value)) {
          fail(
            'This key stands there twice',
            places.ofNode(key),
            'Which of the two counts would be a guess: keep one.',
          )
        }
        seen.add(key.value)
      }
    },
    Pair: (_key, pair: Pair) => {
      if (isScalar(pair.key) && pair.key.value === '<<') {
        fail('Merge keys (`<<`) are not supported', places.ofNode(pair.key), 'Write the keys out.')
      } else if (isScalar(pair.key) && pair.key.value === '__proto__') {
        fail('`__proto__` is not a usable name', places.ofNode(pair.key))
      } else if (!isScalar(pair.key) || typeof pair.key.value !== 'string') {
        const shown = isScalar(pair.key) ? `; \`${String(pair.key.source ?? pair.key.value)}\` is not` : ''
        fail(
          `A key has to be text${shown}`,
          places.ofNode(pair.key as Node | null),
          'Put it in quotes if it is meant as text.',
        )
      }
    },
    Node: (_key, node) => {
      if (isAlias(node)) {
        fail(
          `Aliases are not supported: \`*${node.source}\``,
          places.ofNode(node),
          'Write the value out, or make it a variable and refer to it as `$<name>`.',
        )
        return
      }
      if (node.anchor !== undefined) {
        fail(
          `Anchors are not supported: \`&${node.anchor}\``,
          places.ofNode(node),
          'Write the value out where it is needed, or make it a variable and refer to it as `$<name>`.',
        )
      }
      if (node.tag !== undefined && (isCollection(node) || isScalar(node))) {
        fail(
          `Tags are not supported: \`${shortTag(node.tag)}\``,
          places.ofNode(node),
          'Put text in quotes; the key says which type it has.',
        )
      }
    },
  })
}

const levelLimit = 100

/** Where nesting passes what the parser can take: thousands of levels end the whole process (yaml 2.9.1). */
function nestedTooDeeply(text: string): number | undefined {
  const indicators = new RegExp(`(?:[-?:][ \\t]+){${levelLimit}}|^[ \\t]{${2 * levelLimit}}`, 'm').exec(text)
  let level = 0
  for (const { 0: bracket, index } of text.matchAll(/[[{\]}]/g)) {
    if (bracket === '[' || bracket === '{') level++
    else level = Math.max(0, level - 1)
    if (level > levelLimit) return Math.min(index, indicators?.index ?? index)
  }
  return indicators?.index
}

const hints: Record<string, string> = {
  TAB_AS_INDENT: 'Indent with blanks.',
  MULTIPLE_DOCS: 'Remove the `---` and what does not belong to the project.',
}

function explain(code: string, message: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'YAML does not allow a TAB as indentation'
    case 'MULTIPLE_DOCS':
      return 'The file holds more than one YAML document'
    default:
      return `This is not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`
  }
}

function shortTag(tag: string): string {
  return tag.replace('tag:yaml.org,2002:', '!!')
}

/** The text, or the offset of the first byte that cannot be part of one. */
function decode(bytes: Uint8Array): string | number {
  const nul = bytes.indexOf(0)
  if (nul >= 0) return nul
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    return decoder.decode(bytes)
  } catch {
    return firstBadByte(bytes)
  }
}

function firstBadByte(bytes: Uint8Array): number {
  let low = 0
  let high = bytes.length
  // the longest valid beginning: a sequence cut at the end is not bad yet, hence `stream`
  while (low < high) {
    const middle = (low + high + 1) >> 1
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, middle), { stream: true })
      low = middle
    } catch {
      high = middle - 1
    }
  }
  return Math.min(low, Math.max(0, bytes.length - 1))
}

function pointInBytes(bytes: Uint8Array, offset: number): Point {
  let line = 1
  let lineStart = 0
  for (let at = bytes.indexOf(10); at >= 0 && at < offset; at = bytes.indexOf(10, at + 1)) {
    line++
    lineStart = at + 1
  }
  return { line, column: offset - lineStart + 1, offset }
}

/** Turns offsets in the decoded text into places in bytes. */
class Places {
  readonly #text: string
  /** Of each line: its offsets in the text and in the file. */
  readonly #lines: { start: number; bytes: number }[] = [{ start: 0, bytes: 0 }]

  constructor(text: string) {
    this.#text = text
    let bytes = 0
    for (let start = 0, lf = text.indexOf('\n'); lf >= 0; lf = text.indexOf('\n', start)) {
      bytes += encoder.encode(text.slice(start, lf + 1)).length
      start = lf + 1
      this.#lines.push({ start, bytes })
    }
  }

  range(start: number, end: number): Place {
    return { start: this.#point(start), end: this.#point(Math.max(start, end)) }
  }

  ofNode(node: Node | null | undefined): Place | undefined {
    if (!node?.range) return undefined
    return this.range(node.range[0], node.range[1])
  }

  find(root: YAMLMap, path: YamlPath, part: 'key' | 'value'): Place | undefined {
    let node: unknown = root
    let key: Node | null = null
    for (const step of path) {
      if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && item.key.value === step)
        if (!pair) break
        key = pair.key as Node
        node = pair.value
      } else if (isSeq(node)) {
        const item: unknown = node.items[Number(step)]
        if (item === undefined) break
        key = null
        node = item
      } else break
    }
    if (part === 'key' && key) return this.ofNode(key)
    // of a mapping in a list the first key shows enough
    if (part === 'key' && isMap(node) && !node.flow && node.items[0]) {
      return this.ofNode(node.items[0].key as Node)
    }
    const value = node as Node | null
    // a value that is missing (`value:`) has no width: the key shows better where it should be
    if (value?.range && value.range[1] > value.range[0] && value !== (root as unknown))
      return this.ofNode(value)
    return this.ofNode(key)
  }

  /** Without its line end. */
  lineAt(line: number): string | undefined {
    const start = this.#lines[line - 1]?.start
    return start === undefined ? undefined : this.#text.slice(start, this.#lines[line]?.start).trimEnd()
  }

  pointAt(line: number, column: number): Point {
    return this.#point((this.#lines[line - 1]?.start ?? 0) + column - 1)
  }

  items(root: YAMLMap, path: YamlPath): (Point | undefined)[] {
    const list = root.getIn(path, true)
    if (!isSeq(list)) return []
    return list.items.map((item) => (isMap(item) && item.range ? this.#point(item.range[0]) : undefined))
  }

  #point(offset: number): Point {
    let low = 0
    for (let high = this.#lines.length; high - low > 1;) {
      const middle = (low + high) >> 1
      if (this.#lines[middle]!.start <= offset) low = middle
      else high = middle
    }
    const { start, bytes } = this.#lines[low]!
    const before = encoder.encode(this.#text.slice(start, offset)).length
    return { line: low + 1, column: before + 1, offset: bytes + before }
  }
}

const encoder = new TextEncoder()

/** Text from the project as it is shown in a message: on one line, not endless, nothing that a terminal obeys. */
export function shown(text: string, limit = 70): string {
  return visible(text.length > limit ? `${text.slice(0, limit - 1)}…` : text)
}

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
}

const ruleId = 'project-yaml'

/** @param file the path for diagnostics */
export function readYaml(file: string, bytes: Uint8Array): YamlFile {
  const diagnostics: Diagnostic[] = []
  const fail = (reason: string, place: Place | undefined, note?: string): void => {
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
  const broken: YamlFile = { data: undefined, diagnostics, placeOf: () => undefined }

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
  let document: Document.Parsed
  try {
    document = parseDocument(text, { prettyErrors: false, version: '1.2', logLevel: 'silent' })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    fail('The file is nested too deeply', undefined)
    return broken
  }
  for (const error of document.errors.slice(0, 20)) {
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
  }
}

type Fail = (reason: string, place: Place | undefined, note?: string) => void

function refuseSpecialYaml(document: Document.Parsed, places: Places, fail: Fail): void {
  if (document.directives.yaml.explicit === true) {
    fail('A `%YAML` directive is not supported', places.range(0, 5), 'Remove the line: the file is YAML 1.2.')
  }
  visit(document, {
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

const hints: Record<string, string> = {
  DUPLICATE_KEY: 'Which of the two counts would be a guess: keep one.',
  TAB_AS_INDENT: 'Indent with blanks.',
  MULTIPLE_DOCS: 'Remove the `---` and what does not belong to the project.',
}

function explain(code: string, message: string): string {
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'This key stands there twice'
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

  constructor(text: string) {
    this.#text = text
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
    const value = node as Node | null
    // a value that is missing (`value:`) has no width: the key shows better where it should be
    if (value?.range && value.range[1] > value.range[0] && value !== (root as unknown))
      return this.ofNode(value)
    return this.ofNode(key)
  }

  #point(offset: number): Point {
    const before = this.#text.slice(0, offset)
    const lineStart = before.lastIndexOf('\n') + 1
    const encoder = new TextEncoder()
    return {
      line: before.split('\n').length,
      column: encoder.encode(before.slice(lineStart)).length + 1,
      offset: encoder.encode(before).length,
    }
  }
}

/** Text from the project as it is shown in a message: on one line, not endless, nothing that a terminal obeys. */
export function shown(text: string, limit = 70): string {
  return visible(text.length > limit ? `${text.slice(0, limit - 1)}…` : text)
}

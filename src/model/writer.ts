/** Writes the lines of a generated script, each with the place in the user's source that it stands for. */
import type { Line, Script } from '../ast/nodes.js'
import { copyLine, walk } from '../ast/walk.js'
import { encodeText } from '../syntax/bytes.js'
import { parse } from '../syntax/parse.js'
import { textToBytes } from '../syntax/bytes.js'
import { relativePath } from './relative-path.js'
import type { Source } from './schema.js'

/** Different texts that are remembered from build to build. */
const maxTexts = 200_000

export class ScriptWriter {
  private readonly lines: WrittenLine[] = []
  readonly #path: string
  /** The source of the lines that follow. */
  source: Source | undefined

  /** @param path where the script will be in the tree */
  constructor(source: Source | undefined, path = 'boot.ipxe') {
    this.source = source
    this.#path = path
  }

  /** A URL of the model as it is written here: iPXE takes what is relative from the script, the model from the tree. */
  uri(uri: string): string {
    const isInTree = /^\w/.test(uri) && !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(uri)
    return isInTree ? relativePath(this.#path, uri) : uri
  }

  line(text = ''): void {
    this.lines.push({ text, source: this.source })
  }

  /** A label in a comment must not speak to ipxetool, and a variable in it is not replaced: it is shown as a name. */
  comment(text: string): void {
    const shown = text.replace(/\$<([^>]*)>/g, '$1')
    this.line(`# ${/^\s*ipxetool\b/.test(shown) ? `"${shown}"` : shown}`)
  }

  /** The lines of another writer. */
  append({ lines }: ScriptWriter): void {
    this.lines.push(...lines)
  }

  /** Whether a line so far goes to a label. */
  goesTo(label: string): boolean {
    return this.lines.some(({ text }) => text.endsWith(`goto ${label}`))
  }

  /** A blank line and a label. */
  label(name: string): void {
    this.line()
    this.line(`:${name}`)
  }

  /**
   * The script. Its lines point to the user's source: `position` and `origin` are those of what they were made from,
   * and nothing inside them has a span.
   *
   * @param known lines of other scripts, which this one shares when text and source are the same
   * @param name of the script, under which `known` keeps it for the next build
   * @throws TypeError when a text broke out of its line: the model was not validated
   */
  finish(known: LineCache = new LineCache(), name?: string): Script {
    const same = name === undefined ? undefined : known.reuse(name, this.lines)
    if (same) return same
    const script = this.#finish(known)
    if (name !== undefined) known.keep(name, script, this.lines)
    return script
  }

  #finish(known: LineCache): Script {
    const children: Line[] = []
    const missing: { key: string; index: number; count: number }[] = []
    const counts = new Map<string, number>()
    for (const [index, { text, source }] of this.lines.entries()) {
      const count = counts.get(text) ?? 0
      counts.set(text, count + 1)
      const key = `${source === undefined ? '' : `${source.file}:${source.offset}`} ${count} ${text}`
      const line = known.lines.get(key)
      if (line) children[index] = line
      else missing.push({ key, index, count })
    }
    known.parse(missing.map(({ index }) => this.lines[index]!.text))
    for (const { key, index, count } of missing) {
      const { text, source } = this.lines[index]!
      const line = lineFrom(known.contentOf(text, count), source)
      known.lines.set(key, line)
      children[index] = line
    }
    return { type: 'script', children }
  }
}

interface WrittenLine {
  text: string
  source: Source | undefined
}

/**
 * The lines of all scripts of one build: those of a machine are mostly those of its menu. Kept from one build to the
 * next, a script that says the same again is the same object, with its places brought up to date.
 */
export class LineCache {
  readonly lines = new Map<string, Line>()
  readonly #scripts = new Map<string, { script: Script; lines: readonly WrittenLine[]; build: number }>()
  #build = 0

  /** Call it before each build but the first. */
  nextBuild(): void {
    // places in the user's files may have moved
    this.lines.clear()
    for (const [name, { build }] of this.#scripts) if (build < this.#build) this.#scripts.delete(name)
    if (this.#contents.size > maxTexts) this.#contents.clear()
    this.#build++
  }

  reuse(name: string, lines: readonly WrittenLine[]): Script | undefined {
    const known = this.#scripts.get(name)
    if (known?.lines.length !== lines.length) return undefined
    for (const [index, { text, source }] of lines.entries()) {
      const before = known.lines[index]!
      if (before.text !== text || before.source?.file !== source?.file) return undefined
    }
    for (const [index, { source }] of lines.entries()) {
      if (!source || isSame(source, known.lines[index]!.source)) continue
      known.script.children[index]!.position = positionOf(source)
    }
    known.lines = lines
    known.build = this.#build
    return known.script
  }

  keep(name: string, script: Script, lines: readonly WrittenLine[]): void {
    this.#scripts.set(name, { script, lines, build: this.#build })
  }

  /**
   * Menus say the same thing over and over: each text is parsed once, and lines of different scripts with one text have
   * their nodes in common. By text: those of its first line in a script, of its second, and so on, because in one
   * script each line has nodes of its own.
   */
  readonly #contents = new Map<string, Line['children'][]>()

  parse(texts: readonly string[]): void {
    const missing = [...new Set(texts)].filter((text) => !this.#contents.has(text))
    if (missing.length === 0) return
    for (const [index, { children }] of parseLines(missing).entries()) {
      this.#contents.set(missing[index]!, [children])
    }
  }

  /** @param count how many lines of that text the script has before */
  contentOf(text: string, count: number): Line['children'] {
    const known = this.#contents.get(text)!
    return (known[count] ??= copyLine({ type: 'line', children: known[0]! }).children)
  }
}

function parseLines(texts: readonly string[]): Line[] {
  const { children } = parse(textToBytes(encodeText(texts.map((text) => `${text}\n`).join(''))), {
    positions: false,
  })
  const lines = children.filter((line) => line.type === 'line')
  if (lines.length !== texts.length || children.length !== lines.length) {
    throw new TypeError('A generated line holds a line break or ends in a backslash.')
  }
  for (const line of lines) {
    delete line.position
    walk(line, (node) => {
      if ('span' in node) delete node.span
      return undefined
    })
  }
  return lines
}

function lineFrom(children: Line['children'], source: Source | undefined): Line {
  if (!source) return { type: 'line', children }
  return { type: 'line', children, position: positionOf(source), origin: { path: source.file } }
}

function isSame(a: Source, b: Source | undefined): boolean {
  return a === b || (a.offset === b?.offset && a.line === b.line && a.column === b.column)
}

function positionOf({ line, column, offset }: Source): NonNullable<Line['position']> {
  const point = { line, column, offset }
  return { start: point, end: point }
}

/** Which rules a script has switched off, and where. */
import { type DirectiveText, type DisableDirective, parseDirective } from '../analysis/directives.js'
import type { Comment, InvalidLine, Line, Script } from '../ast/nodes.js'

/** One rule in one directive. */
export interface Suppression {
  readonly rule: string
  readonly line: Line
  readonly comment: Comment
  readonly directive: DisableDirective
  /** Where the id of the rule stands in the comment; undefined: `disable-end` without one. */
  readonly text: DirectiveText | undefined
  /** Something was not said because of it. */
  used: boolean
}

interface Block {
  /** Indices of lines, both inclusive. */
  from: number
  to: number
  file: string
  suppression: Suppression
}

/**
 * `# ipxetool disable=rule`: after a command, for that line; on a line of its own before the first command of its file,
 * for the file; later, for the next line that holds anything. `disable-start=rule` is for all lines of its file up to
 * `disable-end=rule` or `disable-end`, or to the end.
 */
export class Disabled {
  /** In source order. What ends no block is among them. */
  readonly suppressions: Suppression[] = []
  readonly #ofFile = new Map<string, Map<string, Suppression[]>>()
  readonly #ofLine = new Map<Line | InvalidLine, Map<string, Suppression[]>>()
  /** By rule. */
  readonly #blocks = new Map<string, Block[]>()
  readonly #indexOf = new Map<Line | InvalidLine, number>()
  readonly #path: string
  readonly #pathOf: (line: Line | InvalidLine) => string

  /** @param path of the script itself, for what has no line */
  constructor(script: Script, pathOf: (line: Line | InvalidLine) => string, path: string) {
    this.#path = path
    this.#pathOf = pathOf
    if (!script.children.some(mayDirect)) return
    /** Files whose first command has passed. */
    const begun = new Set<string>()
    const waiting = new Map<string, Suppression[]>()
    const { children } = script
    for (let index = 0; index < children.length; index++) {
      const line = children[index]!
      const file = pathOf(line)
      const here = line.type === 'line' ? this.#read(line, index, file) : []
      if (!hasContent(line)) {
        if (here.length === 0) continue
        if (begun.has(file)) addTo(waiting, file, here)
        else for (const one of here) addOne(this.#ofFile, file, one)
        continue
      }
      begun.add(file)
      for (const one of here) addOne(this.#ofLine, line, one)
      for (const one of waiting.get(file) ?? []) addOne(this.#ofLine, line, one)
      waiting.delete(file)
    }
    if (this.#blocks.size > 0) for (const [index, line] of children.entries()) this.#indexOf.set(line, index)
  }

  /** Asked for a report that is about to be made: what silences it is used. */
  has(rule: string, line: Line | InvalidLine | undefined): boolean {
    if (this.suppressions.length === 0) return false
    const file = line ? this.#pathOf(line) : this.#path
    const found = [
      ...((line && this.#ofLine.get(line)?.get(rule)) ?? []),
      ...(this.#ofFile.get(file)?.get(rule) ?? []),
      ...this.#blocksAround(rule, line, file),
    ]
    for (const suppression of found) suppression.used = true
    return found.length > 0
  }

  #blocksAround(rule: string, line: Line | InvalidLine | undefined, file: string): Suppression[] {
    const blocks = line && this.#blocks.get(rule)
    if (!blocks) return []
    const index = this.#indexOf.get(line)!
    return blocks
      .filter((block) => block.file === file && block.from <= index && index <= block.to)
      .map(({ suppression }) => suppression)
  }

  /** @returns what is for this line, the next one or the file */
  #read(line: Line, index: number, file: string): Suppression[] {
    const comment = line.children.find((child) => child.type === 'comment')
    if (!comment) return []
    const directive = parseDirective(comment)
    if (directive?.kind !== 'disable') return []
    const make = (text: DirectiveText | undefined): Suppression => {
      const suppression = { rule: text?.value ?? '', line, comment, directive, text, used: false }
      this.suppressions.push(suppression)
      return suppression
    }
    if (directive.scope === 'here') return directive.rules.map(make)
    if (directive.scope === 'start') {
      for (const text of directive.rules) {
        const suppression = make(text)
        addTo(this.#blocks, text.value, [{ from: index, to: Infinity, file, suppression }])
      }
      return []
    }
    const ended = directive.rules.length > 0 ? directive.rules : [undefined]
    for (const text of ended) {
      const suppression = make(text)
      const blocks = text ? (this.#blocks.get(text.value) ?? []) : [...this.#blocks.values()].flat()
      for (const block of blocks) {
        if (block.file !== file || block.to !== Infinity) continue
        block.to = index
        suppression.used = true
      }
    }
    return []
  }
}

/** Most scripts say nothing to ipxetool. */
function mayDirect(line: Line | InvalidLine): boolean {
  if (line.type === 'invalid') return false
  for (const child of line.children) {
    if (child.type === 'comment' && child.value.includes('ipxetool')) return true
  }
  return false
}

function hasContent(line: Line | InvalidLine): boolean {
  if (line.type === 'invalid') return true
  return line.children.some(({ type }) => type === 'command' || type === 'label' || type === 'operator')
}

function addOne<Key>(map: Map<Key, Map<string, Suppression[]>>, key: Key, suppression: Suppression): void {
  let ofKey = map.get(key)
  if (!ofKey) map.set(key, (ofKey = new Map<string, Suppression[]>()))
  addTo(ofKey, suppression.rule, [suppression])
}

function addTo<Value>(map: Map<string, Value[]>, key: string, values: readonly Value[]): void {
  const list = map.get(key)
  if (list) list.push(...values)
  else map.set(key, [...values])
}

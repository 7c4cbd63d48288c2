/** Which rules a script has switched off, and where. */
import { parseDirective } from '../analysis/directives.js'
import type { InvalidLine, Line, Script } from '../ast/nodes.js'

/**
 * `# ipxetool disable=rule`: after a command, for that line; on a line of its own before the first command of its file,
 * for the file; later, for the next line that holds anything.
 */
export class Disabled {
  readonly #ofFile = new Map<string, Set<string>>()
  readonly #ofLine = new Map<Line | InvalidLine, Set<string>>()
  readonly #path: string
  readonly #pathOf: (line: Line | InvalidLine) => string

  /** @param path of the script itself, for what has no line */
  constructor(script: Script, pathOf: (line: Line | InvalidLine) => string, path: string) {
    this.#path = path
    this.#pathOf = pathOf
    /** Files whose first command has passed. */
    const begun = new Set<string>()
    const waiting = new Map<string, string[]>()
    for (const line of script.children) {
      const file = pathOf(line)
      const rules = line.type === 'line' ? disabledBy(line) : []
      if (!hasContent(line)) {
        if (rules.length === 0) continue
        if (begun.has(file)) addTo(waiting, file, rules)
        else for (const rule of rules) addOne(this.#ofFile, file, rule)
        continue
      }
      begun.add(file)
      for (const rule of rules) addOne(this.#ofLine, line, rule)
      for (const rule of waiting.get(file) ?? []) addOne(this.#ofLine, line, rule)
      waiting.delete(file)
    }
  }

  has(rule: string, line: Line | InvalidLine | undefined): boolean {
    if (line && this.#ofLine.get(line)?.has(rule)) return true
    return this.#ofFile.get(line ? this.#pathOf(line) : this.#path)?.has(rule) ?? false
  }
}

function hasContent(line: Line | InvalidLine): boolean {
  if (line.type === 'invalid') return true
  return line.children.some(({ type }) => type === 'command' || type === 'label' || type === 'operator')
}

function disabledBy(line: Line): string[] {
  const comment = line.children.find((child) => child.type === 'comment')
  const directive = comment && parseDirective(comment)
  return directive?.kind === 'disable' ? directive.rules.map(({ value }) => value) : []
}

function addOne<Key>(map: Map<Key, Set<string>>, key: Key, rule: string): void {
  const set = map.get(key)
  if (set) set.add(rule)
  else map.set(key, new Set([rule]))
}

function addTo(map: Map<string, string[]>, key: string, rules: readonly string[]): void {
  const list = map.get(key)
  if (list) list.push(...rules)
  else map.set(key, [...rules])
}

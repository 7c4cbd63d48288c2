/**
 * What a word of a script may become when the settings in it have the values that scripts of the project give them.
 * Settings are global in iPXE: a script that is chained reads what its callers have set. All values count that may be
 * in force, because which one is depends on the machine and on who sits at it.
 */
import { parseSettingName, referenceParts } from '../analysis/settings.js'
import { hole } from '../analysis/text.js'
import type { Word } from '../ast/nodes.js'
import type { Assignment, ScriptSettings } from './scan.js'

/** At most so many values of a word; of more the rest is unknown. */
const maxValues = 16
const maxDepth = 6
/** Longer than any URL. */
const maxLength = 2048

/** An unknown setting in an expanded text is its name between these. */
const open = '\ue001'
const close = '\ue002'
const marked = /\ue001([^\ue001\ue002]*)\ue002/g

/** Where a word stands. */
export interface At {
  script: ScriptSettings
  section: number
  index: number
}

export class Values {
  readonly #scripts: readonly ScriptSettings[]
  #everywhere: Map<string, { script: ScriptSettings; assignment: Assignment }[]> | undefined
  readonly #global = new Map<string, readonly string[]>()
  readonly #asked = new Set<string>()
  readonly #known = new WeakMap<Assignment, (readonly string[])[]>()

  constructor(scripts: readonly ScriptSettings[]) {
    this.#scripts = scripts
  }

  /** Names of settings that one script reads and others may have set. */
  get handed(): Iterable<string> {
    return this.#asked
  }

  /** The texts of a setting that a script does not set itself. */
  elsewhere(name: string): readonly string[] {
    return this.#elsewhere(name, 0)
  }

  /**
   * The texts that a word may become, each once, at least one. Byte strings; what is unknown is marked, see
   * {@link withHoles} and {@link shown}.
   */
  expand(word: Word, at: At, depth = 0): readonly string[] {
    let texts: readonly string[] = ['']
    for (const child of word.children) {
      if (child.type === 'text') texts = texts.map((text) => text + child.value)
      else if (child.type === 'variable')
        texts = texts.map((text) => `${text}${open}$<${child.name}>${close}`)
      else {
        const { name, type } = referenceParts(child)
        const unknown = `${open}${name}${close}`
        const values =
          (type === undefined || type === 'string') && !name.includes(hole)
            ? this.#valuesOf(name, at, depth)
            : [unknown]
        texts = product(texts, values, unknown)
      }
    }
    return [...new Set(texts)]
  }

  #valuesOf(name: string, at: At, depth: number): readonly string[] {
    const unknown = `${open}${name}${close}`
    if (depth >= maxDepth) return [unknown]
    const own = at.script.assignments.get(name)
    if (!own) return at.script.computed.has(name) ? [unknown] : this.#elsewhere(name, depth)
    const before = inForce(own, at)
    const values = before.assignments.flatMap((assignment) => this.#valueOf(assignment, at.script, depth))
    if (before.isSure) return limited(values, unknown)
    // what ran before this section is not known: any of them
    const all = own
      .slice(0, maxValues + 1)
      .flatMap((assignment) => this.#valueOf(assignment, at.script, depth))
    return limited([...values, ...all], unknown)
  }

  /** Remembered, because `set a ${b}${b}` with the same for b would take for ever. */
  #valueOf(assignment: Assignment, script: ScriptSettings, depth: number): readonly string[] {
    const known = this.#known.get(assignment) ?? []
    this.#known.set(assignment, known)
    const found = known[depth]
    if (found) return found
    const { words, section, index } = assignment
    let texts: readonly string[] = ['']
    for (const [position, word] of words.slice(0, 300).entries()) {
      const next = this.expand(word, { script, section, index }, depth + 1)
      texts = product(texts, position === 0 ? next : next.map((text) => ` ${text}`), `${open}${close}`)
    }
    known[depth] = texts
    return texts
  }

  /** What the other scripts set it to. */
  #elsewhere(name: string, depth: number): readonly string[] {
    this.#asked.add(name)
    const known = this.#global.get(name)
    if (known) return known
    this.#everywhere ??= collect(this.#scripts)
    const unknown = `${open}${name}${close}`
    const found = this.#everywhere.get(name) ?? []
    const values = found
      .slice(0, maxValues)
      .flatMap(({ script, assignment }) => this.#valueOf(assignment, script, depth + 1))
    const result = found.length === 0 || found.length > maxValues ? [...values, unknown] : values
    const kept = limited(result, unknown)
    // what was cut short because it lies deep inside another value is no answer for others
    if (depth === 0) this.#global.set(name, kept)
    return kept
  }
}

/** The assignments that count at a place: the last sure one before it in its section, and the unsure ones after that. */
function inForce(all: readonly Assignment[], at: At): { assignments: Assignment[]; isSure: boolean } {
  const assignments: Assignment[] = []
  let low = 0
  for (let high = all.length; low < high;) {
    const middle = (low + high) >> 1
    if (all[middle]!.index < at.index) low = middle + 1
    else high = middle
  }
  for (let position = low - 1; position >= 0 && assignments.length <= maxValues; position--) {
    const assignment = all[position]!
    if (assignment.section !== at.section) break
    assignments.push(assignment)
    if (!assignment.conditional) return { assignments, isSure: true }
  }
  return { assignments, isSure: false }
}

function collect(
  scripts: readonly ScriptSettings[],
): Map<string, { script: ScriptSettings; assignment: Assignment }[]> {
  const all = new Map<string, { script: ScriptSettings; assignment: Assignment }[]>()
  for (const script of scripts) {
    for (const [name, assignments] of script.assignments) {
      const list = all.get(name) ?? []
      for (const assignment of assignments) list.push({ script, assignment })
      all.set(name, list)
    }
  }
  return all
}

function product(texts: readonly string[], values: readonly string[], unknown: string): readonly string[] {
  const result = texts.flatMap((text) => values.map((value) => (text + value).slice(0, maxLength)))
  return limited(result, unknown)
}

function limited(values: readonly string[], unknown: string): readonly string[] {
  const different = [...new Set(values)]
  if (different.length === 0) return [unknown]
  return different.length > maxValues ? [...different.slice(0, maxValues - 1), unknown] : different
}

/** An expanded text with every unknown setting as one {@link hole}. */
export function withHoles(text: string): string {
  return text.replace(marked, hole).replace(/[\ue001\ue002]/g, '')
}

/** An expanded text as it would stand in a script. */
export function shown(text: string): string {
  return text
    .replace(marked, (_, name: string) => (name.startsWith('$<') ? name : `\${${name}}`))
    .replace(/[\ue001\ue002]/g, '')
}

/** The name of the first unknown setting, without its scope. */
export function firstUnknown(text: string): string | undefined {
  const name = new RegExp(marked.source).exec(text)?.[1]
  return name === undefined ? undefined : parseSettingName(name).name
}

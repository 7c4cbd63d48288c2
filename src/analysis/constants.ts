/**
 * Settings whose value is plain in the script, for guessing what a URL will be. Only a guess: nothing here follows the
 * control flow. A setting that gets several values counts only between one of them and the next label.
 */
import type { Word } from '../ast/nodes.js'
import type { Analysis } from './analyse.js'
import type { Argument, ParsedCommand } from './commands.js'
import { referenceParts } from './settings.js'
import { hole } from './text.js'

const maxDepth = 6
/** Longer than any URL; bounds the work on `set a ${b}${b}`. */
const maxLength = 1024

/** The words after the name in one `set`. */
interface Value {
  words: readonly Argument[]
  section: number
}

export class Constants {
  readonly #values = new Map<string, Value[]>()
  readonly #sectionOf: Analysis['sectionOf']
  readonly #expanded = new Map<string, string>()

  constructor({ commands, settings, sectionOf }: Analysis) {
    this.#sectionOf = sectionOf
    const computed = new Set<string>()
    for (const { command, parts } of settings.writes) {
      if (command.spec?.name !== 'set') computed.add(parts.name)
    }
    for (const command of commands) {
      const [name, ...words] = command.positionals
      if (command.spec?.name !== 'set' || !name || words.length === 0) continue
      const key = name.text.replace(/:.*$/, '')
      if (computed.has(key)) continue
      const value = { words, section: this.sectionOf(command) }
      const list = this.#values.get(key)
      if (list) list.push(value)
      else this.#values.set(key, [value])
    }
  }

  sectionOf({ node }: ParsedCommand): number {
    return this.#sectionOf.get(node) ?? 0
  }

  /** The words that a setting was set to, as seen from a section. */
  valueOf(name: string, section: number): readonly Argument[] | undefined {
    const values = this.#values.get(name)
    if (!values) return undefined
    if (values.length === 1) return values[0]!.words
    for (let index = values.length - 1; index >= 0 && index >= values.length - 64; index--) {
      if (values[index]!.section === section) return values[index]!.words
    }
    return undefined
  }

  /** A word with the settings it holds replaced by their values; unknown ones stay holes. Cut when long. */
  expand(word: Word, section: number, depth = 0): string {
    let result = ''
    for (const child of word.children) {
      if (result.length > maxLength) break
      if (child.type === 'text') result += child.value
      else if (child.type === 'reference')
        result += this.#expandName(referenceParts(child).name, section, depth)
      else result += hole
    }
    return result.slice(0, maxLength)
  }

  #expandName(name: string, section: number, depth: number): string {
    if (depth >= maxDepth) return hole
    const key = `${section} ${depth} ${name}`
    let text = this.#expanded.get(key)
    if (text !== undefined) return text
    const words = this.valueOf(name, section)
    text = words ? '' : hole
    for (const { word } of words ?? []) {
      if (text.length > maxLength) break
      text += (text === '' ? '' : ' ') + this.expand(word, section, depth + 1)
    }
    this.#expanded.set(key, text)
    return text
  }
}

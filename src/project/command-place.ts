/** Where in a command the next word stands: its name, an option, an option's value, free text. */
import type { Command, Line, Word } from '../ast/nodes.js'
import { interpretCommand, isText, type ParsedCommand } from '../analysis/commands.js'

/** Commands whose last arguments are text for people or a value: iPXE joins the words with single blanks. */
const freeTextCommands = new Set(['echo', 'form', 'item', 'menu', 'param', 'prompt', 'set'])
/** After so many words nobody reads options any more; keeps long lines linear. */
const enough = 256

export class CommandPlace {
  readonly #line: Line
  readonly #words: Word[] = []
  #count = 0
  #parsed: ParsedCommand | undefined
  #isCurrent = true

  constructor(line: Line) {
    this.#line = line
  }

  /** A word, as it will be, before the next one. */
  add(word: Word): void {
    this.#count++
    if (this.#words.length >= enough) return
    this.#words.push(word)
    this.#isCurrent = false
  }

  get isName(): boolean {
    return this.#count === 0
  }

  /** A `-` at the start of the word would be read as an option, or is refused as the value of one. */
  get isOptionPlace(): boolean {
    const parsed = this.#command()
    if (!parsed || this.#count > enough) return false
    return parsed.positionals.length === 0 && !parsed.terminated
  }

  /** Blanks in the word's text make no difference: the words are joined again. */
  get isFreeText(): boolean {
    const parsed = this.#command()
    if (!parsed?.spec || !freeTextCommands.has(parsed.name) || parsed.problem) return false
    const { spec, options, positionals } = parsed
    const isGap = options.some((option) => option.spec.long === 'gap')
    return isGap || isText(spec, positionals.length)
  }

  #command(): ParsedCommand | undefined {
    if (!this.#isCurrent) {
      const command: Command = { type: 'command', children: this.#words }
      this.#parsed = interpretCommand(command, this.#line)
      while (this.#parsed?.inner) this.#parsed = this.#parsed.inner
      this.#isCurrent = true
    }
    return this.#parsed
  }
}

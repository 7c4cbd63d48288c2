/** Labels and the jumps to them (`image/script.c` `goto_exec`, `goto_find_label`). */
import type { Label, Line } from '../ast/nodes.js'
import type { ParsedCommand } from './commands.js'
import { textWithHoles } from './text.js'

export interface FoundLabel {
  /** As `goto` compares it; a build-time variable in it is a hole. */
  name: string
  node: Label
  line: Line
}

/** A `goto` with exactly one argument. */
export interface FoundGoto {
  /** Text with holes. */
  target: string
  command: ParsedCommand
}

export class Labels {
  readonly all: FoundLabel[] = []
  readonly gotos: FoundGoto[] = []
  readonly #first = new Map<string, FoundLabel>()

  addLabel(node: Label, line: Line): void {
    const found = { name: textWithHoles(node), node, line }
    this.all.push(found)
    if (!this.#first.has(found.name)) this.#first.set(found.name, found)
  }

  addCommand(command: ParsedCommand): void {
    const [target] = command.positionals
    if (command.spec?.name === 'goto' && target && command.positionals.length === 1) {
      this.gotos.push({ target: target.text, command })
    }
  }

  /** Where `goto NAME` goes: the first label of that name. */
  find(name: string): FoundLabel | undefined {
    return this.#first.get(name)
  }

  get names(): Iterable<string> {
    return this.#first.keys()
  }
}

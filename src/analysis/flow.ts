/**
 * Which command can run after which. Commands are numbered in source order; a command of `time` is not one of its own.
 * Linear in the length of the script: a `goto` to a place that only the machine knows leads to all labels by way of one
 * node between them.
 */
import type { Command, Label, Line, Script } from '../ast/nodes.js'
import type { ParsedCommand } from './commands.js'
import { ends, fails, jumps, outcomesOf, succeeds } from './outcomes.js'
import { hole, mayBecome, textWithHoles } from './text.js'

/** In place of a command's number: the script ends there. */
export const end = -1

export interface FlowLabel {
  readonly name: string
  readonly node: Label
  readonly line: Line
  /** The first command that runs there, or {@link end}. */
  readonly entry: number
}

/** The labels that a computed `goto` may lead to; undefined: any. */
export type Targets = readonly number[] | undefined

/** So many labels are compared with a computed target. */
const maxCompared = 400

export class Flow {
  /** Those that can be run as a command of their own. */
  readonly commands: readonly ParsedCommand[]
  /** What can come of each: see `outcomes.ts`. */
  readonly outcomes: Uint8Array
  /** What runs after it succeeded, {@link end} or a number. */
  readonly afterSuccess: Int32Array
  readonly afterFailure: Int32Array
  /** What runs first. */
  readonly start: number
  /** All, in source order. */
  readonly labels: readonly FlowLabel[]
  readonly #numbers = new Map<Command, number>()
  readonly #byName = new Map<string, FlowLabel>()
  #anyLabel: boolean | undefined

  constructor(script: Script, commandOf: ReadonlyMap<Command, ParsedCommand>) {
    const commands: ParsedCommand[] = []
    const lines: { line: Line; first: number; label: Label | undefined }[] = []
    for (const line of script.children) {
      if (line.type !== 'line') continue
      const first = commands.length
      let label: Label | undefined
      let isBusy = false
      for (const child of line.children) {
        if (child.type === 'label') label = child
        else if (child.type === 'operator') isBusy = true
        else if (child.type === 'command') {
          const parsed = commandOf.get(child)
          if (!parsed) continue
          this.#numbers.set(child, commands.length)
          commands.push(parsed)
        }
      }
      if (label || isBusy || commands.length > first) lines.push({ line, first, label })
    }
    this.commands = commands
    this.outcomes = new Uint8Array(commands.length)
    for (const [index, command] of commands.entries()) this.outcomes[index] = outcomesOf(command)
    this.afterSuccess = new Int32Array(commands.length)
    this.afterFailure = new Int32Array(commands.length)

    let next = end
    const labels: FlowLabel[] = []
    for (let index = lines.length - 1; index >= 0; index--) {
      const { line, first, label } = lines[index]!
      next = this.#connect(line, first, next)
      if (label) labels.push({ name: textWithHoles(label), node: label, line, entry: next })
    }
    this.start = next
    this.labels = labels.reverse()
    for (const label of this.labels) if (!this.#byName.has(label.name)) this.#byName.set(label.name, label)
  }

  /** From the last token of a line to its first; gives back what runs first on it. */
  #connect(line: Line, first: number, nextLine: number): number {
    const { children } = line
    let count = 0
    for (const child of children) if (child.type === 'command' && this.#numbers.has(child)) count++
    /** What runs when the status at this point is success or failure, and what the command to the left joins. */
    let success = nextLine
    let failure: number = end
    /** The command right of the operator that comes next, or undefined where there is none: it succeeds. */
    let command: number | undefined
    for (let at = children.length - 1; at >= 0; at--) {
      const child = children[at]!
      if (child.type === 'command' && this.#numbers.has(child)) {
        command = first + --count
        this.afterSuccess[command] = success
        this.afterFailure[command] = failure
      } else if (child.type === 'operator') {
        const run = command ?? success
        if (child.value === '||') failure = run
        else if (child.value === '&&') success = run
        else {
          success = run
          failure = run
        }
        command = undefined
      }
    }
    return command ?? success
  }

  numberOf(command: ParsedCommand): number | undefined {
    return this.#numbers.get(command.node)
  }

  /** The first label of the name. */
  label(name: string): FlowLabel | undefined {
    return this.#byName.get(name)
  }

  /** Those that a `goto` can find: of several labels of one name the first. */
  get jumpable(): Iterable<FlowLabel> {
    return this.#byName.values()
  }

  get labelNames(): Iterable<string> {
    return this.#byName.keys()
  }

  /** Some label holds a build-time variable: it may be any. */
  get hasOpenLabel(): boolean {
    this.#anyLabel ??= [...this.#byName.keys()].some((name) => name.includes(hole))
    return this.#anyLabel
  }

  /** Where a `goto` to one of these texts with holes leads. */
  entriesFor(texts: readonly string[]): Targets {
    const entries = new Set<number>()
    for (const text of texts) {
      if (!text.includes(hole)) {
        const found = this.#byName.get(text)
        if (found) entries.add(found.entry)
        else if (this.hasOpenLabel) return undefined
      } else {
        if (text === hole || this.#byName.size > maxCompared || this.hasOpenLabel) return undefined
        for (const [name, { entry }] of this.#byName) if (mayBecome(text, name)) entries.add(entry)
      }
    }
    return [...entries]
  }

  /** Whether a `goto` to the text certainly finds a label, or certainly none; undefined: who knows. */
  finds(text: string): boolean | undefined {
    if (!text.includes(hole)) return this.#byName.has(text) ? true : this.hasOpenLabel ? undefined : false
    if (this.hasOpenLabel || this.#byName.size > maxCompared) return undefined
    for (const name of this.#byName.keys()) if (mayBecome(text, name)) return undefined
    return false
  }
}

/**
 * The commands that can run, starting from these.
 *
 * @param targets of the computed `goto` with this number
 */
export function reachable(
  flow: Flow,
  starts: Iterable<number>,
  targets: (command: number) => Targets,
): Uint8Array {
  const seen = new Uint8Array(flow.commands.length)
  const waiting: number[] = []
  const add = (command: number): void => {
    if (command === end || seen[command] === 1) return
    seen[command] = 1
    waiting.push(command)
  }
  for (const start of starts) add(start)
  let isAnywhere = false
  for (let command = waiting.pop(); command !== undefined; command = waiting.pop()) {
    const outcome = flow.outcomes[command]!
    if (outcome & succeeds) add(flow.afterSuccess[command]!)
    if (outcome & fails) add(flow.afterFailure[command]!)
    if (!(outcome & jumps)) continue
    const jump = jumpOf(flow, command)
    if (jump !== undefined) {
      if (jump !== 'missing') add(jump)
      else {
        // it fails, and that is said elsewhere: what follows is not to be blamed
        add(flow.afterFailure[command]!)
        add(flow.afterSuccess[command]!)
      }
      continue
    }
    add(flow.afterFailure[command]!)
    const entries = targets(command)
    if (entries) for (const entry of entries) add(entry)
    else if (!isAnywhere) {
      isAnywhere = true
      for (const { entry } of flow.jumpable) add(entry)
    }
  }
  return seen
}

/** Where a `goto` with a constant leads; undefined: it is computed. */
export function jumpOf(flow: Flow, command: number): number | 'missing' | undefined {
  const target = flow.commands[command]!.positionals[0]?.text
  if (target === undefined || target.includes(hole)) return undefined
  const found = flow.label(target)
  if (found) return found.entry
  return flow.hasOpenLabel ? undefined : 'missing'
}

/** Whether the script may go on after this command: not after `exit`, or a `goto` that finds its label. */
export function goesOn(outcome: number): boolean {
  return (outcome & (succeeds | fails)) !== 0 || (outcome & (jumps | ends)) === 0
}

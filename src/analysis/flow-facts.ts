/** All that follows from the control flow of one script, worked out when it is asked for and then remembered. */
import type { Command, Script } from '../ast/nodes.js'
import type { ParsedCommand } from './commands.js'
import { end, Flow, reachable, type Targets } from './flow.js'
import { FlowValues, type ValuesAtStart } from './flow-values.js'
import type { Settings } from './settings.js'

export class FlowFacts {
  readonly #script: Script
  readonly #commandOf: ReadonlyMap<Command, ParsedCommand>
  readonly #settings: Settings
  readonly #atStart: ValuesAtStart | undefined
  #graph: Flow | undefined
  #values: FlowValues | undefined
  #fromStart: Uint8Array | undefined
  #fromLabels: Uint8Array | undefined
  #named: Map<string, number[]> | undefined

  constructor(
    script: Script,
    commandOf: ReadonlyMap<Command, ParsedCommand>,
    settings: Settings,
    atStart?: ValuesAtStart,
  ) {
    this.#atStart = atStart
    this.#script = script
    this.#commandOf = commandOf
    this.#settings = settings
  }

  get graph(): Flow {
    this.#graph ??= new Flow(this.#script, this.#commandOf)
    return this.#graph
  }

  get values(): FlowValues {
    this.#values ??= new FlowValues(this.graph, this.#settings, this.#atStart)
    return this.#values
  }

  /** Numbers of the commands of one name as the tables have it: `imgexec` for `chain` and `boot`. */
  named(name: string): readonly number[] {
    if (!this.#named) {
      this.#named = new Map()
      for (const [number, { spec }] of this.graph.commands.entries()) {
        if (!spec) continue
        const list = this.#named.get(spec.name)
        if (list) list.push(number)
        else this.#named.set(spec.name, [number])
      }
    }
    return this.#named.get(name) ?? []
  }

  /** Where a `goto` may lead. */
  readonly targets = (command: number): Targets => this.values.targetsOf(command)

  /** Whether a command can run at all. */
  runs(command: number): boolean {
    this.#fromStart ??= reachable(this.graph, [this.graph.start], this.targets)
    return this.#fromStart[command] === 1
  }

  /** The same if every label is jumped to by somebody. */
  runsFromSomeLabel(command: number): boolean {
    if (!this.#fromLabels) {
      const starts = this.graph.labels.map(({ entry }) => entry)
      this.#fromLabels = reachable(this.graph, [this.graph.start, ...starts], () => [])
    }
    return command !== end && this.#fromLabels[command] === 1
  }
}

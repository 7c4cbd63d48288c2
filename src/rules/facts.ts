/** What the rules are told about the world outside one script. */
import { analyse, type KnownCommands } from '../analysis/analyse.js'
import type { LoaderFacts } from '../analysis/loader-needs.js'
import type { Target } from '../analysis/target.js'
import type { Script } from '../ast/nodes.js'

export interface ProjectFacts {
  /** The script belongs to no project: `$<name>` in it is ordinary text. */
  readonly loose: boolean
  /**
   * Names (without scope and type) of settings that some script sets which may run before or around this one.
   * One character U+E000 in a name stands for a `${…}`. See {@link settingsSetBy}.
   */
  readonly settingsSetAnywhere: ReadonlySet<string>
  /** Those that may run the script, as far as that is declared. */
  readonly loaders?: readonly LoaderFacts[]
  /** What will run the script, where that was said. */
  readonly target?: Target
}

export const looseFacts: ProjectFacts = { loose: true, settingsSetAnywhere: new Set() }

/** The settings that a script sets: what {@link ProjectFacts.settingsSetAnywhere} is the union of. */
export function settingsSetBy(script: Script, known?: KnownCommands): Set<string> {
  const { names, patterns } = analyse(script, known).settings
  return new Set([...names, ...patterns])
}

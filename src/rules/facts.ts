/** What the rules are told about the world outside one script. */
import { type Analysis, analyse, type KnownCommands } from '../analysis/analyse.js'
import type { LoaderFacts } from '../analysis/loader-needs.js'
import type { Target } from '../analysis/target.js'
import type { Script } from '../ast/nodes.js'
import { linesOf, walk } from '../ast/walk.js'
import { referenceParts } from '../analysis/settings.js'
import { hole } from '../analysis/text.js'

export interface ProjectFacts {
  /** The script belongs to no project: `$<name>` in it is ordinary text. */
  readonly loose: boolean
  /**
   * Names (without scope and type) of settings that some script sets which may run before or around this one.
   * One character U+E000 in a name stands for a `${…}`. See {@link settingsSetBy}.
   */
  readonly settingsSetAnywhere: ReadonlySet<string>
  /** Those that more than one script sets; absent: it is not known, and each counts as set by one. */
  readonly settingsSetBySeveral?: ReadonlySet<string>
  /** Names that some script reads. Absent: it is not known. */
  readonly settingsReadAnywhere?: ReadonlySet<string>
  /** Those that may run the script, as far as that is declared. */
  readonly loaders?: readonly LoaderFacts[]
  /** What will run the script, where that was said. */
  readonly target?: Target
}

export const looseFacts: ProjectFacts = { loose: true, settingsSetAnywhere: new Set() }

/** The settings that a script sets: what {@link ProjectFacts.settingsSetAnywhere} is the union of. */
export function settingsSetBy(script: Script, known?: KnownCommands): Set<string> {
  return settingsSetIn(analyse(script, known))
}

/** The same of a script that was analysed. */
export function settingsSetIn({ settings: { names, patterns } }: Analysis): Set<string> {
  return patterns.size === 0 ? new Set(names) : new Set([...names, ...patterns])
}

/** Those of the names that have a hole. A run has one set for all its scripts: it is gone through once. */
export function namesWithHoles(names: ReadonlySet<string>): readonly string[] {
  const known = holed.get(names)
  if (known?.size === names.size) return known.patterns
  const patterns = [...names].filter((name) => name.includes(hole))
  holed.set(names, { size: names.size, patterns })
  return patterns
}

const holed = new WeakMap<ReadonlySet<string>, { size: number; patterns: readonly string[] }>()

/** Counts what the scripts of one run set: see {@link ProjectFacts.settingsSetBySeveral}. */
export class SettingsOfRun {
  readonly anywhere = new Set<string>()
  readonly several = new Set<string>()
  /** Names that are read; only what {@link addReads} was told. */
  readonly read = new Set<string>()

  /** @param names of one script, from {@link settingsSetBy} */
  add(names: Iterable<string>): void {
    for (const name of names) {
      if (this.anywhere.has(name)) this.several.add(name)
      else this.anywhere.add(name)
    }
  }

  addReads(script: Script): void {
    for (const line of linesOf(script)) {
      walk(line, (node) => {
        if (node.type === 'reference') this.read.add(referenceParts(node).name)
        return undefined
      })
    }
  }

  get facts(): Pick<ProjectFacts, 'settingsSetAnywhere' | 'settingsSetBySeveral' | 'settingsReadAnywhere'> {
    return {
      settingsSetAnywhere: this.anywhere,
      settingsSetBySeveral: this.several,
      settingsReadAnywhere: this.read,
    }
  }
}

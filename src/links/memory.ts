/** What the link check of one build leaves to the next of the same process. */
import type { KnownCommands } from '../analysis/analyse.js'
import type { Script } from '../ast/nodes.js'
import type { Resolved } from './resolve.js'
import { scanSettings, type ScriptSettings } from './scan.js'
import type { Tree } from './tree.js'
import type { Values } from './values.js'

/**
 * Scripts whose links were found without a complaint, while neither the paths and sizes of the tree nor the values of
 * settings that scripts hand to each other change. Places in what it gives back may be those of an earlier build.
 */
export class LinkMemory {
  readonly #settings = new WeakMap<Script, ScriptSettings>()
  #resolved = new WeakMap<Script, Map<string, Resolved>>()
  #conditions = ''
  #handed = new Map<string, string>()

  settingsOf(script: Script, known?: KnownCommands): ScriptSettings {
    const settings = this.#settings.get(script) ?? scanSettings(script, known)
    this.#settings.set(script, settings)
    return settings
  }

  /** Call it first in a build; forgets what may not hold any more. */
  begin(tree: Tree, values: Values, rest: unknown): void {
    const sizes = tree.paths.map((path) => [path, tree.files.get(path)!.size])
    const conditions = JSON.stringify([rest, sizes])
    const handed = [...this.#handed].some(([name, texts]) => textsOf(values, name) !== texts)
    if (conditions !== this.#conditions || handed) this.forget()
    this.#conditions = conditions
  }

  /** Call it last. */
  end(values: Values): void {
    for (const name of values.handed) this.#handed.set(name, textsOf(values, name))
  }

  forget(): void {
    this.#resolved = new WeakMap()
    this.#handed = new Map()
  }

  resolved(script: Script, folder: string): Resolved | undefined {
    return this.#resolved.get(script)?.get(folder)
  }

  keep(script: Script, folder: string, resolved: Resolved): void {
    const known = this.#resolved.get(script) ?? new Map<string, Resolved>()
    this.#resolved.set(script, known.set(folder, resolved))
  }
}

function textsOf(values: Values, name: string): string {
  return JSON.stringify(values.elsewhere(name))
}

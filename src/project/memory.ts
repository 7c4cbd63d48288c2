/**
 * What one build leaves to the next of the same process: `--watch` builds a project again and again, and most of it
 * says what it said before. Nothing in here changes what a build finds; what had a diagnostic is worked out anew, so
 * that its place is right.
 */
import type { KnownCommands } from '../analysis/analyse.js'
import type { LoaderFacts } from '../analysis/loader-needs.js'
import type { Line, Script, ScriptContent } from '../ast/nodes.js'
import { LineCache } from '../model/writer.js'
import type { SettingsOfRun } from '../rules/facts.js'
import type { ProjectCheck } from './check-settings.js'
import type { ReadConfig } from './config.js'
import type { Template } from './generated.js'

/** Of generated scripts; it holds for one set of declared variables. */
export class GeneratedMemory {
  readonly templates = new WeakMap<Script, Template>()
  /** By the values of the variables that occur. */
  readonly filled = new WeakMap<Script, Map<string, Script>>()
  /** Lines with their variables filled in, by the values. */
  readonly lines = new WeakMap<Line, Map<string, ScriptContent>>()
  /** The same for what lines have in common; only what nobody complained of. */
  readonly contents = new WeakMap<Line['children'], Map<string, Line['children']>>()
  readonly namesIn = new WeakMap<ScriptContent, readonly string[]>()
}

/** A script of the user's, composed and filled in, without a complaint. */
export interface ComposedMemory {
  files: readonly { path: string; bytes: Uint8Array }[]
  /** All values of variables. */
  values: string
  used: ReadonlySet<string>
  script: Script
}

/** Settings that some script sets; the same object as long as they, the loaders and the rules are the same. */
export interface SettingsSet {
  readonly names: ReadonlySet<string>
}

/** What a script took from those that chain it, by the name of the setting; undefined: anything. */
export type AskedValues = ReadonlyMap<string, readonly string[] | undefined>

export class ProjectMemory {
  readonly lines = new LineCache()
  readonly composed = new Map<string, ComposedMemory>()
  readonly commands: KnownCommands = new WeakMap()
  /** `all`: by all of its lines, not only by those that are unlike another script's. */
  readonly settingsSetBy = new WeakMap<Script, SettingsSet & { all: boolean }>()
  /** Scripts in which no rule found anything, given these settings; `all`: in all of its lines. */
  readonly clean = new WeakMap<
    Script,
    { settings: SettingsSet; all: boolean; usedDirectives: ReadonlySet<string>; asked: AskedValues }
  >()
  /** Contents of lines of which no rule that judges lines had anything to say. */
  readonly cleanLines = new WeakMap<Line['children'], SettingsSet>()
  config: ReadConfig | undefined
  generated = new GeneratedMemory()
  #declarations = ''
  #settings: SettingsSet = { names: new Set() }
  #loaders = ''
  #several: ReadonlySet<string> = new Set()
  #read: ReadonlySet<string> = new Set()

  nextBuild(): void {
    this.lines.nextBuild()
  }

  /** @param declarations all that decides what a value does to a line, but the value */
  generatedFor(declarations: string): GeneratedMemory {
    if (declarations !== this.#declarations) this.generated = new GeneratedMemory()
    this.#declarations = declarations
    return this.generated
  }

  forgetGenerated(): void {
    this.generated = new GeneratedMemory()
  }

  settings(
    { anywhere: names, several, read }: Pick<SettingsOfRun, 'anywhere' | 'several' | 'read'>,
    loaders: readonly LoaderFacts[] = [],
    check?: ProjectCheck,
  ): SettingsSet {
    const before = this.#settings.names
    const isSame = isSameSet(before, names)
    const said = JSON.stringify([
      loaders.map(({ name, has }) => [name, ...has]),
      check && [check.settings.preset, [...check.settings.rules], check.target?.text],
    ])
    if (
      !isSame ||
      !isSameSet(this.#several, several) ||
      !isSameSet(this.#read, read) ||
      said !== this.#loaders
    )
      this.#settings = { names }
    this.#loaders = said
    this.#several = several
    this.#read = read
    return this.#settings
  }
}

function isSameSet(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((name) => other.has(name))
}

/** Generated scripts on their way into the tree: what `raw` entries include, and the values of variables. */
import type { Line, Script, ScriptContent } from '../ast/nodes.js'
import { copyLine, walk } from '../ast/walk.js'
import { parseDirective } from '../analysis/directives.js'
import type { Disabled } from '../rules/disabled.js'
import { printNode } from '../syntax/stringify.js'
import type { ReadyScript } from './check.js'
import { composeGenerated } from './compose.js'
import { disabledIn, fillIn } from './fill-in.js'
import type { Found } from './found.js'
import type { GeneratedMemory } from './memory.js'
import type { ProjectGenerated } from './model.js'
import { menuValueProblems } from './menu-values.js'
import { overrideVariables } from './overrides.js'
import { underRoot } from './paths.js'
import type { Project } from './project.js'
import { type Variables, variableOf } from './variables.js'

export interface Template {
  script: Script
  includes: readonly string[]
  /** The variables that occur in it, as `$<name>` spells them. */
  names: readonly string[]
  /** Where they do: indices of lines. */
  places: readonly number[]
  disabled: Disabled
}

export interface Variant {
  /** Those that the earlier one does not have. */
  lines: ReadonlySet<ScriptContent>
  /** They read the same settings: what its lines do to each other is what the earlier script's do. */
  isAlike: boolean
}

/** The settings that a line reads, as written, in order. */
function referencesIn(line: ScriptContent): string {
  return (
    printNode(line)
      .match(/\$\{[^}]*/g)
      ?.join(' ') ?? ''
  )
}

interface Ready extends ReadyScript {
  includes: readonly string[]
}

/** Machines whose scripts would be the same share one. */
export class GeneratedScripts {
  readonly #project: Project
  readonly #used: Set<string>
  readonly #found: Found
  readonly #memory: GeneratedMemory
  /** Templates with includes, which may say something else in the next build. */
  readonly #composed = new Map<Script, Template>()
  /** Scripts of this build, and the templates of which there is one. */
  readonly #seen = new Set<Script>()
  readonly #firsts = new Map<Template, Script>()
  readonly #variables = new Map<string, Variables>()
  /** Of scripts that differ from an earlier one only in values. */
  readonly variants = new Map<Script, Variant>()

  constructor(project: Project, used: Set<string>, found: Found) {
    this.#project = project
    this.#used = used
    this.#found = found
    const { config, variables } = project
    // what a value does to a line hangs on its type too; the values themselves are looked at one by one
    const declarations = JSON.stringify([[...config.variables], [...variables.failed]])
    this.#memory = project.memory.generatedFor(declarations)
  }

  async all(): Promise<Ready[]> {
    const ready: Ready[] = []
    const before = this.#found.diagnostics.length
    for (const item of this.#project.generated) {
      const template =
        this.#memory.templates.get(item.script) ??
        this.#composed.get(item.script) ??
        (await this.#template(item))
      const { includes } = template
      const sources = includes.length === 0 ? item.files : [...item.files, ...includes]
      ready.push({ path: item.path, kind: 'output', script: this.#fill(item, template), sources, includes })
    }
    // what had a complaint gets it again in the next build
    if (this.#found.diagnostics.length > before) this.#project.memory.forgetGenerated()
    return ready
  }

  async #template({ script, path }: ProjectGenerated): Promise<Template> {
    let composed = script
    let includes: string[] = []
    if (script.children.some(isInclude)) {
      const { root, reader } = this.#project
      const result = await composeGenerated(script, underRoot(root, path), reader)
      this.#found.add(result.diagnostics)
      composed = result.script
      includes = result.files
    }
    const names = new Set<string>()
    const places: number[] = []
    for (const [index, line] of composed.children.entries()) {
      const own = this.#namesOf(line)
      for (const name of own) names.add(name)
      if (own.length > 0) places.push(index)
    }
    const disabled = disabledIn(composed, path)
    const template = { script: composed, includes, names: [...names], places, disabled }
    if (composed === script) this.#memory.templates.set(script, template)
    else this.#composed.set(script, template)
    return template
  }

  #fill({ path, given, menu }: ProjectGenerated, template: Template): Script {
    const { variables: own, root } = this.#project
    const variables = given ? this.#variablesWith(given) : own
    if (menu) this.#found.add(menuValueProblems(menu, variables, root))
    const values = template.names.map((name) => variables.values.get(name)?.text)
    const known = this.#memory.filled.get(template.script) ?? new Map<string, Script>()
    this.#memory.filled.set(template.script, known)
    const key = JSON.stringify(values)
    let script = known.get(key)
    if (!script) {
      script = this.#fillLines(template, path, variables)
      known.set(key, script)
    } else if (!this.#seen.has(script)) {
      // of an earlier build: the user's lines may have moved, and what was said of values is said
      for (const at of template.places) {
        const { position } = template.script.children[at] as Line
        if (position) script.children[at]!.position = position
      }
      for (const name of template.names) this.#use(name)
    }
    if (!this.#seen.has(script)) {
      this.#seen.add(script)
      const first = this.#firsts.get(template)
      if (first) {
        const { places } = template
        this.variants.set(script, {
          lines: new Set(places.map((at) => script.children[at]!)),
          isAlike: places.every(
            (at) => referencesIn(script.children[at]!) === referencesIn(first.children[at]!),
          ),
        })
      } else this.#firsts.set(template, script)
    }
    return script
  }

  #fillLines({ script, places, names, disabled }: Template, path: string, variables: Variables): Script {
    const { root, config } = this.#project
    const children = [...script.children]
    const missing: { copy: Line; from: Line['children']; key: string }[] = []
    for (const place of places) {
      const line = children[place] as Line
      const values = this.#namesOf(line).map((name) => variables.values.get(name)?.text)
      const key = JSON.stringify(values)
      const known = this.#memory.lines.get(line) ?? new Map<string, ScriptContent>()
      this.#memory.lines.set(line, known)
      let filled = known.get(key)
      if (!filled) {
        const same = this.#memory.contents.get(line.children)?.get(key)
        const copy = same ? { ...line, children: same } : copyLine(line)
        if (!same) missing.push({ copy, from: line.children, key })
        known.set(key, copy)
        filled = copy
      }
      children[place] = filled
    }
    for (const name of names) this.#use(name)
    if (missing.length > 0) {
      const lines: Script = { type: 'script', children: missing.map(({ copy }) => copy) }
      const options = { path: underRoot(root, path), variables, config, used: this.#used, disabled }
      const problems = fillIn(lines, options)
      this.#found.add(problems)
      // what a value is not there for may be complained of in the next script
      if (problems.length === 0 && names.every((name) => variables.values.has(name))) {
        for (const { copy, from, key } of missing) {
          const known = this.#memory.contents.get(from) ?? new Map<string, Line['children']>()
          this.#memory.contents.set(from, known.set(key, copy.children))
        }
      }
    }
    return { ...script, children }
  }

  /** That a variable occurs. */
  #use(name: string): void {
    const declared = variableOf(name, this.#project.config.variables)
    if (declared !== undefined) this.#used.add(declared)
  }

  #namesOf(line: ScriptContent): readonly string[] {
    const names = this.#memory.namesIn.get(line) ?? variablesIn(line)
    this.#memory.namesIn.set(line, names)
    return names
  }

  #variablesWith(given: NonNullable<ProjectGenerated['given']>): Variables {
    const { config, variables } = this.#project
    const key = JSON.stringify([...given])
    let own = this.#variables.get(key)
    if (!own) {
      own = overrideVariables(config, variables, given)
      this.#found.add(own.diagnostics)
      this.#variables.set(key, own)
    }
    return own
  }
}

function isInclude(line: ScriptContent): boolean {
  if (line.type !== 'line') return false
  const comment = line.children.find((child) => child.type === 'comment')
  return comment !== undefined && parseDirective(comment)?.kind === 'include'
}

function variablesIn(line: ScriptContent): string[] {
  const names: string[] = []
  if (line.type === 'invalid') return names
  walk(line, (node) => {
    if (node.type === 'variable') names.push(node.name)
    return undefined
  })
  return names
}

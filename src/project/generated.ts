/** Generated scripts on their way into the tree: what `raw` entries include, and the values of variables. */
import type { Line, Script, ScriptContent } from '../ast/nodes.js'
import { copyLine, walk } from '../ast/walk.js'
import { parseDirective } from '../analysis/directives.js'
import type { Disabled } from '../rules/disabled.js'
import type { ReadyScript } from './check.js'
import { composeGenerated } from './compose.js'
import { disabledIn, fillIn } from './fill-in.js'
import type { Found } from './found.js'
import type { ProjectGenerated } from './model.js'
import { overrideVariables } from './overrides.js'
import { underRoot } from './paths.js'
import type { Project } from './project.js'
import type { Variables } from './variables.js'

interface Template {
  script: Script
  includes: readonly string[]
  /** The variables that occur in it, as `$<name>` spells them. */
  names: readonly string[]
  /** Where they do: indices of lines. */
  places: readonly number[]
  disabled: Disabled
}

interface Ready extends ReadyScript {
  includes: readonly string[]
}

/** Machines whose scripts would be the same share one. */
export class GeneratedScripts {
  readonly #project: Project
  readonly #used: Set<string>
  readonly #found: Found
  readonly #templates = new Map<Script, Template>()
  readonly #filled = new Map<Script, Map<string, Script>>()
  /** Lines with their variables filled in, by the values. */
  readonly #lines = new Map<Line, Map<string, ScriptContent>>()
  readonly #namesIn = new Map<ScriptContent, readonly string[]>()
  readonly #variables = new Map<string, Variables>()
  /** Of scripts that differ from an earlier one only in values: the lines that do. */
  readonly variants = new Map<Script, ReadonlySet<ScriptContent>>()

  constructor(project: Project, used: Set<string>, found: Found) {
    this.#project = project
    this.#used = used
    this.#found = found
  }

  async all(): Promise<Ready[]> {
    const ready: Ready[] = []
    for (const item of this.#project.generated) {
      const template = this.#templates.get(item.script) ?? (await this.#template(item))
      this.#templates.set(item.script, template)
      const { includes } = template
      const sources = includes.length === 0 ? item.files : [...item.files, ...includes]
      ready.push({ path: item.path, kind: 'output', script: this.#fill(item, template), sources, includes })
    }
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
    return { script: composed, includes, names: [...names], places, disabled }
  }

  #fill({ path, given }: ProjectGenerated, template: Template): Script {
    const variables = given ? this.#variablesWith(given) : this.#project.variables
    const values = template.names.map((name) => variables.values.get(name)?.text)
    const known = this.#filled.get(template.script) ?? new Map<string, Script>()
    this.#filled.set(template.script, known)
    const key = JSON.stringify(values)
    let script = known.get(key)
    if (!script) {
      script = this.#fillLines(template, path, variables)
      if (known.size > 0)
        this.variants.set(script, new Set(template.places.map((at) => script!.children[at]!)))
      known.set(key, script)
    }
    return script
  }

  #fillLines({ script, places, disabled }: Template, path: string, variables: Variables): Script {
    const { root, config } = this.#project
    const children = [...script.children]
    const missing: Line[] = []
    for (const place of places) {
      const line = children[place] as Line
      const values = this.#namesOf(line).map((name) => variables.values.get(name)?.text)
      const key = JSON.stringify(values)
      const known = this.#lines.get(line) ?? new Map<string, ScriptContent>()
      this.#lines.set(line, known)
      let filled = known.get(key)
      if (!filled) {
        const copy = copyLine(line)
        missing.push(copy)
        known.set(key, copy)
        filled = copy
      }
      children[place] = filled
    }
    if (missing.length > 0) {
      const lines: Script = { type: 'script', children: missing }
      const options = { path: underRoot(root, path), variables, config, used: this.#used, disabled }
      this.#found.add(fillIn(lines, options))
    }
    return { ...script, children }
  }

  #namesOf(line: ScriptContent): readonly string[] {
    const names = this.#namesIn.get(line) ?? variablesIn(line)
    this.#namesIn.set(line, names)
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

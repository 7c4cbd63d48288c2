/** Generated scripts on their way into the tree: what `raw` entries include, and the values of variables. */
import type { IpxeNode, Line, Script, ScriptContent } from '../ast/nodes.js'
import { walk } from '../ast/walk.js'
import { parseDirective } from '../analysis/directives.js'
import type { ReadyScript } from './check.js'
import { composeGenerated } from './compose.js'
import { fillIn } from './fill-in.js'
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
  readonly #variables = new Map<string, Variables>()

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
    for (const line of composed.children) for (const name of variablesIn(line)) names.add(name)
    return { script: composed, includes, names: [...names] }
  }

  #fill({ path, given }: ProjectGenerated, template: Template): Script {
    const variables = given ? this.#variablesWith(given) : this.#project.variables
    const values = template.names.map((name) => variables.values.get(name)?.text)
    const known = this.#filled.get(template.script) ?? new Map<string, Script>()
    this.#filled.set(template.script, known)
    const key = JSON.stringify(values)
    let script = known.get(key)
    if (!script) {
      script = withOwnVariables(template.script)
      const { root, config } = this.#project
      this.#found.add(fillIn(script, underRoot(root, path), variables, config, this.#used))
      known.set(key, script)
    }
    return script
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

/** A script of which the lines with variables can be changed without changing the template; it shares the others. */
function withOwnVariables(script: Script): Script {
  return {
    ...script,
    children: script.children.map((line) => (variablesIn(line).length > 0 ? copyLine(line as Line) : line)),
  }
}

function copyLine(line: Line): Line {
  const copy = { ...line }
  const stack: IpxeNode[] = [copy]
  // iterative, because references nest deeper than the C stack
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (!('children' in node)) continue
    const children = (node.children as IpxeNode[]).map((child) => ({ ...child }))
    node.children = children as typeof node.children
    for (const child of children) stack.push(child)
  }
  return copy
}

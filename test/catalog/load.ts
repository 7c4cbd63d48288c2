/** The catalog as a build sees it: its menus from YAML and TypeScript, compiled, with all variables in place. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createJiti } from 'jiti'
import type { Script } from '../../src/ast/nodes.js'
import { stringify } from '../../src/index.js'
import { compileMenus } from '../../src/model/compile.js'
import { type Menu, menusSchema } from '../../src/model/schema.js'
import { parseConfig, type ProjectConfig } from '../../src/project/config.js'
import { substitute } from '../../src/project/substitute.js'
import { resolveVariables, type Variables, variableOf } from '../../src/project/variables.js'

export const root = fileURLToPath(new URL('../../menus/catalog/', import.meta.url))

export interface Catalog {
  config: ProjectConfig
  variables: Variables
  menus: Menu[]
  /** By path in the output tree, with variables replaced. */
  scripts: Map<string, Script>
  texts: Map<string, string>
  /** What is wrong with the project, its menus, the variables in them. */
  problems: string[]
  unused: string[]
}

export async function loadCatalog(): Promise<Catalog> {
  const parsed = parseConfig('ipxetool.yaml', readFileSync(`${root}ipxetool.yaml`))
  const problems = parsed.diagnostics.map(({ reason }) => reason)
  if (!parsed.config) throw new Error(problems.join('\n'))
  const { config } = parsed
  const variables = resolveVariables(config, {})
  problems.push(...variables.diagnostics.map(({ reason }) => reason))

  const jiti = createJiti(import.meta.url, {
    alias: { 'ipxetool/menu': fileURLToPath(new URL('../../src/model/dsl.ts', import.meta.url)) },
    fsCache: false,
  })
  const exported: unknown[] = []
  for (const file of readdirSync(`${root}menus`).sort()) {
    exported.push(await jiti.import(`${root}menus/${file}`, { default: true }))
  }
  const fromFiles = menusSchema.parse(JSON.parse(JSON.stringify(exported)))
  const menus = [...config.menus, ...fromFiles]
  const compiled = compileMenus(menus, { first: { menu: 'main', path: config.entry } })
  problems.push(...compiled.problems.map(({ reason }) => reason))

  const used = new Set<string>()
  const scripts = new Map<string, Script>()
  const texts = new Map<string, string>()
  for (const { path, script } of compiled.scripts) {
    substitute(script, {
      look({ name }) {
        const value = variables.values.get(name)
        used.add(variableOf(name, config.variables) ?? name)
        if (!value) problems.push(`${path}: $<${name}> is not declared`)
        return value
      },
      report: ({ reason }) => problems.push(`${path}: ${reason}`),
    })
    scripts.set(path, script)
    texts.set(path, new TextDecoder().decode(stringify(script)))
  }
  for (const name of used) for (const other of variables.references.get(name) ?? []) used.add(other)
  const unused = [...config.variables.keys()].filter((name) => !used.has(name))
  return { config, variables, menus, scripts, texts, problems, unused }
}

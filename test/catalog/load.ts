/** The catalog as `ipxetool build` sees it: menus of YAML and TypeScript, compiled, with all variables in place. */
import { fileURLToPath } from 'node:url'
import { createJiti } from 'jiti'
import type { Script } from '../../src/ast/nodes.js'
import { nodeHost } from '../../src/cli/node-host.js'
import { stringify } from '../../src/index.js'
import type { Menu } from '../../src/model/schema.js'
import { checkScripts } from '../../src/project/check.js'
import type { ProjectConfig } from '../../src/project/config.js'
import type { ProjectHost } from '../../src/project/host.js'
import { loadProject } from '../../src/project/project.js'
import type { Variables } from '../../src/project/variables.js'

export const root = fileURLToPath(new URL('../../menus/catalog/', import.meta.url))

export interface Catalog {
  config: ProjectConfig
  variables: Variables
  menus: readonly Menu[]
  /** By path in the output tree, with variables replaced. */
  scripts: Map<string, Script>
  texts: Map<string, string>
  /** Errors and warnings of the project, its menus, its variables, the rules. */
  problems: string[]
}

export async function loadCatalog(): Promise<Catalog> {
  const { project, diagnostics } = await loadProject('.', host(), {})
  if (!project) throw new Error(diagnostics.map(({ reason }) => reason).join('\n'))
  const checked = await checkScripts(project)
  return {
    config: project.config,
    variables: project.variables,
    menus: project.model.menus,
    scripts: new Map(checked.scripts.map(({ path, script }) => [path, script])),
    texts: new Map(
      checked.scripts.map(({ path, script }) => [path, new TextDecoder().decode(stringify(script))]),
    ),
    problems: [...diagnostics, ...checked.diagnostics].map(
      ({ file, ruleId, reason }) => `${file} ${ruleId} ${reason}`,
    ),
  }
}

/** Runs the menu files here, so that they need no worker and no built package. */
function host(): ProjectHost {
  const dsl = fileURLToPath(new URL('../../src/model/dsl.ts', import.meta.url))
  const jiti = createJiti(import.meta.url, { alias: { 'ipxetool/menu': dsl }, fsCache: false })
  return {
    ...nodeHost(root),
    async loadMenuFile(path) {
      const value = await jiti.import(`${root}${path}`, { default: true })
      return { value: JSON.parse(JSON.stringify(value)) as unknown }
    },
  }
}

/** The link check of a whole project. */
import type { ReadyScript } from '../project/check.js'
import { underRoot } from '../project/paths.js'
import type { Project } from '../project/project.js'
import type { LinkInput } from './resolve.js'
import type { TreeFile } from './tree.js'

/** Build-time variables that, by their name, say where the tree is published. */
const treeVariables = ['base', 'base-url', 'base_url', 'baseurl', 'boot-url', 'tree', 'tree-url']

/**
 * What {@link resolveLinks} wants to know of a project.
 *
 * @param scripts of `checkScripts`
 * @param files all other files that the tree will have: static ones, and those that others have put there
 */
export function linkInputOf(
  project: Project,
  scripts: readonly ReadyScript[],
  files: ReadonlyMap<string, TreeFile>,
): LinkInput {
  const { root, config, variables } = project
  const treeUrls = treeVariables.flatMap((name) => {
    const text = variables.values.get(name)?.text ?? ''
    return /^(https?|tftp):\/\/[^/$]+/i.test(text) && !text.includes('${') ? [text] : []
  })
  return {
    scripts: scripts.flatMap(({ path, kind, script, sources }) =>
      kind === 'partial' ? [] : [{ path, kind, script, file: sources[0] ?? underRoot(root, path) }],
    ),
    files,
    entry: config.entry,
    configFile: config.file,
    treeUrls,
    ...(treeUrls.length > 0 && { baseUrls: treeUrls }),
  }
}

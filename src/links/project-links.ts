/** The link check of a whole project. */
import type { CheckedScripts } from '../project/check.js'
import { isWholeUrl, placeOfSource, treeVariables } from '../project/model.js'
import { underRoot } from '../project/paths.js'
import type { Project } from '../project/project.js'
import type { LinkMemory } from './memory.js'
import type { LinkInput } from './resolve.js'
import type { TreeFile } from './tree.js'

/** Build-time variables that may say where the tree is published; a mirror may have such a name, too. */
const guessedVariables = ['base', 'base-url', 'base_url', 'baseurl']

/**
 * What {@link resolveLinks} wants to know of a project.
 *
 * @param checked of `checkScripts`
 * @param files all other files that the tree will have: static ones, and those that others have put there
 */
export function linkInputOf(
  project: Project,
  { scripts, configs }: Pick<CheckedScripts, 'scripts' | 'configs'>,
  files: ReadonlyMap<string, TreeFile>,
  memory?: LinkMemory,
): LinkInput {
  const { root, config, variables, reader } = project
  const named = (names: readonly string[]) => names.map((name) => variables.values.get(name)?.text ?? '')
  const treeUrls = [config.dhcp?.http ?? '', ...named(treeVariables)].filter(isWholeUrl)
  const guessedTreeUrls = named(guessedVariables).filter((url) => isWholeUrl(url) && !treeUrls.includes(url))
  const generated = new Map(project.generated.map((item) => [item.path, item]))
  return {
    scripts: scripts.flatMap(({ path, kind, script, sources }) => {
      if (kind === 'partial') return []
      const made = generated.get(path)
      const source = made?.machine ? made.machine.machine.source : made?.menu?.source
      const file = source ? underRoot(root, source.file) : (sources[0] ?? underRoot(root, path))
      return [{ path, kind, script, file, ...(source && { place: placeOfSource(source) }) }]
    }),
    files,
    configs: configs.map(({ path, file, bytes }) => {
      const source = reader.sources.get(file)
      return { path, file, bytes, ...(source && { source }) }
    }),
    entry: config.entry,
    configFile: config.file,
    treeUrls,
    guessedTreeUrls,
    ...(treeUrls.length > 0 && { baseUrls: treeUrls }),
    ...(memory && { memory }),
    known: project.memory.commands,
  }
}

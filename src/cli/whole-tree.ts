/** What concerns a tree as a whole, for `build` and `check`: where its links lead, whether it fits, its preview. */
import type { MakeExtras } from '../build/tree.js'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { preflightBoots } from '../links/boots.js'
import { linkInputOf } from '../links/project-links.js'
import { resolveLinks } from '../links/resolve.js'
import { previewFiles } from '../preview/preview.js'
import type { ReadyScript } from '../project/check.js'
import type { Project } from '../project/project.js'
import { treeFiles } from './tree-files.js'

/** @param out full path of the output tree, whose assets and loaders links may lead to */
export async function checkTree(
  project: Project,
  scripts: readonly ReadyScript[],
  cwd: string,
  out: string,
): Promise<Diagnostic[]> {
  const report = resolveLinks(linkInputOf(project, scripts, await treeFiles(project, cwd, out)))
  const { diagnostics } = preflightBoots(report, project.generated)
  // what is merely worth knowing is `ipxetool graph`'s to show
  return [...report.diagnostics, ...diagnostics].filter(({ severity }) => severity !== 'info')
}

/** The pages below `preview/`. */
export const makePreview: MakeExtras = ({ project, scripts, entries, diagnostics }) => {
  const menus = new Map(project.generated.map(({ path, menu }) => [path, menu]))
  return previewFiles({
    title: project.config.title ?? 'Boot menu',
    entry: project.config.entry,
    scripts: scripts.flatMap(({ path, kind, script }) => {
      if (kind !== 'output') return []
      const menu = menus.get(path)
      return [{ path, script, ...(menu === undefined ? {} : { menu }) }]
    }),
    diagnostics: [...diagnostics],
    files: new Map([...entries].map(([path, { size, sha256, origin }]) => [path, { size, sha256, origin }])),
  })
}

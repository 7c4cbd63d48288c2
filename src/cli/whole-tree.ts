/** What concerns a tree as a whole, for `build` and `check`: where its links lead, whether it fits, its preview. */
import { readFileSync } from 'node:fs'
import type { MakeExtras } from '../build/tree.js'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import type { LinkMemory } from '../links/memory.js'
import { type CheckedBoot, preflightBoots } from '../links/preflight-boots.js'
import { linkInputOf } from '../links/project-links.js'
import { type LinkReport, resolveLinks } from '../links/resolve.js'
import { previewFiles } from '../preview/preview.js'
import { previewScripts } from '../preview/project-scripts.js'
import type { CheckedScripts } from '../project/check.js'
import type { Project } from '../project/project.js'
import { configuredLinks } from '../rules/settings.js'
import { playerFile } from './player-file.js'
import { treeFiles } from './tree-files.js'

export interface TreeOptions {
  /** Full path of the output tree, whose assets and loaders links may lead to. */
  out: string
  /** Also what is merely worth knowing: files that nothing leads to. */
  information?: boolean
  /** Of the builds before this one. */
  memory?: LinkMemory
  /** Asks other servers, too: {@link askServers}. */
  ask?: ((links: LinkReport['links'], file: string) => Promise<Diagnostic[]>) | undefined
}

export interface CheckedTree {
  report: LinkReport
  boots: readonly CheckedBoot[]
  diagnostics: Diagnostic[]
}

/** What is worth knowing to whoever checks; the rest is `ipxetool graph`'s to show. */
const information: ReadonlySet<string> = new Set(['orphan-file', 'unreachable-script', 'memory-too-small'])

export async function checkTree(
  project: Project,
  checked: CheckedScripts,
  cwd: string,
  options: TreeOptions,
): Promise<CheckedTree> {
  const { memory, ...others } = options
  const files = await treeFiles(project, cwd, options.out)
  const report = resolveLinks(linkInputOf(project, checked, files, memory))
  const { boots, diagnostics } = preflightBoots(report, project.generated, {
    root: project.root,
    configFile: project.config.file,
  })
  if (memory && diagnostics.length > 0) {
    // it remembers links, not where they stand by now
    memory.forget()
    return checkTree(project, checked, cwd, others)
  }
  const all = [...report.diagnostics, ...diagnostics].filter(
    ({ severity, ruleId }) =>
      severity !== 'info' || (options.information === true && information.has(ruleId)),
  )
  if (options.ask) all.push(...(await options.ask(report.links, project.config.file)))
  return { report, boots, diagnostics: [...configuredLinks(all, project.check.settings)] }
}

/** The pages below `preview/`. @param boots of {@link checkTree}, once it has run */
export function makePreview(boots: () => readonly CheckedBoot[]): MakeExtras {
  return ({ project, scripts, entries, files, diagnostics }) => {
    const player = readPlayer()
    return previewFiles({
      ...(player !== undefined && {
        play: { player, scripts: new Map([...files].filter(([path]) => path.endsWith('.ipxe'))) },
      }),
      title: project.config.title ?? 'Boot menu',
      entry: project.config.entry,
      scripts: previewScripts(project, scripts),
      diagnostics: [...diagnostics],
      files: new Map(
        [...entries].map(([path, { size, sha256, origin, trust }]) => [
          path,
          { size, sha256, origin, ...(typeof trust === 'string' && { trust }) },
        ]),
      ),
      boots: boots(),
      known: project.memory.commands,
    })
  }
}

/** Undefined in a clone that was not built. */
function readPlayer(): string | undefined {
  try {
    return readFileSync(playerFile, 'latin1')
  } catch {
    return undefined
  }
}

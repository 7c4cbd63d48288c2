/** A project of this repository, built in memory as `ipxetool build` builds it. */
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildTree } from '../../src/build/tree.js'
import { nodeHost } from '../../src/cli/node-host.js'
import { checkTree, makePreview } from '../../src/cli/whole-tree.js'
import { loadProject, type Project } from '../../src/project/project.js'

export const repository = fileURLToPath(new URL('../../', import.meta.url))

export interface Built {
  project: Project
  /** Made and copied files by path in the tree, without `manifest.json`. */
  files: Map<string, Uint8Array>
  /** Errors, warnings, and what there is to know. */
  problems: string[]
}

/**
 * @param root where the project lies, relative to `cwd`
 * @throws when its `ipxetool.yaml` says too little to go on
 */
export async function build(root: string, cwd = repository): Promise<Built> {
  const host = nodeHost(cwd)
  const { project, diagnostics } = await loadProject(root, host, {})
  if (!project) throw new Error(diagnostics.map(({ reason }) => reason).join('\n'))
  const tree = await buildTree(project, {
    inspect: async (checked) =>
      (await checkTree(project, checked, cwd, { out: resolve(cwd, root, 'no-output-tree') })).diagnostics,
    makeExtras: makePreview(() => []),
  })
  const files = new Map(tree.files)
  for (const [path, file] of tree.copies) files.set(path, await host.readFile(file, 1e6))
  const problems = tree.diagnostics.map(
    ({ file, place, ruleId, reason }) => `${file}:${place?.start.line ?? ''} ${ruleId} ${reason}`,
  )
  return { project, files, problems }
}

/** As text, without the comments (in previews: the notes) that say which line of which file it was made from. */
export function withoutSources(bytes: Uint8Array): string {
  return new TextDecoder('latin1')
    .decode(bytes)
    .replace(/^# Written by ipxetool from .*$/gm, '# Written by ipxetool.')
    .replace(/^(# .*) \([^() ]+:\d+:\d+\)$/gm, '$1')
    .replace(/<p class="source">Written in <code>[^<]*<\/code><\/p>/g, '')
}

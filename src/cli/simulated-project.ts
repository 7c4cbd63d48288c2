/** A project as the build makes it, in memory. Apart, because a script alone needs none of this. */
import { homedir } from 'node:os'
import { join, relative, resolve, sep } from 'node:path'
import { buildTree, hasErrors } from '../build/tree.js'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { IpxetoolError } from '../diagnostics/error.js'
import { prettyReport } from '../diagnostics/reporters/pretty.js'
import { sortDiagnostics } from '../diagnostics/sort.js'
import { visible } from '../diagnostics/visible.js'
import { configName } from '../project/config-name.js'
import { readConfig } from '../project/config.js'
import { loadProject } from '../project/project.js'
import type { FileLookup, SimulatedFile } from '../simulate/index.js'
import { declaredLoaders } from './declared-loaders.js'
import type { Io } from './io.js'
import { nodeHost } from './node-host.js'
import { useColor } from './output.js'
import { readPart, type SimulatedTree, type TreeChoice } from './simulated-tree.js'
import { treeFiles } from './tree-files.js'

/**
 * A source file of a project runs as the build makes it, with its variables and includes.
 *
 * @param folder of the project
 */
export async function projectScript(
  folder: string,
  full: string,
  choice: TreeChoice,
  io: Io,
): Promise<SimulatedTree | undefined> {
  const path = relative(folder, full).split(sep).join('/')
  const { config } = await readConfig(folder, nodeHost(io.cwd, io.stderr))
  if (path.startsWith(`${config?.out ?? 'out'}/`)) return undefined
  const tree = await projectTree(relative(io.cwd, folder) || '.', choice, io)
  return tree.scripts.includes(path) ? { ...tree, title: path, entry: path } : undefined
}

export async function projectTree(root: string, choice: TreeChoice, io: Io): Promise<SimulatedTree> {
  const host = nodeHost(io.cwd, io.stderr)
  const read = await readConfig(root, host)
  const out = resolve(io.cwd, root, read.config?.out ?? 'out')
  const { project, diagnostics, sources } = await loadProject(root, host, {
    variables: choice.variables,
    environment: { HOME: homedir(), ...io.env },
    loadersOf: declaredLoaders(io.cwd),
    exclude: [relative(resolve(io.cwd, root), out).split(sep).join('/')],
    config: read,
  })
  const broken = (found: readonly Diagnostic[]): never => {
    const errors = sortDiagnostics(found.filter(({ severity }) => severity === 'error'))
    const width = io.stderr.columns ?? 100
    io.stderr.write(prettyReport(errors, sources, { color: useColor(choice, io, io.stderr), width }))
    throw new IpxetoolError('broken-project', `${visible(root)} cannot be built`, {
      hint: 'repair what is said above; `ipxetool check` shows it again',
    })
  }
  if (!project) return broken(diagnostics)
  const built = await buildTree(project)
  if (hasErrors(built.diagnostics)) return broken(built.diagnostics)
  const others = await treeFiles(project, io.cwd, out)
  const copies = new Map<string, SimulatedFile | undefined>()
  const files: FileLookup = (path) => {
    const made = built.files.get(path)
    if (made) return { data: made }
    const source = built.copies.get(path)
    if (source !== undefined) {
      if (!copies.has(path)) copies.set(path, readPart(resolve(io.cwd, source)))
      return copies.get(path)
    }
    if (!others.has(path)) return undefined
    if (!copies.has(path)) copies.set(path, readPart(join(out, path)))
    return copies.get(path)
  }
  return {
    title: project.config.title ?? join(root, configName),
    entry: project.config.entry,
    files,
    scripts: [...built.files.keys()].filter((path) => path.endsWith('.ipxe')).sort(),
    paths: [...new Set([...built.files.keys(), ...built.copies.keys(), ...others.keys()])],
    project: resolve(io.cwd, root),
  }
}

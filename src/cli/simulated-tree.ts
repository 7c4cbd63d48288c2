/** What `run` and `test` play: one script, a built tree, or a project, which is built in memory. */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { buildTree, hasErrors } from '../build/tree.js'
import { manifestName } from '../build/manifest.js'
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
import { findProject, isProject } from './find-project.js'
import type { Io } from './io.js'
import { nodeHost } from './node-host.js'
import { useColor } from './output.js'
import { treeFiles } from './tree-files.js'

export interface SimulatedTree {
  /** for people: a path, or the project's title */
  readonly title: string
  /** path of the script that runs first */
  readonly entry: string
  readonly files: FileLookup
  /** paths of the scripts, as far as they are known without looking */
  readonly scripts: readonly string[]
  /** full path of the project's folder, if it is one */
  readonly project?: string
}

export interface TreeChoice {
  readonly project?: string
  readonly variables: ReadonlyMap<string, string>
  readonly color?: boolean
}

/** Scripts are read whole up to this size, of other files the beginning. */
const wholeSize = 1 << 20
const headSize = 8192

/**
 * @param target a script, a folder with `ipxetool.yaml`, a folder that a build wrote; default: the nearest project
 * @throws IpxetoolError when it cannot be played; a project's own problems go to stderr before
 */
export async function simulatedTree(
  target: string | undefined,
  choice: TreeChoice,
  io: Io,
): Promise<SimulatedTree> {
  if (target === undefined) return projectTree(await findProject(io.cwd, choice.project), choice, io)
  const full = resolve(io.cwd, target)
  const info = statSync(full, { throwIfNoEntry: false })
  if (!info) {
    throw new IpxetoolError('no-script', `there is no ${visible(target)}`, {
      exitCode: 2,
      hint: 'name a script, a folder with an ipxetool.yaml, or a folder that `ipxetool build` wrote',
    })
  }
  if (info.isDirectory()) {
    if (await isProject(full)) return projectTree(target, choice, io)
    return folderTree(full, target)
  }
  const own = await outputOf(full, choice, io)
  return (
    own ?? {
      title: target,
      entry: basename(full),
      files: diskFiles(dirname(full)),
      scripts: [basename(full)],
    }
  )
}

/** A source file of a project runs as the build makes it, with its variables and includes. */
async function outputOf(full: string, choice: TreeChoice, io: Io): Promise<SimulatedTree | undefined> {
  for (let folder = dirname(full); folder !== dirname(folder); folder = dirname(folder)) {
    if (!(await isProject(folder))) continue
    const path = relative(folder, full).split(sep).join('/')
    const { config } = await readConfig(folder, nodeHost(io.cwd, io.stderr))
    if (path.startsWith(`${config?.out ?? 'out'}/`)) return undefined
    const tree = await projectTree(relative(io.cwd, folder) || '.', choice, io)
    if (!tree.scripts.includes(path)) return undefined
    return { ...tree, title: path, entry: path }
  }
  return undefined
}

function folderTree(full: string, target: string): SimulatedTree {
  const files = diskFiles(full)
  let manifest: { files?: Record<string, unknown> } | undefined
  try {
    manifest = JSON.parse(readFileSync(join(full, manifestName), 'utf8')) as typeof manifest
  } catch {
    // a folder of scripts will do, too
  }
  const scripts = Object.keys(manifest?.files ?? {}).filter((path) => path.endsWith('.ipxe'))
  if (!files('boot.ipxe')) {
    throw new IpxetoolError('no-script', `there is no boot.ipxe in ${visible(target)}`, {
      exitCode: 2,
      hint: `name the script: ipxetool run ${visible(target)}/SCRIPT.ipxe`,
    })
  }
  return { title: target, entry: 'boot.ipxe', files, scripts }
}

function diskFiles(root: string): FileLookup {
  const known = new Map<string, SimulatedFile | undefined>()
  return (path) => {
    if (known.has(path)) return known.get(path)
    const full = resolve(root, path)
    const inside = full.startsWith(root + sep)
    const file = inside ? readPart(full) : undefined
    known.set(path, file)
    return file
  }
}

function readPart(full: string): SimulatedFile | undefined {
  const info = statSync(full, { throwIfNoEntry: false })
  if (info?.isFile() !== true) return undefined
  const length = Math.min(info.size, info.size <= wholeSize ? wholeSize : headSize)
  const handle = openSync(full, 'r')
  try {
    const data = new Uint8Array(length)
    return { data: data.subarray(0, readSync(handle, data, 0, length, 0)), size: info.size }
  } finally {
    closeSync(handle)
  }
}

async function projectTree(root: string, choice: TreeChoice, io: Io): Promise<SimulatedTree> {
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
    project: resolve(io.cwd, root),
  }
}

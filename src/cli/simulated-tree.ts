/** What `run` and `test` play: one script, a built tree, or a project, which is built in memory. */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import type { FileLookup, SimulatedFile } from '../simulate/index.js'
import { findProject, isProject } from './find-project.js'
import type { Io } from './io.js'

/** As `build/manifest.ts` has it, which is not loaded for a script alone. */
const manifestName = 'manifest.json'

export interface SimulatedTree {
  /** for people: a path, or the project's title */
  readonly title: string
  /** path of the script that runs first */
  readonly entry: string
  readonly files: FileLookup
  /** paths of the scripts, as far as they are known without looking */
  readonly scripts: readonly string[]
  /** all paths that are known without looking */
  readonly paths: readonly string[]
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
  if (target === undefined) {
    const root = await findProject(io.cwd, choice.project)
    const { projectTree } = await import('./simulated-project.js')
    return projectTree(root, choice, io)
  }
  const full = resolve(io.cwd, target)
  const info = statSync(full, { throwIfNoEntry: false })
  if (!info) {
    throw new IpxetoolError('no-script', `there is no ${visible(target)}`, {
      exitCode: 2,
      hint: 'name a script, a folder with an ipxetool.yaml, or a folder that `ipxetool build` wrote',
    })
  }
  if (info.isDirectory()) {
    if (!(await isProject(full))) return folderTree(full, target)
    const { projectTree } = await import('./simulated-project.js')
    return projectTree(target, choice, io)
  }
  for (let folder = dirname(full); folder !== dirname(folder); folder = dirname(folder)) {
    if (!(await isProject(folder))) continue
    const { projectScript } = await import('./simulated-project.js')
    const own = await projectScript(folder, full, choice, io)
    if (own) return own
    break
  }
  return {
    title: target,
    entry: basename(full),
    files: diskFiles(dirname(full)),
    scripts: [basename(full)],
    paths: [basename(full)],
  }
}

function folderTree(full: string, target: string): SimulatedTree {
  const files = diskFiles(full)
  let manifest: { files?: Record<string, unknown> } | undefined
  try {
    manifest = JSON.parse(readFileSync(join(full, manifestName), 'utf8')) as typeof manifest
  } catch {
    // a folder of scripts will do, too
  }
  const paths = Object.keys(manifest?.files ?? { 'boot.ipxe': {} })
  const scripts = paths.filter((path) => path.endsWith('.ipxe'))
  if (!files('boot.ipxe')) {
    throw new IpxetoolError('no-script', `there is no boot.ipxe in ${visible(target)}`, {
      exitCode: 2,
      hint: `name the script: ipxetool run ${visible(target)}/SCRIPT.ipxe`,
    })
  }
  return { title: target, entry: 'boot.ipxe', files, scripts, paths }
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

export function readPart(full: string): SimulatedFile | undefined {
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

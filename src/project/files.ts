/** Finds the files of a project. */
import { Diagnostic } from '../diagnostics/diagnostic.js'
import type { ScriptReader } from './compose.js'
import type { ProjectConfig } from './config.js'
import { HostError, type HostEntry } from './host.js'
import { isOutputTree } from './output-tree.js'
import { byCodeUnit, isWithin, nameOfPath, underRoot } from './paths.js'

export interface ProjectScript {
  /** Relative to the root, and in the output tree. */
  path: string
  /** `partial`: `_name.ipxe`, only included. `embed`: below `embed/`, for a loader; checked, not written. */
  kind: 'output' | 'partial' | 'embed'
}

export interface StaticFile {
  /** In the output tree. */
  path: string
  /** As the user knows it. */
  file: string
}

/** So that a project in the wrong place (`/`) ends with a message. */
const entryLimit = 100_000
const depthLimit = 40

interface Walk {
  root: string
  reader: ScriptReader
  diagnostics: Diagnostic[]
  count: number
}

class TooMuch extends Error {}

/** @param exclude folders relative to the root */
export async function findScripts(
  root: string,
  reader: ScriptReader,
  exclude: readonly string[],
  diagnostics: Diagnostic[],
): Promise<ProjectScript[]> {
  const walk: Walk = { root, reader, diagnostics, count: 0 }
  const scripts: ProjectScript[] = []
  const visit = async (folder: string, depth: number): Promise<void> => {
    const entries = await listFolder(walk, folder, depth)
    // a tree that an earlier build wrote to another place in the project
    if (folder !== '' && (await isOutputTree(reader.host, underRoot(root, folder), entries))) return
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.name.startsWith('.') || entry.name === 'node_modules' || exclude.includes(path)) continue
      const isScript = entry.name.endsWith('.ipxe')
      if (entry.kind === 'folder') {
        if (isScript) notScript(walk, path, 'is a folder, not a script')
        await visit(path, depth + 1)
      } else if (isScript && (await isReadableScript(walk, path, entry))) {
        const kind = entry.name.startsWith('_') ? 'partial' : path.startsWith('embed/') ? 'embed' : 'output'
        scripts.push({ path, kind })
      }
    }
  }
  await limited(walk, () => visit('', 0))
  return scripts.sort((a, b) => byCodeUnit(a.path, b.path))
}

/** `menus/*.ts`: not what begins with `_`, which others import, and no declarations. */
export async function findMenuFiles(
  root: string,
  reader: ScriptReader,
  exclude: readonly string[],
  diagnostics: Diagnostic[],
): Promise<string[]> {
  const walk: Walk = { root, reader, diagnostics, count: 0 }
  if (exclude.includes(menuFolder)) return []
  const entries = await reader.host.list(underRoot(root, menuFolder)).catch(() => [])
  const files: string[] = []
  for (const entry of entries) {
    const path = `${menuFolder}/${entry.name}`
    if (!isMenuFile(entry.name)) continue
    const kind = entry.kind === 'link' ? (await followLink(walk, path))?.kind : entry.kind
    if (kind === 'file') files.push(path)
  }
  return files.sort(byCodeUnit)
}

/** @param name of a file in `menus/` */
export function isMenuFile(name: string): boolean {
  return /^[^._].*\.m?ts$/.test(name) && !/\.(d|test)\.m?ts$/.test(name)
}

const menuFolder = 'menus'

export async function findStatic(
  root: string,
  config: ProjectConfig,
  reader: ScriptReader,
  diagnostics: Diagnostic[],
): Promise<StaticFile[]> {
  const walk: Walk = { root, reader, diagnostics, count: 0 }
  const top = config.static ?? 'static'
  try {
    return await filesBelow(walk, top, '')
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    if (config.static === undefined && (error.kind === 'missing' || error.kind === 'not-folder')) return []
    const place = config.placeOf(['static'])
    diagnostics.push(
      new Diagnostic({
        ruleId: 'project-static',
        severity: 'error',
        file: config.file,
        reason: `The folder of static files \`${top}\` cannot be read: ${error.message}`,
        note: 'Make it, or remove the key `static`.',
        ...(place && { place }),
      }),
    )
    return []
  }
}

const configFolder = 'configs'

/** Files for the booted systems, `configs/`: in the tree at the same path, with variables filled in. */
export async function findConfigFiles(
  root: string,
  reader: ScriptReader,
  diagnostics: Diagnostic[],
): Promise<StaticFile[]> {
  try {
    return await filesBelow({ root, reader, diagnostics, count: 0 }, configFolder, `${configFolder}/`)
  } catch (error) {
    if (error instanceof HostError && (error.kind === 'missing' || error.kind === 'not-folder')) return []
    throw error
  }
}

/**
 * All files below a folder of the project, by path.
 *
 * @param prefix of their paths in the tree
 * @throws HostError when the folder cannot be listed
 */
async function filesBelow(walk: Walk, top: string, prefix: string): Promise<StaticFile[]> {
  const { root, reader } = walk
  const files: StaticFile[] = []
  /** @param above real paths of the folders above, against links that lead in circles */
  const visit = async (folder: string, tree: string, above: readonly string[]): Promise<void> => {
    for (const entry of await listFolder(walk, folder, above.length)) {
      if (entry.name.startsWith('.')) continue
      const path = `${folder}/${entry.name}`
      const inTree = `${tree}${entry.name}`
      const found = entry.kind === 'link' ? await followLink(walk, path) : { kind: entry.kind }
      if (!found) continue
      if (found.kind === 'folder') {
        const real = await reader.host.realpath(underRoot(root, path))
        if (above.includes(real)) problem(walk, 'project-link', path, 'is a link to a folder that it is in')
        else await visit(path, `${inTree}/`, [...above, real])
      } else if (found.kind === 'file') files.push({ path: inTree, file: underRoot(root, path) })
      else
        problem(walk, 'project-static', path, 'is neither a file nor a folder', 'Only files can be served.')
    }
  }
  const real = await reader.host.realpath(underRoot(root, top))
  if (!isWithin(reader.boundary, real)) {
    problem(walk, 'project-link', top, 'is a link that leads out of the project', linkNote)
    return []
  }
  await reader.host.list(underRoot(root, top))
  await limited(walk, () => visit(top, prefix, [real]))
  return files.sort((a, b) => byCodeUnit(a.path, b.path))
}

async function limited(walk: Walk, visit: () => Promise<void>): Promise<void> {
  try {
    await visit()
  } catch (error) {
    if (!(error instanceof TooMuch)) throw error
    problem(walk, 'project-size', '', error.message, 'Is `ipxetool.yaml` in the right folder?')
  }
}

async function listFolder(walk: Walk, folder: string, depth: number): Promise<HostEntry[]> {
  if (depth > depthLimit) throw new TooMuch(`has more than ${depthLimit} levels of folders`)
  try {
    const entries = await walk.reader.host.list(underRoot(walk.root, folder))
    walk.count += entries.length
    if (walk.count > entryLimit) throw new TooMuch(`holds more than ${entryLimit} files`)
    return entries.sort((a, b) => byCodeUnit(a.name, b.name))
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    problem(walk, 'project-unreadable', folder, `cannot be read: ${error.message}`)
    return []
  }
}

async function isReadableScript(walk: Walk, path: string, entry: HostEntry): Promise<boolean> {
  if (entry.kind === 'file') return true
  if (entry.kind === 'link') return (await followLink(walk, path))?.kind === 'file'
  notScript(walk, path, 'is not a regular file')
  return false
}

/** What a link leads to, when that is in the project. */
async function followLink(walk: Walk, path: string): Promise<Pick<HostEntry, 'kind'> | undefined> {
  const { host, boundary } = walk.reader
  try {
    const real = await host.realpath(underRoot(walk.root, path))
    if (!isWithin(boundary, real)) {
      problem(walk, 'project-link', path, 'is a link that leads out of the project', linkNote)
      return undefined
    }
    const parent = real.slice(0, real.lastIndexOf('/')) || '/'
    return (await host.list(parent)).find(({ name }) => name === nameOfPath(real))
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    problem(walk, 'project-link', path, `is a link that leads nowhere: ${error.message}`)
    return undefined
  }
}

const linkNote =
  'The tree would depend on files that are not in the project. Copy the file, or put it into the tree by other means.'

function notScript(walk: Walk, path: string, what: string): void {
  problem(walk, 'project-unreadable', path, what, 'Names that end in `.ipxe` are for scripts.')
}

function problem(walk: Walk, ruleId: string, path: string, what: string, note?: string): void {
  const file = underRoot(walk.root, path === '' ? '.' : path)
  walk.diagnostics.push(
    new Diagnostic({
      ruleId,
      severity: 'error',
      file,
      reason: `\`${file}\` ${what}`,
      ...(note !== undefined && { note }),
    }),
  )
}

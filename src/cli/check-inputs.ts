/** What the paths after `ipxetool check` stand for: projects, parts of projects, and loose scripts. */
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { configName } from '../project/config.js'
import { HostError, type ProjectHost } from '../project/host.js'
import { isOutputTree } from '../project/output-tree.js'
import { isProject } from './find-project.js'

export interface ProjectInput {
  /** As the user would name it; paths in diagnostics begin with it. */
  root: string
  /** Full paths of the files or folders that were asked for; undefined: all of the project. */
  only: string[] | undefined
}

export interface LooseInput {
  path: string
  /** Named by the user; else found in a folder. */
  named: boolean
}

export interface Inputs {
  projects: ProjectInput[]
  loose: LooseInput[]
  /** Paths without anything to check, and why. */
  failures: InputFailure[]
}

export interface InputFailure {
  path: string
  message: string
  /** The path is not there at all: a wrong call rather than a wrong file. */
  missing: boolean
}

const entryLimit = 100_000
const depthLimit = 40

/** Sorts the paths out. A file or folder below an `ipxetool.yaml` belongs to that project. */
export class InputFinder {
  readonly #cwd: string
  readonly #host: ProjectHost
  /** Of `--project`. */
  readonly #root: string | undefined
  readonly #projects = new Map<string, ProjectInput>()
  readonly #loose = new Map<string, LooseInput>()
  readonly #failures: InputFailure[] = []
  #entries = 0

  constructor(cwd: string, host: ProjectHost, root?: string) {
    this.#cwd = cwd
    this.#host = host
    this.#root = root
  }

  get inputs(): Inputs {
    return {
      projects: [...this.#projects.values()],
      loose: [...this.#loose.values()],
      failures: this.#failures,
    }
  }

  addProject(root: string, only?: string): void {
    const key = resolve(this.#cwd, root)
    const known = this.#projects.get(key)
    if (!known) this.#projects.set(key, { root, only: only === undefined ? undefined : [only] })
    else if (only === undefined) known.only = undefined
    else known.only?.push(only)
  }

  async add(path: string): Promise<void> {
    try {
      if (path !== '-' && (await this.#isFolder(path))) await this.#addFolder(path)
      else await this.#addFile(path)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.#failures.push({
        path,
        message: error.message,
        missing: error.kind === 'missing' || error.kind === 'not-folder',
      })
    }
  }

  /** What is no folder, is missing, or may not be read is left to whoever reads it. */
  async #isFolder(path: string): Promise<boolean> {
    try {
      await this.#host.list(path)
      return true
    } catch (error) {
      if (error instanceof HostError && error.kind === 'not-folder') return false
      throw error
    }
  }

  async #addFile(path: string): Promise<void> {
    const root = path === '-' ? undefined : await this.#projectOf(dirname(resolve(this.#cwd, path)), path)
    if (root === undefined) this.#loose.set(path, { path, named: true })
    else this.addProject(root, resolve(this.#cwd, path))
  }

  async #addFolder(path: string): Promise<void> {
    const full = resolve(this.#cwd, path)
    const root = await this.#projectOf(full, path)
    if (root !== undefined) {
      this.addProject(root, resolve(this.#cwd, root) === full ? undefined : full)
      return
    }
    const before = this.#loose.size + this.#projects.size
    await this.#visit(path.replace(/(?<=.)\/+$/, ''), 0)
    if (this.#loose.size + this.#projects.size === before && !this.#loose.has(path)) {
      this.#failures.push({ path, message: 'there is no *.ipxe file in it', missing: false })
    }
  }

  async #visit(folder: string, depth: number): Promise<void> {
    const entries = await this.#host.list(folder)
    this.#entries += entries.length
    if (depth > depthLimit || this.#entries > entryLimit) {
      const message = `there are too many files and folders in it (more than ${entryLimit}, or ${depthLimit} levels)`
      throw new HostError('other', folder, message)
    }
    if (entries.some(({ name, kind }) => name === configName && kind === 'file')) {
      this.addProject(folder)
      return
    }
    if (await isOutputTree(this.#host, folder, entries)) return
    for (const { name, kind } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '.' ? name : folder.endsWith('/') ? folder + name : `${folder}/${name}`
      if (name.startsWith('.') || name === 'node_modules') continue
      if (kind === 'folder') await this.#visitBelow(path, depth + 1)
      else if (name.endsWith('.ipxe') && !this.#loose.has(path)) this.#loose.set(path, { path, named: false })
    }
  }

  /** A folder that may not be read hides nothing else. */
  async #visitBelow(folder: string, depth: number): Promise<void> {
    try {
      await this.#visit(folder, depth)
    } catch (error) {
      if (!(error instanceof HostError) || error.kind !== 'denied') throw error
      this.#failures.push({ path: folder, message: error.message, missing: false })
    }
  }

  /** The project that a folder is in, named in the way in which the user named `typed`. */
  async #projectOf(folder: string, typed: string): Promise<string | undefined> {
    if (this.#root !== undefined) {
      const inside = relative(resolve(this.#cwd, this.#root), folder)
      if (!inside.startsWith('..') && !isAbsolute(inside)) return this.#root
    }
    for (let above = folder; ; above = dirname(above)) {
      if (await isProject(above)) return nameOf(this.#cwd, above, typed)
      if (dirname(above) === above) return undefined
    }
  }
}

function nameOf(cwd: string, folder: string, typed: string): string {
  const name = isAbsolute(typed) ? folder : relative(cwd, folder)
  return name === '' ? '.' : name.split(sep).join('/')
}

/** Files of a TFTP tree, with their includes in place. Bounded: a tree from elsewhere may be anything. */
import { HostError, type ProjectHost } from '../../project/host.js'
import { isWithin, nameOfPath, tidyPath, underRoot } from '../../project/paths.js'
import type { At, Report } from '../result.js'
import { parseSyslinux, type Statement, wordsOf } from './parse.js'

const limits = {
  /** Of one file. */
  bytes: 2 ** 20,
  /** Includes within includes; SYSLINUX allows as many. */
  depth: 16,
  /** Of one configuration, includes in place. */
  statements: 50_000,
  /** Of all configurations together. */
  allStatements: 500_000,
  /** Includes of one configuration. */
  includes: 1000,
}

/** Where the files of a tree are, as the host names them. */
export interface Tree {
  /** What names in the configuration are relative to: the folder with the boot loader. */
  root: string
  /** The folder `pxelinux.cfg`. */
  config: string
}

/** @returns the tree of a folder that is, or holds, `pxelinux.cfg` @throws HostError */
export async function findTree(path: string, host: ProjectHost): Promise<Tree> {
  const entries = await host.list(path)
  const below = entries.find(({ name, kind }) => name === 'pxelinux.cfg' && kind !== 'file')
  if (below) return { root: path, config: underRoot(path, below.name) }
  const isConfig = nameOfPath(await host.realpath(path)) === 'pxelinux.cfg'
  return { root: isConfig ? underRoot(path, '..') : path, config: path }
}

interface Load {
  statements: Statement[]
  includes: number
  isFull: boolean
}

export class ConfigLoader {
  readonly #tree: Tree
  readonly #host: ProjectHost
  readonly #report: Report
  readonly #files = new Map<string, Promise<Statement[] | undefined>>()
  #realRoot: string | undefined
  #sum = 0
  /** Paths (as the host names them) of all files that were asked for. */
  readonly seen = new Set<string>()
  /** Those of them that could not be read. */
  readonly failed = new Set<string>()

  constructor(tree: Tree, host: ProjectHost, report: Report) {
    this.#tree = tree
    this.#host = host
    this.#report = report
  }

  /** The path of a file that a configuration names; `undefined` when it leads out of the tree or to another server. */
  resolve(name: string): string | undefined {
    const local = name.replace(/^::/, '').replaceAll('\\', '/').replace(/^\/+/, '')
    if (local === '' || local.includes('::') || local.includes('://')) return undefined
    const path = tidyPath(local)
    if (path.split('/')[0] === '..') return undefined
    if (path.startsWith('pxelinux.cfg/'))
      return underRoot(this.#tree.config, path.slice('pxelinux.cfg/'.length))
    return underRoot(this.#tree.root, path)
  }

  /** The statements of a file and of what it includes. `undefined`: not readable, and that has been told. */
  async load(path: string, from: At): Promise<Statement[] | undefined> {
    const load: Load = { statements: [], includes: 0, isFull: false }
    const isThere = await this.#add(load, path, from, [])
    this.#sum += load.statements.length
    return isThere ? load.statements : undefined
  }

  async #add(load: Load, path: string, from: At, stack: readonly string[]): Promise<boolean> {
    if (stack.includes(path)) {
      this.#report.warn(
        'import-include',
        from,
        `The file \`${path}\` includes itself${stack.length > 1 ? `, through ${stack.length - 1} others` : ''}`,
        'The second time it is left out.',
      )
      return true
    }
    const statements = await this.#read(path, from)
    if (!statements) return false
    for (const statement of statements) {
      if (load.isFull) return true
      const { keyword, value } = statement
      if (keyword === 'include' || keyword === 'menu include')
        await this.#include(load, statement, [...stack, path])
      else load.statements.push(statement)
      const count = load.statements.length
      if (count > limits.statements || this.#sum + count > limits.allStatements) {
        this.#full(
          load,
          statement,
          `more than ${count > limits.statements ? limits.statements : limits.allStatements} lines`,
        )
      } else if (value.length > limits.bytes) this.#full(load, statement, 'a line without an end')
    }
    return true
  }

  async #include(load: Load, statement: Statement, stack: readonly string[]): Promise<void> {
    const [name = '', tag] = wordsOf(statement.value)
    if (++load.includes > limits.includes || stack.length >= limits.depth) {
      this.#full(
        load,
        statement,
        stack.length >= limits.depth
          ? `includes ${limits.depth} levels deep`
          : `more than ${limits.includes} includes`,
      )
      return
    }
    const path = this.resolve(name)
    if (path === undefined) {
      this.#report.warn(
        'import-include',
        statement,
        `\`${name}\` is not a file of this tree`,
        'Includes are read from the folder that is imported and nowhere else. Copy the file there and import again.',
      )
      return
    }
    // with a tag the file is a submenu
    if (tag !== undefined) load.statements.push({ ...statement, keyword: 'menu begin', value: tag })
    await this.#add(load, path, statement, stack)
    if (tag !== undefined) load.statements.push({ ...statement, keyword: 'menu end', value: '' })
  }

  #full(load: Load, at: At, what: string): void {
    load.isFull = true
    this.#report.error('import-too-large', at, `There are ${what}`, 'What follows is left out.')
  }

  #read(path: string, from: At): Promise<Statement[] | undefined> {
    this.seen.add(path)
    const known = this.#files.get(path)
    if (known) return known
    const reading = this.#readFile(path, from)
    this.#files.set(path, reading)
    return reading
  }

  async #readFile(path: string, from: At): Promise<Statement[] | undefined> {
    try {
      this.#realRoot ??= await this.#host.realpath(this.#tree.root)
      const real = await this.#host.realpath(path)
      if (!isWithin(this.#realRoot, real) && !isWithin(await this.#host.realpath(this.#tree.config), real)) {
        throw new HostError('other', path, 'it is a link that leads out of the tree')
      }
      return parseSyslinux(path, await this.#host.readFile(path, limits.bytes))
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.failed.add(path)
      this.#report.warn(
        from.place ? 'import-include' : 'import-file',
        from,
        `\`${path}\` cannot be read: ${error.message}`,
        from.place
          ? `Names are relative to the folder of the boot loader, here ${this.#tree.root}.`
          : 'What it says is left out.',
      )
      return undefined
    }
  }
}

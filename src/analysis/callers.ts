/**
 * What the scripts of a project hand to each other: the values that a setting may have where a script begins, from the
 * commands that chain it. Settings are global in iPXE and outlive the script that set them (`core/settings.c`).
 */
import type { Script } from '../ast/nodes.js'
import { analyse, type Analysis, type KnownCommands } from './analyse.js'
import { innermost } from './outcomes.js'
import type { ValuesAtStart } from './flow-values.js'
import { hole, mayBecome } from './text.js'

/** Projects with more lines than this are not followed from script to script. */
const maxLines = 30_000
/** A script that so many commands may chain, or a setting with so many values: anything. */
const maxCallers = 40
const maxValues = 24
/** So many scripts one behind the other are followed. */
const maxDepth = 40

/** A script with the path below the root of the project. */
export interface CallingScript {
  readonly path: string
  readonly script: Script
  /** Machines may begin with it: nobody knows what is set then. */
  readonly isEntry: boolean
}

interface Call {
  readonly from: CallingScript
  readonly number: number
  /** The parts of the path, texts with holes, the last one first. */
  readonly target: readonly string[]
  /** False: it is loaded only, and may be run anywhere. */
  readonly runs: boolean
}

export class Callers {
  readonly #scripts: readonly CallingScript[]
  readonly #known: KnownCommands | undefined
  readonly #set: ReadonlySet<string>
  readonly #analyses = new Map<Script, Analysis>()
  readonly #found = new Map<string, readonly string[] | undefined>()
  readonly #callers = new Map<string, readonly Call[] | undefined>()
  #calls: readonly Call[] | undefined
  #depth = 0

  /** @param set names that some script sets; about others nothing is known */
  constructor(scripts: readonly CallingScript[], set: ReadonlySet<string>, known?: KnownCommands) {
    const lines = scripts.reduce((sum, { script }) => sum + script.children.length, 0)
    this.#scripts = lines > maxLines ? [] : scripts
    this.#set = set
    this.#known = known
  }

  /** What may be set where a script begins. */
  of(script: Script): ValuesAtStart {
    const own = this.#scripts.filter((one) => one.script === script)
    return (name) => {
      if (own.length === 0 || own.some(({ isEntry }) => isEntry)) return undefined
      const all = own.map(({ path }) => this.#valuesAt(path, name))
      if (all.includes(undefined)) return undefined
      return [...new Set(all.flatMap((values) => values ?? []))]
    }
  }

  #valuesAt(path: string, name: string): readonly string[] | undefined {
    if (!this.#set.has(name)) return undefined
    const key = `${path} ${name}`
    if (this.#found.has(key)) return this.#found.get(key)
    // scripts that chain each other in a circle: what comes round is not looked for
    this.#found.set(key, undefined)
    if (this.#depth >= maxDepth) return undefined
    this.#depth++
    const values = this.#search(path, name)
    this.#depth--
    this.#found.set(key, values)
    return values
  }

  #search(path: string, name: string): readonly string[] | undefined {
    const calls = this.#callersOf(path)
    if (!calls || calls.length === 0) return undefined
    const values = new Set<string>()
    for (const { from, number } of calls) {
      for (const { text } of this.#analysisOf(from.script).flow.values.valuesOf(name, number)) {
        if (text === hole) return undefined
        values.add(text)
      }
      if (values.size > maxValues) return undefined
    }
    return [...values]
  }

  /** Undefined: too many, or something else may run it. */
  #callersOf(path: string): readonly Call[] | undefined {
    if (this.#callers.has(path)) return this.#callers.get(path)
    const parts = path.split('/').reverse()
    this.#calls ??= this.#scripts.flatMap((one) => this.#callsIn(one))
    const found = this.#calls.filter(({ target }) => mayLeadTo(target, parts))
    const isKnown = found.length <= maxCallers && found.every(({ runs }) => runs)
    const calls = isKnown ? found : undefined
    this.#callers.set(path, calls)
    return calls
  }

  #callsIn(from: CallingScript): Call[] {
    const { graph, values } = this.#analysisOf(from.script).flow
    const calls: Call[] = []
    const folder = from.path.split('/').slice(0, -1)
    for (const [number, outer] of graph.commands.entries()) {
      const { spec, positionals } = innermost(outer)
      const first = positionals[0]
      if (!first || !spec || !loads.has(spec.name)) continue
      const runs = spec.name === 'imgexec'
      for (const text of values.textsOf(first.word, number)) {
        const target = partsOf(text, folder)
        // kernels are loaded everywhere, by names that are not known
        if (!runs && target[0]!.replaceAll(hole, '') === '') continue
        calls.push({ from, number, target, runs })
      }
    }
    return calls
  }

  #analysisOf(script: Script): Analysis {
    let analysis = this.#analyses.get(script)
    if (!analysis) this.#analyses.set(script, (analysis = analyse(script, this.#known, this.of(script))))
    return analysis
  }
}

/** Ends the parts of a path that begins at the root of the project. */
const root = ''

/** The parts of the path of a URI, the last one first; at least one. */
function partsOf(uri: string, folder: readonly string[]): string[] {
  const isRelative = !uri.startsWith('/') && !uri.startsWith(hole) && !/^[A-Za-z][\w+.-]*:/.test(uri)
  const path = uri.replace(/[?#].*$/, '').replace(/^[A-Za-z][\w+.-]*:(\/\/[^/]*)?/, '')
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.length === 0) return [hole]
  return (isRelative ? [root, ...folder, ...parts] : parts).reverse()
}

/** Whether a path with holes may be that of a script, as far as both are known. */
function mayLeadTo(target: readonly string[], script: readonly string[]): boolean {
  if (!mayBecome(target[0]!, script[0]!)) return false
  for (let index = 1; index < target.length; index++) {
    const part = target[index]!
    if (part === '..' || part.includes(hole)) return true
    if (part === root) return index === script.length
    if (index >= script.length) return !target.includes(root)
    if (part !== script[index]) return false
  }
  return true
}

const loads = new Set(['imgexec', 'imgfetch', 'imgselect'])

/**
 * The values that settings may have at a command: walked backwards from it to whatever sets them. Bounded: what would
 * take longer is unknown. All values are texts with holes; one hole alone is a value that only the machine knows.
 */
import type { Reference, Word } from '../ast/nodes.js'
import type { ParsedCommand } from './commands.js'
import { end, type Flow, jumpOf, type Targets } from './flow.js'
import { Menus } from './menus.js'
import { fails, innermost, jumps, mayRunOther, succeeds } from './outcomes.js'
import { isKnownSetting, parseSettingName, referenceParts, type Settings } from './settings.js'
import { hole, mayBecome } from './text.js'

const maxValues = 24
const maxDepth = 5
/** Longer than any URL. */
const maxLength = 2048

/** One value, and the command that it first comes from; undefined: nothing in this script. */
export interface Value {
  readonly text: string
  readonly setBy: number | undefined
}

/**
 * The values that a setting, `name` or `scope/name`, may have where a script begins: texts with holes, each once;
 * undefined: it may be anything.
 */
export type ValuesAtStart = (name: string) => readonly string[] | undefined

const unknownOnly: readonly Value[] = [{ text: hole, setBy: undefined }]

/** What a command does to a setting: `kill` when the older values are gone. */
interface Definition {
  readonly name: string
  /** After success only, as with `choose`; else after a failure as well. */
  readonly onSuccess: boolean
}

export class FlowValues {
  readonly menus: Menus
  readonly #flow: Flow
  readonly #settings: Settings
  readonly #atStart: ValuesAtStart | undefined
  readonly #definitions: (readonly Definition[] | undefined)[] = []
  /** Predecessors in compressed rows: number * 2, + 1 after a failure. */
  #rows: Int32Array | undefined
  #predecessors: Int32Array | undefined
  /** Commands from which any label may be reached. */
  #anywhere: number[] = []
  readonly #entries = new Set<number>()
  #starts = new Set<number>()
  #budget: number
  /** Marks of the search that has been there, by edge and by command. */
  readonly #seen: Int32Array
  readonly #before: Int32Array
  #searches = 0
  readonly #known = new Map<string, readonly Value[]>()
  readonly #targets = new Map<number, Targets>()

  /** @param atStart what the callers of the script have set; absent: nobody knows */
  constructor(flow: Flow, settings: Settings, atStart?: ValuesAtStart) {
    this.#flow = flow
    this.#atStart = atStart
    this.#settings = settings
    this.#budget = 30 * flow.commands.length + 20_000
    this.#seen = new Int32Array(flow.commands.length * 2)
    this.#before = new Int32Array(flow.commands.length)
    this.menus = new Menus(flow, this)
    for (const { command, parts, mentionOnly } of settings.writes) {
      const number = flow.numberOf(command)
      const kind = command.spec?.name
      if (number === undefined || (mentionOnly && kind !== 'clear')) continue
      const { scope, name } = parts
      const definition = {
        name: scope === undefined ? name : `${scope}/${name}`,
        onSuccess: kind !== 'set' && kind !== 'clear',
      }
      const others = this.#definitions[number]
      this.#definitions[number] = others ? [...others, definition] : [definition]
    }
  }

  /** Whether the search went on for too long, so that more is unknown than need be. */
  get isExhausted(): boolean {
    return this.#budget <= 0
  }

  /** Call before each step of a search; false: stop. */
  spend(): boolean {
    return --this.#budget > 0
  }

  /** The texts that a word of a command may become, each once. */
  textsOf(word: Word, command: number, depth = 0): readonly string[] {
    const values = this.expand(word, command, depth)
    return values.length < 2 ? values.map(({ text }) => text) : [...new Set(values.map(({ text }) => text))]
  }

  /** The same with where each comes from. */
  expand(word: Word, command: number, depth = 0): readonly Value[] {
    const [only] = word.children
    if (word.children.length === 1 && only!.type === 'text') {
      return [{ text: only!.value.slice(0, maxLength), setBy: undefined }]
    }
    let values: readonly Value[] = [{ text: '', setBy: undefined }]
    for (const child of word.children) {
      const next: readonly Value[] =
        child.type === 'text'
          ? [{ text: child.value, setBy: undefined }]
          : child.type === 'variable'
            ? unknownOnly
            : this.#valuesOfReference(child, command, depth)
      values = product(values, next, '')
    }
    return values
  }

  #valuesOfReference(reference: Reference, command: number, depth: number): readonly Value[] {
    const { scope, name, type } = referenceParts(reference)
    if (type !== undefined && type !== 'string') return unknownOnly
    if (name.includes(hole) || scope?.includes(hole) === true) return unknownOnly
    return this.valuesOf(scope === undefined ? name : `${scope}/${name}`, command, depth)
  }

  /** The values that a setting, `name` or `scope/name`, may have before a command runs. At least one. */
  valuesOf(name: string, command: number, depth = 0): readonly Value[] {
    if (depth > maxDepth || this.#isOpen(name)) return unknownOnly
    const key = `${command} ${name}`
    const known = this.#known.get(key)
    if (known) return known
    // what asks for itself has no end
    this.#known.set(key, unknownOnly)
    const result = this.#search(name, command, depth)
    this.#known.set(key, result)
    return result
  }

  /** The commands that may have given a setting its value; undefined: something else may have. */
  settersOf(name: string, command: number): readonly number[] | undefined {
    if (this.#isOpen(name)) return undefined
    const setters: number[] = []
    const others = { mayHaveSet: false }
    const ended = this.walkBack(command, (number, failed) => {
      const found = this.#definitions[number]?.find((definition) => definition.name === name)
      if (found && !(found.onSuccess && failed)) {
        setters.push(number)
        return 'enough'
      }
      if (mayRunOther(this.#flow.commands[number]!)) others.mayHaveSet = true
      return 'on'
    })
    return ended === 'within' && !others.mayHaveSet ? setters : undefined
  }

  /** A setting that iPXE has by itself, or that some computed name may mean. */
  #isOpen(name: string): boolean {
    const plain = parseSettingName(name).name
    if (isKnownSetting(plain)) return true
    const { patterns, scopes } = this.#settings
    if (patterns.size > 200) return true
    for (const pattern of patterns) if (mayBecome(pattern, plain)) return true
    // a value below a scope is found without it
    return !name.includes('/') && scopes.size > 0 && this.#isScoped(plain)
  }

  #scoped: Set<string> | undefined
  #isScoped(name: string): boolean {
    this.#scoped ??= new Set(
      this.#settings.writes.filter(({ parts }) => parts.scope !== undefined).map(({ parts }) => parts.name),
    )
    return this.#scoped.has(name)
  }

  #search(name: string, from: number, depth: number): readonly Value[] {
    const setters: number[] = []
    const equal = new Set<string>()
    const others = { mayHaveSet: false }
    const complete = this.walkBack(from, (command, failed) => {
      const known = failed ? undefined : equalTo(this.#flow.commands[command]!, name)
      if (known !== undefined) {
        equal.add(known)
        return equal.size > maxValues ? 'stop' : 'enough'
      }
      const found = this.#definitions[command]?.find((definition) => definition.name === name)
      if (found && !(found.onSuccess && failed)) {
        setters.push(command)
        return setters.length > maxValues ? 'stop' : 'enough'
      }
      if (mayRunOther(this.#flow.commands[command]!)) others.mayHaveSet = true
      return 'on'
    })
    const values = setters.slice(0, maxValues).flatMap((command) => this.#textsSet(command, depth))
    for (const text of equal) values.push({ text, setBy: undefined })
    const given = complete === 'start' && !others.mayHaveSet ? this.#atStart?.(name) : undefined
    for (const text of given ?? []) values.push({ text, setBy: undefined })
    // nothing leads here: whoever comes all the same brings what he likes
    if ((complete !== 'within' && !given) || others.mayHaveSet || values.length === 0)
      values.push({ text: hole, setBy: undefined })
    if (values.length <= maxValues) return values
    return [...values.slice(0, maxValues), { text: hole, setBy: undefined }]
  }

  /** What a command sets its setting to. */
  #textsSet(number: number, depth: number): readonly Value[] {
    const command = innermost(this.#flow.commands[number]!)
    const value = (text: string): readonly Value[] => [{ text, setBy: number }]
    if (command.spec?.name === 'choose') {
      return this.menus.itemsOf(number).names.map((text) => ({ text, setBy: number }))
    }
    if (command.spec?.name === 'clear') return value('')
    if (command.spec?.name !== 'set') return value(hole)
    const type = parseSettingName(command.positionals[0]!.text).type
    if (type !== undefined && type !== 'string') return value(hole)
    let values: readonly Value[] = [{ text: '', setBy: undefined }]
    for (const [index, { word }] of command.positionals.slice(1, 50).entries()) {
      values = product(values, this.expand(word, number, depth + 1), index === 0 ? '' : ' ')
    }
    return values.map(({ text, setBy }) => ({ text, setBy: setBy ?? number }))
  }

  /**
   * Visits what may have run before a command, nearest first, each command once for each of its outcomes. `enough` goes
   * no further back on that path, `stop` ends the search. `within`: all paths ended in `enough`; `start`: some path
   * came to where the script begins; `cut`: it was stopped, or took too long. `visit` must not search itself.
   */
  walkBack(
    from: number,
    visit: (command: number, failed: boolean) => 'on' | 'enough' | 'stop',
  ): 'within' | 'start' | 'cut' {
    const rows = (this.#rows ??= this.#connect())
    const predecessors = this.#predecessors!
    const search = ++this.#searches
    const seen = this.#seen
    const before = this.#before
    const waiting: number[] = []
    const came = { toStart: false }
    let sawAnywhere = false
    const addBefore = (command: number): void => {
      if (before[command] === search) return
      before[command] = search
      if (this.#starts.has(command)) came.toStart = true
      for (let at = rows[command]!; at < rows[command + 1]!; at++) waiting.push(predecessors[at]!)
      if (this.#entries.has(command) && !sawAnywhere) {
        sawAnywhere = true
        for (const other of this.#anywhere) waiting.push(other * 2)
      }
    }
    addBefore(from)
    for (let edge = waiting.pop(); edge !== undefined; edge = waiting.pop()) {
      if (seen[edge] === search) continue
      seen[edge] = search
      if (!this.spend()) return 'cut'
      const command = edge >> 1
      const answer = visit(command, (edge & 1) === 1)
      if (answer === 'stop') return 'cut'
      if (answer === 'on') addBefore(command)
    }
    return came.toStart ? 'start' : 'within'
  }

  #connect(): Int32Array {
    const flow = this.#flow
    const edges: number[] = []
    const counts = new Int32Array(flow.commands.length + 2)
    const add = (from: number, to: number, failed: boolean): void => {
      if (to === end) return
      edges.push(to, from * 2 + (failed ? 1 : 0))
      counts[to + 1]!++
    }
    for (const { entry } of flow.jumpable) if (entry !== end) this.#entries.add(entry)
    this.#starts = new Set([flow.start])
    for (let command = 0; command < flow.commands.length; command++) {
      const outcome = flow.outcomes[command]!
      if (outcome & succeeds) add(command, flow.afterSuccess[command]!, false)
      if (outcome & fails) add(command, flow.afterFailure[command]!, true)
      if (!(outcome & jumps)) continue
      const jump = jumpOf(flow, command)
      if (jump === undefined) {
        this.#anywhere.push(command)
        add(command, flow.afterFailure[command]!, true)
      } else if (jump === 'missing') add(command, flow.afterFailure[command]!, true)
      else add(command, jump, false)
    }
    for (let index = 1; index < counts.length; index++) counts[index]! += counts[index - 1]!
    const rows = counts.slice()
    const predecessors = new Int32Array(edges.length / 2)
    for (let index = 0; index < edges.length; index += 2)
      predecessors[counts[edges[index]!]!++] = edges[index + 1]!
    this.#predecessors = predecessors
    return rows
  }

  /** Where a computed `goto` may lead. */
  targetsOf(command: number): Targets {
    if (this.#targets.has(command)) return this.#targets.get(command)
    // while it is looked for: a value that depends on it may be any
    this.#targets.set(command, undefined)
    const word = this.#flow.commands[command]!.positionals[0]?.word
    const found = word && this.#flow.entriesFor(this.textsOf(word, command))
    this.#targets.set(command, found)
    return found
  }
}

/** The text that a setting has after this command succeeded: `iseq ${name} text`. */
function equalTo(command: ParsedCommand, name: string): string | undefined {
  const { spec, positionals, problem } = innermost(command)
  if (spec?.name !== 'iseq' || problem || positionals.length !== 2) return undefined
  for (const [index, { word }] of positionals.entries()) {
    const { text } = positionals[1 - index]!
    const [child] = word.children
    if (word.children.length !== 1 || child?.type !== 'reference' || text.includes(hole)) continue
    const parts = referenceParts(child)
    if (parts.type !== undefined && parts.type !== 'string') continue
    if ((parts.scope === undefined ? parts.name : `${parts.scope}/${parts.name}`) === name) return text
  }
  return undefined
}

function product(left: readonly Value[], right: readonly Value[], between: string): readonly Value[] {
  if (left.length === 1 && right.length === 1) {
    const [first] = left as [Value]
    const [second] = right as [Value]
    const text = (first.text + between + second.text).slice(0, maxLength)
    return [{ text, setBy: second.setBy ?? first.setBy }]
  }
  const results = new Map<string, Value>()
  for (const first of left) {
    for (const second of right) {
      const text = (first.text + between + second.text).slice(0, maxLength)
      const setBy = second.setBy ?? first.setBy
      results.set(`${setBy ?? ''} ${text}`, { text, setBy })
    }
  }
  return results.size > maxValues ? unknownOnly : [...results.values()]
}

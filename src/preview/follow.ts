/**
 * What a machine does from some place in a script on, when downloads succeed and nobody types anything unusual. It
 * stops where a menu is shown, something boots, or the machine is lost.
 */
import type { ParsedCommand } from '../analysis/commands.js'
import { applyWrites, runTest } from './effects.js'
import { imageName, treePath } from './links.js'
import type { PreviewMachine } from './machines.js'
import {
  commandName,
  hasFlag,
  optionValue,
  type Program,
  type ProgramLine,
  restText,
  runLine,
} from './program.js'
import type { FoundScreen } from './screens.js'
import { type KnownSettings, type Maybe, maybePredefined } from './settings.js'

export interface Fetch {
  /** In the order in which they are tried; settings expanded as far as known. Byte strings, like all texts here. */
  urls: string[]
  name: string
  /** What follows the URL: kernel arguments, or the path in the initrd. */
  args: string
  /** Path of the script that fetches it. */
  script: string
}

export type Outcome =
  | { kind: 'menu'; screen: FoundScreen; settings: KnownSettings }
  | { kind: 'boot' }
  | { kind: 'chain' | 'disk'; what: string }
  | { kind: 'exit' | 'shell' | 'config' | 'reboot' | 'poweroff' | 'end' | 'fails' | 'unknown' }

export interface Followed {
  lines: { path: string; line: ProgramLine }[]
  kernel: Fetch | undefined
  /** Initrds and whatever else is fetched. */
  others: Fetch[]
  outcome: Outcome
  /** Tools that were shown on the way. */
  seen: Set<'shell' | 'config'>
  /** Settings that it depends on, and whether it depends on the processor otherwise. */
  reads: ReadonlySet<string>
  asksProcessor: boolean
}

export interface World {
  programs: ReadonlyMap<string, Program>
  screenOf: ReadonlyMap<ParsedCommand, FoundScreen>
}

export interface Position {
  program: Program
  line: number
  /** Start behind this command of the line, which had that status. */
  after?: { index: number; status: Maybe }
}

const maxLines = 600
const maxDepth = 8

export function follow(
  world: World,
  machine: PreviewMachine,
  start: Position,
  known: KnownSettings,
): Followed {
  return new Follower(world, machine, known).run(start)
}

class Follower {
  readonly #world: World
  readonly #machine: PreviewMachine
  readonly #result: Followed
  readonly #settings: KnownSettings
  readonly #callers: Position[] = []
  #next: Position | undefined
  #outcome: Outcome | undefined
  #program!: Program
  #line!: ProgramLine
  /** The last download of the line that succeeded: what `||` has after it is its replacement. */
  #fetch: Fetch | undefined
  /** What has counted up may come by again: a loop over all cards. */
  #steps = 0

  constructor(world: World, machine: PreviewMachine, settings: KnownSettings) {
    this.#world = world
    this.#machine = machine
    const reads = new Set<string>()
    this.#settings = settings.copy(reads)
    this.#result = {
      lines: [],
      kernel: undefined,
      others: [],
      outcome: { kind: 'end' },
      seen: new Set(),
      reads,
      asksProcessor: false,
    }
  }

  run(start: Position): Followed {
    /** With how many steps of counters had been made by then. */
    const visited = new Map<ProgramLine, number>()
    let position: Position | undefined = start
    for (let count = 0; position && count < maxLines; count++) {
      this.#program = position.program
      const line = this.#program.lines[position.line]
      if (!line) {
        position = this.#callers.pop()
        continue
      }
      const before = visited.get(line)
      if (before === this.#steps && !position.after) {
        this.#outcome = { kind: 'unknown' }
        break
      }
      visited.set(line, this.#steps)
      if (!position.after && before === undefined) {
        this.#result.lines.push({ path: this.#program.path, line })
      }
      const { status, next, outcome } = this.#runLine(line, position.after)
      if (outcome) break
      if (status === false) {
        this.#outcome = { kind: 'fails' }
        break
      }
      position = next ?? { program: this.#program, line: position.line + 1 }
    }
    this.#result.outcome = this.#outcome ?? { kind: position ? 'unknown' : 'end' }
    return this.#result
  }

  #runLine(
    line: ProgramLine,
    after: Position['after'],
  ): { status: Maybe | 'stop'; next: Position | undefined; outcome: Outcome | undefined } {
    this.#line = line
    this.#fetch = undefined
    this.#next = undefined
    const status = runLine(line, (command, runs) => this.#visit(command, runs === true), after)
    return { status, next: this.#next, outcome: this.#outcome }
  }

  #visit(command: ParsedCommand, runs: boolean): Maybe | 'stop' {
    const name = commandName(command)
    if (!runs) {
      const uri = command.positionals[0]
      if (this.#fetch && uri && (name === 'imgselect' || name === 'imgfetch' || name === 'imgexec')) {
        this.#fetch.urls.push(this.#settings.expand(uri.word))
      }
      return true
    }
    if (this.#outcome) return true
    const settings = this.#settings
    if (name === 'cpuid') this.#result.asksProcessor = true
    const test = runTest(command, {
      machine: this.#machine,
      settings,
      isUnset: (setting) => !maybePredefined(setting),
    })
    // what is typed in is right, what the network sets is there, and a machine is not of a certain make
    if (test) return test.status ?? (name === 'isset' ? !this.#isSecondCard(command) : test.given)
    const first = command.positionals[0]
    const text = first ? settings.expand(first.word) : ''
    switch (name) {
      case 'menu': {
        const screen = this.#world.screenOf.get(command)
        if (!screen) return true
        this.#dropLines()
        return this.#end({ kind: 'menu', screen, settings })
      }
      case 'goto': {
        const target = this.#program.labels.get(text)
        if (target !== undefined) {
          this.#next = { program: this.#program, line: target }
          return 'stop'
        }
        // where a machine without such a label is thought of, it is such a machine
        if (!text.includes('${') || this.#hasAlternative(command)) return false
        return this.#end({ kind: 'unknown' })
      }
      case 'exit':
        this.#next = this.#callers.pop()
        return this.#next ? 'stop' : this.#end({ kind: 'exit' })
      case 'imgselect':
        this.#result.kernel = this.#fetched(command, text) ?? this.#fetch
        return true
      case 'imgfetch':
        this.#fetch = this.#newFetch(command, text)
        this.#result.others.push(this.#fetch)
        return true
      case 'imgargs':
        if (this.#result.kernel) this.#result.kernel.args = restText(command, 1, settings)
        return true
      case 'imgfree':
        if (!first) {
          this.#result.kernel = undefined
          this.#result.others = []
        }
        return true
      case 'imgexec':
        return first ? this.#execute(command, text) : this.#end({ kind: 'boot' })
      case 'sanboot': {
        const what = optionValue(command, 'filename', settings) ?? optionValue(command, 'drive', settings)
        return this.#end({ kind: 'disk', what: text || (what ?? 'the first disk') })
      }
      case 'shell':
      case 'config':
        this.#result.seen.add(name)
        return true
      case 'reboot':
      case 'poweroff':
        return this.#end({ kind: name })
      default:
        if (name === 'inc') this.#steps++
        applyWrites(command, settings)
        return true
    }
  }

  /** Nobody knows how many there are; one is enough to boot. */
  #isSecondCard({ positionals: [first] }: ParsedCommand): boolean {
    return first !== undefined && /^\$\{net[1-9]\d*\/[^${}]*\}$/.test(this.#settings.expand(first.word))
  }

  #hasAlternative(command: ParsedCommand): boolean {
    return this.#line.commands.some((item) => item.command === command && item.then === '||')
  }

  /** The line that makes a menu, and the labels above it, belong to that menu. */
  #dropLines(): void {
    const { lines } = this.#result
    if (lines.at(-1)?.line === this.#line) lines.pop()
    while (lines.at(-1)?.line.commands.length === 0) lines.pop()
  }

  #end(outcome: Outcome): 'stop' {
    this.#outcome = outcome
    return 'stop'
  }

  /** An image that is there already, by its name; or a new kernel, which becomes the fetch of this line. */
  #fetched(command: ParsedCommand, text: string): Fetch | undefined {
    const index = this.#result.others.findIndex(({ name }) => name === text)
    if (index < 0) {
      this.#fetch = this.#newFetch(command, text)
      return undefined
    }
    const [image] = this.#result.others.splice(index, 1)
    const args = restText(command, 1, this.#settings)
    if (args !== '') image!.args = args
    return image
  }

  #newFetch(command: ParsedCommand, url: string): Fetch {
    const settings = this.#settings
    return {
      urls: [url],
      name: optionValue(command, 'name', settings) ?? imageName(url),
      args: restText(command, 1, settings),
      script: this.#program.path,
    }
  }

  /** `chain URL`, `boot URL ARGS`, `boot IMAGE`. */
  #execute(command: ParsedCommand, text: string): Maybe | 'stop' {
    const { programs } = this.#world
    const path = treePath(text, this.#program.path, (candidate) => programs.has(candidate))
    const program = path === undefined ? undefined : programs.get(path)
    if (program && this.#callers.length < maxDepth) {
      const index = this.#line.commands.findIndex((item) => item.command === command)
      if (!hasFlag(command, 'replace')) {
        this.#callers.push({
          program: this.#program,
          line: this.#line.index,
          after: { index, status: true },
        })
      }
      this.#next = { program, line: 0 }
      return 'stop'
    }
    const { kernel, others } = this.#result
    if (kernel?.name === text) return this.#end({ kind: 'boot' })
    const image = this.#fetched(command, text)
    const fetch = image ?? this.#fetch!
    const isKernel = image !== undefined || fetch.args !== '' || others.length > 0
    this.#result.kernel = fetch
    this.#outcome = isKernel ? { kind: 'boot' } : { kind: 'chain', what: text }
    // not a stop yet: the rest of the line tells what else is tried
    return true
  }
}

/**
 * The state of one run, and how scripts and lines are carried out (`core/exec.c`, `image/script.c`, `core/image.c`). The
 * interpreter is a generator that yields what it asks of the host, so one core serves hosts that answer at once and hosts
 * that take their time; commands that ask nothing are plain functions.
 */
import { findCommand } from '../data/lookup.js'
import type { CommandSpec } from '../data/types.js'
import { bytesToText } from '../syntax/bytes.js'
import { addBlocks, addLease, netX } from './blocks.js'
import { errorStatus, errorText, type ErrorFile, type ErrorName } from './errors.js'
import { ExpansionLimit, expandWord } from './expand.js'
import { FormatError, formatIpv4 } from './formats.js'
import { describeBoot, executable, probe, type Image } from './images.js'
import { readArguments, type Arguments } from './options.js'
import { readScript, type Piece, type Script } from './script.js'
import { Colours } from './screen.js'
import { Settings } from './settings.js'
import type {
  Assumption,
  DhcpAnswer,
  Ending,
  FetchAnswer,
  Fetched,
  Host,
  HostRequest,
  KeyAnswer,
  Limits,
  LineAnswer,
  Machine,
  MenuAnswer,
  MenuEntry,
  MenuShown,
  NetworkInterface,
  RunReport,
  ScriptPlace,
} from './types.js'
import { formatUri, hasSignedChars, resolveUri, type Uri } from './uri.js'

/** What asks the host on its way to a result. */
export type Steps<Result> = Generator<HostRequest, Result, unknown>

export type Command = (run: Run, args: Arguments) => number | Steps<number>

/** Thrown where the run is over. */
export class Ended extends Error {
  readonly ending: Ending

  constructor(ending: Ending) {
    super(ending.kind)
    this.ending = ending
  }
}

export interface Menu {
  readonly title: string
  readonly entries: MenuEntry[]
}

export interface Parameters {
  readonly method: string | undefined
  readonly entries: { key: string; value: string; header: boolean }[]
}

interface Answers {
  fetch: FetchAnswer
  menu: MenuAnswer
  key: KeyAnswer
  line: LineAnswer
  dhcp: DhcpAnswer | undefined
  wait: undefined
  resolve: Uint8Array | undefined
  trace: undefined
}

/** Asks the host. */
export function* ask<Request extends HostRequest>(request: Request): Steps<Answers[Request['type']]> {
  return (yield request) as Answers[Request['type']]
}

const defaultLimits: Limits = {
  steps: 20_000,
  output: 1 << 20,
  time: 86_400_000,
  depth: 40,
  expansions: 10_000,
}

/** What the clock of a host without one shows: 2026-01-01. */
const epoch = Date.UTC(2026, 0, 1)

export class Run {
  readonly settings: Settings
  readonly signedChars: boolean
  images: Image[] = []
  selected: Image | undefined
  /** the script that runs */
  current: Image | undefined
  readonly menus = new Map<string, Menu>()
  readonly params = new Map<string, Parameters>()
  cwuri: Uri | undefined
  /** made from next-server, and gone with it */
  cwuriIsFallback = false
  errno = 0
  imageCount = 0
  readonly colours = new Colours()
  /** interfaces by index, the last one opened last */
  readonly opened: string[] = []
  readonly fetched: Fetched[] = []
  readonly menusShown: MenuShown[] = []
  /** SAN disks: their addresses by drive number */
  readonly drives = new Map<number, readonly string[]>()
  /** network devices by name: cards, and VLANs on them */
  readonly devices = new Map<string, NetworkInterface>()
  /** `imgtrust` */
  readonly trust = { required: false, permanent: false }
  private readonly assumptions = new Map<string, Assumption>()
  lastFailure: RunReport['lastFailure']
  private readonly troubles: RunReport['troubles'][number][] = []
  place: ScriptPlace | undefined
  readonly limits: Limits
  /** 1: the rest of the line is dropped; 2: the script ends */
  private stop: 0 | 1 | 2 = 0
  private depth = 0
  private steps = 0
  private readonly out: string[] = []
  private outLength = 0
  private saidUpTo = 0
  private elapsed = 0
  private readonly lines = new Map<string, Set<number>>()
  private position: { script: Script; next: number } | undefined

  readonly machine: Machine
  readonly host: Host
  private readonly commands: ReadonlyMap<string, Command>

  constructor(
    machine: Machine,
    host: Host,
    commands: ReadonlyMap<string, Command>,
    limits: Partial<Limits> = {},
  ) {
    this.machine = machine
    this.host = host
    this.commands = commands

    this.signedChars = hasSignedChars(machine.arch)
    this.limits = { ...defaultLimits, ...limits }
    this.settings = new Settings(
      {
        longSize: machine.longSize ?? (machine.platform === 'pcbios' ? 4 : 8),
        signedChars: this.signedChars,
      },
      () => {
        this.applySettings()
      },
    )
    for (const [index, device] of machine.interfaces.entries()) this.devices.set(`net${index}`, device)
    addBlocks(this)
    for (const [name, value] of machine.settings ?? []) {
      const named = this.settings.parseName(name, true)
      if (!(named instanceof FormatError)) this.settings.storeText(named, value)
    }
    if (machine.booted && machine.interfaces.length) {
      this.opened.push('net0')
      if (machine.lease) addLease(this, 'net0', machine.lease)
    }
  }

  // what commands use

  fail(name: ErrorName, file: ErrorFile, unique = 0): number {
    return errorStatus(this.machine.platform, name, file, unique)
  }

  failWith(error: FormatError): number {
    return this.fail(error.error, error.file)
  }

  print(text: string): void {
    this.outLength += text.length
    this.out.push(text)
    this.host.write?.(text)
    if (this.outLength > this.limits.output) {
      this.stopAt('output', `the script printed more than ${this.limits.output} bytes`)
    }
  }

  /** Tells the user that a real machine may do otherwise here. Each text is told once. */
  assume(text: string): void {
    if (!this.assumptions.has(text)) this.assumptions.set(text, { place: this.place, text })
  }

  now(): number {
    return this.host.now?.() ?? epoch + this.elapsed
  }

  /** Time that passes. */
  pass(milliseconds: number): void {
    this.elapsed += milliseconds
    if (this.elapsed > this.limits.time) {
      this.stopAt(
        'time',
        `more than ${Math.round(this.limits.time / 1000)} seconds have passed on the machine`,
      )
    }
  }

  stopAt(limit: (Ending & { kind: 'stopped' })['limit'], reason: string): never {
    throw new Ended({ kind: 'stopped', limit, reason })
  }

  isInScript(): boolean {
    return this.position !== undefined
  }

  /** `goto`: false when the script has no such label. */
  jump(label: string): boolean {
    const position = this.position!
    const index = position.script.lines.findIndex((line) => line.label === label)
    if (index < 0) return false
    position.next = index
    this.stop = 1
    return true
  }

  get unfinished(): boolean {
    return this.position?.script.unfinished ?? false
  }

  stopScript(): void {
    this.stop = 2
  }

  /** Whether `exit` was asked for; it is done with then (`shell_stopped`). */
  takeExit(): boolean {
    const exits = this.stop === 2
    if (exits) this.stop = 0
    return exits
  }

  commandNames(): string[] {
    return [...this.commands.keys()].filter((name) => this.has(name)).sort()
  }

  /** In bytes; nothing where the host cannot count it. */
  digest(algorithm: string, image: Image): string {
    const sum = image.assumed ? undefined : this.host.digest?.(algorithm, image.data)
    if (sum === undefined) this.assume(`${image.name} was not downloaded: its ${algorithm} sum is empty here`)
    return sum ? bytesToText(sum) : ''
  }

  has(name: string): boolean {
    const { with: more, without, platform, arch } = this.machine
    if (without?.has(name)) return false
    if (more?.has(name)) return true
    const state = findCommand(name)?.spec.defaultByPlatform[platform]
    const x86 = arch === 'i386' || arch === 'x86_64'
    return state === true || (state === 'x86 only' && x86) || (state === 'non-x86 only' && !x86)
  }

  // lines

  /** The commands of one line (`system`). */
  *line(pieces: readonly Piece[]): Steps<number> {
    let status = 0
    for (const piece of pieces) {
      const runs =
        piece.operator === '' ||
        piece.operator === ';' ||
        (piece.operator === '||' ? status !== 0 : status === 0)
      if (runs) {
        const argv = piece.expands ? this.expand(piece.words) : piece.words
        const result = this.execute(argv)
        status = typeof result === 'number' ? result : yield* result
        if (argv.length) {
          if (status !== 0) this.failed(argv, status)
          if (this.host.trace) {
            const { place, depth } = this
            const expand = (setting: string) => this.settings.expand(setting)
            yield { type: 'trace', step: { place, source: piece.words, words: argv, status, depth, expand } }
          }
        }
      }
      if (this.stop >= 1) {
        if (this.stop === 1) this.stop = 0
        break
      }
    }
    return status
  }

  private expand(words: readonly string[]): string[] {
    try {
      return words.map((word) =>
        word.includes('${') ? expandWord(word, this.settings, this.limits.expansions) : word,
      )
    } catch (error) {
      if (!(error instanceof ExpansionLimit)) throw error
      return this.stopAt('expansion', `\`${error.message}\` expands to itself: iPXE would hang here for ever`)
    }
  }

  /** `execv` */
  execute(argv: readonly string[]): number | Steps<number> {
    if (++this.steps > this.limits.steps) {
      this.stopAt(
        'steps',
        `${this.limits.steps} commands ran without an end: the script seems to go round in a circle`,
      )
    }
    const name = argv[0]
    if (name === undefined) return 0
    const command = this.commands.get(name)
    if (!command || !this.has(name)) {
      this.print(`${name}: command not found\n`)
      return this.noted(this.fail('ENOEXEC', 'exec'))
    }
    const spec: CommandSpec = findCommand(name)!.spec
    const args = ignoresArguments(this, spec) ? plain(argv) : readArguments(this, spec, argv)
    if (typeof args === 'number') return this.noted(args)
    const result = command(this, args)
    if (typeof result !== 'number') return this.note(result)
    return this.noted(result)
  }

  private *note(steps: Steps<number>): Steps<number> {
    return this.noted(yield* steps)
  }

  private noted(status: number): number {
    if (status !== 0) this.errno = Math.abs(status)
    return status
  }

  private failed(words: readonly string[], status: number): void {
    const said = this.outLength > this.saidUpTo
    this.saidUpTo = this.outLength
    this.lastFailure = { place: this.place, words, status, said }
    if (said) this.troubles.push({ place: this.place, words, status, menus: this.menusShown.length })
  }

  // scripts and images

  /** A script that is not an image of its own: the first one, or a `scriptlet`. */
  *script(image: Image): Steps<number> {
    const script = readScript(bytesToText(image.data))
    const outer = { position: this.position, place: this.place }
    const position = { script, next: 0 }
    this.position = position
    if (++this.depth > this.limits.depth) {
      this.stopAt('depth', `${this.limits.depth} scripts were started from within each other`)
    }
    const uri = image.uri && formatUri(image.uri, this.signedChars)
    const key = uri ?? image.name
    let lines = this.lines.get(key)
    if (!lines) this.lines.set(key, (lines = new Set()))
    let status = 0
    let ended = false
    // when the run ends in here, `place` stays where it did
    while (!ended && position.next < script.lines.length) {
      const line = script.lines[position.next++]!
      if (line.pieces.length === 1 && line.pieces[0]!.words.length === 0) {
        if (line.label !== undefined) lines.add(line.number)
        status = 0
        continue
      }
      lines.add(line.number)
      this.place = { image: image.name, uri, line: line.number }
      this.saidUpTo = this.outLength
      status = yield* this.line(line.pieces)
      ended = this.takeExit() || status !== 0
    }
    this.depth--
    this.position = outer.position
    this.place = outer.place ?? this.place
    return !ended && script.unfinished ? this.fail('EINVAL', 'script') : status
  }

  /** `image_exec`: a script runs, anything else ends the run as a boot. */
  *exec(image: Image): Steps<number> {
    const { cwuri, cwuriIsFallback, current } = this
    if (image.uri) {
      this.cwuri = image.uri
      this.cwuriIsFallback = false
    }
    this.current = image
    let status: number
    if (!executable(image)) status = this.fail('ENOEXEC', 'image')
    else if (this.trust.required && !image.trusted) status = this.fail('EACCES', 'image', 1)
    else {
      this.unregister(image)
      if (image.format !== 'script') this.boot(image)
      status = yield* this.script(image)
      if (!image.replacement) this.register(image)
    }
    const { replacement } = image
    image.replacement = undefined
    if (image.autofree) this.unregister(image)
    this.current = current
    this.cwuri = cwuri
    this.cwuriIsFallback = cwuriIsFallback
    if (replacement) return yield* this.exec(replacement)
    return status
  }

  private boot(kernel: Image): never {
    throw new Ended(describeBoot(kernel, this.images, this.machine))
  }

  register(image: Image): void {
    if (!image.format) image.format = probe(image, this.machine.platform)
    this.images.push(image)
  }

  unregister(image: Image): void {
    const index = this.images.indexOf(image)
    if (index >= 0) this.images.splice(index, 1)
  }

  findImage(name: string): Image | undefined {
    return this.images.find((image) => image.name === name)
  }

  // settings that do something

  private applySettings(): void {
    // the constructor of Settings may be at work still
    if (!(this.settings as Settings | undefined)) return
    if (this.cwuri && !this.cwuriIsFallback) return
    const raw = this.settings.fetch(this.settings.root, nextServer)?.raw
    const address = raw?.length === 4 && raw !== '\0\0\0\0' ? formatIpv4(raw) : undefined
    this.cwuri = address ? { scheme: 'tftp', host: address, encodedPath: '/', path: '/' } : undefined
    this.cwuriIsFallback = address !== undefined
  }

  get cwduri(): Uri | undefined {
    return this.cwuri && resolveUri(this.cwuri, { encodedPath: '.', path: '.' })
  }

  /** an interface is open and has an address */
  get online(): boolean {
    return this.opened.length > 0 && this.settings.expand('ip') !== ''
  }

  get netX(): string | undefined {
    return netX(this)
  }

  report(ending: Ending, status: number): RunReport {
    const settings: Record<string, string> = {}
    for (const { setting } of this.settings.root.entries()) {
      const value = this.settings.fetchText(this.settings.root, setting)
      if (!(value instanceof FormatError)) settings[setting.name] = value.text
    }
    return {
      ending,
      place: this.place,
      status,
      output: this.out.join(''),
      fetched: this.fetched,
      menus: this.menusShown,
      lastFailure: this.lastFailure,
      troubles: this.troubles,
      steps: this.steps,
      drives: this.drives,
      assumed: [...this.assumptions.values()],
      lines: this.lines,
      settings,
      expand: (setting) => this.settings.expand(setting),
    }
  }

  errorText(status: number): string {
    return errorText(status)
  }
}

const nextServer = { name: 'next-server', tag: 0xaf03n, scope: undefined, type: 'ipv4' } as const

function ignoresArguments(run: Run, spec: CommandSpec): boolean {
  return spec.name === 'help' || (spec.name === 'shim' && run.machine.platform !== 'efi')
}

function plain(argv: readonly string[]): Arguments {
  return { name: argv[0]!, options: new Map(), numbers: new Map(), words: argv.slice(1) }
}

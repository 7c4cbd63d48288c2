/**
 * Runs generated menus far enough to see what a machine would boot: a small, pure reading of iPXE's `core/exec.c`. A
 * line is expanded as a whole, then split at `||` and `&&`, which look at the result of the last command that ran.
 */

export interface Machine {
  platform: 'pcbios' | 'efi'
  /** Of the processor; a BIOS loader is a 32-bit program on all of them. */
  arch: 'i386' | 'x86_64' | 'arm64'
}

export interface Image {
  url: string
  name: string
  /** What follows the URL: the command line of a kernel, the place of a file. */
  tail: string
}

export interface Outcome {
  /** How it ended: `boot`, `chain`, `exit`, … */
  how: string
  kernel?: Image
  initrds: Image[]
  /** Of a chained loader or script. */
  url?: string
  /** Every URL that was asked for, also those that had a fallback. */
  urls: string[]
  /** Ids of the items of each menu on the way. */
  screens: string[][]
}

/** What every machine knows. */
const known: Readonly<Record<string, string>> = {
  'next-server': '192.0.2.1',
  'netX/mac': '52:54:00:12:34:56',
  'errno:hexraw': '00000000',
}

/**
 * @param scripts text by path in the tree
 * @param choices the items that are picked, menu by menu
 * @throws when the way does not exist: a hidden item, a missing label, an unset setting in a URL, an unknown command
 */
export function walk(
  scripts: ReadonlyMap<string, string>,
  first: string,
  machine: Machine,
  choices: readonly string[],
): Outcome {
  return new Walk(scripts, machine, choices).run(first)
}

type Flow = { kind: 'rc'; rc: number } | { kind: 'goto'; label: string } | { kind: 'end' }

class Walk {
  readonly #scripts: ReadonlyMap<string, string>
  readonly #machine: Machine
  readonly #choices: string[]
  readonly #settings: Map<string, string>
  readonly #outcome: Outcome = { how: '', initrds: [], urls: [], screens: [] }
  #items: string[] = []

  constructor(scripts: ReadonlyMap<string, string>, machine: Machine, choices: readonly string[]) {
    this.#scripts = scripts
    this.#machine = machine
    this.#choices = [...choices]
    this.#settings = new Map(
      Object.entries({
        ...known,
        platform: machine.platform,
        buildarch: machine.platform === 'pcbios' ? 'i386' : machine.arch,
      }),
    )
  }

  run(path: string): Outcome {
    const text = this.#scripts.get(path)
    if (text === undefined) throw new Error(`there is no ${path}`)
    const lines = text.split('\n')
    for (let index = 0, steps = 0; index < lines.length; index++) {
      if (++steps > 1000) throw new Error(`${path} never ends`)
      const flow = this.#line(path, lines[index]!)
      if (flow.kind === 'end') return this.#outcome
      if (flow.kind === 'goto') {
        index = lines.indexOf(`:${flow.label}`)
        if (index < 0) throw new Error(`${path} has no label ${flow.label}`)
      } else if (flow.rc !== 0) throw new Error(`${path}:${index + 1} fails: ${lines[index]!}`)
    }
    throw new Error(`${path} runs off its end`)
  }

  #line(path: string, line: string): Flow {
    if (line.startsWith('#') || line.startsWith(':')) return { kind: 'rc', rc: 0 }
    const words = this.#expand(line)
      .split(/\s+/)
      .filter((word) => word !== '')
    let rc = 0
    let runs: (rc: number) => boolean = () => true
    for (let start = 0; start <= words.length;) {
      const found = words.findIndex((word, at) => at >= start && (word === '||' || word === '&&'))
      const end = found < 0 ? words.length : found
      const command = words.slice(start, end)
      if (runs(rc)) {
        const flow = this.#command(path, command, line)
        if (flow.kind !== 'rc') return flow
        rc = flow.rc
      }
      runs = words[end] === '||' ? (last) => last !== 0 : (last) => last === 0
      start = end + 1
    }
    return { kind: 'rc', rc }
  }

  /** Unset settings are empty to iPXE; here they must not be in what a machine downloads. */
  #expand(line: string): string {
    return line.replace(/\$\{([^{}]*)\}/g, (whole, name: string) => {
      const value = this.#settings.get(name)
      if (value === undefined && /^(kernel|initrd|sanboot|chain|set args)\b/.test(line)) {
        throw new Error(`${whole} is unset in: ${line}`)
      }
      return value ?? ''
    })
  }

  #command(path: string, words: readonly string[], line: string): Flow {
    const [name, ...args] = words
    const rc = (ok: boolean): Flow => ({ kind: 'rc', rc: ok ? 0 : 1 })
    switch (name) {
      case undefined:
      case 'imgfree':
      case 'echo':
        return rc(true)
      case 'set':
        this.#settings.set(args[0]!, args.slice(1).join(' '))
        return rc(true)
      case 'clear':
        this.#settings.delete(args[0]!)
        return rc(true)
      case 'isset':
        return rc(args.length === 1)
      case 'iseq':
        return rc(args.length === 2 && args[0] === args[1])
      case 'cpuid':
        if (args.join(' ') !== '--ext 29') throw new Error(`what is ${line}?`)
        return rc(this.#machine.arch === 'x86_64')
      case 'goto':
        return { kind: 'goto', label: args[0]! }
      case 'menu':
        this.#items = []
        this.#outcome.screens.push(this.#items)
        return rc(true)
      case 'item': {
        const [id] = positional(args, ['--key'])
        if (!args.includes('--gap')) this.#items.push(id!)
        return rc(true)
      }
      case 'choose':
        return this.#choose(positional(args, ['--default', '--timeout'])[0]!)
      case 'kernel':
        this.#outcome.kernel = this.#image(args)
        return rc(true)
      case 'initrd':
        this.#outcome.initrds.push(this.#image(args))
        return rc(true)
      case 'chain':
      case 'sanboot':
        return this.#leave(path, name, args)
      case 'boot':
      case 'exit':
        this.#outcome.how = name
        return { kind: 'end' }
      default:
        throw new Error(`the walk does not know ${line}`)
    }
  }

  #choose(setting: string): Flow {
    const choice = this.#choices.shift()
    if (choice === undefined) {
      this.#outcome.how = 'menu'
      return { kind: 'end' }
    }
    if (!this.#items.includes(choice)) throw new Error(`${choice} is not shown`)
    this.#settings.set(setting, choice)
    return { kind: 'rc', rc: 0 }
  }

  #image(args: readonly string[]): Image {
    const given = args[0] === '--name' ? args[1]! : undefined
    const [url, ...tail] = given === undefined ? args : args.slice(2)
    this.#outcome.urls.push(url!)
    const name = given ?? url!.split('/').at(-1)!
    return { url: url!, name, tail: tail.join(' ') }
  }

  #leave(path: string, how: string, args: readonly string[]): Flow {
    const [target] = args.filter((word) => !word.startsWith('--'))
    if (/^[a-z]+:/.test(target!)) {
      this.#outcome.how = how
      this.#outcome.url = target!
      this.#outcome.urls.push(target!)
    } else this.run(new URL(target!, `http://tree/${path}`).pathname.slice(1))
    return { kind: 'end' }
  }
}

/** Arguments without options and the values of those that have one. */
function positional(args: readonly string[], withValue: readonly string[]): string[] {
  return args.filter(
    (word, index) => !word.startsWith('--') && !(index > 0 && withValue.includes(args[index - 1]!)),
  )
}

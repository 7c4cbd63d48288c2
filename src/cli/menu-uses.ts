/**
 * What makes a menu file give something else tomorrow: the clock, random numbers, the network, other programs. Their
 * functions are replaced in the worker by ones that note who calls, and do the same.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Frame } from './menu-worker.js'

export type UseKind = 'clock' | 'random' | 'network' | 'program'

export interface MenuUse {
  kind: UseKind
  /** What was called: `Math.random`. */
  name: string
  at: Frame
}

type Callable = (...args: unknown[]) => unknown
type Target = Record<string, unknown>

/** The first use of each kind since the last `take`. */
export class MenuUses {
  readonly #where: (error: Error) => Frame | undefined
  readonly #found = new Map<UseKind, MenuUse>()
  #depth = 0

  /** @param where the place of the user's that an error comes from; none: it is not the menu file that calls */
  constructor(where: (error: Error) => Frame | undefined) {
    this.#where = where
    this.#watchClock()
    this.#watch(Math, 'random', ['random'], 'Math.')
    this.#watch(globalThis.crypto, 'random', ['getRandomValues', 'randomUUID'], 'crypto.')
    this.#watch(globalThis, 'network', ['fetch'])
    for (const name of ['WebSocket', 'EventSource']) this.#watchClass(globalThis, 'network', name)
    for (const [module, kind, names] of builtins) {
      this.#watch(require(`node:${module}`) as object, kind, names, `${module}.`)
    }
    syncBuiltinESMExports()
  }

  take(): MenuUse[] {
    const uses = [...this.#found.values()]
    this.#found.clear()
    return uses
  }

  #note(kind: UseKind, name: string): void {
    if (this.#found.has(kind) || this.#depth > 0) return
    this.#depth++
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 50
    const at = this.#where(new Error())
    Error.stackTraceLimit = stackTraceLimit
    this.#depth--
    if (at) this.#found.set(kind, { kind, name, at })
  }

  #watch(owner: object, kind: UseKind, names: readonly string[], prefix = ''): void {
    for (const name of names) {
      const before = (owner as Target)[name]
      if (typeof before !== 'function') continue
      const note = (): void => {
        this.#note(kind, prefix + name)
      }
      const after = new Proxy(before as Callable, {
        apply(target, self, args) {
          note()
          return Reflect.apply(target, self, args)
        },
      })
      replace(owner, name, after)
    }
  }

  #watchClass(owner: object, kind: UseKind, name: string): void {
    const before = (owner as Target)[name]
    if (typeof before !== 'function') return
    const note = (): void => {
      this.#note(kind, name)
    }
    const after = new Proxy(before, {
      construct(target, args, self) {
        note()
        return Reflect.construct(target, args, self) as object
      },
    })
    replace(owner, name, after)
  }

  #watchClock(): void {
    this.#watch(Date, 'clock', ['now'], 'Date.')
    this.#watch(performance, 'clock', ['now'], 'performance.')
    this.#watch(process.hrtime, 'clock', ['bigint'], 'process.hrtime.')
    this.#watch(process, 'clock', ['hrtime', 'uptime'], 'process.')
    const note = (name: string): void => {
      this.#note('clock', name)
    }
    // of a given time nothing is to be said
    const watched = new Proxy(Date, {
      construct(target, args, self) {
        if (args.length === 0) note('new Date()')
        return Reflect.construct(target, args, self) as object
      },
      apply(target) {
        note('Date()')
        return target()
      },
    })
    replace(globalThis, 'Date', watched)
  }
}

/** This file, as it is in a stack. */
export const usesModule = fileURLToPath(import.meta.url)

const require = createRequire(import.meta.url)
const requests = ['request', 'get']
const programs = ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync']
const lookups = ['lookup', 'resolve', 'resolve4', 'resolve6', 'resolveTxt', 'resolveSrv', 'reverse']
const builtins: readonly (readonly [string, UseKind, readonly string[]])[] = [
  ['crypto', 'random', ['getRandomValues', 'randomBytes', 'randomFill', 'randomInt', 'randomUUID']],
  ['http', 'network', requests],
  ['https', 'network', requests],
  ['http2', 'network', ['connect']],
  ['net', 'network', ['connect', 'createConnection']],
  ['tls', 'network', ['connect']],
  ['dgram', 'network', ['createSocket']],
  ['dns', 'network', lookups],
  ['dns/promises', 'network', lookups],
  ['child_process', 'program', programs],
]

function replace(owner: object, name: string, value: unknown): void {
  try {
    Object.defineProperty(owner, name, { value, writable: true, configurable: true, enumerable: true })
  } catch {
    // what cannot be replaced is not watched
  }
}

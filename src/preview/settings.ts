/**
 * What is known of settings while a script is followed without a machine. A value may hold `${…}` where only the
 * machine knows it: expanding it again changes nothing.
 */
import type { Reference, Word, WordContent } from '../ast/nodes.js'
import { nameOf, scopeOf, typeOf } from '../ast/walk.js'
import { isKnownSetting, parseSettingName } from '../analysis/settings.js'
import { builtinSettings, type PreviewMachine } from './machines.js'

/** Three values: `undefined` is not known. */
export type Maybe = boolean | undefined

export function and(a: Maybe, b: Maybe): Maybe {
  if (a === false || b === false) return false
  return a === true && b === true ? true : undefined
}

export function or(a: Maybe, b: Maybe): Maybe {
  return not(and(not(a), not(b)))
}

export function not(a: Maybe): Maybe {
  return a === undefined ? undefined : !a
}

/** Longer than any command line that boots; bounds `set a ${a}${a}`. */
const maxLength = 8192
const maxDepth = 20

/** A setting that has a value nobody knows before the machine runs: typed in, measured. */
const given = Symbol('given')

type Value = string | typeof given

/** Copies lie over what they were copied from; deeper than this they are made flat. */
const maxLayers = 8

export class KnownSettings {
  readonly #values: Map<string, Value>
  readonly #below: KnownSettings | undefined
  readonly #layers: number
  /** Names that were asked for, when somebody wants to know. */
  readonly reads: Set<string> | undefined

  private constructor(below: KnownSettings | undefined, values: Map<string, Value>, reads?: Set<string>) {
    this.#below = below
    this.#values = values
    this.#layers = below ? below.#layers + 1 : 0
    this.reads = reads
  }

  static of(machine: PreviewMachine): KnownSettings {
    return new KnownSettings(undefined, new Map(builtinSettings(machine)))
  }

  /** The copied settings must not change after this. */
  copy(reads?: Set<string>): KnownSettings {
    if (this.#layers < maxLayers) return new KnownSettings(this, new Map(), reads)
    return new KnownSettings(undefined, new Map(this.#all()), reads)
  }

  /** Whether another has the same value for a name, or none as well. */
  sameValue(name: string, other: KnownSettings): boolean {
    return this.#get(name) === other.#get(name)
  }

  #get(name: string): Value | undefined {
    return this.#values.get(name) ?? (this.#below ? this.#below.#get(name) : undefined)
  }

  #all(): [string, Value][] {
    return [...(this.#below ? this.#below.#all() : []), ...this.#values]
  }

  /** @param written as in `set`: with scope and type */
  set(written: string, value: string): void {
    this.#values.set(keyOf(written), value)
  }

  /** It has a value from now on, and only the machine knows which. */
  give(written: string): void {
    this.#values.set(keyOf(written), given)
  }

  clear(written: string): void {
    this.#values.set(keyOf(written), '')
  }

  /** `undefined` when it is not known. */
  valueOf(name: string): string | undefined {
    this.reads?.add(name)
    const value = this.#get(name)
    return value === given ? undefined : value
  }

  isGiven(name: string): boolean {
    this.reads?.add(name)
    return this.#get(name) === given
  }

  /** A word with the settings it holds replaced where they are known, as a byte string. */
  expand(word: Word): string {
    return this.#text(word.children, 0)
  }

  #text(parts: readonly WordContent[], depth: number): string {
    let text = ''
    for (const part of parts) {
      if (text.length > maxLength) return text.slice(0, maxLength)
      if (part.type === 'text') text += part.value
      else if (part.type === 'variable') text += `$<${part.name}>`
      else text += this.#value(part, depth)
    }
    return text
  }

  #value(reference: Reference, depth: number): string {
    if (depth > maxDepth) return '${...}'
    const scope = scopeOf(reference)
    const type = typeOf(reference)
    const name =
      (scope ? `${this.#text(scope.children, depth + 1)}/` : '') +
      this.#text(nameOf(reference).children, depth + 1)
    const typeText = type && this.#text(type.children, depth + 1)
    const value = typeText === undefined || typeText === 'string' ? this.valueOf(name) : undefined
    // an unset setting stays visible: somebody else may have set it
    if (value !== undefined && value !== '') return value
    if (value === '' && typeText === undefined) return ''
    return `\${${name}${typeText === undefined ? '' : `:${typeText}`}}`
  }
}

/** `scope/name` without the type. */
export function keyOf(written: string): string {
  const { scope, name } = parseSettingName(written)
  return scope === undefined ? name : `${scope}/${name}`
}

/** How a word stands in a test such as `iseq`. */
export interface Tested {
  text: string
  /** False: the text still holds settings that only the machine knows. */
  known: boolean
  /** It holds a value that somebody gives at the machine. */
  given: boolean
}

/**
 * @param isUnset whether a setting that nothing has set so far is to be taken for empty
 */
export function tested(word: Word, settings: KnownSettings, isUnset: (name: string) => boolean): Tested {
  let known = true
  let isGiven = false
  const text = settings.expand(word).replace(/\$\{([^{}]*)\}/g, (reference, written: string) => {
    const name = keyOf(written)
    if (settings.isGiven(name)) isGiven = true
    else if (isUnset(name)) return ''
    known = false
    return reference
  })
  return { text, known, given: isGiven }
}

/** Whether iPXE or the network may have set it before any script runs. */
export function maybePredefined(name: string): boolean {
  return name.includes('/') || name.includes('$') || isKnownSetting(name)
}

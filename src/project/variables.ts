/** The values of build-time variables: overrides, references to each other, types. */
import { suggest } from '../data/suggest.js'
import { Diagnostic, type Place, type Severity } from '../diagnostics/diagnostic.js'
import { environmentName, type ProjectConfig } from './config.js'
import { variableNamePattern, type VariableDeclaration, type VariableType } from './schema.js'
import { isProblem, readTyped } from './value-types.js'
import { shown } from './yaml.js'

/** What a value may do to a line beyond being text in a word. */
export type Allowance = 'words' | 'settings' | 'options'

export interface Value {
  /** As in `$<name>`: `console`, `console.port`. */
  name: string
  /** The declared variable. */
  variable: string
  type: VariableType
  text: string
  allow: ReadonlySet<Allowance>
  /** Where it came from, for people: `ipxetool.yaml:5:12`, `--var repo`, `the environment (IPXETOOL_VAR_REPO)`. */
  from: string
}

export interface Overrides {
  /** `--var NAME=VALUE`. */
  variables?: ReadonlyMap<string, string>
  environment?: Readonly<Record<string, string | undefined>>
}

export interface Variables {
  values: ReadonlyMap<string, Value>
  /** Declared, but without a usable value; that is reported once, not at each use. */
  failed: ReadonlySet<string>
  /** Variables that the value of a variable refers to. */
  references: ReadonlyMap<string, ReadonlySet<string>>
  overrides: Overrides
  diagnostics: Diagnostic[]
}

const referencePattern = new RegExp(`\\$<(${variableNamePattern.source.slice(1, -1)})>`, 'g')
/** Values that double in each step must not fill the memory. */
const lengthLimit = 65_536
const depthLimit = 100

interface Source {
  text: string
  from: string
  isFromFile: boolean
  /** Of `place`; default: the project file. */
  file?: string
  /** The value, or the name when the value comes from elsewhere. */
  place: Place | undefined
}

export function resolveVariables(config: ProjectConfig, overrides: Overrides): Variables {
  return new Resolver(config, overrides).resolve()
}

/** What counts before everything else: the text of a value, where it stands and whose it is. */
interface Given {
  text: string
  file: string
  place: Place | undefined
  owner: string
}

export class Resolver {
  readonly #config: ProjectConfig
  readonly #overrides: Overrides
  readonly #diagnostics: Diagnostic[] = []
  readonly #values = new Map<string, Value>()
  readonly #failed = new Set<string>()
  readonly #references = new Map<string, Set<string>>()
  /** The variables whose values are being worked out, outermost first. */
  readonly #chain: string[] = []
  #given: ReadonlyMap<string, Given> | undefined

  /**
   * Works out `stale` variables anew, with other values for some of them, and takes the rest over.
   */
  static again(
    config: ProjectConfig,
    base: Variables,
    stale: ReadonlySet<string>,
    given: ReadonlyMap<string, Given>,
  ): Variables {
    const resolver = new Resolver(config, base.overrides)
    for (const [name, value] of base.values) {
      if (!stale.has(value.variable)) resolver.#values.set(name, value)
    }
    for (const name of base.failed) {
      if (!stale.has(variableOf(name, config.variables) ?? name)) resolver.#failed.add(name)
    }
    for (const [name, others] of base.references) resolver.#references.set(name, new Set(others))
    resolver.#given = given
    for (const name of stale) resolver.#resolve(name)
    return resolver.#result()
  }

  constructor(config: ProjectConfig, overrides: Overrides) {
    this.#config = config
    this.#overrides = overrides
  }

  resolve(): Variables {
    for (const name of this.#config.variables.keys()) this.#resolve(name)
    this.#checkOverrides()
    return this.#result()
  }

  #result(): Variables {
    return {
      values: this.#values,
      failed: this.#failed,
      references: this.#references,
      overrides: this.#overrides,
      diagnostics: this.#diagnostics,
    }
  }

  #resolve(name: string): void {
    if (this.#values.has(name) || this.#failed.has(name)) return
    const declaration = this.#config.variables.get(name)!
    const source = this.#sourceOf(name, declaration)
    if (!source) {
      this.#fail(name)
      return
    }
    this.#chain.push(name)
    const text = this.#expand(name, source)
    this.#chain.pop()
    if (text === undefined) {
      this.#fail(name)
      return
    }
    const typed = readTyped(declaration, text)
    if (isProblem(typed)) {
      this.#report(
        'variable-value',
        'error',
        `Variable \`${name}\`: \`${shown(text)}\` ${typed.problem}`,
        source,
        {
          ...(typed.expected && { expected: typed.expected }),
          note: [typed.note, source.isFromFile ? undefined : `The value comes from ${source.from}.`]
            .filter(Boolean)
            .join(' '),
        },
      )
      this.#fail(name)
      return
    }
    const common = {
      variable: name,
      type: declaration.type,
      allow: new Set(declaration.allow),
      from: source.from,
    }
    this.#values.set(name, { ...common, name, text: typed.text })
    for (const [part, partText] of Object.entries(typed.parts ?? {})) {
      this.#values.set(`${name}.${part}`, { ...common, name: `${name}.${part}`, text: partText })
    }
  }

  #fail(name: string): void {
    this.#failed.add(name)
    if (this.#config.variables.get(name)?.type === 'console') {
      this.#failed.add(`${name}.port`).add(`${name}.speed`)
    }
  }

  /** --var before the environment before the file. */
  #sourceOf(name: string, declaration: VariableDeclaration): Source | undefined {
    const path = ['variables', name]
    const given = this.#given?.get(name)
    if (given !== undefined) {
      const { text, owner: from, file, place } = given
      return { text, from, isFromFile: false, file, place }
    }
    const keyPlace = this.#config.placeOf(path, 'key')
    const option = this.#overrides.variables?.get(name)
    if (option !== undefined)
      return { text: option, from: `--var ${name}`, isFromFile: false, place: keyPlace }
    for (const variable of [environmentName(name), declaration.env]) {
      const text = variable === undefined ? undefined : this.#overrides.environment?.[variable]
      if (text !== undefined)
        return { text, from: `the environment (${variable!})`, isFromFile: false, place: keyPlace }
    }
    if (declaration.value !== undefined) {
      const place = this.#config.placeOf([...path, 'value'])
      const at = place ? `:${place.start.line}:${place.start.column}` : ''
      return { text: asText(declaration.value), from: `${this.#config.file}${at}`, isFromFile: true, place }
    }
    // without `required: true` the schema check has already complained
    if (declaration.required === true) {
      const about = declaration.description === undefined ? '' : ` (${declaration.description})`
      this.#report(
        'variable-required',
        'error',
        `Variable \`${name}\`${about} has no value`,
        { place: keyPlace },
        {
          expected: [`--var ${name}=VALUE`, `${environmentName(name)}=VALUE`],
          note: `It is required: give it with \`--var ${name}=VALUE\` or in the environment as ${environmentName(name)}.`,
        },
      )
    }
    return undefined
  }

  #expand(name: string, source: Source): string | undefined {
    if (this.#chain.length > depthLimit) {
      this.#report(
        'variable-cycle',
        'error',
        `Variable \`${name}\` is reached through ${depthLimit} others`,
        source,
      )
      return undefined
    }
    const missing: string[] = []
    const text = source.text.replace(referencePattern, (whole, other: string) => {
      const value = this.#lookUp(name, other, source)
      if (value === undefined) missing.push(other)
      return value ?? whole
    })
    if (missing.length > 0) return undefined
    if (text.length > lengthLimit) {
      this.#report(
        'variable-value',
        'error',
        `The value of \`${name}\` is longer than ${lengthLimit} characters`,
        source,
      )
      return undefined
    }
    return text
  }

  #lookUp(name: string, other: string, source: Source): string | undefined {
    const variable = this.#variableOf(other)
    if (variable === undefined) {
      const near = suggest(other, this.#config.variables.keys())
      this.#report(
        'undefined-variable',
        'error',
        `The value of \`${name}\` refers to \`$<${other}>\`, which is not declared${near === undefined ? '' : `; did you mean \`$<${near}>\`?`}`,
        source,
        near === undefined ? {} : { expected: [`$<${near}>`] },
      )
      return undefined
    }
    const references = this.#references.get(name) ?? new Set()
    this.#references.set(name, references.add(variable))
    const start = this.#chain.indexOf(variable)
    if (start >= 0) {
      const chain = [...this.#chain.slice(start), variable]
      const reason =
        chain.length === 2
          ? `Variable \`${variable}\` refers to itself`
          : `Variables refer to each other in a circle: ${chain.map((link) => `\`${link}\``).join(' -> ')}`
      this.#report('variable-cycle', 'error', reason, source, {
        note: 'None of them can have a value. Write one of them out.',
      })
      for (const link of chain) this.#fail(link)
      return undefined
    }
    this.#resolve(variable)
    const value = this.#values.get(other)?.text
    if (value === undefined && !this.#failed.has(other)) {
      this.#report('undefined-variable', 'error', missingPart(other, variable), source)
    }
    return value
  }

  #variableOf(reference: string): string | undefined {
    return variableOf(reference, this.#config.variables)
  }

  #checkOverrides(): void {
    const declared = this.#config.variables
    const place = this.#config.placeOf(['variables'], 'key')
    for (const name of this.#overrides.variables?.keys() ?? []) {
      if (declared.has(name)) continue
      const near = suggest(name, declared.keys())
      const parent = variableOf(name, declared)
      this.#report(
        'unknown-override',
        'error',
        `--var ${shown(name)}: the project has no such variable${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
        { place },
        {
          expected: near === undefined ? [...declared.keys()] : [near],
          ...(parent !== undefined && {
            note: `It is a part of \`${parent}\`: give that, \`--var ${parent}=ttyS0,115200\`.`,
          }),
        },
      )
    }
    const known = new Map([...declared.keys()].map((name) => [environmentName(name), name]))
    for (const [variable, value] of Object.entries(this.#overrides.environment ?? {})) {
      if (!variable.startsWith('IPXETOOL_VAR_') || value === undefined || known.has(variable)) continue
      const near = suggest(variable, known.keys())
      this.#report(
        'unknown-override',
        'warning',
        `The environment has ${shown(variable)}, but the project has no such variable${near === undefined ? '' : `; did you mean ${near}?`}`,
        { place },
        near === undefined ? {} : { expected: [near] },
      )
    }
  }

  #report(
    ruleId: string,
    severity: Severity,
    reason: string,
    { file = this.#config.file, place }: Pick<Source, 'file' | 'place'>,
    more: { expected?: string[]; note?: string } = {},
  ): void {
    const { note, ...rest } = more
    this.#diagnostics.push(
      new Diagnostic({
        ruleId,
        severity,
        file,
        reason,
        ...(place && { place }),
        ...rest,
        ...(note && { note }),
      }),
    )
  }
}

/** The declared variable that `$<reference>` is, or is a part of. */
export function variableOf(
  reference: string,
  declared: ReadonlyMap<string, VariableDeclaration>,
): string | undefined {
  if (declared.has(reference)) return reference
  const parent = /^(.+)\.(?:port|speed)$/.exec(reference)?.[1]
  return parent !== undefined && declared.get(parent)?.type === 'console' ? parent : undefined
}

export function missingPart(reference: string, variable: string): string {
  const part = reference.slice(variable.length + 1)
  return `\`$<${reference}>\` has no value: the console \`${variable}\` is given without a ${part}`
}

type Raw = NonNullable<VariableDeclaration['value']>

function asText(raw: Raw): string {
  if (typeof raw !== 'object') return String(raw)
  return raw.speed === undefined ? raw.port : `${raw.port},${raw.speed}`
}

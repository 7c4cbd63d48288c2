/** What templates can see while one release is resolved: variables, and the documents that were read. */
import type { CatalogSettings, Distribution } from '../../data/catalog/schema.js'
import { IpxetoolError } from '../../diagnostics/error.js'
import type { FetchArchitecture } from '../types.js'
import type { ReadDocument } from './documents.js'
import { isSafeName } from './safe-name.js'
import { expand, expandRegex, type TemplateScope } from './template.js'

/** How far what a document says can be trusted: signed, brought by TLS, or by anybody. */
export type DocumentTier = 'signed' | 'digest' | 'none'

export interface TrustedDocument {
  read: ReadDocument
  tier: DocumentTier
  /** Primary fingerprint. */
  signedBy?: string
  /** After redirects. */
  url: string
  /** Of the URL that was asked for, without a slash at the end. */
  folder: string
}

export class Scope implements TemplateScope {
  readonly variables = new Map<string, string>()
  readonly documents = new Map<string, TrustedDocument>()
  /** The documents that were asked since somebody cleared this. */
  readonly asked = new Set<TrustedDocument>()
  /** Names that stand for themselves: roles, in kernel arguments. */
  literal: ReadonlySet<string> = new Set()
  /** The documents that a variable's value came from. */
  readonly #sources = new Map<string, readonly TrustedDocument[]>()
  readonly #where: string
  readonly #originalBase: string | undefined
  readonly #mirror: string | undefined

  constructor(
    distribution: Distribution,
    query: {
      channel: string
      version?: string | undefined
      architecture: FetchArchitecture
      mirror?: string | undefined
    },
  ) {
    this.#where = distribution.id
    const named = distribution.architectures[query.architecture]
    this.variables.set('channel', query.channel)
    this.variables.set('architecture', query.architecture)
    if (named !== undefined) this.variables.set('arch', typeof named === 'string' ? named : named.name)
    if (query.version !== undefined) this.variables.set('version', query.version)
    if (distribution.base !== undefined) this.#originalBase = noSlash(this.expand(distribution.base, 'base'))
    if (query.mirror !== undefined) {
      this.#mirror = noSlash(this.expand(query.mirror, '--mirror'))
      if (this.#originalBase === undefined) {
        throw new IpxetoolError('no-mirror', `${distribution.title} is not on one server: it has no mirrors`)
      }
    }
    const base = this.#mirror ?? this.#originalBase
    if (base !== undefined) this.variables.set('base', base)
    if (typeof named === 'object') this.set(named.set, 'architectures')
    this.set(distribution.channels[query.channel]?.set, 'channels')
  }

  variable(name: string, nested: boolean): string | undefined {
    if (!nested) for (const source of this.#sources.get(name) ?? []) this.asked.add(source)
    return this.literal.has(name) ? `{${name}}` : this.variables.get(name)
  }

  value(document: string, path: string): string | undefined {
    const found = this.documents.get(document)
    if (found) this.asked.add(found)
    if (path === '@folder') return found?.folder
    return found?.read.value(path)
  }

  /** @throws IpxetoolError `catalog-value` */
  expand(template: string, field: string): string {
    return expand(template, this, `${this.#where}: ${field}`)
  }

  regex(template: string, field: string): RegExp {
    return expandRegex(template, this, `${this.#where}: ${field}`)
  }

  /** With one more variable for the time of the call. */
  with<Result>(name: string, value: string, run: () => Result): Result {
    const before = this.variables.get(name)
    this.variables.set(name, value)
    try {
      return run()
    } finally {
      if (before === undefined) this.variables.delete(name)
      else this.variables.set(name, before)
    }
  }

  set(settings: CatalogSettings | undefined, field: string): void {
    for (const [name, setting] of Object.entries(settings ?? {})) {
      const place = `${field}.set.${name}`
      this.asked.clear()
      const { from, match, as }: Exclude<typeof setting, string> =
        typeof setting === 'string' ? { from: setting } : setting
      let value = this.expand(from, place)
      this.#sources.set(name, [...this.asked])
      if (match !== undefined) {
        const found = this.regex(match, place).exec(value)
        if (found === null) {
          throw new IpxetoolError(
            'catalog-value',
            `${this.#where}: ${place}: \`${value}\` is not like \`${match}\``,
          )
        }
        value = found[1] ?? found[0]
      }
      // it becomes a part of URLs and the name of a folder
      if (name === 'version' && !isSafeName(value)) {
        throw new IpxetoolError(
          'bad-metadata',
          `${this.#where}: \`${value.slice(0, 80)}\` cannot be a version`,
        )
      }
      this.variables.set(name, as === 'stamp' ? stamp(value, `${this.#where}: ${place}`) : value)
    }
  }

  /** A URL of the publisher's, on the mirror when one was asked for. */
  onMirror(url: string): string {
    const base = this.#originalBase
    if (this.#mirror === undefined || base === undefined) return url
    return url.startsWith(`${base}/`) ? this.#mirror + url.slice(base.length) : url
  }

  /** The same file on another server; undefined when the file is not below the base. */
  elsewhere(url: string, otherBase: string): string | undefined {
    const base = this.#originalBase
    if (base === undefined || this.#mirror !== undefined || !url.startsWith(`${base}/`)) return undefined
    return noSlash(this.expand(otherBase, 'mirrors')) + url.slice(base.length)
  }
}

function noSlash(url: string): string {
  return url.replace(/\/+$/, '')
}

/** Seconds since 1970, whole or not, as digits that sort. */
function stamp(value: string, where: string): string {
  const time = new Date(Number(value) * 1000)
  if (value.trim() === '' || Number.isNaN(time.getTime())) {
    throw new IpxetoolError('catalog-value', `${where}: \`${value}\` is no time in seconds`)
  }
  return time.toISOString().replace(/[-:T]/g, '').slice(0, 12)
}

/**
 * The tree of settings blocks: names, look-up, storing (`core/settings.c`). Values are raw byte strings that remember the
 * type they were stored with.
 */
import { findSettingType } from '../data/lookup.js'
import { settings as predefinedSpecs } from '../data/settings.js'
import type { SettingTypeName } from '../data/types.js'
import { denumerate, FormatError, formatValue, numerate, parseValue, type Platform } from './formats.js'
import { readNumber } from './numbers.js'

export interface Setting {
  readonly name: string
  /** 0n: it has only a name */
  readonly tag: bigint
  /** the kind of block that it belongs to; undefined: any generic one */
  readonly scope: string | undefined
  readonly type: SettingTypeName | undefined
}

export interface Stored {
  readonly raw: string
  readonly type: SettingTypeName | undefined
}

/** What makes a block more than a list of values. */
export interface BlockKind {
  /** the scope of a name or number that is written under this block */
  readonly scope?: string
  applies?(setting: Setting): boolean
  /** undefined: go on with the block's own list, if it has one */
  fetch?(setting: Setting): Stored | undefined
  /** an error, or true when it is stored, or undefined: into the list */
  store?(setting: Setting, raw: string | undefined): FormatError | true | undefined
  /** false: there is no list, nothing can be stored but by {@link store} */
  readonly generic?: boolean
  /** the block that this one stands for */
  redirect?(): Block | undefined
}

export class Block {
  readonly children: Block[] = []
  parent: Block | undefined
  /** newest first */
  private list: { setting: Setting; raw: string }[] = []

  readonly name: string
  readonly kind: BlockKind

  constructor(name: string, kind: BlockKind = {}) {
    this.name = name
    this.kind = kind
  }

  get target(): Block {
    return this.kind.redirect?.() ?? this
  }

  applies(setting: Setting): boolean {
    return this.kind.applies?.(setting) ?? true
  }

  fetchOwn(setting: Setting): Stored | undefined {
    const own = this.kind.fetch?.(setting)
    if (own) return own
    const found = this.list.find((entry) => sameSetting(entry.setting, setting))
    return found && { raw: found.raw, type: found.setting.type }
  }

  storeOwn(setting: Setting, raw: string | undefined): FormatError | undefined {
    const own = this.kind.store?.(setting, raw)
    if (own === true) return undefined
    if (own) return own
    if (this.kind.generic === false) return new FormatError('ENOTSUP', 'settings')
    const old = this.list.findIndex((entry) => sameSetting(entry.setting, setting))
    if (old >= 0) this.list.splice(old, 1)
    if (raw) this.list.unshift({ setting, raw })
    return undefined
  }

  child(name: string): Block | undefined {
    return this.children.find((block) => block.name === name)
  }

  entries(): readonly { setting: Setting; raw: string }[] {
    return this.list
  }

  /** `net0.dhcp`; empty for the root */
  get path(): string {
    if (!this.parent) return ''
    const above = this.parent.path
    return above ? `${above}.${this.name}` : this.name
  }
}

/** A number such as `43.1` or `0xe0`; 0n when the text is none (`parse_setting_tag`). */
export function parseTag(name: string, longSize = 8): bigint {
  // a number starts with one of these, or with blanks, or is an empty component
  if (!/^[\s0-9.+-]/.test(name)) return 0n
  const mask = longSize === 4 ? 0xffffffffn : (1n << 64n) - 1n
  let tag = 0n
  let at = 0
  for (;;) {
    const { value, end } = readNumber(name, at)
    tag = ((tag << 8n) | (value & mask)) & ((1n << 64n) - 1n)
    if (end === name.length) return tag
    if (name[end] !== '.') return 0n
    at = end + 1
  }
}

export function sameSetting(a: Setting, b: Setting): boolean {
  if (a.tag && a.tag === b.tag && a.scope === b.scope) return true
  return a.name !== '' && a.name === b.name
}

const predefined: readonly Setting[] = predefinedSpecs.flatMap(({ name, tag, type, scopes }) =>
  (scopes.length ? scopes : [undefined]).map((scope) => ({
    name,
    tag: tag === null ? 0n : parseTag(tag),
    scope,
    type,
  })),
)
const byName = new Map<string, Setting[]>()
const byTag = new Map<string, Setting[]>()
for (const setting of predefined) {
  byName.set(setting.name, [...(byName.get(setting.name) ?? []), setting])
  if (setting.tag) {
    const key = `${setting.scope}|${setting.tag}`
    byTag.set(key, [...(byTag.get(key) ?? []), setting])
  }
}
const positions = new Map(predefined.map((setting, index) => [setting, index]))

function predefinedLike(setting: Setting): readonly Setting[] {
  const named = byName.get(setting.name)
  const tagged = setting.tag ? byTag.get(`${setting.scope}|${setting.tag}`) : undefined
  if (!tagged) return named ?? []
  return [...new Set([...(named ?? []), ...tagged])].sort((a, b) => positions.get(a)! - positions.get(b)!)
}

export interface Found extends Stored {
  readonly origin: Block
  readonly setting: Setting
  readonly type: SettingTypeName
}

export interface NamedSetting {
  readonly block: Block
  readonly setting: Setting
}

export class Settings {
  readonly root = new Block('')
  private parsed = new Map<string, { scope: string | undefined; name: string; type: string | undefined }>()

  private readonly platform: Platform
  /** called after each change (`apply_settings`) */
  private readonly changed: () => void

  constructor(platform: Platform, changed: () => void) {
    this.platform = platform
    this.changed = changed
  }

  add(block: Block, parent: Block = this.root): Block {
    const old = parent.child(block.name)
    if (old) parent.children.splice(parent.children.indexOf(old), 1)
    block.parent = parent
    parent.children.push(block)
    this.reprioritise(block)
    this.changed()
    return block
  }

  remove(block: Block): void {
    const siblings = block.parent?.children
    if (siblings) siblings.splice(siblings.indexOf(block), 1)
    block.parent = undefined
    this.changed()
  }

  /** @returns an error for a scope or a type that does not exist */
  parseName(text: string, create: boolean): NamedSetting | FormatError {
    let parts = this.parsed.get(text)
    if (!parts) {
      const slash = text.indexOf('/')
      const rest = text.slice(slash + 1)
      const colon = rest.indexOf(':')
      parts = {
        scope: slash < 0 ? undefined : text.slice(0, slash),
        name: colon < 0 ? rest : rest.slice(0, colon),
        type: colon < 0 ? undefined : rest.slice(colon + 1),
      }
      this.parsed.set(text, parts)
    }
    let block = this.root
    if (parts.scope !== undefined) {
      for (const step of parts.scope.split('.')) {
        const parent = block.target
        const found = step === '' ? parent : parent.child(step)
        if (!found && !create) return new FormatError('ENODEV', 'settings')
        block = found ?? this.add(new Block(step), parent)
      }
    }
    let setting: Setting = {
      name: parts.name,
      tag: parseTag(parts.name, this.platform.longSize),
      scope: block.kind.scope,
      type: undefined,
    }
    setting = predefinedLike(setting)[0] ?? setting
    if (parts.type !== undefined) {
      const type = findSettingType(parts.type)
      if (!type) return new FormatError('ENOTSUP', 'settings')
      setting = { ...setting, type: type.name }
    }
    return { block, setting }
  }

  fetch(start: Block, setting: Setting): Found | undefined {
    const block = start.target
    const applicable = block.applies(setting)
      ? setting
      : predefinedLike(setting).find((other) => block.applies(other))
    if (applicable) {
      const found = block.fetchOwn(applicable)
      if (found) {
        return {
          raw: found.raw,
          type: applicable.type ?? found.type ?? 'string',
          origin: block,
          setting: applicable,
        }
      }
    }
    for (const child of block.children) {
      const found = this.fetch(child, setting)
      if (found) return found
    }
    return undefined
  }

  /** As text, cut at its first NUL byte. */
  fetchText(start: Block, setting: Setting): { text: string; found: Found } | FormatError {
    const found = this.fetch(start, setting)
    if (!found) return new FormatError('ENOENT', 'settings')
    const text = formatValue(found.type, found.raw, this.platform)
    if (text instanceof FormatError) return text
    const nul = text.indexOf('\0')
    return { text: nul < 0 ? text : text.slice(0, nul), found }
  }

  /** What `${name}` becomes: nothing, for whatever reason there is no value. */
  expand(name: string): string {
    const named = this.parseName(name, false)
    if (named instanceof FormatError) return ''
    const value = this.fetchText(named.block, named.setting)
    return value instanceof FormatError ? '' : value.text
  }

  store({ block, setting }: NamedSetting, raw: string | undefined): FormatError | undefined {
    const target = block.target
    if (!target.applies(setting)) return new FormatError('ENOTTY', 'settings')
    const error = target.storeOwn(setting, raw)
    if (error) return error
    if (setting.name === 'priority') this.reprioritise(target)
    this.changed()
    return undefined
  }

  storeText(named: NamedSetting, text: string | undefined): FormatError | undefined {
    if (!text) return this.store(named, undefined)
    const raw = parseValue(named.setting.type ?? 'string', text)
    if (raw instanceof FormatError) return raw
    return this.store({ ...named, setting: { ...named.setting, type: named.setting.type ?? 'string' } }, raw)
  }

  /** `inc`: an unset value counts as 0 of type int32. */
  increment(named: NamedSetting, by: number): FormatError | undefined {
    const found = this.fetch(named.block, named.setting)
    const type = named.setting.type ?? found?.type
    const value = found && numerate(found.type, found.raw, this.platform.longSize)
    const start = value === undefined || value instanceof FormatError ? 0n : value
    const target = found ? { ...found.setting, type: found.type } : named.setting
    const raw = denumerate(type ?? 'int32', start + BigInt(by))
    if (raw instanceof FormatError) return raw
    return this.store({ block: named.block, setting: { ...target, type: target.type ?? 'int32' } }, raw)
  }

  private priority(block: Block): bigint {
    const found = this.fetch(block, {
      name: 'priority',
      tag: parseTag('175.1'),
      scope: undefined,
      type: 'int8',
    })
    const value = found && numerate('int32', found.raw, this.platform.longSize)
    return typeof value === 'bigint' ? BigInt.asIntN(this.platform.longSize * 8, value) : 0n
  }

  private reprioritise(block: Block): void {
    const { parent } = block
    if (!parent) return
    const { children } = parent
    const from = children.indexOf(block)
    if (children.length > 1) {
      children.splice(from, 1)
      const priority = this.priority(block)
      const before = children.findIndex((other) => priority > this.priority(other))
      children.splice(before < 0 ? children.length : before, 0, block)
    }
    this.reprioritise(parent)
  }
}

/** Where settings are set, tested and read (`core/settings.c`). */
import type { Reference, Span, Word } from '../ast/nodes.js'
import { scopeOf, nameOf, typeOf } from '../ast/walk.js'
import { findSetting } from '../data/lookup.js'
import type { ParsedCommand } from './commands.js'
import { hole, mayBecome, textWithHoles } from './text.js'

/** `scope/name:type`; the texts may have holes. Offsets count characters of the text that was parsed. */
export interface SettingNameParts {
  scope: string | undefined
  name: string
  type: string | undefined
  nameStart: number
  /** After the colon. */
  typeStart: number
}

/** `parse_setting_name`: the first `/` ends the scope, the first `:` after it the name. */
export function parseSettingName(text: string): SettingNameParts {
  const slash = text.indexOf('/')
  const nameStart = slash + 1
  const colon = text.indexOf(':', nameStart)
  return {
    scope: slash < 0 ? undefined : text.slice(0, slash),
    name: text.slice(nameStart, colon < 0 ? undefined : colon),
    type: colon < 0 ? undefined : text.slice(colon + 1),
    nameStart,
    typeStart: colon + 1,
  }
}

/** Whether the whole name is a tag (`parse_setting_tag`): numbers as `strtoul` base 0 reads them, dots between. */
export function isTag(name: string): boolean {
  return /^\d/.test(name) && name.split('.').every((number) => /^(0[xX][\da-fA-F]+|\d+)$/.test(number))
}

export function referenceParts(reference: Reference): SettingNameParts {
  const scope = scopeOf(reference)
  const type = typeOf(reference)
  const text = `${scope ? `${textWithHoles(scope)}/` : ''}${textWithHoles(nameOf(reference))}`
  return { ...parseSettingName(text), type: type && textWithHoles(type) }
}

/** A command that gives a setting a value, or may. */
export interface SettingWrite {
  parts: SettingNameParts
  /** The name as written, with holes. */
  text: string
  word: Word
  /** Where the name stands. */
  span: Span | undefined
  command: ParsedCommand
  /** `clear` and `show` know the name but give it no value. */
  mentionOnly: boolean
}

/** The settings that a command names outside `${…}`. */
export function settingWrites(command: ParsedCommand, hasForm: boolean): SettingWrite[] {
  const { spec, positionals } = command
  if (!spec) return []
  const writes: SettingWrite[] = []
  const add = (text: string, word: Word, span: Span | undefined, mentionOnly = false): void => {
    writes.push({ parts: parseSettingName(text), text, word, span, command, mentionOnly })
  }
  for (const { spec: option, value, valueWord, valueSpan } of command.options) {
    if (option.arg === 'setting' && value !== undefined) add(value, valueWord!, valueSpan)
  }
  const [first] = positionals
  const kind = spec.positional[0]?.kind
  if (first && (kind === 'setting-autovivify' || kind === 'setting-existing')) {
    add(first.text, first.word, first.word.span, spec.name === 'clear' || spec.name === 'show')
  }
  const isField =
    first && spec.name === 'item' && !command.options.some(({ spec: { long } }) => long === 'gap')
  if (isField && hasForm) add(first.text, first.word, first.word.span)
  return writes
}

/** All that one script knows about settings. */
export class Settings {
  readonly writes: SettingWrite[] = []
  /** Names that some command sets, without scope and type. */
  readonly names = new Set<string>()
  /** The same with holes: `disk_…`. */
  readonly patterns = new Set<string>()
  /** Scopes that some command stores into. */
  readonly scopes = new Set<string>()
  /** Names that `isset` tests or `clear` or `show` mentions: that they may be unset is known. */
  readonly tested = new Set<string>()

  addCommand(command: ParsedCommand, hasForm: boolean): void {
    for (const write of settingWrites(command, hasForm)) {
      this.writes.push(write)
      const { name, scope } = write.parts
      if (scope !== undefined) this.scopes.add(scope)
      if (write.mentionOnly) this.tested.add(name)
      else if (name.includes(hole)) this.patterns.add(name)
      else this.names.add(name)
    }
    if (command.spec?.name === 'isset') {
      for (const { word } of command.args) {
        for (const child of word.children) {
          if (child.type === 'reference') this.tested.add(referenceParts(child).name)
        }
      }
    }
  }

  isSet(name: string): boolean {
    if (this.names.has(name)) return true
    // so many computed names could be anything, and trying each for each read would take for ever
    if (this.patterns.size > 200) return true
    for (const pattern of this.patterns) if (mayBecome(pattern, name)) return true
    return false
  }
}

/** Whether iPXE itself has a setting of this name: predefined, or a DHCP option or another tag. */
export function isKnownSetting(name: string): boolean {
  return findSetting(name) !== undefined || isTag(name)
}

/** Whether a command runs another script, which may set anything, and comes back: `chain boot.cfg`. */
export function mayRunScript({ spec, options, positionals }: ParsedCommand): boolean {
  if (spec?.name !== 'imgexec' || options.some(({ spec: { long } }) => long === 'replace')) return false
  return /\.(ipxe|cfg|php|txt|script)$/.test(positionals[0]?.text.replace(/[?#].*$/, '') ?? '')
}

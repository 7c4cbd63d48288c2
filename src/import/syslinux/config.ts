/** What the statements of one configuration say: labels in menus, and what holds for all of them. */
import type { At, Report } from '../result.js'
import { plainText } from '../text.js'
import { type Statement, wordsOf } from './parse.js'

export interface Label {
  name: string
  at: Statement
  /** KERNEL, LINUX, COM32, LOCALBOOT, CONFIG …: the keyword and its value. */
  action?: Statement
  append?: Statement
  initrd?: Statement
  sysappend?: Statement
  /** MENU LABEL without the mark of the key. */
  text?: string
  key?: string
  isDefault: boolean
  isHidden: boolean
  isDisabled: boolean
  /** MENU EXIT, MENU QUIT, MENU GOTO. */
  leads?: Statement
}

export type Item =
  { kind: 'label'; label: Label } | { kind: 'separator'; at: Statement } | { kind: 'menu'; menu: ConfigMenu }

export interface ConfigMenu {
  at: At
  /** The name after MENU BEGIN, for MENU GOTO. */
  tag?: string
  title?: string
  /** What the menu above shows for it. */
  text?: string
  key?: string
  /** The menu above starts with it selected. */
  isDefault: boolean
  isHidden: boolean
  items: Item[]
  parent?: ConfigMenu
}

export interface Config {
  top: ConfigMenu
  default?: Statement
  ontimeout?: Statement
  timeout?: Statement
  totaltimeout?: Statement
  append?: Statement
  sysappend?: Statement
  /** PROMPT 1. */
  prompts: boolean
  /** UI or DEFAULT names a menu module. */
  hasMenu: boolean
  /** ALLOWOPTIONS 0. */
  noOptions: boolean
}

const actions = new Set([
  'kernel',
  'linux',
  'boot',
  'bss',
  'pxe',
  'fdimage',
  'comboot',
  'com32',
  'config',
  'localboot',
])

export const menuModules = new Set(['menu.c32', 'vesamenu.c32'])

/** How the boot loader looks and talks; nothing boots differently without. */
const looks =
  /^(display|say|console|font|kbdmap|path|sendcookies|nocomplete|f\d{1,2}|text( .*)?|menu (color|colour|background|clear|width|margin|rows|[a-z]*row|vshift|hshift|helpmsg.*|passwordmargin|tabmsg|notabmsg|autoboot|resolution|msgcolor|msgcolour|indent|shiftkey|save|nosave|immediate|noimmediate|font|fkey.*|hiddenkey|hiddenrow))$/
const nothing = new Set(['implicit', 'noescape', 'endtext', 'menu start', 'menu hidden'])

export function readConfig(statements: readonly Statement[], at: At, report: Report): Config {
  return new Reader(at, report).read(statements)
}

class Reader {
  readonly #config: Config
  readonly #report: Report
  #menu: ConfigMenu
  #label: Label | undefined
  #depth = 0
  readonly #looks = new Map<string, Statement[]>()

  constructor(at: At, report: Report) {
    this.#menu = { at, isDefault: false, isHidden: false, items: [] }
    this.#config = { top: this.#menu, prompts: false, hasMenu: false, noOptions: false }
    this.#report = report
  }

  read(statements: readonly Statement[]): Config {
    for (const statement of statements) this.#statement(statement)
    for (const [file, found] of this.#looks) {
      const names = [...new Set(found.map(({ keyword }) => keyword.toUpperCase()))]
      const shown = names.slice(0, 6).join(', ') + (names.length > 6 ? ` and ${names.length - 6} more` : '')
      this.#report.info(
        'import-look',
        { file, place: found[0]!.place },
        `${found.length} ${found.length === 1 ? 'line' : 'lines'} about looks and help texts: ${shown}`,
        'Menus are plain text here, so that they also work on a serial line.',
      )
    }
    return this.#config
  }

  #statement(statement: Statement): void {
    const { keyword, value } = statement
    const config = this.#config
    if (keyword.startsWith('menu ')) {
      this.#menuStatement(statement)
      return
    }
    if (actions.has(keyword)) {
      if (this.#label) this.#label.action = statement
      else this.#stray(statement)
      return
    }
    const scope = this.#label ?? config
    switch (keyword) {
      case 'label':
        this.#label = { name: value, at: statement, isDefault: false, isHidden: false, isDisabled: false }
        this.#menu.items.push({ kind: 'label', label: this.#label })
        break
      case 'append':
        scope.append = statement
        break
      case 'initrd':
        if (this.#label) this.#label.initrd = statement
        else this.#stray(statement)
        break
      case 'ipappend':
      case 'sysappend':
        scope.sysappend = statement
        break
      case 'default':
      case 'ui': {
        const module = (wordsOf(value)[0] ?? '').toLowerCase().split('/').at(-1)!
        if (menuModules.has(module)) config.hasMenu = true
        else if (keyword === 'default') config.default = statement
        else this.#unsupported(statement, 'Only menu.c32 and vesamenu.c32 are read as a menu.')
        break
      }
      case 'ontimeout':
      case 'timeout':
      case 'totaltimeout':
        config[keyword] = statement
        break
      case 'prompt':
        config.prompts = value !== '0'
        break
      case 'allowoptions':
        config.noOptions = value === '0'
        break
      case 'onerror':
        this.#unsupported(statement, 'What fails says why and leads back to the menu.')
        break
      case 'serial':
        this.#unsupported(
          statement,
          'The serial console of iPXE itself is compiled in; entries get `console:`, for example `console: ttyS0,115200`.',
        )
        break
      default:
        if (!this.#isLook(statement)) {
          this.#report.warn(
            'import-syntax',
            statement,
            `\`${keyword.slice(0, 60)}\` is not a keyword of SYSLINUX`,
            'The line is left out.',
          )
        }
    }
  }

  #menuStatement(statement: Statement): void {
    const { keyword, value } = statement
    const label = this.#label
    switch (keyword) {
      case 'menu title':
        this.#menu.title = plainText(value)
        break
      case 'menu label': {
        const { text, key } = labelText(value)
        const target = label ?? this.#menu
        target.text = text
        if (key !== undefined) target.key = key
        break
      }
      case 'menu default':
        if (label) label.isDefault = true
        else this.#menu.isDefault = true
        break
      case 'menu hide':
        if (label) label.isHidden = true
        else this.#menu.isHidden = true
        break
      case 'menu disable':
        if (label) label.isDisabled = true
        break
      case 'menu separator':
        this.#label = undefined
        this.#menu.items.push({ kind: 'separator', at: statement })
        break
      case 'menu begin':
        this.#begin(statement)
        break
      case 'menu end':
        this.#label = undefined
        if (this.#depth > 0) this.#depth--
        else if (this.#menu.parent) this.#menu = this.#menu.parent
        else this.#stray(statement)
        break
      case 'menu exit':
      case 'menu quit':
      case 'menu goto':
        if (label) label.leads = statement
        break
      case 'menu passwd':
      case 'menu master passwd':
        this.#report.warn(
          'import-password',
          statement,
          keyword === 'menu passwd'
            ? 'The password of this entry is gone: everybody can start it'
            : 'The master password is gone: everybody can edit arguments and start everything',
          'iPXE menus have no passwords. Keep what must not be started out of the menu, or behind a server that asks.',
        )
        break
      default:
        if (!this.#isLook(statement)) {
          this.#report.warn(
            'import-syntax',
            statement,
            `\`${keyword.slice(0, 60)}\` is not a keyword of the SYSLINUX menu`,
            'The line is left out.',
          )
        }
    }
  }

  #begin(at: Statement): void {
    this.#label = undefined
    let levels = 0
    for (let menu = this.#menu.parent; menu; menu = menu.parent) levels++
    if (levels >= 30) {
      // what is in it lands in the menu that is open
      this.#depth++
      return
    }
    const menu: ConfigMenu = { at, isDefault: false, isHidden: false, items: [], parent: this.#menu }
    if (at.value !== '') menu.tag = at.value
    this.#menu.items.push({ kind: 'menu', menu })
    this.#menu = menu
  }

  #isLook(statement: Statement): boolean {
    if (nothing.has(statement.keyword)) return true
    if (!looks.test(statement.keyword)) return false
    const found = this.#looks.get(statement.file)
    if (found) found.push(statement)
    else this.#looks.set(statement.file, [statement])
    return true
  }

  #stray(statement: Statement): void {
    this.#report.warn(
      'import-syntax',
      statement,
      `\`${statement.keyword.toUpperCase()}\` stands outside of what it belongs to`,
      'The line is left out, as SYSLINUX does.',
    )
  }

  #unsupported(statement: Statement, note: string): void {
    const { keyword, value } = statement
    this.#report.warn(
      'import-unsupported',
      statement,
      `\`${`${keyword.toUpperCase()} ${value}`.slice(0, 100)}\` is not carried over`,
      note,
    )
  }
}

/** `Boot ^Linux` is shown as `Boot Linux` and has the key l. */
function labelText(value: string): { text: string; key?: string } {
  const key = /\^([!-~])/.exec(value)?.[1]?.toLowerCase()
  const text = plainText(value.replace(/\^/, ''))
  return key === undefined || key === '^' ? { text } : { text, key }
}

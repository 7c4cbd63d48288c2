/** Configurations as drafts of menus. */
import type { Entry } from '../../model/schema.js'
import { nameOfPath } from '../../project/paths.js'
import { type At, type Report, sourceOf } from '../result.js'
import { IdPool, plainText, slug } from '../text.js'
import { type Config, type ConfigMenu, type Label, readConfig } from './config.js'
import type { Draft, DraftItem } from './draft.js'
import { type Converted, convertLabel } from './entry.js'
import type { ConfigLoader } from './load.js'
import { type Statement, wordsOf } from './parse.js'
import { timeoutOf } from './timeout.js'

/** Configurations that open others, one from the other. */
const depthLimit = 30
const untitled = 'Boot menu'

/** Files of the menu that are being read; the first one is the top. */
type Stack = readonly string[]

export class MenuBuilder {
  readonly #loader: ConfigLoader
  readonly #report: Report
  readonly #known = new Map<string, Draft>()

  constructor(loader: ConfigLoader, report: Report) {
    this.#loader = loader
    this.#report = report
  }

  /**
   * The menu of some files that are read one after the other.
   * @param isMenu a menu module shows it, whatever the files say
   */
  async build(files: readonly string[], isMenu: boolean, at: At, stack: Stack): Promise<Draft> {
    const key = [isMenu, ...files].join('\n')
    const known = this.#known.get(key)
    if (known) return known
    const statements: Statement[] = []
    for (const file of files) {
      for (const statement of (await this.#loader.load(file, at)) ?? []) statements.push(statement)
    }
    const place = statements[0]
    const top = { file: files[0]!, ...(place?.file === files[0] && { place: place?.place }) }
    const config = readConfig(statements, top, this.#report)
    if (isMenu) config.hasMenu = true
    const draft = await new ConfigMenus(config, this, this.#loader, this.#report, [
      ...stack,
      files.at(-1)!,
    ]).build()
    this.#known.set(key, draft)
    return draft
  }
}

class ConfigMenus {
  readonly #config: Config
  readonly #builder: MenuBuilder
  readonly #loader: ConfigLoader
  readonly #report: Report
  readonly #stack: Stack
  readonly #drafts = new Map<ConfigMenu, Draft>()
  readonly #byTag = new Map<string, Draft>()
  readonly #goto: { item: DraftItem; tag: string; at: At; from: ConfigMenu }[] = []
  /** The way to each label: the items to pick, from the top. */
  readonly #ways = new Map<Label, { draft: Draft; item: DraftItem }[]>()
  readonly #labels: Label[] = []

  constructor(config: Config, builder: MenuBuilder, loader: ConfigLoader, report: Report, stack: Stack) {
    this.#config = config
    this.#builder = builder
    this.#loader = loader
    this.#report = report
    this.#stack = stack
  }

  async build(): Promise<Draft> {
    const { top } = this.#config
    this.#collect(top)
    this.#addImplicit(top)
    const ontimeout = this.#target(this.#config.ontimeout)
    const chosen = this.#target(this.#config.default)
    const wanted = new Set([ontimeout, chosen])
    const draft = await this.#menu(top, untitled, wanted, [])
    this.#resolveGoto()

    const timeout = timeoutOf(this.#config, this.#report)
    if (timeout !== undefined) draft.timeout = timeout
    const isMarked = draft.default !== undefined
    if (ontimeout && timeout !== undefined) this.#choose(ontimeout, timeout)
    else if (chosen && !isMarked) this.#choose(chosen, timeout)
    if (timeout !== undefined && !draft.default) {
      const first = draft.items.find(({ entry }) => entry.kind !== 'separator')
      if (first) draft.default = first
    }
    return draft
  }

  #collect(menu: ConfigMenu): void {
    for (const item of menu.items) {
      if (item.kind === 'label') this.#labels.push(item.label)
      else if (item.kind === 'menu') this.#collect(item.menu)
    }
  }

  /** `DEFAULT vmlinuz root=…` in a configuration without labels. */
  #addImplicit(top: ConfigMenu): void {
    const { default: statement } = this.#config
    const [name] = wordsOf(statement?.value ?? '')
    if (!statement || name === undefined || this.#labels.length > 0) return
    const label: Label = {
      name,
      at: statement,
      action: { ...statement, keyword: 'kernel' },
      isDefault: true,
      isHidden: false,
      isDisabled: false,
    }
    this.#labels.push(label)
    top.items.push({ kind: 'label', label })
  }

  /** The label that DEFAULT or ONTIMEOUT names. */
  #target(statement: Statement | undefined): Label | undefined {
    const [name, ...rest] = wordsOf(statement?.value ?? '')
    if (!statement || name === undefined) return undefined
    const label =
      this.#labels.find((one) => one.name === statement.value) ??
      this.#labels.find((one) => one.name === name) ??
      this.#labels.find((one) => one.name.toLowerCase() === name.toLowerCase())
    const keyword = statement.keyword.toUpperCase()
    if (!label) {
      this.#report.warn(
        'import-missing',
        statement,
        `${keyword} names \`${name.slice(0, 60)}\`, and there is no such label`,
        'Name one of the labels, and import again.',
      )
    } else if (rest.length > 0 && label.name !== statement.value && label.at !== statement) {
      this.#report.warn(
        'import-unsupported',
        statement,
        `The arguments after ${keyword} \`${name.slice(0, 60)}\` are not carried over`,
        'Write them into APPEND of the label, or into `args` of the entry.',
      )
    }
    return label
  }

  async #menu(
    menu: ConfigMenu,
    fallback: string,
    wanted: ReadonlySet<Label | undefined>,
    way: { draft: Draft; item: DraftItem }[],
  ): Promise<Draft> {
    const draft: Draft = {
      title: [menu.title, menu.text, plainText(menu.tag ?? '')].find((text) => text) ?? fallback,
      name: menu.tag ?? '',
      items: [],
      source: sourceOf(menu.at),
    }
    this.#drafts.set(menu, draft)
    if (menu.tag !== undefined) this.#byTag.set(menu.tag, draft)
    const ids = new IdPool()
    const keys = new Set<string>()
    const add = (given: Entry, at: At, text: string, key: string | undefined, opens?: Draft): DraftItem => {
      const named = { ...given, label: text, source: sourceOf(at) }
      const made =
        named.kind === 'separator'
          ? named
          : { ...named, id: ids.take(slug(text), 'entry'), ...this.#key(key, keys, at, text) }
      const item: DraftItem = { entry: made, ...(opens && { opens }) }
      draft.items.push(item)
      return item
    }

    for (const item of menu.items) {
      if (item.kind === 'separator') {
        draft.items.push({ entry: { kind: 'separator', source: sourceOf(item.at) } })
        continue
      }
      if (item.kind === 'menu') {
        const { menu: below } = item
        if (below.isHidden) {
          this.#hidden(below.at, below.title ?? below.tag ?? 'a menu')
          continue
        }
        // the item first, so that what is below knows its way
        const made = add({ kind: 'submenu', menu: 'x' }, below.at, nameOf(below), below.key)
        const opens = await this.#menu(below, 'Menu', wanted, [...way, { draft, item: made }])
        made.opens = opens
        if (below.isDefault) draft.default = made
        continue
      }
      const { label } = item
      if (label.isHidden && !wanted.has(label)) {
        this.#hidden(label.at, label.text ?? label.name)
        continue
      }
      const text = [label.text, plainText(label.name)].find((one) => one) ?? 'Entry'
      const made = await this.#label(label, menu, (given, opens) =>
        add(given, label.at, text, label.key, opens),
      )
      if (!made) continue
      this.#ways.set(label, [...way, { draft, item: made }])
      if (label.isDefault && made.entry.kind !== 'separator') draft.default = made
    }
    return draft
  }

  async #label(
    label: Label,
    menu: ConfigMenu,
    add: (entry: Entry, opens?: Draft) => DraftItem,
  ): Promise<DraftItem | undefined> {
    const converted = convertLabel(label, this.#config, this.#report)
    switch (converted?.kind) {
      case undefined:
      case 'back':
        return undefined
      case 'heading':
        return add({ kind: 'separator' })
      case 'entry':
        return add(converted.entry)
      case 'goto': {
        const item = add({ kind: 'submenu', menu: 'x' })
        this.#goto.push({ item, tag: converted.tag, at: converted.at, from: menu })
        return item
      }
      case 'config': {
        const opens = await this.#open(converted, plainText(label.text ?? label.name))
        return opens && add({ kind: 'submenu', menu: 'x' }, opens)
      }
    }
  }

  async #open(
    { files, isMenu, at }: Extract<Converted, { kind: 'config' }>,
    text: string,
  ): Promise<Draft | undefined> {
    const paths: string[] = []
    for (const file of files) {
      if (file === '~') return undefined // the menu that is open
      const path = this.#loader.resolve(file)
      if (path !== undefined) paths.push(path)
      else {
        this.#report.warn(
          'import-include',
          at,
          `\`${file.slice(0, 100)}\` is not a file of this tree`,
          'Copy it into the tree and import again.',
        )
      }
    }
    const last = paths.at(-1)
    // without a file it is the menu that is open, and every menu has its own way back
    if (last === undefined || this.#stack.includes(last)) return undefined
    if (this.#stack.length >= depthLimit) {
      this.#report.warn(
        'import-too-large',
        at,
        `More than ${depthLimit} menus open each other`,
        'This one is left out.',
      )
      return undefined
    }
    const draft = await this.#builder.build(paths, isMenu, at, this.#stack)
    if (draft.name === '') {
      draft.name = nameOfPath(last).replace(/\.(cfg|conf|menu)$/, '')
      if (draft.title === untitled && text !== '') draft.title = text
    }
    return draft
  }

  #resolveGoto(): void {
    const lost = new Set<DraftItem>()
    for (const { item, tag, at, from } of this.#goto) {
      const opens = this.#byTag.get(tag)
      const above = new Set<Draft | undefined>()
      for (let menu: ConfigMenu | undefined = from; menu; menu = menu.parent)
        above.add(this.#drafts.get(menu))
      if (opens && !above.has(opens)) {
        item.opens = opens
        continue
      }
      lost.add(item)
      if (!opens && tag !== '.top') {
        this.#report.warn(
          'import-missing',
          at,
          `There is no menu \`${tag.slice(0, 60)}\` in this configuration`,
          'Give the MENU BEGIN of the menu that is meant this name, and import again.',
        )
      }
    }
    if (lost.size === 0) return
    for (const draft of this.#drafts.values()) {
      draft.items = draft.items.filter((item) => !lost.has(item))
      if (draft.default && lost.has(draft.default)) delete draft.default
    }
  }

  #choose(label: Label, timeout: string | undefined): void {
    for (const { draft, item } of this.#ways.get(label) ?? []) {
      if (item.entry.kind === 'separator') return
      draft.default = item
      if (timeout !== undefined) draft.timeout = timeout
    }
  }

  #key(key: string | undefined, taken: Set<string>, at: At, text: string): { key?: string } {
    if (key === undefined) return {}
    if (taken.has(key)) {
      this.#report.info(
        'import-key',
        at,
        `The key \`${key}\` of \`${text}\` is taken in this menu`,
        'A free letter is used.',
      )
      return {}
    }
    taken.add(key)
    return { key }
  }

  #hidden(at: At, text: string): void {
    this.#report.warn(
      'import-unsupported',
      at,
      `\`${plainText(text)}\` is hidden and could only be started by typing its name`,
      'iPXE menus have no prompt for names. Remove MENU HIDE and import again if it is needed.',
    )
  }
}

function nameOf({ text, title, tag = '' }: ConfigMenu): string {
  return [text, title, plainText(tag)].find((one) => one) ?? 'Menu'
}

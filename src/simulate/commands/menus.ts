/** `menu`, `form`, `item`, `choose`, `present` (`hci/commands/dynui_cmd.c`), `params` and `param` (`param_cmd.c`). */
import { showForm } from '../form-screen.js'
import { showMenu } from '../menu-screen.js'
import type { Command, Menu, Run, Steps } from '../run.js'
import { namedSetting, storeText } from './settings.js'

const create: Command = (run, { words, options }) => {
  const name = options.get('name') ?? ''
  run.menus.delete(name)
  if (!options.has('delete')) run.menus.set(name, { title: words.join(' '), entries: [] })
  return 0
}

function find(run: Run, name: string | undefined): Menu | number {
  const menu = run.menus.get(name ?? '')
  if (menu) return menu
  run.print(name === undefined ? 'No default user interface\n' : `"${name}": no such user interface\n`)
  return run.fail('ENOENT', 'parseopt')
}

export const menuCommands: Readonly<Record<string, Command>> = {
  menu: create,
  form: create,
  item(run, { words, options, numbers }) {
    const gap = options.has('gap')
    const menu = find(run, options.get('menu') ?? options.get('form'))
    if (typeof menu === 'number') return menu
    menu.entries.push({
      name: gap ? undefined : words[0],
      text: words.slice(gap ? 0 : 1).join(' '),
      key: numbers.get('key') ?? 0,
      default: options.has('default'),
      secret: options.has('secret'),
    })
    return 0
  },
  *choose(run, { words, options, numbers }): Steps<number> {
    const named = namedSetting(run, words[0]!, true)
    if (typeof named === 'number') return named
    const name = options.get('menu')
    const menu = find(run, name)
    if (typeof menu === 'number') return menu
    const place = run.place
    const choice = yield* showMenu(run, menu, {
      timeout: numbers.get('timeout') ?? 0,
      retimeout: numbers.get('retimeout') ?? 0,
      select: options.get('default'),
    })
    const cancelled = typeof choice === 'number'
    run.menusShown.push({
      title: menu.title,
      place,
      entries: menu.entries.map((entry) => entry.name),
      picked: cancelled ? undefined : choice.entry.name,
      timedOut: cancelled ? false : choice.timedOut,
    })
    const status = cancelled ? choice : storeText(run, named, choice.entry.name)
    if (!options.has('keep')) run.menus.delete(name ?? '')
    return status
  },
  *present(run, { options }): Steps<number> {
    const name = options.get('form')
    const form = find(run, name)
    if (typeof form === 'number') return form
    const status = yield* showForm(run, form)
    if (!options.has('keep')) run.menus.delete(name ?? '')
    return status
  },
  params(run, { options }) {
    const name = options.get('name') ?? ''
    run.params.delete(name)
    if (!options.has('delete')) run.params.set(name, { method: options.get('method'), entries: [] })
    return 0
  },
  param(run, { words: [key, ...values], options }) {
    const name = options.get('params')
    const list = run.params.get(name ?? '')
    if (!list) {
      run.print(name === undefined ? 'No default parameter list\n' : `"${name}": no such parameter list\n`)
      return run.fail('ENOENT', 'parseopt')
    }
    list.entries.push({ key: key!, value: values.join(' '), header: options.has('header') })
    return 0
  },
}

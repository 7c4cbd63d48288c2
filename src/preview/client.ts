/**
 * The script of the page: `preview/preview.js`. It is text because it runs in a browser; test/preview/client.test.ts
 * has TypeScript check it, JSDoc types and all.
 */
export const clientScript = String.raw`// Written by ipxetool. Turns the list of menus into a screen that one can walk through with the keyboard.
'use strict'
;(() => {
  /**
   * @typedef {[text: string, setting?: 1]} Run
   * @typedef {{ name: string, hotkey: string, text: Run[], first: number, later: number, mark: string,
   *   opens: [machines: number, menu: string][], leaves: number }} Item
   * @typedef {{ key: string, name: string, title: Run[], seconds: number, initial: string,
   *   escape: { text: string, opens: [machines: number, menu: string][] }, items: Item[] }} Menu
   * @typedef {{ machines: { firmware: string, processor: string }[], menus: Menu[] }} Data
   */

  const columns = 80
  const rows = 20
  const root = document.documentElement
  const themeKey = 'ipxetool-preview-theme'

  /** Storage may be forbidden, above all on a page from a disk. */
  const readTheme = () => {
    try {
      return localStorage.getItem(themeKey) ?? ''
    } catch {
      return ''
    }
  }
  root.dataset.theme = readTheme()

  /**
   * @template {HTMLElement} Kind
   * @param {string} id
   * @param {new () => Kind} kind
   * @returns {Kind}
   */
  const byId = (id, kind) => {
    const element = document.getElementById(id)
    if (!(element instanceof kind)) throw new TypeError('the page has no ' + id)
    return element
  }

  const start = () => {
    const theme = byId('theme', HTMLSelectElement)
    theme.value = readTheme()
    theme.addEventListener('change', () => {
      root.dataset.theme = theme.value
      try {
        localStorage.setItem(themeKey, theme.value)
      } catch {
        // it holds until the page is closed
      }
    })
    const label = theme.closest('label')
    if (label) label.hidden = false

    /** @type {Data} */
    const data = JSON.parse(byId('data', HTMLScriptElement).textContent ?? '')
    if (data.menus.length === 0) return
    const screen = byId('screen', HTMLElement)
    const title = byId('title', HTMLElement)
    const above = byId('above', HTMLElement)
    const below = byId('below', HTMLElement)
    const crumbs = byId('crumbs', HTMLElement)
    const unseen = byId('unseen', HTMLElement)
    const tube = byId('tube', HTMLElement)
    const status = byId('status', HTMLElement)
    const firmware = byId('firmware', HTMLSelectElement)
    const processor = byId('processor', HTMLSelectElement)
    const later = byId('later', HTMLInputElement)
    const menus = new Map(data.menus.map((menu) => [menu.key, menu]))
    const sections = new Map(
      [...document.querySelectorAll('section.menu')].flatMap((section) =>
        section instanceof HTMLElement ? [[section.dataset.key ?? '', section]] : [],
      ),
    )
    const links = [...document.querySelectorAll('nav a')]
    // the browser must not scroll to what the fragment names: it is always in view
    for (const element of document.querySelectorAll('section.menu, article.entry')) element.removeAttribute('id')

    /** @type {Menu} */
    let menu = data.menus[0]
    /** @type {Item[]} */
    let items = []
    let current = 0
    let counting = true
    /** Menus that were opened before this one, with what was selected in them. @type {{ menu: Menu, name: string }[]} */
    let trail = []

    const machineSet = () =>
      data.machines.reduce(
        (set, machine, index) =>
          (firmware.value === '' || machine.firmware === firmware.value) &&
          (processor.value === '' || machine.processor === processor.value)
            ? set | (1 << index)
            : set,
        0,
      )

    /** @param {string} text */
    const say = (text) => {
      status.textContent = text
    }

    /** @param {Run[]} runs @param {HTMLElement} parent @returns {number} columns */
    const write = (runs, parent) => {
      let width = 0
      for (const [text, setting] of runs) {
        width += [...text].length
        if (setting) {
          const span = document.createElement('span')
          span.className = 'setting'
          span.textContent = text
          parent.append(span)
        } else parent.append(text)
      }
      return width
    }

    /** The menu as it is on the chosen machine; keeps the selection where it can. @param {string} name */
    const fill = (name) => {
      const set = machineSet()
      items = menu.items.filter((item) => ((later.checked ? item.later : item.first) & set) !== 0)
      // on more than one machine at once it matters which of them show an entry
      const isMarked = (set & (set - 1)) !== 0 && items.some((item) => item.mark !== '')
      tube.classList.toggle('marked', isMarked)
      const missing = menu.items.filter((item) => item.name !== '' && !items.includes(item))
      const onOthers = missing.filter((item) => (item.later & set) === 0).length
      const onlyLater = missing.length - onOthers
      unseen.textContent = [
        onOthers > 0 ? onOthers + ' only on other machines' : '',
        onlyLater > 0 ? onlyLater + ' only later' : '',
      ]
        .filter((part) => part !== '')
        .join(', ')
      unseen.prepend(missing.length > 0 ? 'Not shown: ' : '')
      const wanted = items.findIndex((item) => item.name !== '' && item.name === name)
      const initial = items.findIndex((item) => item.name !== '' && item.name === menu.initial)
      current = wanted >= 0 ? wanted : initial >= 0 ? initial : items.findIndex((item) => item.name !== '')
      show()
    }

    const show = () => {
      const from = current < 0 ? 0 : Math.floor(current / rows) * rows
      title.replaceChildren()
      const pad = document.createTextNode('')
      title.append(pad)
      pad.data = ' '.repeat(Math.max(0, (columns - write(menu.title, title)) >> 1))
      above.textContent = from > 0 ? '   ...' : ''
      below.textContent = from + rows < items.length ? '   ...' : ''
      screen.setAttribute('aria-label', menu.name)
      screen.replaceChildren()
      const named = items.filter((item) => item.name !== '')
      /** @type {HTMLElement} */
      let group = screen
      for (let index = from; index < from + rows; index++) {
        const item = items[index]
        const row = document.createElement('div')
        row.className = 'row'
        if (!item) {
          row.setAttribute('aria-hidden', 'true')
          screen.append(row)
          continue
        }
        const bar = document.createElement('span')
        bar.className = 'bar'
        const text = document.createElement('span')
        bar.append('  ', text)
        const width = write(item.text, text)
        row.append(' ', bar)
        if (item.name === '') {
          row.classList.add('gap')
          row.setAttribute('aria-hidden', 'true')
          group = screen
          if (width > 0) {
            group = document.createElement('div')
            group.className = 'group'
            group.setAttribute('role', 'group')
            group.setAttribute('aria-label', text.textContent ?? '')
            screen.append(group)
          }
        } else {
          row.id = 'option-' + index
          row.dataset.index = String(index)
          row.setAttribute('role', 'option')
          row.setAttribute('aria-selected', String(index === current))
          row.setAttribute('aria-setsize', String(named.length))
          row.setAttribute('aria-posinset', String(named.indexOf(item) + 1))
          if (item.hotkey > ' ') row.setAttribute('aria-keyshortcuts', item.hotkey)
          if (width === 0) row.setAttribute('aria-label', item.name)
          if (item.mark !== '') {
            const mark = document.createElement('span')
            mark.className = 'mark'
            mark.textContent = item.mark
            row.append(mark)
          }
        }
        if (index === current && counting && menu.seconds > 0) {
          // iPXE counts down at the end of the bar until a key is pressed
          const count = '(' + menu.seconds + ')'
          const clock = document.createElement('span')
          clock.className = 'clock'
          clock.textContent = count
          clock.setAttribute('aria-hidden', 'true')
          row.append(clock)
        }
        group.append(row)
      }
      if (current >= 0) screen.setAttribute('aria-activedescendant', 'option-' + current)
      else screen.removeAttribute('aria-activedescendant')
      if (named.length === 0) say('Nothing can be selected here on this machine.')
      showDetails()
    }

    const showDetails = () => {
      const name = items[current]?.name
      const set = machineSet()
      for (const [key, section] of sections) section.classList.toggle('current', key === menu.key)
      for (const article of sections.get(menu.key)?.querySelectorAll('article') ?? []) {
        const isCurrent = article.dataset.entry === name
        article.classList.toggle('current', isCurrent)
        if (!isCurrent) continue
        for (const variant of article.querySelectorAll('section.variant')) {
          if (variant instanceof HTMLElement) variant.hidden = (Number(variant.dataset.machines) & set) === 0
        }
      }
      for (const link of links) {
        if (!(link instanceof HTMLElement)) continue
        if (link.dataset.menu === menu.key) link.setAttribute('aria-current', 'page')
        else link.removeAttribute('aria-current')
      }
      crumbs.textContent = trail.map((step) => step.menu.name + ' › ').join('') + menu.name
      crumbs.hidden = trail.length === 0
    }

    const fragment = () => {
      const name = items[current]?.name
      const path = name === undefined ? menu.key : menu.key + '/' + name
      return '#' + encodeURIComponent(path).replaceAll('%2F', '/')
    }

    /** @param {boolean} isNew the browser's back button is to lead here */
    const remember = (isNew) => {
      if (fragment() === location.hash) return
      try {
        if (isNew) history.pushState(null, '', fragment())
        else history.replaceState(null, '', fragment())
      } catch {
        // some browsers allow only so many in a while
      }
    }

    /** @param {Menu} next @param {string} name */
    const open = (next, name) => {
      menu = next
      counting = true
      fill(name)
    }

    const readFragment = () => {
      let path = ''
      try {
        path = decodeURIComponent(location.hash.slice(1))
      } catch {
        // not one of ours
      }
      const slash = path.indexOf('/')
      const key = slash < 0 ? path : path.slice(0, slash)
      const name = slash < 0 ? '' : path.slice(slash + 1)
      const next = menus.get(key) ?? menu
      const last = trail.findLastIndex((step) => step.menu === next)
      if (last >= 0) trail = trail.slice(0, last)
      else if (next !== menu) trail = []
      const isHidden = next.items.some((item) => item.name === name) && !isShown(next, name)
      if (isHidden) {
        firmware.value = ''
        processor.value = ''
        limitProcessors()
        later.checked ||= !isShown(next, name)
      }
      open(next, name)
    }

    /** @param {Menu} next @param {string} name */
    const isShown = (next, name) => {
      const set = machineSet()
      return next.items.some((item) => item.name === name && ((later.checked ? item.later : item.first) & set) !== 0)
    }

    /** As iPXE moves: not past the ends, and over lines that cannot be selected. @param {number} delta */
    const move = (delta) => {
      if (current < 0) return
      const last = items.length - 1
      let step = delta < 0 ? -1 : 1
      let next = current + delta
      for (;;) {
        if (next < 0 || next > last) {
          next = next < 0 ? 0 : last
          step = next === 0 ? 1 : -1
        }
        if (items[next].name !== '') break
        next += step
      }
      current = next
    }

    const goBack = () => {
      const step = trail.pop()
      if (!step) return false
      open(step.menu, step.name)
      say('Back in ' + menu.name + '.')
      remember(true)
      return true
    }

    /** Opens the menu that comes next on the chosen machine. @param {Item['opens']} opens */
    const enter = (opens) => {
      const set = machineSet()
      const target = opens.find(([machines]) => (machines & set) !== 0)
      const next = target && menus.get(target[1])
      if (!next) return false
      const back = trail[trail.length - 1]
      if (back?.menu === next) return goBack()
      trail.push({ menu, name: items[current]?.name ?? '' })
      open(next, '')
      say(menu.name + ' is open.')
      remember(true)
      return true
    }

    /** What Enter does: opens the menu, or leads to what is known of the entry. */
    const activate = () => {
      const item = items[current]
      if (!item || enter(item.opens)) return
      const set = machineSet()
      if ((item.leaves & set) !== 0 && trail.length > 0) goBack()
      else {
        const article = sections.get(menu.key)?.querySelector('article.current')
        if (!(article instanceof HTMLElement)) return
        article.focus({ preventScroll: true })
        article.scrollIntoView({ block: 'nearest' })
      }
    }

    /** @param {string} key @returns {boolean} whether the menu has that key */
    const pick = (key) => {
      // iPXE looks from the selected item on, then from the top
      const order = [...items.slice(current), ...items.slice(0, current)]
      const item = order.find((candidate) => candidate.hotkey === key)
      if (!item) return false
      current = items.indexOf(item)
      if (item.name === '') move(1)
      return true
    }

    screen.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || current < 0) return
      const from = Math.floor(current / rows) * rows
      const wasCounting = counting
      const before = current
      let chosen = false
      switch (event.key) {
        case 'ArrowUp':
          move(-1)
          break
        case 'ArrowDown':
          move(1)
          break
        case 'PageUp':
          move(from - current - 1)
          break
        case 'PageDown':
          move(from - current + rows)
          break
        case 'Home':
          move(-items.length)
          break
        case 'End':
          move(items.length)
          break
        case 'Enter':
          chosen = true
          break
        case 'Escape':
          event.preventDefault()
          if (!enter(menu.escape.opens) && !goBack()) say('This is the first menu. ' + menu.escape.text)
          return
        default:
          if (event.key.length !== 1 || !pick(event.key)) return
          chosen = true
      }
      event.preventDefault()
      counting = false
      if (current !== before || wasCounting) show()
      remember(false)
      if (chosen) activate()
    })

    screen.addEventListener('click', (event) => {
      const row = event.target instanceof Element ? event.target.closest('[role=option]') : null
      if (!(row instanceof HTMLElement)) return
      const index = Number(row.dataset.index)
      const again = index === current
      current = index
      counting = false
      show()
      remember(false)
      if (again) activate()
    })

    document.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.target === screen || event.defaultPrevented) return
      if (event.target instanceof HTMLElement && event.target.closest('article, section.menu')) screen.focus()
    })

    const limitProcessors = () => {
      // there is no BIOS on arm64
      for (const option of processor.options) {
        option.disabled =
          option.value !== '' &&
          !data.machines.some(
            (machine) =>
              machine.processor === option.value && (firmware.value === '' || machine.firmware === firmware.value),
          )
        if (option.disabled && option.selected) processor.value = ''
      }
    }
    for (const control of [firmware, processor, later]) {
      control.addEventListener('change', () => {
        limitProcessors()
        say('')
        fill(items[current]?.name ?? '')
        remember(false)
      })
    }

    addEventListener('hashchange', readFragment)
    addEventListener('popstate', readFragment)
    readFragment()
    byId('console', HTMLElement).hidden = false
    root.classList.add('js')
    screen.focus({ preventScroll: true })
  }

  document.addEventListener('DOMContentLoaded', start)
})()
`

/** `preview/index.html`. Readable as it is; the script turns it into a screen to walk through. */
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import { diagnosticsHtml, entryHtml, entryLink, keyName, summaryHtml, textHtml } from './entry-html.js'
import { clientData } from './client-data.js'
import { type Html, html, scriptJson } from './html.js'
import { type ItemView, menuName, type MenuView } from './view.js'

export interface PageInput {
  title: string
  menus: readonly MenuView[]
  /** Of what no menu is about. */
  diagnostics: readonly Diagnostic[]
  /** What the entry script does when it shows no menu. */
  note: string | undefined
  /** There is a `play.html`. */
  played?: boolean
}

export function page({ title, menus, diagnostics, note, played = false }: PageInput): string {
  const byKey = new Map(menus.map((menu) => [menu.key, menu]))
  const entryCount = menus.reduce((sum, { entries }) => sum + entries.length, 0)
  const counts = [count(menus.length, 'menu', 'menus'), count(entryCount, 'entry', 'entries')].join(', ')
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src data:; base-uri 'none'; form-action 'none'"
        />
        <meta name="color-scheme" content="light dark" />
        <meta name="generator" content="ipxetool" />
        <title>${title}: boot menus</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="preview.css" />
        <script src="preview.js"></script>
      </head>
      <body>
        <header class="top">
          <div>
            <h1>${title}</h1>
            <p>What machines will show and do: ${counts}</p>
            ${played && html`<p><a href="play.html">Play it as a machine does</a></p>`}
          </div>
          <label class="theme" hidden
            >Colours
            <select id="theme">
              <option value="">as the system</option>
              <option value="light">light</option>
              <option value="dark">dark</option>
            </select></label
          >
        </header>
        ${
          menus.length > 0 &&
          html`<nav aria-label="Menus">
            <ul>
              ${menus.map((menu) => html`<li><a href="${entryLink(menu, undefined)}" data-menu="${menu.key}">${textHtml(menu.title.length === 0 ? [{ text: menu.key, setting: false }] : menu.title)}${machineNames(menu)}</a>${badge(menu)}</li>`)}
            </ul>
          </nav>`
        }
        <main>
          ${menus.length > 0 && consoleHtml()}
          <div id="menus">
            ${note !== undefined && html`<p class="empty">${note}</p>`}
            ${menus.map((menu) => menuHtml(menu, byKey))}
            ${
              diagnostics.length > 0 &&
              html`<section class="others" aria-labelledby="others">
                <h2 id="others">Other diagnostics</h2>
                ${diagnosticsHtml(diagnostics)}
              </section>`
            }
          </div>
        </main>
        <script type="application/json" id="data">
          ${scriptJson(clientData(menus))}
        </script>
      </body>
    </html> `.text
}

function count(number: number, one: string, many: string): string {
  return number === 1 ? `one ${one}` : `${number} ${many}`
}

/** Menus of machines mostly have the title of the menu that they begin with. */
function machineNames({ machines }: MenuView): string {
  if (machines.length === 0) return ''
  return machines.length === 1 ? ` (${machines[0]!})` : ` (${machines.length} machines)`
}

function badge(menu: MenuView): Html | false {
  const found = [...menu.diagnostics, ...menu.entries.flatMap(({ diagnostics }) => diagnostics)]
  const all = [...new Set(found)]
  const errors = all.filter(({ severity }) => severity === 'error').length
  const warnings = all.filter(({ severity }) => severity === 'warning').length + menu.warnings.length
  if (errors > 0) return html` <span class="badge error">${count(errors, 'error', 'errors')}</span>`
  return warnings > 0 && html` <span class="badge">${count(warnings, 'warning', 'warnings')}</span>`
}

/** Filled by the script; without it hidden. */
function consoleHtml(): Html {
  const choice = (name: string, legend: string, options: [value: string, text: string][]): Html =>
    html`<label
      >${legend}
      <select id="${name}">
        ${options.map(([value, text]) => html`<option value="${value}">${text}</option>`)}
      </select></label
    >`
  return html`<section id="console" hidden aria-label="The screen">
    <div class="machine">
      ${choice('firmware', 'Firmware', [
        ['uefi', 'UEFI'],
        ['bios', 'BIOS'],
        ['', 'any'],
      ])}
      ${choice('processor', 'Processor', [
        ['x86_64', '64-bit x86'],
        ['i386', '32-bit x86'],
        ['arm64', 'arm64'],
        ['', 'any'],
      ])}
      <label class="check"><input type="checkbox" id="later" /> With what appears only later</label>
    </div>
    <p id="crumbs"></p>
    <p id="unseen"></p>
    <div class="monitor">
      <div class="tube" id="tube">
        <div class="row" aria-hidden="true"></div>
        <div class="row title" id="title" aria-hidden="true"></div>
        <div class="row more" id="above" aria-hidden="true"></div>
        <div id="screen" role="listbox" tabindex="0" aria-label="Menu" aria-describedby="keys"></div>
        <div class="row more" id="below" aria-hidden="true"></div>
        <div class="row" aria-hidden="true"></div>
      </div>
    </div>
    <p id="keys">
      <kbd>↑</kbd> <kbd>↓</kbd> <kbd>Home</kbd> <kbd>End</kbd> <kbd>PgUp</kbd> <kbd>PgDn</kbd> move,
      <kbd>Enter</kbd> opens, <kbd>Esc</kbd> goes back, the key of an entry picks it.
    </p>
    <p id="status" role="status"></p>
  </section>`
}

function menuHtml(menu: MenuView, menus: ReadonlyMap<string, MenuView>): Html {
  return html` <section class="menu" id="${menu.key}" data-key="${menu.key}" aria-label="${menuName(menu)}">
    <h2>${textHtml(menu.title.length === 0 ? [{ text: menu.key, setting: false }] : menu.title)}</h2>
    <ul class="about">
      <li><code>${menu.path}</code></li>
      <li>${startHtml(menu)}</li>
      ${escapeHtml(menu, menus)} ${machinesHtml(menu)}
    </ul>
    ${!menu.isReached && html`<p class="warning"><b>Note:</b> no machine comes here from the entry script.</p>`}
    ${menu.warnings.map((warning) => html`<p class="warning"><b>Warning:</b> ${warning}</p>`)}
    ${diagnosticsHtml(menu.diagnostics)}
    <ol class="list">
      ${menu.items.map((item) => listItem(menu, item))}
    </ol>
    ${menu.entries.map((entry) => entryHtml(menu, entry, menus))}
  </section>`
}

/** More names than this say less. */
const shownMachines = 20

function machinesHtml({ machines }: MenuView): Html | undefined {
  const [first, ...others] = machines
  if (first === undefined) return undefined
  if (others.length === 0) return html`<li>Machine <code>${first}</code></li>`
  const names = machines
    .slice(0, shownMachines)
    .map((name, index) => html`${index > 0 && ', '}<code>${name}</code>`)
  const more = machines.length - shownMachines
  return html`<li>
    ${machines.length} machines, with the values of <code>${first}</code>:
    ${names}${more > 0 && ` and ${more} more`}
  </li>`
}

function startHtml({ timeout, initial, items }: MenuView): Html {
  if (timeout === undefined) return html`waits for ever`
  const first =
    items.find(({ name }) => name !== undefined && name === initial) ?? items.find(({ name }) => name)
  const wait = /^\d+$/.test(timeout) ? `${Number(timeout) / 1000} s` : `${timeout} ms`
  return html`starts <b>${textHtml(first?.label ?? [])}</b> after ${wait}`
}

function escapeHtml({ escape }: MenuView, menus: ReadonlyMap<string, MenuView>): Html | undefined {
  const [first] = escape
  return first && html`<li>Escape: ${summaryHtml(first, menus)}</li>`
}

function listItem(
  menu: MenuView,
  { name, label, hotkey, machines: only, onlyLater }: ItemView,
): Html | undefined {
  if (name === undefined)
    return label.length === 0
      ? undefined
      : html`<li class="gap">
          ${textHtml(label)}${onlyLater && html` <span class="note">not at first</span>`}
        </li>`
  const marks = [only === undefined ? undefined : `only on ${only}`, onlyLater ? 'not at first' : undefined]
    .filter((mark) => mark !== undefined)
    .join(', ')
  return html`<li>
    <a href="${entryLink(menu, name)}">${label.length === 0 ? name : textHtml(label)}</a
    >${hotkey !== undefined && html` <kbd>${keyName(hotkey)}</kbd>`}${marks !== '' && html` <span class="note">${marks}</span>`}
  </li>`
}

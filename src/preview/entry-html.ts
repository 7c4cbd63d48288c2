/** The part of the page about one entry. */
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import type { Entry } from '../model/schema.js'
import { shownSource } from '../model/problems.js'
import { type FetchedFile, formatSize } from './files.js'
import { needsHtml } from './needs-html.js'
import { type Html, html, type HtmlPart, spelled } from './html.js'
import { describeMachines } from './machines.js'
import { runsOfText, type TextRun } from './texts.js'
import type { Variant } from './variants.js'
import type { EntryView, MenuView } from './view.js'
import { menuName } from './view.js'

const kindNames: Readonly<Record<Entry['kind'], string>> = {
  linux: 'Linux kernel',
  coreos: 'Fedora CoreOS',
  flatcar: 'Flatcar',
  anaconda: 'Anaconda installer',
  debian: 'Debian installer',
  casper: 'Ubuntu live image',
  alpine: 'Alpine Linux',
  memtest: 'Memory test',
  wimboot: 'Windows PE',
  iso: 'Disk image',
  chain: 'Another loader',
  local: 'Local boot',
  shell: 'iPXE shell',
  settings: 'Settings editor',
  'network-test': 'Network test',
  'serial-test': 'Serial port test',
  reboot: 'Restart',
  poweroff: 'Power off',
  submenu: 'Submenu',
  separator: 'Separator',
  form: 'Questions',
  raw: 'Script lines',
}

/** `#menu/entry`; both parts as they stand in a URL. */
export function entryLink(menu: MenuView, name: string | undefined): string {
  const fragment = name === undefined ? menu.key : `${menu.key}/${name}`
  return `#${encodeURIComponent(spelled(fragment)).replaceAll('%2F', '/')}`
}

export function textHtml(runs: readonly TextRun[]): Html[] {
  return runs.map(({ text, setting }) =>
    setting ? html`<span class="setting">${text}</span>` : html`${text}`,
  )
}

export function entryHtml(menu: MenuView, view: EntryView, menus: ReadonlyMap<string, MenuView>): Html {
  const [item] = view.items
  const { entry } = view
  const needs = entry !== undefined && 'needs' in entry ? entry.needs : undefined
  const tags: HtmlPart[] = []
  if (item?.hotkey !== undefined) tags.push(html`<li>Key <kbd>${keyName(item.hotkey)}</kbd></li>`)
  if (entry) tags.push(html`<li>${kindNames[entry.kind]}</li>`)
  const only = describeMachines(view.items.reduce((set, { later }) => set | later, 0))
  if (only !== undefined) tags.push(html`<li class="only">Only on ${only}</li>`)
  if (view.items.every(({ onlyLater }) => onlyLater)) tags.push(html`<li class="only">Not at first</li>`)
  if (menu.initial === view.name && menu.timeout !== undefined) tags.push(html`<li>Default</li>`)
  const several = view.variants.length > 1
  return html` <article class="entry" id="${menu.key}/${view.name}" data-entry="${view.name}" tabindex="-1">
    <h3>
      ${view.items.map(({ label }, index) => html`${index > 0 && html` <span class="or">or</span> `}${label.length === 0 ? view.name : textHtml(label)}`)}
    </h3>
    ${
      tags.length > 0 &&
      html`<ul class="tags">
        ${tags}
      </ul>`
    }
    ${view.items.map(({ condition }) => condition !== undefined && html`<p class="condition">Shown when <code>${condition}</code></p>`)}
    ${diagnosticsHtml(view.diagnostics)}
    ${view.variants.length === 0 && html`<p class="summary">No machine of this page ever shows it.</p>`}
    ${view.variants.map((variant) => variantHtml(variant, several, needs?.memory, menus))}
    ${entry?.source && html`<p class="source">Written in <code>${shownSource(entry.source)}</code></p>`}
  </article>`
}

/** How a key is written on a page. */
export function keyName(key: string): string {
  const code = key.charCodeAt(0)
  if (code === 32) return 'Space'
  return code < 32 ? `Ctrl-${String.fromCharCode(code + 64)}` : key
}

function variantHtml(
  variant: Variant,
  several: boolean,
  memory: string | undefined,
  menus: ReadonlyMap<string, MenuView>,
): Html {
  const level = several ? 5 : 4
  const heading = (text: string): Html => (level === 5 ? html`<h5>${text}</h5>` : html`<h4>${text}</h4>`)
  const { args, files, blocks } = variant
  const words = args === undefined ? [] : args.split(' ').filter((word) => word !== '')
  const lineCount = blocks.reduce((sum, { lines }) => sum + lines.length, 0)
  return html` <section class="variant" data-machines="${variant.machines}">
    ${several && html`<h4>On ${describeMachines(variant.machines) ?? 'every machine'}</h4>`}
    <p class="summary">${summaryHtml(variant, menus)}</p>
    ${needsHtml(files, memory, variant.boot)}
    ${
      words.length > 0 &&
      html`${heading('Kernel arguments')}
        <p class="args">
          <code
            >${words.map((word, index) => html`${index > 0 && ' '}<span>${textHtml(runsOfText(word))}</span>`)}</code
          >
        </p>`
    }
    ${
      files.length > 0 &&
      html`${heading('Files')}
        <ul class="files">
          ${files.map(fileHtml)}
        </ul>`
    }
    ${
      blocks.length > 0 &&
      html`<details open>
        <summary>Script, ${lineCount === 1 ? 'one line' : `${lineCount} lines`}</summary>
        ${blocks.map(
          ({ path, lines }) =>
            html`<p class="path">${path}</p>
              <pre
                tabindex="0"
                role="region"
                aria-label="Lines of ${path}"
              ><code>${lines.map((line) => [lineHtml(line), '\n'])}</code></pre>`,
        )}
      </details>`
    }
  </section>`
}

export function summaryHtml({ opens, summary }: Variant, menus: ReadonlyMap<string, MenuView>): Html {
  const menu = opens === undefined ? undefined : menus.get(opens)
  return menu
    ? html`Opens the menu <a href="${entryLink(menu, undefined)}">${menuName(menu)}</a>.`
    : html`${summary}`
}

function lineHtml(line: string): Html {
  if (/^\s*#/.test(line)) return html`<span class="comment">${line}</span>`
  if (/^\s*:/.test(line)) return html`<span class="label">${line}</span>`
  return html`${textHtml(runsOfText(line))}`
}

const roleNames = { kernel: 'Kernel', initrd: 'Initrd', argument: 'In the arguments' } as const
const trustNames: Readonly<Record<string, string>> = {
  signed: 'signature checked',
  digest: 'digest checked',
  tls: 'came by TLS, not checked otherwise',
  none: 'not checked',
}

function fileHtml({ role, url, path, info, isFallback, name, note }: FetchedFile): Html {
  const lastPart = url.split('/').at(-1)
  return html`<li>
    <span class="role">${isFallback ? 'or else' : roleNames[role]}</span>
    <div>
      <code class="url">${textHtml(runsOfText(url))}</code>
      ${name !== undefined && !isFallback && name !== lastPart && html`<span class="note">named <code>${name}</code></span>`}
      ${note !== undefined && role === 'initrd' && html`<span class="note">goes to <code>${note}</code></span>`}
      ${
        info
          ? html`<span class="facts"
                ><b>${formatSize(info.size)}</b
                >${info.trust !== undefined && html` <span class="trust ${/^[a-z]+$/.test(info.trust) ? info.trust : ''}">${trustNames[info.trust] ?? info.trust}</span>`}
                <span class="note">${path === url ? info.origin : html`${path} · ${info.origin}`}</span></span
              ><code class="hash">sha256:${info.sha256}</code>`
          : html`<span class="note">${path === undefined ? 'not in this tree' : path}</span>`
      }
    </div>
  </li>`
}

export function diagnosticsHtml(diagnostics: readonly Diagnostic[]): Html | undefined {
  if (diagnostics.length === 0) return undefined
  return html`<ul class="diagnostics">
    ${diagnostics.map(({ severity, reason, note, ruleId, file, place }) => {
      const at = place ? `${file}:${place.start.line}:${place.start.column}` : file
      return html`<li class="${severity}">
        <p><b>${severity}</b> ${backquoted(reason)}</p>
        ${note !== undefined && html`<p>${backquoted(note)}</p>`}
        <p class="note">${at} · ${ruleId}</p>
      </li>`
    })}
  </ul>`
}

/** Diagnostics put what they quote in backquotes. */
function backquoted(text: string): Html[] {
  return text
    .split(/`([^`]*)`/)
    .map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))
}

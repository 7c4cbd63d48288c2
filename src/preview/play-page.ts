/** A page that plays scripts in a browser: a screen, a keyboard, and the simulator behind them. */
import { html } from './html.js'

export interface PlayPage {
  readonly title: string
  /** path of the script that runs first */
  readonly entry: string
  /** what machine it is, as the simulator's `makeMachine` takes it */
  readonly machine: object
  /** by path in the tree; of what is no script the beginning will do, with the size of all */
  readonly files: ReadonlyMap<string, { readonly data: Uint8Array; readonly size: number }>
  /** sizes of files in the tree that are not in the page: they are taken to be what the scripts take them for */
  readonly others: ReadonlyMap<string, number>
}

/** @param player the simulator for browsers, which is put into the page */
export function playPage(page: PlayPage, player: string): string {
  const policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"
  return whole(page, policy, '', {
    before: `<script>${inScript(player)}</script>`,
    after: `<script>${inScript(client)}</script>`,
  })
}

/** The same in two files for the preview. */
export function playFiles(page: PlayPage, player: string): { html: string; script: string } {
  const policy = "default-src 'none'; script-src 'self' file:; style-src 'unsafe-inline'"
  const back = '<p><a href="index.html">All menus</a></p>'
  return {
    html: whole(page, policy, back, { before: '', after: '<script src="play.js"></script>' }),
    script: `${player}\n${client}`,
  }
}

function whole(
  { files, others, ...page }: PlayPage,
  policy: string,
  head: string,
  scripts: { before: string; after: string },
): string {
  const held = [...files].map(([path, { size, data }]) => [path, { size, data: base64(data) }])
  const data = {
    ...page,
    files: Object.fromEntries(held) as object,
    others: Object.fromEntries(others) as object,
  }
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${html`${page.title}`.text}: played</title>
<style>${style}</style>
<main>
${head}
<pre id="screen" tabindex="0" aria-label="The screen of the machine"></pre>
<p><label>Firmware <select id="platform"><option value="efi">UEFI</option><option value="pcbios">BIOS</option></select></label>
<button id="again">Switch on again</button> <span id="ending" role="status"></span></p>
</main>
${scripts.before}
<script type="application/json" id="data">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
${scripts.after}
</html>
`
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** Code must not end the element that it stands in. */
function inScript(code: string): string {
  return code.replace(/<\/(?=script)/gi, '<\\/')
}

const style = `
body { margin: 1rem; font-family: sans-serif; background: #222; color: #ddd }
a { color: #9cf }
main { width: fit-content; max-width: 100%; margin: auto }
/* 80 characters of 0.6 em */
#screen { font: min(16px, calc((100vw - 3.5rem) / 48.5))/1.25 monospace; overflow: hidden; background: #000; color: #aaa; padding: .5rem; margin: 0; height: 31.25em }
#screen span { display: inline-block; height: 1.25em; vertical-align: top }
#ending { overflow-wrap: anywhere }
#screen:focus { outline: 2px solid #68a }
`

/** Draws what the simulator prints (80x25, the sequences that it uses), and hands it keys. */
const client = String.raw`'use strict'
;(() => {
  const { simulate, makeMachine, treeHost, treeBase, keys, endingWords } = ipxetoolSimulator
  const data = JSON.parse(document.getElementById('data').textContent)
  const screen = document.getElementById('screen')
  const ending = document.getElementById('ending')
  const platform = document.getElementById('platform')
  platform.value = data.machine.platform === 'pcbios' || data.machine.platform === 'bios' ? 'pcbios' : 'efi'
  const colours = ['#000', '#c33', '#3a3', '#a83', '#22a', '#a3a', '#3aa', '#ccc']
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  const files = new Map(Object.entries(data.files).map(([path, { size, data: text }]) => [path, { size, data: bytes(text) }]))

  let cells, row, column, pen, cursor
  const blank = () => Array.from({ length: 80 }, () => [' ', pen])
  const clear = () => { cells = Array.from({ length: 25 }, blank) }
  const reset = () => { pen = 'color:#aaa'; row = column = 0; cursor = true; clear() }
  const state = { fg: 9, bg: 9, bold: false, rgb: ['', ''] }
  const setPen = () => {
    const fg = state.rgb[0] || (state.fg > 7 ? '#aaa' : colours[state.fg])
    const bg = state.rgb[1] || (state.bg > 7 ? 'transparent' : colours[state.bg])
    pen = 'color:' + fg + ';background:' + bg + (state.bold ? ';font-weight:bold' : '')
  }
  const graphics = (numbers) => {
    for (let at = 0; at < numbers.length; at++) {
      const number = numbers[at]
      if (number === 0) Object.assign(state, { fg: 9, bg: 9, bold: false, rgb: ['', ''] })
      else if (number === 1) state.bold = true
      else if (number === 22) state.bold = false
      else if (number === 38 || number === 48) {
        state.rgb[number === 38 ? 0 : 1] = 'rgb(' + numbers.slice(at + 2, at + 5).join(',') + ')'
        at += 4
      } else if (number >= 30 && number < 40) { state.fg = number - 30; state.rgb[0] = '' }
      else if (number >= 40 && number < 50) { state.bg = number - 40; state.rgb[1] = '' }
    }
    setPen()
  }
  const down = () => { if (row < 24) row++; else { cells.shift(); cells.push(blank()) } }
  const write = (text) => {
    for (const [part, numbers, final] of text.matchAll(/\x1b\[\??([0-9;]*)([A-Za-z])|[^\x1b]|\x1b/g)) {
      if (final === 'H') [row, column] = [(Number(numbers.split(';')[0]) || 1) - 1, (Number(numbers.split(';')[1]) || 1) - 1]
      else if (final === 'J') clear()
      else if (final === 'm') graphics(numbers.split(';').map(Number))
      else if (final === 'h' || final === 'l') cursor = final === 'h'
      else if (part === '\n') { column = 0; down() }
      else if (part === '\r') column = 0
      else if (part === '\b') column = Math.max(0, column - 1)
      else if (part >= ' ') {
        if (column > 79) { column = 0; down() }
        cells[row][column++] = [part, pen]
      }
    }
    requestAnimationFrame(draw)
  }
  const draw = () => {
    const lines = cells.map((line, index) => {
      const spans = []
      let text = '', style = line[0][1]
      const flush = () => {
        if (!text) return
        const span = document.createElement('span')
        span.setAttribute('data-pen', style)
        span.style.cssText = style
        span.textContent = text
        spans.push(span)
        text = ''
      }
      line.forEach(([character, own], at) => {
        const here = cursor && index === row && at === column ? own + ';text-decoration:underline' : own
        if (here !== style) { flush(); style = here }
        text += character
      })
      flush()
      spans.push(document.createTextNode('\n'))
      return spans
    })
    screen.replaceChildren(...lines.flat())
  }

  let queue, wake, turn = 0
  const named = { ArrowUp: keys.up, ArrowDown: keys.down, ArrowLeft: keys.left, ArrowRight: keys.right, Home: keys.home,
    End: keys.end, PageUp: keys.pageUp, PageDown: keys.pageDown, Delete: keys.delete, Enter: keys.enter, Tab: keys.tab,
    Escape: keys.escape, Backspace: keys.backspace }
  screen.addEventListener('keydown', (event) => {
    if (event.altKey || event.metaKey) return
    const control = event.ctrlKey && /^[a-z]$/.test(event.key) ? event.key.charCodeAt(0) - 96 : undefined
    const key = named[event.key] ?? control ?? (event.key.length === 1 && !event.ctrlKey ? event.key.charCodeAt(0) : undefined)
    if (key === undefined || (key === keys.tab && event.shiftKey)) return
    event.preventDefault()
    queue.push(key)
    wake?.()
  })
  const nextKey = (timeout) => new Promise((resolve) => {
    const take = () => { clearTimeout(timer); wake = undefined; resolve(queue.length ? queue.shift() : 'none') }
    const timer = timeout > 0 ? setTimeout(take, timeout) : undefined
    wake = take
    if (queue.length) take()
  })

  const tree = treeHost({ files: (path) => files.get(path) })
  // files of the tree that are not in this page: they are taken to be what the script takes them for
  const there = (uri) => {
    const path = uri.startsWith(treeBase) ? uri.slice(treeBase.length).split('?')[0] : ''
    return Object.hasOwn(data.others, path) ? { data: new Uint8Array(), size: data.others[path], assumed: true } : undefined
  }

  const start = async () => {
    const own = ++turn
    queue = []
    wake = undefined
    reset()
    ending.textContent = ''
    screen.focus()
    const mine = (value) => own === turn ? value : new Promise(() => {})
    const report = await simulate({
      machine: makeMachine({ ...data.machine, platform: platform.value }),
      host: {
        ...tree,
        fetch: (request) => there(request.uri) ?? tree.fetch(request),
        menu: () => ({ draw: true }),
        line: () => ({ draw: true }),
        key: async ({ timeout }) => mine(await nextKey(timeout)),
        wait: async ({ time }) => mine(await nextKey(time)) && undefined,
        now: () => Date.now(),
        write: (text) => { if (own === turn) write(text) },
      },
      script: files.get(data.entry).data,
      uri: treeBase + data.entry,
      limits: { output: 1 << 28, time: Number.MAX_SAFE_INTEGER },
    })
    if (own === turn) ending.textContent = 'It ' + endingWords(report) + '.'
  }
  document.getElementById('again').addEventListener('click', start)
  platform.addEventListener('change', start)
  start()
})()
`

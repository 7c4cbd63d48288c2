/** `ipxetool run --page FILE`: one HTML file that plays a tree in a browser, with the same simulator. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { IpxetoolError } from '../diagnostics/error.js'
import type { MachineWish } from '../simulate/index.js'
import type { SimulatedTree } from './simulated-tree.js'

/** Made by scripts/bundle.mjs of `src/simulate`. */
const playerFile = fileURLToPath(new URL('../../dist/bundle/player.js', import.meta.url))

/** Files that are no scripts are given by their beginning, which tells a kernel from a text. */
const headSize = 1024

/** @param player the simulator for browsers; default: that of this program */
export async function playerPage(
  tree: SimulatedTree,
  machine: MachineWish,
  player?: string,
): Promise<string> {
  const files = tree.paths.flatMap((path) => {
    const file = tree.files(path)
    if (!file) return []
    const size = file.size ?? file.data.length
    const data = tree.scripts.includes(path) ? file.data : file.data.subarray(0, headSize)
    return [[path, { size, data: Buffer.from(data).toString('base64') }]]
  })
  const data = { entry: tree.entry, title: tree.title, machine, files: Object.fromEntries(files) as object }
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>${escaped(tree.title)}: played</title>
<style>${style}</style>
<main>
<pre id="screen" tabindex="0" aria-label="The screen of the machine"></pre>
<p><label>Firmware <select id="platform"><option value="efi">UEFI</option><option value="pcbios">BIOS</option></select></label>
<button id="again">Switch on again</button> <span id="ending" role="status"></span></p>
</main>
<script>${inScript(player ?? (await readPlayer()))}</script>
<script type="application/json" id="data">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
<script>${inScript(client)}</script>
</html>
`
}

async function readPlayer(): Promise<string> {
  try {
    return await readFile(playerFile, 'utf8')
  } catch (error) {
    throw new IpxetoolError('no-player', 'the simulator for browsers is not built', {
      hint: 'in a clone of ipxetool, run: npm run build',
      cause: error,
    })
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Code must not end the element that it stands in. */
function inScript(code: string): string {
  return code.replace(/<\/(?=script)/gi, '<\\/')
}

const style = `
body { margin: 1rem; font-family: sans-serif; background: #222; color: #ddd }
main { width: max-content; margin: auto }
#screen { font: 16px/1.25 monospace; background: #000; color: #aaa; padding: .5rem; margin: 0; height: 31.25em }
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
        ...treeHost({ files: (path) => files.get(path) }),
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

/**
 * A keystroke in the language server: from the change of one line of a 2,000-line script to the diagnostics, through the
 * real protocol with the built program.
 *
 *   npx tsx bench/editor.ts [LINES] [KEYS]
 */
import { spawn } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node.js'
import { ipxeScript } from './scripts.js'

const [lines = 2000, keys = 400] = process.argv.slice(2).map(Number)
const tool = fileURLToPath(new URL('../bin/ipxetool.js', import.meta.url))
const child = spawn(process.execPath, [tool, 'lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
const connection = createMessageConnection(
  new StreamMessageReader(child.stdout),
  new StreamMessageWriter(child.stdin),
)
let arrived: (() => void) | undefined
connection.onNotification('textDocument/publishDiagnostics', () => arrived?.())
connection.listen()
const uri = 'untitled:bench.ipxe'
const text = ipxeScript(lines)
const physical = text.split('\n')

/** Milliseconds until the diagnostics that `act` leads to. */
async function timed(act: () => Promise<void>): Promise<number> {
  const start = performance.now()
  const published = new Promise<void>((resolve) => (arrived = resolve))
  await act()
  await published
  return performance.now() - start
}

await connection.sendRequest('initialize', { processId: process.pid, rootUri: null, capabilities: {} })
await connection.sendNotification('initialized', {})
const opened = await timed(() =>
  connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri, languageId: 'ipxe', version: 1, text },
  }),
)
const times: number[] = []
for (let key = 0; key < keys; key++) {
  const line = (key * 7919) % (physical.length - 1)
  const character = physical[line]!.length
  const position = { line, character }
  // a letter, then the backspace that takes it away
  for (const [range, typed] of [
    [{ start: position, end: position }, 'x'],
    [{ start: position, end: { line, character: character + 1 } }, ''],
  ] as const) {
    times.push(
      await timed(() =>
        connection.sendNotification('textDocument/didChange', {
          textDocument: { uri, version: key + 2 },
          contentChanges: [{ range, text: typed }],
        }),
      ),
    )
  }
}
await connection.sendRequest('shutdown')
await connection.sendNotification('exit')
connection.dispose()

const sorted = times.sort((a, b) => a - b)
const at = (share: number): string => sorted[Math.floor(sorted.length * share)]!.toFixed(1)
console.log(
  `${physical.length - 1} lines, ${times.length} keystrokes: median ${at(0.5)} ms, 95 % below ${at(0.95)} ms, ` +
    `99 % below ${at(0.99)} ms; opened in ${opened.toFixed(0)} ms (${cpus().length} processors, load ${loadavg()[0]!.toFixed(1)})`,
)

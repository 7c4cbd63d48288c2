/** An editor: speaks the real protocol with `ipxetool lsp` in a process of its own. */
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node.js'
import type { PublishDiagnosticsParams, Position, Range } from 'vscode-languageserver'

const program = fileURLToPath(new URL('../e2e/run-cli.ts', import.meta.url))
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

export class Editor {
  readonly #connection: MessageConnection
  readonly #child
  readonly #published = new Map<string, PublishDiagnosticsParams[]>()
  readonly #waiting: (() => void)[] = []
  readonly #texts = new Map<string, { text: string; version: number }>()
  readonly ended: Promise<number | null>

  constructor(cwd: string, args: readonly string[] = []) {
    this.#child = spawn(process.execPath, ['--import', tsx, program, 'lsp', '--stdio', ...args], {
      cwd,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', resolve)
    })
    this.#connection = createMessageConnection(
      new StreamMessageReader(this.#child.stdout),
      new StreamMessageWriter(this.#child.stdin),
    )
    this.#connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
      const list = this.#published.get(params.uri) ?? []
      list.push(params)
      this.#published.set(params.uri, list)
      for (const wake of this.#waiting.splice(0)) wake()
    })
    this.#connection.listen()
  }

  async start(): Promise<unknown> {
    const result: unknown = await this.ask('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities: {},
    })
    await this.#connection.sendNotification('initialized', {})
    return result
  }

  ask<Result>(method: string, params: unknown): Promise<Result> {
    return this.#connection.sendRequest(method, params)
  }

  async open(uri: string, text: string): Promise<void> {
    this.#texts.set(uri, { text, version: 1 })
    const textDocument = { uri, languageId: 'ipxe', version: 1, text }
    await this.#connection.sendNotification('textDocument/didOpen', { textDocument })
  }

  /** Replaces a range, as typing does. */
  async change(uri: string, range: Range, text: string): Promise<void> {
    const known = this.#texts.get(uri)!
    known.version++
    await this.#connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: known.version },
      contentChanges: [{ range, text }],
    })
  }

  async save(uri: string): Promise<void> {
    await this.#connection.sendNotification('textDocument/didSave', { textDocument: { uri } })
  }

  /** The last diagnostics of a document, once they are as wanted; `line code`, lines from 0. */
  async diagnostics(uri: string, isWanted: (found: string[]) => boolean): Promise<PublishDiagnosticsParams> {
    for (;;) {
      const last = this.#published.get(uri)?.at(-1)
      if (last && isWanted(last.diagnostics.map(({ range, code }) => `${range.start.line} ${String(code)}`)))
        return last
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  at(uri: string, line: number, character: number): { textDocument: { uri: string }; position: Position } {
    return { textDocument: { uri }, position: { line, character } }
  }

  async stop(): Promise<number | null> {
    await this.ask('shutdown', undefined)
    await this.#connection.sendNotification('exit')
    const code = await this.ended
    this.#connection.dispose()
    return code
  }

  kill(): void {
    this.#child.kill()
  }
}

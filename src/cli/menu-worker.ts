/**
 * Runs menu files, in a thread of its own: they are programs, and a program may never end. Talks to
 * {@link ./load-menus.ts}; whatever a menu file prints goes where that sends it.
 */
import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { createJiti, type TransformOptions } from 'jiti'
import { MenuUses, usesModule, type MenuUse } from './menu-uses.js'

export interface MenuRequest {
  id: number
  /** Full path of the menu file. */
  file: string
}

export interface MenuAnswer {
  id: number
  /** JSON of what the file exports; absent when that is `undefined`. */
  json?: string
  differs?: boolean
  /** The first use of each kind in the first run. */
  uses?: MenuUse[]
  failure?: MenuFailure
}

/** What a menu file prints. */
export interface MenuOutput {
  printed: string
}

/** The thread is there and begins: from here on the time counts. */
export interface MenuStart {
  started: number
}

export interface MenuFailure {
  /**
   * `syntax`: no program at all; `data`: what it exports is no plain data; `exit`: it ends the process, with the
   * code in `message`; `background`: an error that nothing in the file catches or waits for.
   */
  kind: 'syntax' | 'thrown' | 'data' | 'exit' | 'background'
  name: string
  message: string
  /** The innermost place in code of the user's. */
  at?: Frame
}

export interface Frame {
  file: string
  line: number
  /** 1-based, UTF-16. */
  column: number
}

export interface MenuWorkerData {
  /** What `ipxetool/menu` is. */
  menuModule: string
}

const { menuModule } = workerData as MenuWorkerData
/** What was made of the user's files, by their path. */
const maps = new Map<string, { map: SourceMap; lines: string[] }>()
const transformed = new Map<string, string>()
const plain = createJiti(import.meta.url, { fsCache: false })

/** A parse error, as jiti hands it on. */
class MenuSyntaxError extends SyntaxError {
  readonly at: Frame

  constructor(message: string, at: Frame) {
    super(message)
    this.at = at
  }
}

function transform(options: TransformOptions): { code: string } {
  const { source, filename = '' } = options
  const key = `${filename}\0${String(options.async)}\0${source}`
  let code = transformed.get(key)
  if (code === undefined) {
    const made = plain.transform(options)
    const problem = /^exports\.__JITI_ERROR__ = (\{.*\})\s*$/s.exec(made)?.[1]
    if (problem !== undefined) {
      const { line, column, message } = JSON.parse(problem) as {
        line: number
        column: number
        message: string
      }
      throw new MenuSyntaxError(message.trim(), { file: filename, line, column: column + 1 })
    }
    // what wraps a module stands on its first line and would move the columns there
    code = `\n${made}`
    transformed.set(key, code)
    const map = /\/\/# sourceMappingURL=data:application\/json;[^,]*base64,(\S+)\s*$/.exec(made)?.[1]
    if (map !== undefined) {
      const payload = JSON.parse(Buffer.from(map, 'base64').toString()) as ConstructorParameters<
        typeof SourceMap
      >[0]
      maps.set(filename, { map: new SourceMap(payload), lines: source.split('\n') })
    }
  }
  return { code }
}

/** Where the user wrote what runs at a place. */
function original(frame: Frame): Frame {
  const made = maps.get(frame.file)
  const entry = made?.map.findEntry(frame.line - 2, frame.column - 1)
  if (!made || !entry || !('originalLine' in entry)) return frame
  const { originalLine, originalColumn } = entry
  // the call of an imported name has its place at the bracket
  const before = (made.lines[originalLine] ?? '').slice(0, originalColumn)
  const name = made.lines[originalLine]?.[originalColumn] === '(' ? /[\w$.]*$/.exec(before)![0] : ''
  return { file: frame.file, line: originalLine + 1, column: originalColumn + 1 - name.length }
}

/** Of an error whose stack was asked for, innermost first; also frames of Node.js and of packages. */
const framesOf = new WeakMap<object, Frame[]>()

// the helpers of ipxetool/menu, too, read from a stack where they were called
Error.prepareStackTrace = (error, sites) => {
  const frames: Frame[] = []
  const lines = sites.map((site) => {
    const name = site.getFunctionName() ?? '<anonymous>'
    const file = site.getFileName()
    const line = site.getLineNumber()
    const column = site.getColumnNumber()
    if (file === null || line === null || column === null) return `    at ${name}`
    const path = file.startsWith('file:') ? fileURLToPath(file) : file
    const at = original({ file: path, line, column })
    frames.push(at)
    return `    at ${name} (${at.file}:${at.line}:${at.column})`
  })
  framesOf.set(error, frames)
  const name = error instanceof Error ? error.name : 'Error'
  return [`${name}: ${error instanceof Error ? error.message : String(error)}`, ...lines].join('\n')
}

/** The stack is made when it is first asked for. */
function framesIn(error: Error): readonly Frame[] {
  return typeof error.stack === 'string' ? (framesOf.get(error) ?? []) : []
}

function isUsers({ file }: Frame): boolean {
  return file !== menuModule && !file.includes('/node_modules/') && maps.has(file)
}

function innermost(error: Error): Frame | undefined {
  return framesIn(error).find(isUsers)
}

/** Where the user's code calls a function, itself or through a package; not what Node.js and jiti do on their own. */
function callOf(error: Error): Frame | undefined {
  const [caller, ...others] = framesIn(error).filter(({ file }) => file !== usesModule)
  if (!caller || caller.file.startsWith('node:') || caller.file.includes('/node_modules/jiti/'))
    return undefined
  return [caller, ...others].find(isUsers)
}

async function run(file: string): Promise<string | undefined> {
  const jiti = createJiti(file, {
    fsCache: false,
    interopDefault: false,
    sourceMaps: true,
    alias: { 'ipxetool/menu': menuModule },
    transform,
  })
  const before = new Set(Object.keys(jiti.cache))
  try {
    const { default: exported } = await jiti.import<{ default?: unknown }>(file)
    let value: unknown = await exported
    while (typeof value === 'function') value = await (value as () => unknown)()
    try {
      return JSON.stringify(value)
    } catch (error) {
      throw new DataError(error instanceof Error ? error.message.split('\n')[0]! : String(error))
    }
  } finally {
    for (const key of Object.keys(jiti.cache)) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
      if (!before.has(key)) delete jiti.cache[key]
    }
  }
}

class DataError extends TypeError {}

function failureOf(error: unknown, file: string): MenuFailure {
  if (!(error instanceof Error)) {
    const at = onlyThrow(file)
    return { kind: 'thrown', name: '', message: String(error), ...(at && { at }) }
  }
  const message = error.message.split('\n')[0]!.replace(/\(0 , \w+\.([\w$]+)\)/, '$1')
  const { name } = error
  if (error instanceof MenuSyntaxError) return { kind: 'syntax', name, message, at: error.at }
  if (error instanceof DataError) return { kind: 'data', name, message }
  const at = innermost(error) ?? importOf(message, file)
  return { kind: 'thrown', name, message, ...(at && { at }) }
}

/** A module that is not there has no frame: the place of its name in the menu file. */
function importOf(message: string, file: string): Frame | undefined {
  const name = /Cannot find (?:module|package) '([^']+)'/.exec(message)?.[1]
  if (name === undefined) return undefined
  const lines = readFileSync(file, 'utf8').split('\n')
  const short = name.split('/').at(-1)!
  const line = lines.findIndex((text) => /\b(import|from|require)\b/.test(text) && text.includes(short))
  return line < 0 ? undefined : { file, line: line + 1, column: lines[line]!.search(/\S/) + 1 }
}

/** What is thrown without being an `Error` has no stack: the only line that could have done it. */
function onlyThrow(file: string): Frame | undefined {
  const lines = readFileSync(file, 'utf8').split('\n')
  const found = lines.flatMap((text, index) => {
    const column = text.search(/\bthrow (?!new )|\breject\(/)
    return column < 0 ? [] : [{ file, line: index + 1, column: column + 1 }]
  })
  return found.length === 1 ? found[0] : undefined
}

async function answer({ id, file }: MenuRequest): Promise<MenuAnswer> {
  current = { id, file, background: undefined }
  uses.take()
  let json: string | undefined
  try {
    json = await run(file)
    await settled()
  } catch (error) {
    return { id, failure: failureOf(error, file) }
  }
  const { background } = current
  if (background) return { id, failure: background }
  const found = uses.take()
  const again = await silently(() => run(file).catch(() => null))
  return { id, ...(json !== undefined && { json }), differs: again !== json, uses: found }
}

/** Promises that were refused and that nobody waits for are known after this turn. */
function settled(): Promise<void> {
  return new Promise((done) => setImmediate(done))
}

/** The second run would print everything twice. */
async function silently<Value>(action: () => Promise<Value>): Promise<Value> {
  isQuiet = true
  try {
    return await action()
  } finally {
    isQuiet = false
  }
}

let isQuiet = false
let current: { id: number; file: string; background: MenuFailure | undefined } | undefined
const port = parentPort!
const uses = new MenuUses(callOf)

// the thread's own streams would keep the process waiting for more
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk: string | Uint8Array): boolean => {
    const text = typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk)
    if (!isQuiet) port.postMessage({ printed: text } satisfies MenuOutput)
    return true
  }
}

function onBackground(error: unknown): void {
  if (current) current.background ??= { ...failureOf(error, current.file), kind: 'background' }
}
process.on('uncaughtException', onBackground)
process.on('unhandledRejection', onBackground)

const exit = process.exit.bind(process)
process.exit = (code) => {
  if (current) {
    const at = innermost(new Error())
    const message = String(code ?? process.exitCode ?? 0)
    const failure: MenuFailure = { kind: 'exit', name: '', message, ...(at && { at }) }
    port.postMessage({ id: current.id, failure } satisfies MenuAnswer)
  }
  return exit(code)
}

port.on('message', (request: MenuRequest) => {
  // while a menu file runs, only what it waits for keeps the thread going: nothing left means that it never ends
  port.unref()
  port.postMessage({ started: request.id } satisfies MenuStart)
  void answer(request).then((result) => {
    current = undefined
    port.ref()
    port.postMessage(result)
  })
})

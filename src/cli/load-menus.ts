/** Runs the user's `menus/*.ts` in a worker thread, with a limit of time and memory. */
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { LoadedMenuFile, MenuFileProblem } from '../project/host-menus.js'
import type { OutputStream } from './io.js'
import type { MenuAnswer, MenuFailure, MenuOutput, MenuRequest, MenuWorkerData } from './menu-worker.js'
import { stuckAt } from './stuck-at.js'

export interface MenuLoaderOptions {
  /** What relative paths start at. */
  cwd: string
  /** Gets what menu files print. */
  stderr: OutputStream
  /** Milliseconds for one file, both runs. Default 10,000. */
  limit?: number
}

const memoryLimit = 512
/** The worker stays for the next file, or the next build of a process that watches. */
const idleLimit = 5000

/** As frames of a stack name it. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** The sources under tsx, else what was built. */
function besides(name: string): string {
  const built = fileURLToPath(new URL(`${name}.js`, import.meta.url))
  return existsSync(built) ? built : fileURLToPath(new URL(`${name}.ts`, import.meta.url))
}

/** @returns a function for `ProjectHost.loadMenuFile`; one file runs at a time */
export function menuLoader(options: MenuLoaderOptions): (path: string) => Promise<LoadedMenuFile> {
  const loader = new MenuLoader(options)
  return (path) => loader.load(path)
}

class MenuLoader {
  readonly #options: Required<MenuLoaderOptions>
  #worker: Worker | undefined
  #idle: NodeJS.Timeout | undefined
  #last: Promise<unknown> = Promise.resolve()
  #id = 0

  constructor(options: MenuLoaderOptions) {
    this.#options = { limit: 10_000, ...options }
  }

  load(path: string): Promise<LoadedMenuFile> {
    const result = this.#last.then(() => this.#run(realPath(resolve(this.#options.cwd, path)), path))
    this.#last = result.catch(() => undefined)
    return result
  }

  async #run(file: string, path: string): Promise<LoadedMenuFile> {
    clearTimeout(this.#idle)
    const worker = (this.#worker ??= this.#start())
    worker.ref()
    const outcome = await this.#ask(worker, { id: ++this.#id, file })
    if ('problem' in outcome) {
      this.#worker = undefined
      await worker.terminate()
      return outcome
    }
    worker.unref()
    this.#idle = setTimeout(() => {
      this.#worker = undefined
      void worker.terminate()
    }, idleLimit).unref()
    const { json, differs, failure } = outcome
    if (failure) return { problem: problemOf(failure, file, path) }
    return { ...(json !== undefined && { value: JSON.parse(json) as unknown }), differs: differs === true }
  }

  #start(): Worker {
    const workerData: MenuWorkerData = { menuModule: besides('../model/dsl') }
    const script = besides('./menu-worker')
    // under tsx, which does not follow into threads, jiti runs the source of the worker too
    const isSource = script.endsWith('.ts')
    const jiti = JSON.stringify(createRequire(import.meta.url).resolve('jiti'))
    const bootstrap = `require(${jiti}).createJiti(${JSON.stringify(script)}).import(${JSON.stringify(script)})`
    const worker = new Worker(isSource ? bootstrap : script, {
      eval: isSource,
      workerData,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: memoryLimit },
    })
    return worker
  }

  #ask(worker: Worker, request: MenuRequest): Promise<MenuAnswer | { problem: MenuFileProblem }> {
    const { limit } = this.#options
    return new Promise((done) => {
      const finish = (outcome: MenuAnswer | { problem: MenuFileProblem }): void => {
        clearTimeout(timer)
        worker.off('message', onMessage).off('error', onError).off('exit', onExit)
        done(outcome)
      }
      const onMessage = (message: MenuAnswer | MenuOutput): void => {
        if ('printed' in message) this.#options.stderr.write(message.printed)
        else if (message.id === request.id) finish(message)
      }
      const onError = (error: unknown): void => {
        finish({ problem: brokenProblem(error, request.file) })
      }
      const onExit = (code: number): void => {
        finish({ problem: code === 0 || code === 13 ? waitingProblem(request.file) : exitProblem(code) })
      }
      const timer = setTimeout(() => {
        worker.off('exit', onExit)
        void stuckAt(worker, request.file).then((at) => {
          const seconds = limit >= 1000 ? `${limit / 1000} s` : `${limit} ms`
          finish({
            problem: {
              ruleId: 'menu-timeout',
              reason: `The menu file did not finish within ${seconds}`,
              note: at
                ? 'This is what it was doing. Does a loop never end?'
                : 'It waits for something: a server that does not answer, a timer that repeats?',
              ...(at ?? placeOfWaiting(request.file)),
            },
          })
        })
      }, limit)
      worker.on('message', onMessage).on('error', onError).on('exit', onExit)
      worker.postMessage(request)
    })
  }
}

/** What ended the whole thread. */
function brokenProblem(error: unknown, file: string): MenuFileProblem {
  const isMemory = (error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY'
  if (isMemory) {
    return {
      ruleId: 'menu-error',
      reason: `The menu file takes more than ${memoryLimit} MiB of memory`,
      note: 'Does a list grow without end?',
      line: 1,
      column: 1,
    }
  }
  const { name = '', message = String(error), stack = '' } = error instanceof Error ? error : {}
  const [, line = 1, column = 1] = stack.split(`(${file}:`)[1]?.match(/^(\d+):(\d+)\)/) ?? []
  return {
    ruleId: 'menu-error',
    reason: `The menu file fails: ${name === '' ? '' : `${name}: `}${message.split('\n')[0]!}`,
    note: 'It happened in the background, where nothing catches it.',
    line: Number(line),
    column: Number(column),
  }
}

function waitingProblem(file: string): MenuFileProblem {
  return {
    ruleId: 'menu-timeout',
    reason: 'The menu file waits for a promise that nothing can settle',
    note: 'No timer, request or file is open any more, so that it would wait for ever.',
    ...placeOfWaiting(file),
  }
}

function exitProblem(code: number): MenuFileProblem {
  return {
    ruleId: 'menu-error',
    reason: `The menu file ends the process (exit code ${code})`,
    note: 'It is loaded into ipxetool: export menus, or throw an error.',
    line: 1,
    column: 1,
  }
}

/** The only `await`, else the export. */
function placeOfWaiting(file: string): { line: number; column: number } {
  const lines = readFileSync(file, 'utf8').split('\n')
  const find = (pattern: RegExp): { line: number; column: number }[] =>
    lines.flatMap((text, index) => {
      const column = text.search(pattern)
      return column < 0 || /^\s*(\/\/|\*)/.test(text) ? [] : [{ line: index + 1, column: column + 1 }]
    })
  const [waiting, ...others] = find(/\bawait\b|\bnew Promise\b/)
  if (waiting && others.length === 0) return waiting
  return find(/\bexport default\b/)[0] ?? { line: 1, column: 1 }
}

function problemOf({ kind, name, message, at }: MenuFailure, file: string, path: string): MenuFileProblem {
  const place = at && { file: at.file.split(sep).join('/'), line: at.line, column: at.column }
  if (kind === 'data') {
    return {
      ruleId: 'menu-file',
      reason: `\`${path}\` exports something that is no plain data: ${message}`,
      note: 'Menus are objects, lists, texts, numbers and true or false.',
      line: 1,
      column: 1,
    }
  }
  const template = templateNote(kind, message, at ?? { file, line: 0 })
  return {
    ruleId: kind === 'syntax' ? 'menu-syntax' : 'menu-error',
    reason:
      kind === 'syntax'
        ? `This is not TypeScript: ${message.charAt(0).toLowerCase()}${message.slice(1)}`
        : `The menu file fails: ${name === '' ? '' : `${name}: `}${message}`,
    ...(template !== undefined && { note: template }),
    ...(place ?? { line: 1, column: 1 }),
  }
}

/** `${net0/mac}` between backquotes is JavaScript, which a person who thinks of iPXE does not expect. */
function templateNote(
  kind: MenuFailure['kind'],
  message: string,
  { file, line }: { file: string; line: number },
): string | undefined {
  const text = readFileSync(file, 'utf8')
  const name = /^(\S+) is not defined$/.exec(message)?.[1]
  const here = text.split('\n')[line - 1] ?? ''
  const isTemplate =
    name === undefined
      ? kind === 'syntax' && here.includes('`') && here.includes('${')
      : new RegExp(`\\$\\{\\s*${name.replace(/[$]/g, '\\$&')}\\b`).test(text)
  if (!isTemplate) return undefined
  return (
    'Between backquotes `${…}` is JavaScript. For a setting that the machine reads write ordinary quotes, ' +
    "'http://${next-server}/x', or \\${…}."
  )
}

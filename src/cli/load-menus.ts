/** Runs the user's `menus/*.ts` in a worker thread, with a limit of time and memory. */
import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Worker } from 'node:worker_threads'
import type { LoadedMenuFile, MenuFileProblem } from '../project/host-menus.js'
import type { OutputStream } from './io.js'
import type { MenuAnswer, MenuOutput, MenuRequest, MenuStart, MenuWorkerData } from './menu-worker.js'
import {
  brokenProblem,
  exitProblem,
  memoryLimit,
  memoryProblem,
  placeOf,
  problemOf,
  timeoutProblem,
  waitingProblem,
} from './menu-problems.js'
import { stuckAt } from './stuck-at.js'
import { besides, startThread } from '../files/thread.js'

export interface MenuLoaderOptions {
  /** What relative paths start at. */
  cwd: string
  /** Gets what menu files print. */
  stderr: OutputStream
  /** Milliseconds for one file, both runs, once the thread is there. Default 10,000. */
  limit?: number
}

const memoryInterval = 50
/** MiB of objects after which Node.js ends the thread, should it grow faster than we look. */
const heapLimit = 1024
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
    const { json, differs, failure, uses = [] } = outcome
    if (failure) {
      // half of what it started may still be going on
      this.#worker = undefined
      await worker.terminate()
      return { problem: await problemOf(failure, file, path) }
    }
    return {
      ...(json !== undefined && { value: JSON.parse(json) as unknown }),
      differs: differs === true,
      uses: uses.map(({ at, ...use }) => ({ ...use, ...placeOf(at) })),
    }
  }

  #start(): Worker {
    const workerData: MenuWorkerData = { menuModule: besides(new URL('../model/dsl', import.meta.url)) }
    const worker = startThread(new URL('./menu-worker', import.meta.url), {
      workerData,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: heapLimit },
    })
    // what happens between two files concerns nobody, but must not end this process
    worker.on('error', () => undefined)
    return worker
  }

  #ask(worker: Worker, request: MenuRequest): Promise<MenuAnswer | { problem: MenuFileProblem }> {
    const { limit } = this.#options
    return new Promise((done) => {
      const finish = (outcome: MenuAnswer | { problem: MenuFileProblem }): void => {
        clearTimeout(timer)
        clearInterval(memory)
        worker.off('message', onMessage).off('error', onError).off('exit', onExit)
        done(outcome)
      }
      const onMessage = (message: MenuAnswer | MenuOutput | MenuStart): void => {
        if ('started' in message) timer ??= setTimeout(onTimeout, limit)
        else if ('printed' in message) this.#options.stderr.write(message.printed)
        else if (message.id === request.id) finish(message)
      }
      const onError = (error: unknown): void => {
        finish({ problem: brokenProblem(error, request.file) })
      }
      const onExit = (code: number): void => {
        finish({ problem: code === 0 || code === 13 ? waitingProblem(request.file) : exitProblem(code) })
      }
      let timer: NodeJS.Timeout | undefined
      const onTimeout = (): void => {
        worker.off('exit', onExit)
        void stuckAt(worker).then((at) => {
          finish({ problem: timeoutProblem(limit, at, request.file) })
        })
      }
      const before = process.memoryUsage.rss()
      const memory = setInterval(() => {
        if (process.memoryUsage.rss() - before < memoryLimit * 2 ** 20) return
        clearInterval(memory)
        worker.off('error', onError).off('exit', onExit)
        void stuckAt(worker).then((at) => {
          finish({ problem: { ...memoryProblem, ...at } })
        })
      }, memoryInterval)
      worker.on('message', onMessage).on('error', onError).on('exit', onExit)
      worker.postMessage(request)
    })
  }
}

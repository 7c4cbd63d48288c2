/** Types of `menus/*.ts`, which nothing that runs TypeScript looks at: by the TypeScript that is installed. */
import { existsSync, realpathSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve, sep } from 'node:path'
import type { Worker } from 'node:worker_threads'
import { Diagnostic } from '../diagnostics/diagnostic.js'
import { isMenuFile } from '../project/files.js'
import { underRoot } from '../project/paths.js'
import { besides, startThread } from '../files/thread.js'
import type { TypeAnswer, TypeProblem, TypeRequest } from './type-worker.js'

/** Milliseconds after which a menu is as it is. */
const limit = 180_000

export interface TypeCheck {
  diagnostics: Diagnostic[]
  /** Why nothing was checked, for people who want to know. */
  skipped?: string
}

/** One run over a project, beside whatever else is done with it. */
export class TypeChecker {
  readonly #root: string
  readonly #result: Promise<TypeCheck>
  #worker: Worker | undefined
  #isStopped = false

  /**
   * @param root folder of `ipxetool.yaml` as the user knows it
   * @param beside where TypeScript is looked for when the project has none; default: beside ipxetool
   */
  constructor(root: string, cwd: string, beside: string = import.meta.url) {
    this.#root = root
    this.#result = this.#check(resolve(cwd, root), beside)
    // whoever waits for it hears of it
    this.#result.catch(() => undefined)
  }

  /** @param others what was found without types: what they say too is left out */
  async result(others: readonly Diagnostic[]): Promise<TypeCheck> {
    const { diagnostics, ...rest } = await this.#result
    return { ...rest, diagnostics: diagnostics.filter((diagnostic) => !isSaid(diagnostic, others)) }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#worker?.terminate()
  }

  async #check(folder: string, beside: string): Promise<TypeCheck> {
    const menus = join(folder, 'menus')
    const names = (await readdir(menus).catch(() => [])).filter(isMenuFile).sort()
    if (names.length === 0 || this.#isStopped) return { diagnostics: [] }
    const root = slashed(realpathSync(folder))
    const compilers = [join(menus, 'x.js'), beside].flatMap((from) => installed(from) ?? [])
    if (compilers.length === 0) return { diagnostics: [], skipped: 'TypeScript is not installed' }
    const configs = ['menus/tsconfig.json', 'tsconfig.json'].map((name) => `${root}/${name}`)
    const config = configs.find((path) => existsSync(path))
    const request: TypeRequest = {
      compilers,
      root,
      files: names.map((name) => slashed(realpathSync(join(menus, name)))),
      ...(config !== undefined && { config }),
      menuModule: besides(new URL('../model/dsl', import.meta.url)),
    }
    const answer = await this.#ask(request)
    if (typeof answer === 'string') return { diagnostics: [], skipped: answer }
    if (answer.version === undefined) {
      return { diagnostics: [], skipped: 'the TypeScript that is installed cannot be called by a program' }
    }
    return { diagnostics: answer.problems.flatMap((problem) => this.#diagnostic(problem, root)) }
  }

  #ask(request: TypeRequest): Promise<TypeAnswer | string> {
    const worker = startThread(new URL('./type-worker', import.meta.url), { workerData: request })
    this.#worker = worker
    return new Promise<TypeAnswer | string>((done) => {
      const timer = setTimeout(() => {
        done(`TypeScript did not finish within ${limit / 1000} s`)
      }, limit)
      worker.once('message', done)
      worker.once('error', (error) => {
        done(`TypeScript failed: ${error instanceof Error ? error.message : String(error)}`)
      })
      worker.once('exit', () => {
        clearTimeout(timer)
        done('TypeScript was stopped')
      })
    }).finally(() => worker.terminate())
  }

  #diagnostic({ file, start, end, code, message }: TypeProblem, root: string): Diagnostic[] {
    if (!file.startsWith(`${root}/`)) return []
    const [first = '', ...others] = message.split('\n').map((line) => line.trim())
    return [
      new Diagnostic({
        ruleId: 'typescript',
        severity: 'error',
        file: underRoot(this.#root, file.slice(root.length + 1)),
        reason: first.replace(/\.$/, ''),
        note: [...others, `TypeScript says so (TS${code}); the menu may work all the same.`].join(' '),
        place: { start, end },
      }),
    ]
  }
}

/** On the same line; and where a file is no TypeScript at all, what follows from that. */
function isSaid(diagnostic: Diagnostic, others: readonly Diagnostic[]): boolean {
  return others.some(
    ({ file, ruleId, severity, place }) =>
      file === diagnostic.file &&
      severity !== 'info' &&
      (ruleId === 'menu-syntax' ||
        (ruleId.startsWith('menu-') && place?.start.line === diagnostic.place?.start.line)),
  )
}

function installed(from: string): string | undefined {
  try {
    return createRequire(from).resolve('typescript')
  } catch {
    return undefined
  }
}

function slashed(path: string): string {
  return path.split(sep).join('/')
}

/** Worker threads with a program of this folder. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Worker, type WorkerOptions } from 'node:worker_threads'

/** A module by its path from this folder, without its ending: what was built, else the source under tsx. */
export function besides(name: string): string {
  const built = fileURLToPath(new URL(`${name}.js`, import.meta.url))
  return existsSync(built) ? built : fileURLToPath(new URL(`${name}.ts`, import.meta.url))
}

/** @param name as for {@link besides} */
export function startThread(name: string, options: WorkerOptions): Worker {
  const script = besides(name)
  // under tsx, which does not follow into threads, jiti runs the source of the worker too
  const isSource = script.endsWith('.ts')
  const jiti = JSON.stringify(createRequire(import.meta.url).resolve('jiti'))
  const bootstrap = `require(${jiti}).createJiti(${JSON.stringify(script)}).import(${JSON.stringify(script)})`
  return new Worker(isSource ? bootstrap : script, { ...options, eval: isSource })
}

/** Worker threads and child processes with a program of this package. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Worker, type WorkerOptions } from 'node:worker_threads'

/**
 * A module by its place without its ending, `new URL('./menu-worker', import.meta.url)`: what was built, else the source
 * under tsx.
 */
export function besides(place: URL): string {
  const path = fileURLToPath(place)
  return existsSync(`${path}.js`) ? `${path}.js` : `${path}.ts`
}

/** @param place as for {@link besides} */
export function startThread(place: URL, options: WorkerOptions): Worker {
  const script = besides(place)
  // under tsx, which does not follow into threads, jiti runs the source of the worker too
  const isSource = script.endsWith('.ts')
  const jiti = JSON.stringify(createRequire(import.meta.url).resolve('jiti'))
  const bootstrap = `require(${jiti}).createJiti(${JSON.stringify(script)}).import(${JSON.stringify(script)})`
  return new Worker(isSource ? bootstrap : script, { ...options, eval: isSource })
}

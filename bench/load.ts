/** The load client of the server benchmarks (load.c), and what goes with it. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BenchmarkRefused } from './harness.js'

/** What load.c prints. */
export interface Load {
  readonly seconds: number
  readonly bytes: number
  readonly clientCpu: number
  readonly medianClient: number
  readonly slowestClient: number
  readonly retries: number
  readonly windowsize: number
}

/** In a process of its own, and awaited: this one must not be in the way. */
export function runLoad(load: string, args: readonly string[]): Promise<Load> {
  const { status, stdout, stderr } = spawnSync(load, args, { encoding: 'utf8' })
  if (status !== 0) return Promise.reject(new BenchmarkRefused(`load ${args.join(' ')}: ${stderr.trim()}`))
  return Promise.resolve(JSON.parse(stdout) as Load)
}

export function compileLoad(folder: string): string {
  const out = join(folder, 'load')
  const source = fileURLToPath(new URL('load.c', import.meta.url))
  const { status, stderr } = spawnSync('cc', ['-O2', '-o', out, source], { encoding: 'utf8' })
  if (status !== 0)
    throw new BenchmarkRefused(`the load client cannot be compiled (apt-get install gcc): ${stderr}`)
  return out
}

export function versionOf(command: string, args: string[]): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  return /\d+\.\d[\w.]*/.exec(stdout + stderr)?.[0] ?? 'unknown'
}

/** In memory, where there is room. */
export async function roomyFolder(given: string): Promise<string> {
  const { bavail, bsize } = await statfs('/dev/shm').catch(() => ({ bavail: 0, bsize: 0 }))
  return bavail * bsize > 1e9 ? mkdtemp('/dev/shm/ipxetool-bench-') : mkdtemp(join(given, 'serve-'))
}

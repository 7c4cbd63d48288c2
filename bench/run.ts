/**
 * npm run bench [-- NAME…]: the benchmarks in bench/NAME.ts, by default all.
 * Each such file exports `benchmarks(folder)`, which may leave files in that temporary folder. Exit code 1 when one
 * refused to be timed.
 */
import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { cpus, loadavg, release, tmpdir, type } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BenchmarkRefused, measure, report, type Benchmark } from './harness.js'

const here = fileURLToPath(new URL('.', import.meta.url))
const notBenches = ['editor', 'harness', 'run', 'scripts', 'projects', 'servers', 'load']

async function main(wanted: readonly string[]): Promise<number> {
  const files = (await readdir(here)).filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -3))
  const known = files.filter((name) => !notBenches.includes(name)).sort()
  const unknown = wanted.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    console.error(`no benchmark is called ${unknown}; there are: ${known.join(', ')}`)
    return 2
  }
  // What is measured is the shipped program.
  const build = spawnSync(process.execPath, ['scripts/build.mjs'], {
    cwd: join(here, '..'),
    stdio: 'inherit',
  })
  if (build.status !== 0) return 1

  const processors = cpus()
  const machine = `${processors.length} x ${processors[0]?.model.trim() ?? 'unknown processor'}`
  console.log(
    `${machine}, ${type()} ${release()}, Node ${process.versions.node}, load ${loadavg()[0]!.toFixed(1)}\n`,
  )
  const folder = await mkdtemp(join(tmpdir(), 'ipxetool-bench-'))
  let refused = 0
  try {
    for (const name of wanted.length > 0 ? wanted : known) {
      const module = (await import(`./${name}.js`)) as {
        benchmarks(folder: string): AsyncIterable<Benchmark>
      }
      try {
        for await (const benchmark of module.benchmarks(folder)) console.log(`${await timed(benchmark)}\n`)
      } catch (error) {
        if (!(error instanceof BenchmarkRefused)) throw error
        console.error(`not measured: ${error.message}\n`)
        refused++
      }
    }
  } finally {
    await rm(folder, { recursive: true })
  }
  return refused > 0 ? 1 : 0

  async function timed(benchmark: Benchmark): Promise<string> {
    try {
      return report(benchmark, await measure(benchmark))
    } catch (error) {
      if (!(error instanceof BenchmarkRefused)) throw error
      refused++
      return `${benchmark.name}\n  not measured: ${error.message}`
    }
  }
}

process.exitCode = await main(process.argv.slice(2))

/**
 * `ipxetool compile` as a whole process beside plain make, with the source of iPXE that IPXETOOL_IPXE_SOURCE names and
 * the compiler of this machine: another script in a loader whose tree is warm. The first run of each compiles all; its
 * time is printed as it is, once. With IPXETOOL_BENCH_COLD=1 that is measured in rounds, too: minutes for each of twelve
 * runs.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BenchmarkRefused, type Benchmark, type Peer } from './harness.js'

const tool = fileURLToPath(new URL('../bin/ipxetool.js', import.meta.url))
const jobs = `-j${availableParallelism()}`

/** @param folder for trees and caches, 1 GB; the caller removes it */
export async function* benchmarks(folder: string): AsyncGenerator<Benchmark> {
  const source = process.env['IPXETOOL_IPXE_SOURCE']
  if (source === undefined || source === '') {
    console.log('compile: not measured, IPXETOOL_IPXE_SOURCE names no source of iPXE\n')
    return
  }
  const work = join(folder, 'compile')
  const plain = join(work, 'plain')
  await mkdir(work)
  await cp(source, plain, {
    recursive: true,
    preserveTimestamps: true,
    filter: (path) => !/^(?:\.git|bin|bin-.*)$/.test(basename(path)),
  })
  for (const target of ['bin-x86_64-efi/snponly.efi', 'bin/undionly.kpxe']) {
    const context: Context = { source, work, plain, target }
    // the first, untimed runs of these make the trees warm
    yield {
      name: `another script into ${target}, warm`,
      peers: [makePeer(context, 'incremental make', false), toolPeer(context, false)],
    }
    if (process.env['IPXETOOL_BENCH_COLD'] === '1') {
      yield {
        name: `${target} from nothing`,
        peers: [makePeer(context, 'plain make', true), toolPeer(context, true)],
      }
    }
  }
}

interface Context {
  readonly source: string
  readonly work: string
  readonly plain: string
  readonly target: string
}

let scripts = 0
/** Never the same twice: what was compiled before is not compiled again. */
async function newScript(path: string): Promise<string> {
  await writeFile(path, `#!ipxe\necho This is script ${++scripts}\nshell\n`)
  return path
}

function makePeer({ work, plain, target }: Context, name: string, isCold: boolean): Peer {
  const src = join(plain, 'src')
  return {
    name,
    version: `${versionOf('make')}, ${jobs}`,
    expect: 'the loader is there',
    run: async () => {
      const script = await newScript(join(work, 'plain.ipxe'))
      if (isCold) await rm(join(src, target.split('/')[0]!), { recursive: true, force: true })
      return timed(target, join(src, target), 'make', ['-s', jobs, target, `EMBED=${script}`], src)
    },
  }
}

function toolPeer({ source, work, target }: Context, isCold: boolean): Peer {
  return {
    name: 'ipxetool compile',
    version: versionOf(process.execPath, tool),
    expect: 'the loader is there',
    run: async () => {
      const script = await newScript(join(work, 'tool.ipxe'))
      const args = ['compile', '--quiet', '--source', source, '--engine', 'native', '--embed', script]
      const out = join(work, 'out')
      await rm(out, { recursive: true, force: true })
      const more = ['--target', basename(target), '--out', out, ...(isCold ? ['--rebuild'] : [])]
      return timed(target, join(out, basename(target)), process.execPath, [tool, ...args, ...more], work)
    },
  }
}

async function timed(target: string, file: string, command: string, args: string[], cwd: string) {
  await rm(file, { force: true })
  const env = { ...process.env, XDG_CACHE_HOME: join(cwd, '..', 'bench-cache') }
  const before = cpuOfChildren()
  const start = performance.now()
  const { status, stderr } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 2 ** 28,
  })
  const seconds = (performance.now() - start) / 1000
  const after = cpuOfChildren()
  const cpu = before === undefined || after === undefined ? undefined : after - before
  if (status !== 0) throw new BenchmarkRefused(`${command}: ${stderr.trim().slice(-500)}`)
  const bytes = await readFile(file).catch(() => Buffer.alloc(0))
  // firmware reads no more of a BIOS loader than that it is code
  const isRight = target.endsWith('.efi') ? bytes.toString('latin1', 0, 2) === 'MZ' : bytes.length > 50_000
  const name = command === 'make' ? 'make' : 'ipxetool compile'
  if (!compiled.has(`${name} ${target}`)) {
    compiled.add(`${name} ${target}`)
    console.log(
      `${target} from nothing, once: ${name} ${seconds.toFixed(1)} s, CPU ${cpu?.toFixed(1) ?? '?'} s`,
    )
  }
  return { seconds, cpu, output: isRight ? 'the loader is there' : `${file} is missing or too short` }
}

const compiled = new Set<string>()

/** Seconds of CPU of all processes that have ended below this one: user and system; Linux only. */
function cpuOfChildren(): number | undefined {
  if (process.platform !== 'linux') return undefined
  // proc(5): fields 16 and 17, in ticks of a hundredth of a second; the name before them may hold blanks
  const fields = readFileSync('/proc/self/stat', 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[13]) + Number(fields[14])) / 100
}

function versionOf(command: string, ...args: string[]): string {
  const { stdout } = spawnSync(command, [...args, '--version'], { encoding: 'utf8' })
  return /\d+\.\d[\w.]*/.exec(stdout)?.[0] ?? 'unknown'
}

/**
 * The simulator: every path of the example tree, and scripts per second beside a userspace build of iPXE, where
 * IPXETOOL_IPXE_ORACLE names one (test/confirm/syntax.test.ts says how it is made).
 */
import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import type * as Simulator from '../src/simulate/index.js'
import { BenchmarkRefused, commandPeer, functionPeer, type Benchmark, type Peer } from './harness.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const tool = join(root, 'bin', 'ipxetool.js')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const oracle = process.env['IPXETOOL_IPXE_ORACLE']

/** @param folder for the tree; the caller removes it */
export async function* benchmarks(folder: string): AsyncGenerator<Benchmark> {
  // Not the sources: what is shipped.
  const simulator = (await import(join(root, 'dist', 'simulate', 'index.js'))) as typeof Simulator
  yield await paths(simulator, folder)
  yield await oneRun(folder)
  yield scripts(simulator)
}

async function paths(simulator: typeof Simulator, folder: string): Promise<Benchmark> {
  const out = join(folder, 'out')
  const built = await execa('node', [tool, 'build', '--project', 'menus/example', '--out', out], {
    cwd: root,
    reject: false,
  })
  if (built.exitCode !== 0) throw new BenchmarkRefused(`the example does not build: ${built.stderr}`)
  const files = new Map<string, { data: Uint8Array }>()
  for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
    const full = join(entry.parentPath, entry.name)
    if (entry.isFile()) files.set(relative(out, full).split(sep).join('/'), { data: readFileSync(full) })
  }
  const machine = simulator.makeMachine({})
  const wanted = 1000
  const walk = (): string => {
    const ends: string[] = []
    while (ends.length < wanted) {
      const found = simulator.allPaths({
        files: (path) => files.get(path),
        entry: 'boot.ipxe',
        machine,
        net: 'tree',
      })
      ends.push(...found.map(({ picks, verdict }) => `${picks.join('>')} ${verdict}`))
    }
    return ends.slice(0, wanted).join('\n')
  }
  return {
    name: `every path of the example tree, in a running process, ${wanted} scenarios`,
    work: { amount: wanted, unit: 'scenarios' },
    peers: [functionPeer({ name: 'allPaths', version, work: walk, output: (text) => text, expect: walk() })],
  }
}

async function oneRun(folder: string): Promise<Benchmark> {
  const script = join(folder, 'one.ipxe')
  await writeFile(script, '#!ipxe\necho ${platform}\n')
  const node = { command: process.execPath, versionArgs: ['--version'] }
  return {
    name: 'run one script, whole process',
    peers: [
      await commandPeer({ name: 'node -e 0', ...node, args: ['-e', '0'], expect: '' }),
      await commandPeer({
        name: 'ipxetool run',
        command: process.execPath,
        args: [tool, 'run', script],
        versionArgs: [tool, '--version'],
        expect: (output: string) => output.startsWith('efi\n'),
      }),
    ],
    rounds: 15,
  }
}

/** The same script in one process each, and in the simulator both ways. */
function scripts(simulator: typeof Simulator): Benchmark {
  const source = `#!ipxe\nset n:int32 0\n:again\ninc n\niseq \${n} 500 || goto again\necho done \${n}\n`
  const peers: Peer[] = [
    functionPeer({
      name: 'simulator, in a running process',
      version,
      work: () =>
        simulator.simulateSync({
          machine: simulator.makeMachine({}),
          host: simulator.treeHost({ files: () => undefined }),
          script: source,
        }).output,
      output: (text) => text,
      expect: 'done 500\n',
    }),
  ]
  if (oracle !== undefined) {
    const settings = `b=${Buffer.from(source).toString('base64')}`
    peers.push({
      name: 'iPXE for Linux, whole process',
      version: 'of IPXETOOL_IPXE_ORACLE',
      expect: (output) => output.includes('done 500'),
      run: async () => {
        const started = performance.now()
        const { stdout } = await execa(oracle, ['--settings', settings], { stdin: 'pipe', reject: false })
        return { seconds: (performance.now() - started) / 1000, output: stdout }
      },
    })
  }
  return { name: 'a script of 1,500 commands', work: { amount: 1500, unit: 'commands' }, peers, rounds: 15 }
}

/**
 * `ipxetool build` as a whole process and under `--watch`, 100 menus and 1,000 or 10,000 machines; and a smaller one
 * beside Ansible's template module, which renders as many files of the same size in one run. It takes a good part of a
 * second for each, so that a thousand in six runs would take an hour: IPXETOOL_BENCH_MACHINES=1000 does it.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { BenchmarkRefused, commandPeer, type Benchmark, type Peer } from './harness.js'
import { machineName, projectText } from './projects.js'

const tool = fileURLToPath(new URL('../bin/ipxetool.js', import.meta.url))
const menus = 100

/** @param folder for the projects; the caller removes it */
export async function* benchmarks(folder: string): AsyncGenerator<Benchmark> {
  yield await besideAnsible(folder)
  for (const machines of [1_000, 10_000]) {
    const root = join(folder, `lab-${machines}`)
    const file = join(root, 'ipxetool.yaml')
    await mkdir(root)
    await writeFile(file, projectText({ menus, machines }))
    const name = `${menus} menus, ${machines.toLocaleString('en')} machines`
    const files = menus + machines + 1
    const build = await buildPeer(root)
    const peers = [build]
    yield { name: `build, whole process, ${name}`, work: { amount: files, unit: 'files' }, peers }
    console.log(`  peak memory of the whole process: ${peakMemory(root)}\n`)

    const watching = await Watching.start(root)
    try {
      yield {
        name: `build --watch, from an edit of ipxetool.yaml until the new tree is there, ${name}`,
        peers: [watching.peer(build.version, file)],
      }
    } finally {
      await watching.stop()
    }
  }
}

async function besideAnsible(folder: string): Promise<Benchmark> {
  const machines = Number(process.env['IPXETOOL_BENCH_MACHINES'] ?? 50)
  const size = { menus: Math.ceil(machines / 10), machines }
  const root = join(folder, 'lab-ansible')
  await mkdir(root)
  await writeFile(join(root, 'ipxetool.yaml'), projectText(size))
  const files = size.menus + machines + 1
  const peers = [await buildPeer(root)]
  const ansible = await ansiblePeer(folder, root, files)
  if (ansible) peers.push(ansible)
  else console.log('Ansible: not installed (`apt-get install ansible-core`)\n')
  return { name: `build, whole process, ${files} scripts`, work: { amount: files, unit: 'files' }, peers }
}

async function buildPeer(root: string): Promise<Peer> {
  const peer = await commandPeer({
    name: 'ipxetool build',
    command: process.execPath,
    args: [tool, 'build', '--quiet', '--no-color', '--project', root],
    versionArgs: [tool, '--version'],
    expect: '',
  })
  return {
    ...peer,
    run: async () => {
      await rm(join(root, 'out'), { recursive: true, force: true })
      return peer.run()
    },
  }
}

/** In MiB, of one build into nothing. */
function peakMemory(root: string): string {
  if (!existsSync('/usr/bin/time')) return 'not known without /usr/bin/time'
  const args = ['-f', '%M', process.execPath, tool, 'build', '--quiet', '--out', `${root}-memory`]
  const { stderr, status } = spawnSync('/usr/bin/time', [...args, '--project', root], { encoding: 'utf8' })
  if (status !== 0) throw new BenchmarkRefused(`build under /usr/bin/time: ${stderr}`)
  return `${Math.round(Number(stderr.trim()) / 1024)} MiB`
}

/** One process that goes on watching. */
class Watching {
  readonly #child
  readonly #lines: AsyncIterator<string>
  readonly #root: string
  #edits = 0

  private constructor(root: string) {
    this.#root = root
    this.#child = spawn(process.execPath, [tool, 'build', '--watch', '--project', root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  static async start(root: string): Promise<Watching> {
    const watching = new Watching(root)
    await watching.#built()
    return watching
  }

  async #built(): Promise<void> {
    for (;;) {
      const line = await this.#lines.next()
      if (line.done === true) throw new BenchmarkRefused('build --watch ended')
      if (line.value.startsWith('built in ')) return
    }
  }

  peer(version: string, file: string): Peer {
    return {
      name: 'ipxetool build --watch',
      version,
      expect: 'the edit is there',
      run: async () => {
        const before = await readFile(file, 'utf8')
        const label = `Release 5.1, edit ${++this.#edits}`
        // the preview of the edit before is written while nothing else is to do
        await new Promise((later) => setTimeout(later, 3000))
        const start = performance.now()
        await writeFile(file, before.replace(/Release 5\.1, [^\n"]*/, label))
        await this.#built()
        const seconds = (performance.now() - start) / 1000
        const script = await readFile(join(this.#root, 'out/menus/menu-5.ipxe'), 'utf8')
        return { seconds, output: script.includes(label) ? 'the edit is there' : 'the edit is missing' }
      },
    }
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.#child.once('exit', done))
    this.#child.kill('SIGTERM')
    await ended
  }
}

/** One play, one task, one loop, no facts, no new Python process per file where Ansible can do without. */
async function ansiblePeer(folder: string, root: string, files: number): Promise<Peer | undefined> {
  if (spawnSync('ansible-playbook', ['--version']).status !== 0) return undefined
  const home = join(folder, 'ansible')
  await mkdir(home)
  // what ipxetool writes for a machine, as a template
  const build = spawnSync(process.execPath, [tool, 'build', '--quiet', '--project', root], {
    encoding: 'utf8',
  })
  if (build.status !== 0) throw new BenchmarkRefused(`build of the template: ${build.stderr}`)
  const script = await readFile(join(root, `out/machines/${machineName(0)}.ipxe`), 'utf8')
  await writeFile(join(home, 'machine.j2'), script.replaceAll(machineName(0), '{{ item }}'))
  const out = join(home, 'out')
  const play = {
    hosts: 'localhost',
    connection: 'local',
    gather_facts: false,
    tasks: [
      { file: { path: out, state: 'directory' } },
      {
        template: { src: join(home, 'machine.j2'), dest: `${out}/{{ item }}.ipxe`, mode: '0644' },
        loop: Array.from({ length: files }, (_, number) => machineName(number)),
      },
    ],
  }
  await writeFile(join(home, 'play.json'), JSON.stringify([play]))
  const config =
    '[defaults]\nstdout_callback = minimal\ndisplay_ok_hosts = false\n[connection]\npipelining = true\n'
  await writeFile(join(home, 'ansible.cfg'), config)
  const run = [
    `cd '${home}'`,
    'ANSIBLE_CONFIG=ansible.cfg ansible-playbook -i localhost, play.json > log 2>&1 || { tail -n 5 log; exit 1; }',
    'ls out | wc -l',
  ].join(' && ')
  const peer = await commandPeer({
    name: 'ansible template',
    command: 'sh',
    args: ['-c', run],
    versionArgs: ['-c', 'ansible-playbook --version'],
    expect: (output) => Number(output) === files,
  })
  return {
    ...peer,
    run: async () => {
      await rm(out, { recursive: true, force: true })
      return peer.run()
    },
  }
}

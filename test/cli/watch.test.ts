import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isIgnored } from '../../src/cli/watch.js'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const tsx = fileURLToPath(import.meta.resolve('tsx'))

const project = `variables:
  name: { type: string, value: lab }
menus:
  - id: main
    title: $<name>
    entries:
      - { kind: local, id: disk, label: The disk }
      - { kind: raw, id: more, label: More, script: '# ipxetool include parts/_more.ipxe' }
`

class Watching {
  stdout = ''
  stderr = ''
  readonly child: ChildProcess
  readonly #waiting = new Set<() => void>()

  constructor(root: string, args: readonly string[] = []) {
    const code = `const { main } = await import(${JSON.stringify(main)}); process.exitCode = await main(process.argv.slice(1))`
    const command = ['--import', tsx, '--input-type=module', '-e', code, '--', 'build', '--watch', ...args]
    this.child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const name of ['stdout', 'stderr'] as const) {
      this.child[name]!.on('data', (data: Buffer) => {
        this[name] += data.toString()
        for (const look of this.#waiting) look()
      })
    }
    this.child.once('exit', () => {
      for (const look of this.#waiting) look()
    })
  }

  /** Waits until a test of what was printed so far holds. */
  until(what: string, test: () => boolean): Promise<void> {
    return new Promise((done, fail) => {
      const look = (): void => {
        if (test()) {
          this.#waiting.delete(look)
          done()
        } else if (this.child.exitCode !== null) {
          this.#waiting.delete(look)
          fail(new Error(`ended before ${what}: ${this.stdout}${this.stderr}`))
        }
      }
      this.#waiting.add(look)
      look()
    })
  }

  get builds(): number {
    return this.stdout.split('\n').filter((line) => line.startsWith('built in ')).length
  }

  builtAfter(count: number): Promise<void> {
    return this.until(`build ${count + 1}`, () => this.builds > count)
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exit = once(this.child, 'exit')
      this.child.kill(signal)
      await exit
    }
    return this.child.exitCode
  }
}

describe('build --watch', function () {
  // whole processes, which run the sources
  this.timeout(120_000)
  let root = ''
  let running: Watching | undefined

  beforeEach(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'ipxetool-watch-')))
    await mkdir(join(root, 'parts'))
    await writeFile(join(root, 'ipxetool.yaml'), project)
    await writeFile(join(root, 'parts/_more.ipxe'), '#!ipxe\necho first\n')
  })
  afterEach(async () => {
    await running?.stop('SIGKILL')
    running = undefined
    await rm(root, { recursive: true, force: true })
  })

  const start = async (): Promise<Watching> => {
    running = new Watching(root)
    await running.builtAfter(0)
    return running
  }
  const script = () => readFile(join(root, 'out/boot.ipxe'), 'utf8')

  it('builds, then writes what an edit makes, and ends with 0 on SIGTERM', async () => {
    const watching = await start()
    assert.match(await script(), /menu lab/)
    await writeFile(join(root, 'ipxetool.yaml'), project.replace('value: lab', 'value: hall'))
    await watching.builtAfter(1)
    assert.match(await script(), /menu hall/)
    assert.match(watching.stdout, /built in \d+\.\d\d s after ipxetool\.yaml: \d+ files\n/)
    assert.equal(await watching.stop(), 0)
    assert.equal(watching.stderr, '')
  })

  it('follows an included file that an editor replaces by renaming, and the preview follows too', async () => {
    const watching = await start()
    const preview = join(root, 'out/preview/index.html')
    await writeFile(join(root, 'parts/._more.ipxe.swp'), 'x')
    await writeFile(join(root, 'parts/_more.ipxe~'), '#!ipxe\necho second\n')
    await rename(join(root, 'parts/_more.ipxe~'), join(root, 'parts/_more.ipxe'))
    await watching.builtAfter(1)
    assert.match(await script(), /echo second/)
    for (;;) {
      if ((await readFile(preview, 'utf8')).includes('echo second')) break
      await new Promise((next) => setTimeout(next, 20))
    }
    assert.equal(await watching.stop('SIGINT'), 0)
  })

  it('says why a broken edit is not built, keeps the tree, and goes on when it is repaired', async () => {
    const watching = await start()
    const before = await script()
    await writeFile(join(root, 'parts/_more.ipxe'), '#!ipxe\necko first\n')
    await watching.builtAfter(1)
    assert.match(watching.stderr, /parts\/_more\.ipxe:2:1 error unknown-command/)
    assert.match(watching.stdout, /built in \S+ s after parts\/_more\.ipxe: errors, the tree stays as it was/)
    assert.equal(await script(), before)
    await writeFile(join(root, 'ipxetool.yaml'), 'menus: [')
    await watching.builtAfter(2)
    assert.match(watching.stderr, /ipxetool\.yaml:\d+:\d+ error project-yaml/)
    await writeFile(join(root, 'parts/_more.ipxe'), '#!ipxe\necho third\n')
    await writeFile(join(root, 'ipxetool.yaml'), project)
    await watching.until('the repair', () => /: \d+ files\n$/.test(watching.stdout))
    assert.match(await script(), /echo third/)
    assert.equal(await watching.stop(), 0)
  })

  it('joins bursts, and is not woken by what it writes', async () => {
    const watching = await start()
    for (let count = 0; count < 20; count++) {
      await writeFile(join(root, `parts/_part-${count}.ipxe`), `#!ipxe\necho ${count}\n`)
    }
    await writeFile(join(root, 'parts/_more.ipxe'), '#!ipxe\necho last\n')
    await watching.until('the last of the burst', () =>
      /_part-19|and \d+ more|_more\.ipxe/.test(watching.stdout),
    )
    // the edit after it is one more build, and there is none in between
    await watching.until('the burst', () => watching.builds > 1)
    for (;;) {
      if ((await script().catch(() => '')).includes('echo last')) break
      await new Promise((next) => setTimeout(next, 20))
    }
    const count = watching.builds
    assert.ok(count < 10, `${count} builds`)
    const { ino } = await stat(join(root, 'out/preview/preview.css'))
    await writeFile(join(root, 'ipxetool.yaml'), project.replace('value: lab', 'value: last'))
    await watching.until('the last edit', () => watching.stdout.includes('after ipxetool.yaml'))
    assert.match(await script(), /menu last/)
    assert.ok(watching.builds <= count + 2, watching.stdout)
    assert.doesNotMatch(watching.stdout, /after (out|\.out)/)
    // what is the same stays the same file
    assert.equal((await stat(join(root, 'out/preview/preview.css'))).ino, ino)
    assert.equal(await watching.stop(), 0)
  })
})

describe('what --watch ignores', () => {
  const root = '/lab'
  const out = '/lab/out'
  it('is what the build makes and what editors keep for themselves', () => {
    for (const path of [
      ...['out', 'out/boot.ipxe', '.out.ipxetool-new', '.out.ipxetool-new/boot.ipxe', '.out.ipxetool-lock'],
      ...[
        '.git',
        '.git/index',
        'node_modules/x/y.js',
        'menus/.main.ts.swp',
        'menus/main.ts~',
        'menus/#main.ts#',
      ],
    ]) {
      assert.equal(isIgnored(`${root}/${path}`, root, out), true, path)
    }
  })
  it('is nothing of the project', () => {
    for (const path of [
      'ipxetool.yaml',
      'menus/main.ts',
      'boot.ipxe',
      'static/a',
      'configs/x.ign',
      'outer/x.ipxe',
    ]) {
      assert.equal(isIgnored(`${root}/${path}`, root, out), false, path)
    }
  })
})

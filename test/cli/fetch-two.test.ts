/** Fetches in processes of their own: two on one tree, and one that is interrupted. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { execa } from 'execa'
import { startMirror } from '../fetch/mirror/mirror.js'
import { cliArguments } from '../e2e/cli.js'
import { fetchBench, type FetchBench } from './fetch-bench.js'

describe('fetch in processes', function () {
  this.timeout(120_000)
  let bench: FetchBench
  beforeEach(async () => {
    bench = await fetchBench()
  })
  afterEach(() => bench.close())

  const start = (mirror: string) =>
    execa(
      process.execPath,
      cliArguments(['fetch', 'coreos', 'stable', '--mirror', mirror, '--catalog', 'catalog.yaml']),
      {
        cwd: bench.folder,
        env: { HOME: bench.folder, XDG_CACHE_HOME: bench.path('.cache'), NO_PROXY: '127.0.0.1' },
        reject: false,
      },
    )

  /** Serves the same, so slowly that there is time. */
  const slow = () =>
    startMirror({ files: bench.mirror.files, faults: [{ on: /rootfs.*img$/, rate: 40_000 }] })

  it('the second on one tree says for whom it waits, and both succeed', async () => {
    const mirror = await slow()
    try {
      const first = start(mirror.url)
      await seen(() => mirror.requests.some(({ path }) => path.endsWith('rootfs.x86_64.img')))
      const second = start(mirror.url)
      const [one, two] = await Promise.all([first, second])
      assert.equal(one.exitCode, 0, one.stderr)
      assert.equal(two.exitCode, 0, two.stderr)
      assert.match(
        two.stderr,
        new RegExp(`waiting for process ${first.pid!} on \\S+, which is fetching into`),
      )
      assert.match(two.stderr, /was in the store/)
      assert.ok(!readdirSync(bench.folder).some((name) => name.includes('fetch.lock')))
    } finally {
      await mirror.close()
    }
  })

  it('Ctrl-C: says so, exit 1, what has come is kept, and the next run asks for the rest', async () => {
    const mirror = await slow()
    const partial = bench.path('.cache/ipxetool/store/v1/partial')
    try {
      const first = start(mirror.url)
      await seen(() =>
        mirror.requests.some(({ path, sent }) => path.endsWith('rootfs.x86_64.img') && sent > 20_000),
      )
      first.kill('SIGINT')
      const { exitCode, stderr } = await first
      assert.equal(exitCode, 1, stderr)
      assert.match(stderr, /interrupted: what has come is kept, and the next fetch goes on from there/)
      assert.ok(readdirSync(partial).some((name) => name.endsWith('.part')))
      assert.equal(bench.lock(), '')
      bench.mirror.requests.length = 0
      const { code, stderr: said } = await bench.fetchStable()
      assert.equal(code, 0, said)
      assert.match(said, /goes on at/)
      const again = bench.mirror.requests.find(({ path }) => path.endsWith('rootfs.x86_64.img'))!
      assert.ok(again.from > 0 && again.sent < bench.roles.rootfs.length, JSON.stringify(again))
    } finally {
      await mirror.close()
    }
  })

  const closed: [string, string][] = [['a file in the way of the tree', 'catalog.yaml/tree']]
  for (const [what, dest] of closed) {
    it(`${what} is one sentence`, async () => {
      const { code, stderr } = await bench.fetchStable('--dest', dest)
      assert.equal(code, 1)
      assert.match(stderr, /^ipxetool: .*(cannot be made|permission|read-only).*\n/)
    })
  }
})

async function seen(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20))
}

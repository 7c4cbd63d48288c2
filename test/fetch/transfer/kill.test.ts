/** KILLS=200 npx mocha test/fetch/transfer/kill.test.ts */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hashFile, Store } from '../../../src/fetch/store.js'
import { randomBytes, sha256 } from '../mirror/bytes.js'
import { startMirror } from '../mirror/mirror.js'

const kills = Number(process.env['KILLS'] ?? 8)
const size = 12_000_000
const child = fileURLToPath(new URL('kill-child.ts', import.meta.url))

describe('kill -9 in the middle of a download', () => {
  it(`${kills} times: no wrong file at its final name, no written byte fetched again`, async function () {
    this.timeout(kills * 20_000)
    const folder = await mkdtemp(join(tmpdir(), 'ipxetool-kill-'))
    const file = join(folder, 'store')
    const bytes = randomBytes(size, 1)
    const digest = sha256(bytes)
    const mirror = await startMirror({ files: new Map([['/file', bytes]]), faults: [{ rate: 12_000_000 }] })
    let killed = 0
    let whole = 0
    let resumed = 0
    let again = 0
    try {
      while (killed < kills) {
        const store = await Store.open(file)
        const before = await partSize(store)
        const requests = mirror.requests.length
        // at a place in the file, or at any moment, from the first instruction on
        const wasKilled = await runChild(
          [file, `${mirror.url}/file`, digest],
          Math.random() < 0.8 ? { bytes: Math.random() * size } : { milliseconds: Math.random() * 3000 },
        )
        for (const stored of await store.list()) {
          assert.equal(stored.sha256, digest)
          assert.equal(await hashFile(stored.path), digest, 'what has its final name is right')
        }
        const [first] = mirror.requests.slice(requests)
        if (first !== undefined) {
          assert.equal(first.from, before, 'goes on where the bytes on the disk end')
          if (before > 0) resumed++
          const last = mirror.requests.slice(requests).at(-1)!
          if ((await store.get(digest)) === undefined)
            again += last.from + last.sent - (await partSize(store))
        }
        if (wasKilled) killed++
        if ((await store.get(digest)) !== undefined) {
          whole++
          await store.prune([])
        } else if (!wasKilled) assert.fail('it ended by itself without the file')
      }
      assert.ok(resumed > 0)
      if (process.env['KILLS']) {
        console.log(
          `      ${killed} kills, ${resumed} resumed, ${whole} whole; sent but not written: ${again} bytes`,
        )
      }
      // the lock of a killed one is in nobody's way, and nothing else stays
      const store = await Store.open(file)
      await runChild([file, `${mirror.url}/file`, digest], { milliseconds: Infinity })
      assert.deepEqual(await readdir(store.partialFolder), [])
      assert.equal((await store.list())[0]?.sha256, digest)
    } finally {
      await mirror.close()
      await rm(folder, { recursive: true, force: true })
    }
  })
})

/** What a later run may count on: the state must name the file that the bytes are of. */
async function partSize(store: Store): Promise<number> {
  const names = await readdir(store.partialFolder)
  const part = names.find((name) => name.endsWith('.part'))
  if (part === undefined || !names.some((name) => name.endsWith('.json'))) return 0
  return (await stat(join(store.partialFolder, part))).size
}

/** @returns whether it was killed */
function runChild(args: string[], when: { bytes?: number; milliseconds?: number }): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, ['--import', 'tsx', child, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let complaint = ''
    let timer: NodeJS.Timeout | undefined
    running.stderr.on('data', (text: Buffer) => (complaint += text.toString()))
    running.stdout.on('data', (text: Buffer) => {
      const { bytes, milliseconds } = when
      if (milliseconds !== undefined && milliseconds < Infinity) {
        timer ??= setTimeout(() => running.kill('SIGKILL'), milliseconds)
      }
      const received = Number(text.toString().trim().split('\n').at(-1))
      if (bytes !== undefined && received >= bytes) running.kill('SIGKILL')
    })
    running.on('error', reject)
    running.on('close', (code, signal) => {
      clearTimeout(timer)
      if (signal === 'SIGKILL') resolve(true)
      else if (code === 0) resolve(false)
      else reject(new Error(complaint || `ended with ${code ?? signal}`))
    })
  })
}

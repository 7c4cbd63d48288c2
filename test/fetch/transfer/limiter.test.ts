import assert from 'node:assert/strict'
import { rateLimiter } from '../../../src/fetch/transfer/limiter.js'
import { downloadAll } from '../../../src/fetch/transfer/download-all.js'
import { randomBytes } from '../mirror/bytes.js'
import { startMirror } from '../mirror/mirror.js'
import { workbench } from './workbench.js'

describe('the rate limit', () => {
  /** Time passes only while somebody sleeps. */
  function clock() {
    const state = {
      time: 0,
      now: () => state.time,
      sleep: (milliseconds: number) => {
        state.time += milliseconds
        return Promise.resolve()
      },
    }
    return state
  }

  it('lets a quarter of a second through at once, then as much as the rate', async () => {
    const { now, sleep } = clock()
    const limiter = rateLimiter(1000, sleep, now)
    await limiter.take(250)
    assert.equal(now(), 0)
    await limiter.take(500)
    assert.equal(now(), 500)
    await limiter.take(1000)
    assert.equal(now(), 1500)
  })

  it('is shared by those who ask at the same time', async () => {
    const { now, sleep } = clock()
    const limiter = rateLimiter(1000, sleep, now)
    await Promise.all(Array.from({ length: 10 }, async () => limiter.take(100)))
    assert.equal(now(), 750)
  })

  it('saves no more than a quarter of a second while nobody asks', async () => {
    const time = clock()
    const limiter = rateLimiter(1000, time.sleep, time.now)
    time.time = 60_000
    await limiter.take(1250)
    assert.equal(time.now(), 61_000)
  })

  for (const direct of [true, false]) {
    it(`counts all bytes of all files${direct ? '' : ', by undici'}`, async () => {
      const bench = await workbench({ direct })
      const files = new Map(['/a', '/b', '/c'].map((path, index) => [path, randomBytes(400_000, index)]))
      const mirror = await startMirror({ files })
      try {
        const requests = [...files.keys()].map((path) => ({ urls: [`${mirror.url}${path}`] }))
        // nothing fills up meanwhile at that rate, so every wait is what is owed by then
        await downloadAll(requests, { ...bench.context, limitRate: 1 })
        assert.ok(Math.max(...bench.slept) > 1_000_000 * 1000)
        assert.ok(Math.max(...bench.slept) <= 1_200_000 * 1000)
      } finally {
        await mirror.close()
        await bench.close()
      }
    })
  }
})

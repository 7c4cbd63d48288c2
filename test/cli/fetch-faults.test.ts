import assert from 'node:assert/strict'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { fetchBench, type FetchBench } from './fetch-bench.js'
import { metadataFaultRows } from './fetch-fault-table.js'

describe('ipxetool fetch from a publisher that', () => {
  let bench: FetchBench
  beforeEach(async () => {
    bench = await fetchBench()
  })
  afterEach(() => bench.close())

  for (const { fault, spoil, message } of metadataFaultRows) {
    it(fault, async () => {
      const { mirror, fetchStable, lock, current, path, roles } = bench
      assert.equal((await fetchStable()).code, 0)
      const before = [lock(), current(), readdirSync(path('assets/coreos'))]
      await mirror.publish('44.20260801.3.0')
      await spoil(mirror, roles.kernel)
      writeFileSync(path('catalog.yaml'), mirror.catalog)
      // the files of the old version are in the store by their digests, and so is its key
      rmSync(path('.cache'), { recursive: true })
      for (const more of [[], ['--allow-unsigned']]) {
        const { code, stdout, stderr } = await fetchStable(...more)
        assert.equal(code, 1, stderr)
        const said = stderr.slice(stderr.indexOf('ipxetool: '))
        assert.match(said, message)
        assert.ok(said.trimEnd().split('\n').length <= 2, said)
        assert.equal(stdout, '')
        assert.deepEqual([lock(), current(), readdirSync(path('assets/coreos'))], before)
      }
      assert.ok(!existsSync(path('.ipxetool-fetch.lock')))
    })
  }
})

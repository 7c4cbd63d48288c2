import assert from 'node:assert/strict'
import { Sources } from '../../../src/serve/tftp/sources.js'

describe('tftp request rate', () => {
  it('lets a burst through, then as many as the rate allows, and says so once', () => {
    const sources = new Sources(10, 3)
    const seen = [0, 0, 0, 0, 0, 100, 100, 150].map((now) => sources.admit('192.0.2.1', now))
    assert.deepEqual(seen, [
      'yes',
      'yes',
      'yes',
      'no, for the first time',
      'no',
      'yes',
      'no, for the first time',
      'no',
    ])
    assert.equal(sources.admit('192.0.2.2', 150), 'yes')
  })

  it('forgets the addresses that were silent for longest', () => {
    const sources = new Sources(0, 1)
    for (let i = 0; i < 100_000; i++) sources.admit(`source ${i}`, i)
    assert.ok(sources.size <= 4096)
    assert.equal(sources.admit('source 99999', 100_000), 'no, for the first time')
  })
})

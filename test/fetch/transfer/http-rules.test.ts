import assert from 'node:assert/strict'
import { retryAfter } from '../../../src/fetch/transfer/http-rules.js'

describe('Retry-After', () => {
  const now = Date.UTC(2026, 1, 3, 4, 5, 6)
  const rows: [value: string | undefined, milliseconds: number | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['7', 7000],
    [' 0 ', 0],
    ['Tue, 03 Feb 2026 04:05:36 GMT', 30_000],
    ['Tue, 03 Feb 2026 04:05:06 GMT', 0],
    ['Tue, 03 Feb 2026 03:00:00 GMT', 0],
    ['soon', undefined],
  ]
  for (const [value, milliseconds] of rows) {
    it(`${value ?? 'absent'} is ${milliseconds ?? 'nothing'}`, () => {
      assert.equal(retryAfter({ 'retry-after': value }, now), milliseconds)
    })
  }
})

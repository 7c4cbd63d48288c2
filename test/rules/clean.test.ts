import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { checkScript } from '../../src/rules/check-script.js'

describe('a clean menu', () => {
  const path = new URL('fixtures/clean-menu.ipxe', import.meta.url)
  const text = readFileSync(path, 'latin1')

  it('gives no diagnostics', () => {
    assert.ok(text.split('\n').length > 150)
    assert.deepEqual(checkScript(Buffer.from(text, 'latin1')).map(String), [])
  })

  it('nor with CR LF, without its last line end, or with text in Latin-1', () => {
    for (const other of [
      text.replaceAll('\n', '\r\n'),
      text.trimEnd(),
      text.replaceAll('Press', 'Dr\xfcck'),
    ]) {
      assert.deepEqual(checkScript(Buffer.from(other, 'latin1')).map(String), [])
    }
  })
})

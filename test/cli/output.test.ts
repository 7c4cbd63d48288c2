import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import type { Io } from '../../src/cli/io.js'
import { useColor } from '../../src/cli/output.js'

const terminal = { write: () => undefined, isTTY: true }
const pipe = { write: () => undefined }
const io = (env: Io['env']): Io => ({
  cwd: '/',
  env,
  stdin: new PassThrough(),
  stdout: terminal,
  stderr: terminal,
  signal: new AbortController().signal,
})

describe('colours', () => {
  it('are for terminals, unless somebody says otherwise', () => {
    assert.equal(useColor({}, io({}), terminal), true)
    assert.equal(useColor({ color: true }, io({ NO_COLOR: '' }), terminal), true)
    assert.equal(useColor({ color: true }, io({}), pipe), false)
    assert.equal(useColor({ color: false }, io({}), terminal), false)
    assert.equal(useColor({ color: true }, io({ NO_COLOR: '1' }), terminal), false)
    assert.equal(useColor({ color: true }, io({ TERM: 'dumb' }), terminal), false)
  })
})

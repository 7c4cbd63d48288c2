import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import type { Io } from '../../src/cli/io.js'
import { packageVersion, run } from '../../src/cli/main.js'

async function call(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const out = { stdout: '', stderr: '' }
  const collect = (name: 'stdout' | 'stderr') => ({
    write: (text: string | Uint8Array) => {
      out[name] += typeof text === 'string' ? text : new TextDecoder().decode(text)
    },
  })
  const io: Io = {
    cwd: '/',
    env: {},
    stdin: new PassThrough(),
    stdout: collect('stdout'),
    stderr: collect('stderr'),
    signal: new AbortController().signal,
  }
  return { code: await run(argv, io), ...out }
}

describe('the command line', () => {
  it('prints its version', async () => {
    assert.deepEqual(await call('--version'), { code: 0, stdout: `${packageVersion()}\n`, stderr: '' })
  })

  it('prints help on stdout when asked, and on stderr with exit code 2 when there is nothing to do', async () => {
    const asked = await call('--help')
    assert.equal(asked.code, 0)
    assert.match(asked.stdout, /check .*\n[^]*build .*\n[^]*serve /)
    const bare = await call()
    assert.equal(bare.code, 2)
    assert.equal(bare.stdout, '')
    assert.equal(bare.stderr, asked.stdout)
  })

  const usage: [argv: string[], says: RegExp][] = [
    [['chek'], /unknown command 'chek'[^]*Did you mean check/],
    [['check', '--formt', 'json'], /unknown option '--formt'[^]*Did you mean --format/],
    [['check', '--format', 'xml'], /Allowed choices are pretty, json, jsonl, sarif, github, gnu, junit/],
    [['build', '--var'], /argument missing/],
    [['serve', '--http', 'eighty'], /eighty/],
    [['check', '/does-not-exist'], /no such file/],
  ]
  for (const [argv, says] of usage) {
    it(`${argv.join(' ')}: exit code 2, no stack trace`, async () => {
      const { code, stderr } = await call(...argv)
      assert.equal(code, 2, stderr)
      assert.match(stderr, says)
      assert.doesNotMatch(stderr, /^\s+at /m)
    })
  }
})

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

const suite = `
import { notRun } from '${root}/test/support/not-run.ts'
describe('outer', () => {
  it('passes', () => {})
  it('fails', () => { throw new Error('on purpose') })
  it('lacks a package', function () { notRun(this, 'no qemu') })
  it.skip('left out', () => {})
  describe('suite', () => {
    before(function () { notRun(this, 'no kernel') })
    it('one', () => {})
    describe('inner', () => { it('two', () => {}) })
  })
  describe('each', () => {
    beforeEach(function () { notRun(this, 'no network') })
    it('three', () => {})
  })
})
`

/** Runs mocha with our reporter on the suite above, with CI as given. */
async function runSuite(
  ci: string,
): Promise<{ code: number; output: string; summary: Record<string, unknown> }> {
  const folder = await mkdtemp(join(tmpdir(), 'ipxetool-reporter-'))
  try {
    const file = join(folder, 'suite.test.mts')
    await writeFile(file, suite)
    const summary = join(folder, 'summary.json')
    const args = ['node_modules/mocha/bin/mocha.js', '--no-config', '--import=tsx', '--reporter']
    const { code, output } = await new Promise<{ code: number; output: string }>((resolve) => {
      const child = execFile(
        process.execPath,
        [...args, './scripts/mocha-reporter.cjs', file],
        { cwd: root, env: { ...process.env, CI: ci, IPXETOOL_TEST_SUMMARY: summary } },
        (_error, stdout, stderr) => {
          resolve({ code: child.exitCode ?? -1, output: stdout + stderr })
        },
      )
    })
    const text = await readFile(summary, 'utf8').catch(() => assert.fail(output))
    return { code, output, summary: JSON.parse(text) as Record<string, unknown> }
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('scripts/mocha-reporter.cjs', () => {
  it('counts what did not run, with its reason', async () => {
    const { code, output, summary } = await runSuite('')
    assert.equal(code, 1)
    assert.deepEqual(summary, {
      passed: 1,
      failed: 1,
      failures: [{ title: 'outer fails', message: 'on purpose' }],
      skipped: [
        { suite: 'outer', title: 'lacks a package', reason: 'no qemu' },
        { suite: 'outer', title: 'left out', reason: 'no reason given' },
        { suite: 'outer suite', title: 'one', reason: 'no kernel' },
        { suite: 'outer suite inner', title: 'two', reason: 'no kernel' },
        { suite: 'outer each', title: 'three', reason: 'no network' },
      ],
    })
    assert.match(output, /NOT RUN: outer suite: 1 test: no kernel/)
  })

  it('fails in CI instead', async () => {
    const { summary } = await runSuite('true')
    assert.equal(summary['passed'], 1)
    assert.deepEqual(summary['skipped'], [{ suite: 'outer', title: 'left out', reason: 'no reason given' }])
    assert.equal(summary['failed'], 4)
  })
})

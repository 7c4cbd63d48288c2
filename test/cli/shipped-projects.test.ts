import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { cliArguments } from '../e2e/cli.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('the projects that are shipped', () => {
  for (const project of ['menus/example', 'menus/example-yaml', 'menus/example-ts', 'menus/catalog']) {
    it(`${project} is clean under check --strict`, async function () {
      this.timeout(120_000)
      const { exitCode, all } = await execa(
        process.execPath,
        cliArguments(['check', '--strict', '--project', project]),
        { cwd: root, all: true, reject: false, env: { NO_COLOR: '1' } },
      )
      assert.match(all, /^no problems in \d+ files\s*$/)
      assert.equal(exitCode, 0)
    })
  }
})

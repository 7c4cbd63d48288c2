import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { generatedDocs } from '../scripts/generate-docs.js'

const root = new URL('..', import.meta.url)

describe('documentation', function () {
  this.timeout(120_000) // every example is a process

  it('is as generated: the rules, the tables, the output of the examples (npx tsx scripts/generate-docs.ts)', async () => {
    for (const [path, text] of await generatedDocs()) {
      assert.equal(readFileSync(new URL(path, root), 'utf8'), text, path)
    }
  })

  it('links to files that exist', () => {
    for (const page of [
      'README.md',
      'CONTRIBUTING.md',
      'docs/project.md',
      'docs/check.md',
      'docs/format.md',
      'docs/editors.md',
      'docs/explain.md',
      'docs/menus.md',
      'docs/serve.md',
      'docs/dhcp.md',
      'docs/compile.md',
      'docs/loaders.md',
      'docs/rules.md',
      'docs/try.md',
    ]) {
      const url = new URL(page, root)
      for (const [, target] of readFileSync(url, 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
        assert.ok(existsSync(new URL(target!, url)), `${page} links to ${target!}`)
      }
    }
  })
})

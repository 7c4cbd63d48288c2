import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { defaultSource, generateTables } from '../../scripts/generate-data.js'
import { notRun } from '../support/not-run.js'

describe('scripts/generate-data.ts', () => {
  it('gives the committed tables again', async function () {
    if (!existsSync(defaultSource))
      notRun(this, `no reference data in ${defaultSource}`, { allowedInCi: true })
    const files = await generateTables(defaultSource)
    assert.equal(files.size, 4)
    for (const [path, text] of files) {
      const committed = await readFile(new URL(`../../${path}`, import.meta.url), 'utf8')
      assert.equal(text, committed, `${path}: run npm run generate`)
    }
  })

  it('names the file that is missing', async () => {
    await assert.rejects(generateTables('/nonexistent'), /ipxe-commands\.json/)
  })
})

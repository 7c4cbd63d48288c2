import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeFolder } from '../../src/files/folder.js'

describe('makeFolder', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'ipxetool-folder-'))
  })
  afterEach(() => {
    rmSync(root, { recursive: true })
  })

  it('makes the folders above, too, and is content with what is there', async () => {
    const folder = join(root, 'a', 'b', 'c')
    await Promise.all([
      makeFolder(folder, 0o700),
      makeFolder(join(root, 'a', 'b')),
      makeFolder(folder, 0o700),
    ])
    await makeFolder(folder)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
  })

  it('says so when a file is in the way', async () => {
    writeFileSync(join(root, 'file'), '')
    await assert.rejects(makeFolder(join(root, 'file')), { code: 'EEXIST' })
    await assert.rejects(makeFolder(join(root, 'file', 'folder')), { code: 'ENOTDIR' })
  })

  it('comes back where no folder can be made', async function () {
    // answers ENOENT to whoever wants to make something in it
    if (!existsSync('/proc/self')) return
    await assert.rejects(makeFolder('/proc/no/such'), { code: 'ENOENT' })
    await makeFolder('/proc')
  })
})

import assert from 'node:assert/strict'
import { mkdtempSync, mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkOut, contains, resolveOut } from '../../src/build/out-folder.js'

const context = { root: '/home/me/lab', home: '/home/me', sourceFolders: ['menus', 'static'] }

describe('where a tree may be', () => {
  it('allows a folder of its own', () => {
    for (const out of [
      '/home/me/lab/out',
      '/srv/tftp',
      '/home/me/lab2',
      '/home/me/lab/menus2',
      '/home/me/lab/x/out',
    ]) {
      checkOut(out, context)
    }
  })

  it('refuses what would swallow sources or more', () => {
    const refused: Record<string, RegExp> = {
      '/': /root of the file system/,
      '/home': /home folder is in it/,
      '/home/me': /home folder is in it/,
      '/home/me/lab': /the project itself/,
      '/home/me/lab/menus': /in `menus`, which holds sources/,
      '/home/me/lab/menus/out': /in `menus`/,
      '/home/me/lab/static': /in `static`/,
    }
    for (const [out, reason] of Object.entries(refused))
      assert.throws(() => {
        checkOut(out, context)
      }, reason)
    assert.throws(() => {
      checkOut('/srv', { ...context, root: '/srv/lab' })
    }, /the project is in it/)
    assert.throws(() => {
      checkOut('/home/me/lab/a', { ...context, sourceFolders: ['a/b'] })
    }, /holds `a\/b`/)
  })

  it('knows below from beside', () => {
    assert.ok(contains('/a', '/a'))
    assert.ok(contains('/a', '/a/..b'))
    assert.ok(!contains('/a', '/ab'))
    assert.ok(!contains('/a/b', '/a'))
  })

  it('follows links, also for what is not there yet', async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ipxetool-out-')))
    try {
      mkdirSync(join(folder, 'real'))
      symlinkSync('real', join(folder, 'link'))
      assert.equal(await resolveOut(join(folder, 'link', 'a', 'b')), join(folder, 'real', 'a', 'b'))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

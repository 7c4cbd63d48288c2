import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { rename, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type Lease, TreeFiles } from '../../src/serve/files.js'
import { notRun } from '../support/not-run.js'
import { pause, Scratch, write } from './support.js'

/** Younger files are not shared; see files.ts. */
const AGE_MS = 150

describe('open files of the tree', () => {
  const scratch = new Scratch()
  afterEach(() => scratch.clean())

  async function lease(files: TreeFiles, ...segments: string[]): Promise<Lease> {
    const opened = await files.open(segments)
    assert.ok(opened.ok)
    return opened.lease
  }
  async function text({ file }: Lease): Promise<string> {
    return file.handle.readFile('utf8')
  }

  it('are shared by all who ask for the same version, however they name it', async () => {
    const root = await scratch.folder({ 'a/file': 'one' })
    await symlink('a', join(root, 'b'))
    await pause(AGE_MS)
    const files = new TreeFiles(root)
    const leases = await Promise.all([
      lease(files, 'a', 'file'),
      lease(files, 'a', 'file'),
      lease(files, 'b', 'file'),
    ])
    assert.equal(new Set(leases.map(({ file }) => file)).size, 1)
    for (const one of leases) one.release()
    const again = await lease(files, 'a', 'file')
    assert.equal(again.file, leases[0].file, 'stays open for a while')
    again.release()
    await files.close()
  })

  it('are opened once for all who ask at the same time, also when they are young', async () => {
    const files = new TreeFiles(await scratch.folder({ file: 'one' }))
    const leases = await Promise.all(Array.from({ length: 40 }, () => lease(files, 'file')))
    assert.equal(new Set(leases.map(({ file }) => file)).size, 1)
    const [first, ...others] = leases
    first!.release()
    assert.equal(await text(others[0]!), 'one', 'open as long as one of them has it')
    for (const one of others) one.release()
    assert.deepEqual(await files.open(['missing']), { ok: false, refusal: 'not-found' })
    await files.close()
  })

  it('are the new version at once when a file is replaced, rewritten or removed', async () => {
    const root = await scratch.folder({ file: 'one', next: 'two', gone: 'x' })
    await pause(AGE_MS)
    const files = new TreeFiles(root)
    const first = await lease(files, 'file')
    assert.equal(await text(first), 'one')
    await rename(join(root, 'next'), join(root, 'file'))
    const second = await lease(files, 'file')
    assert.equal(await text(second), 'two')
    assert.equal((await first.file.handle.stat()).size, 3, 'the old one is still open for its reader')
    await write(root, { file: 'six' })
    const third = await lease(files, 'file')
    assert.notEqual(third.file, second.file)
    const gone = await lease(files, 'gone')
    await rename(join(root, 'gone'), join(root, '.gone'))
    assert.deepEqual(await files.open(['gone']), { ok: false, refusal: 'not-found' })
    for (const one of [first, second, third, gone]) one.release()
    await files.close()
  })

  it('are all closed in the end, in whatever order that comes', async function () {
    if (process.platform !== 'linux') notRun(this, 'open files are counted in /proc', { allowedInCi: true })
    const names = Array.from({ length: 300 }, (_, i) => `f${i}`)
    const root = await scratch.folder(Object.fromEntries(names.map((name) => [name, name])))
    await pause(AGE_MS)
    const count = (): number => readdirSync('/proc/self/fd').length
    const before = count()
    const files = new TreeFiles(root)
    const leases = await Promise.all(names.map((name) => lease(files, name)))
    for (const one of leases.slice(10)) one.release()
    assert.ok(count() - before <= 10 + 256 + 40, 'idle ones are bounded')
    await files.close()
    for (const one of leases) one.release()
    await files.close()
    assert.equal(count(), before)
  })
})

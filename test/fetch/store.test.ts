import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Store } from '../../src/fetch/store.js'
import { bootId } from '../../src/files/lock.js'
import { notRun } from '../support/not-run.js'
import { randomBytes, sha256 } from './mirror/bytes.js'

describe('the store', () => {
  let folder: string
  let store: Store
  const bytes = randomBytes(10_000, 1)
  const digest = sha256(bytes)

  async function* stream(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield await Promise.resolve(chunk)
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ipxetool-store-'))
    store = await Store.open(join(folder, 'store'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('keeps a file under its digest, read-only', async () => {
    const stored = await store.add(stream(bytes.subarray(0, 3), bytes.subarray(3)))
    assert.deepEqual(stored, { sha256: digest, size: bytes.length, path: store.path(digest) })
    assert.deepEqual(await readFile(stored.path), bytes)
    assert.equal((await stat(stored.path)).mode & 0o222, 0)
    assert.deepEqual(await store.get(digest), stored)
    assert.deepEqual(await readdir(store.partialFolder), [])
  })

  it('keeps nothing of what is not as expected', async () => {
    await assert.rejects(store.add(stream(bytes), { sha256: '0'.repeat(64), name: 'vmlinuz' }), {
      code: 'digest-mismatch',
      message: `vmlinuz has the sha256 ${digest}, not ${'0'.repeat(64)}`,
    })
    assert.deepEqual(await store.list(), [])
    assert.deepEqual(await readdir(store.partialFolder), [])
  })

  it('places by hard link, and replaces what is there', async () => {
    await store.add(stream(bytes))
    const destination = join(folder, 'tree', 'deep', 'vmlinuz')
    assert.equal(await store.place(digest, destination), 'link')
    assert.equal((await stat(destination)).ino, (await stat(store.path(digest))).ino)
    assert.equal(await store.place(digest, destination), 'link')
    assert.deepEqual(await readdir(join(folder, 'tree', 'deep')), ['vmlinuz'])
    await assert.rejects(store.place('1'.repeat(64), destination), { code: 'not-in-store' })
  })

  it('copies where a link cannot be', async function () {
    const other = await mkdtemp('/dev/shm/ipxetool-store-').catch(() => undefined)
    if (other === undefined) notRun(this, 'there is no /dev/shm', { allowedInCi: true })
    try {
      if ((await stat(other)).dev === (await stat(folder)).dev)
        notRun(this, '/dev/shm is no other file system')
      await store.add(stream(bytes))
      assert.equal(await store.place(digest, join(other, 'vmlinuz')), 'copy')
      assert.deepEqual(await readFile(join(other, 'vmlinuz')), bytes)
    } finally {
      await rm(other, { recursive: true })
    }
  })

  it('finds what was changed behind its back, and removes it on demand', async () => {
    const { path } = await store.add(stream(bytes))
    const good = await store.add(stream(bytes, bytes))
    await rm(path)
    await writeFile(path, 'something else')
    const found = sha256(Buffer.from('something else'))
    assert.deepEqual(await store.verify(), [{ sha256: digest, path, found }])
    assert.deepEqual(await store.verify([good.sha256]), [])
    await store.verify(undefined, { remove: true })
    assert.deepEqual(await store.list(), [good])
  })

  it('prunes what is not kept, and partial files that nobody works on', async () => {
    await store.add(stream(bytes))
    const good = await store.add(stream(bytes, bytes))
    await writeFile(join(store.partialFolder, 'url-1.part'), 'abc')
    await writeFile(join(store.partialFolder, 'url-1.json'), '{}')
    await writeFile(join(store.partialFolder, 'url-2.part'), 'abc')
    const unlock = await store.lock('url-2')
    assert.equal((await store.prune([good.sha256], { dryRun: true })).bytes, bytes.length)
    const { removed, bytes: freed } = await store.prune([good.sha256])
    assert.deepEqual(
      removed.map((file) => file.sha256),
      [digest],
    )
    assert.equal(freed, bytes.length + 3)
    assert.deepEqual((await readdir(store.partialFolder)).sort(), ['url-2.lock', 'url-2.part'])
    await unlock()
    assert.deepEqual(await store.list(), [good])
  })

  it('refuses a store of a newer version, and leaves it alone', async () => {
    const newer = join(folder, 'newer')
    await mkdir(newer)
    await writeFile(join(newer, 'version'), '2\n')
    await assert.rejects(Store.open(newer), { code: 'store-newer', message: /layout 2, this one knows 1/ })
    assert.deepEqual(await readdir(newer), ['version'])
  })

  it('says in one sentence that it cannot write', async () => {
    await writeFile(join(folder, 'file'), '')
    // a permission would not stop root
    await assert.rejects(Store.open(join(folder, 'file', 'store')), {
      code: 'not-writable',
      message: /^the folder \S+ for the store cannot be made$/,
    })
  })

  describe('lock', () => {
    const holder = { pid: process.pid, host: hostname(), token: 'x' }
    const lockPath = (): string => join(store.partialFolder, 'k.lock')

    it('is held by one', async () => {
      const unlock = await store.lock('k')
      await assert.rejects(store.lock('k'), { code: 'locked' })
      let waited = 0
      const second = store.lock('k', { wait: true, onWait: () => waited++ })
      while (waited === 0) await new Promise((resolve) => setImmediate(resolve))
      await unlock()
      await (
        await second
      )()
      assert.equal(waited, 1)
      assert.deepEqual(await readdir(store.partialFolder), [])
    })

    it('of a dead process is taken over', async () => {
      const { pid } = spawnSync(process.execPath, ['-e', ''])
      await writeFile(lockPath(), JSON.stringify({ ...holder, pid }))
      await (
        await store.lock('k')
      )()
    })

    it('of an earlier run of the machine is taken over, whoever has the number now', async function () {
      if (bootId() === undefined) notRun(this, 'this system does not name its boots')
      await writeFile(lockPath(), JSON.stringify({ ...holder, pid: process.ppid, boot: 'another' }))
      await (
        await store.lock('k')
      )()
    })

    it('of another host is respected', async () => {
      await writeFile(lockPath(), JSON.stringify({ ...holder, host: 'elsewhere', pid: 1 }))
      await assert.rejects(store.lock('k'), {
        code: 'locked',
        message: /process 1 on elsewhere is working on/,
      })
    })
  })
})

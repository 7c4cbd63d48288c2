import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { Store } from '../../../src/fetch/store.js'
import { createClient } from '../../../src/fetch/transfer/client.js'
import { download } from '../../../src/fetch/transfer/download.js'
import { notRun } from '../../support/not-run.js'
import { randomBytes, sha256 } from '../mirror/bytes.js'
import { startMirror, type Mirror } from '../mirror/mirror.js'

describe('a disk that', () => {
  const size = 6_000_000
  const bytes = randomBytes(size, 1)
  let folder: string
  let mirror: Mirror

  before(async function () {
    folder = await mkdtemp(join(tmpdir(), 'ipxetool-disk-'))
    const { failed } = await execa('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], {
      reject: false,
    })
    if (failed) notRun(this, 'mounting a small disk needs root', { allowedInCi: true })
  })
  after(async () => {
    await execa('umount', [folder], { reject: false })
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(async () => {
    mirror = await startMirror({ files: new Map([['/file', bytes]]) })
  })
  afterEach(async () => {
    await mirror.close()
    await execa('mount', ['-o', 'remount,rw', folder])
    for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true })
    await execa('mount', ['-o', 'remount,size=4m', folder])
  })

  const request = () => ({
    name: 'rootfs',
    urls: [`${mirror.url}/file`],
    digests: [{ algorithm: 'sha256' as const, hex: sha256(bytes) }],
  })

  it('is too small: said before anything is written', async () => {
    const client = createClient()
    const store = await Store.open(join(folder, 'store'))
    await assert.rejects(download(request(), { client, store }), {
      code: 'disk-full',
      message: /^6\.0 MB are to come, and the disk has [34]\.\d MB free for [^\n]+$/,
    })
    await client.close()
  })

  it('gets full on the way: what has come is kept, and used when there is room', async () => {
    const client = createClient()
    const store = await Store.open(join(folder, 'store'))
    // without a length nobody can know
    mirror.faults = [{ chunked: true, times: 1 }]
    await assert.rejects(download(request(), { client, store }), {
      code: 'disk-full',
      message: /^the disk is full, writing [^\n]+$/,
      hint: /goes on where it stopped/,
    })
    assert.deepEqual(await store.list(), [])
    await execa('mount', ['-o', 'remount,size=64m', folder])
    const { path } = await download(request(), { client, store })
    assert.equal(path, store.path(sha256(bytes)))
    assert.ok(mirror.requests.at(-1)!.from > 2_000_000, 'it went on')
    await client.close()
  })

  it('is read-only', async () => {
    const client = createClient()
    await mkdir(join(folder, 'store'))
    const store = await Store.open(join(folder, 'store'))
    await execa('mount', ['-o', 'remount,ro', folder])
    await assert.rejects(download(request(), { client, store }), {
      code: 'not-writable',
      message: /^the file system is read-only to write [^\n]+$/,
    })
    await assert.rejects(Store.open(join(folder, 'other')), { code: 'not-writable' })
    await client.close()
  })
})

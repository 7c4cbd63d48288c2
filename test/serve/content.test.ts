import assert from 'node:assert/strict'
import { type FileHandle, open, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { CHUNK, Content, type ContentSource, FileChangedError } from '../../src/serve/content.js'
import { fileState } from '../../src/serve/tree.js'
import { pattern, Scratch } from './support.js'

describe('the shared content of files', () => {
  const scratch = new Scratch()
  const open_: { readonly handle: FileHandle }[] = []
  afterEach(async () => {
    for (const { handle } of open_.splice(0)) await handle.close()
    await scratch.clean()
  })

  async function source(bytes: Uint8Array): Promise<ContentSource & { path: string; reads: () => number }> {
    const path = join(await scratch.folder({ file: bytes }), 'file')
    const handle = await open(path)
    let reads = 0
    const read = handle.read.bind(handle) as (...args: unknown[]) => unknown
    Object.assign(handle, {
      read: (...args: unknown[]) => {
        reads += 1
        return read(...args)
      },
    })
    const made = {
      handle,
      chunks: new Map(),
      ...fileState(await handle.stat({ bigint: true })),
      path,
      reads: () => reads,
    }
    open_.push(made)
    return made
  }

  it('is read once for many readers at a time', async () => {
    const bytes = pattern(CHUNK + 1000)
    const file = await source(bytes)
    const content = new Content()
    const pieces = await Promise.all(Array.from({ length: 50 }, () => content.load(file, 5)))
    assert.equal(file.reads(), 1)
    for (const piece of pieces) assert.equal(piece.bytes, pieces[0]!.bytes)
    assert.deepEqual(pieces[0]!.bytes, Buffer.from(bytes.subarray(0, CHUNK)))
    assert.equal(content.take(file, CHUNK), undefined)
    const last = await content.load(file, CHUNK + 10)
    assert.deepEqual([last.start, last.bytes.length], [CHUNK, 1000])
    assert.equal(content.take(file, 0)?.bytes, pieces[0]!.bytes)
  })

  it('stays within its bound, and never takes octets from under a reader', async () => {
    const bytes = pattern(6 * CHUNK)
    const file = await source(bytes)
    const content = new Content(2 * CHUNK)
    const first = await content.load(file, 0)
    const copy = Buffer.from(first.bytes)
    for (let i = 1; i < 6; i++) {
      const piece = await content.load(file, i * CHUNK)
      assert.deepEqual(piece.bytes, Buffer.from(bytes.subarray(i * CHUNK, (i + 1) * CHUNK)))
      piece.release()
      assert.ok(content.held.shared <= 2 * CHUNK)
    }
    assert.ok(copy.equals(first.bytes))
    first.release()
    content.forget(file)
    assert.equal(content.held.shared, 0)
  })

  it('gives small pieces to readers when all of it is in use', async () => {
    const bytes = pattern(4 * CHUNK)
    const file = await source(bytes)
    const content = new Content(CHUNK)
    const holding = await content.load(file, 0)
    const own = await content.load(file, 2 * CHUNK + 7)
    assert.ok(own.bytes.length < CHUNK / 8)
    assert.equal(own.start, 2 * CHUNK + 7)
    assert.deepEqual(own.bytes, Buffer.from(bytes.subarray(own.start, own.start + own.bytes.length)))
    assert.equal(content.held.own, own.bytes.length)
    own.release()
    assert.equal(content.held.own, 0)
    holding.release()
    const shared = await content.load(file, 2 * CHUNK + 7)
    assert.equal(shared.start, 2 * CHUNK)
  })

  it('is an error when the file is not what it was', async () => {
    const file = await source(pattern(3 * CHUNK))
    const content = new Content()
    const before = await content.load(file, 0)
    await truncate(file.path, CHUNK)
    await assert.rejects(content.load(file, CHUNK), FileChangedError)
    await assert.rejects(content.load(file, CHUNK), FileChangedError)
    assert.equal(content.held.shared, CHUNK)
    before.release()
  })
})

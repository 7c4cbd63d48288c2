import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { needs, pattern, type Running, Scratch, serve, write } from '../support.js'
import { curl, type Response } from './curl.js'

const KERNEL = Buffer.from(pattern(300_000))
const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe('http server: files', () => {
  const scratch = new Scratch()
  let server: Running
  let root: string
  const get = (path: string, ...options: string[]): Promise<Response> =>
    curl(`http://127.0.0.1:${server.httpPort}${path}`, ...options)

  before(async function () {
    needs(this, 'curl', 'curl')
    root = await scratch.folder({
      'boot.ipxe': '#!ipxe\nshell\n',
      'snponly.efi': 'MZ',
      'images/vmlinuz': KERNEL,
      'images/initrd.img': 'cpio',
      'preview/index.html': '<p>preview',
      'dhcp/kea.json': '{}',
      'graph.svg': '<svg/>',
      empty: '',
    })
    server = await serve(root, { tftp: false })
  })
  after(async () => {
    await server.close()
    await scratch.clean()
  })

  it('sends a file with exact length, strong tag, date and type', async () => {
    const { status, headers, body, version } = await get('/images/vmlinuz')
    assert.equal(version, 'HTTP/1.1')
    assert.equal(status, 200)
    assert.ok(body.equals(KERNEL))
    assert.equal(headers['content-length'], String(KERNEL.length))
    assert.equal(headers['etag'], `"${sha256(KERNEL)}"`)
    assert.equal(headers['accept-ranges'], 'bytes')
    const { mtime } = await stat(join(root, 'images/vmlinuz'))
    assert.equal(headers['last-modified'], mtime.toUTCString())
    assert.equal(headers['content-encoding'], undefined)
    assert.equal(headers['transfer-encoding'], undefined)
  })

  it('sends the same head with conditions that hold and without any', async () => {
    const plain = await get('/boot.ipxe')
    const conditional = await get('/boot.ipxe', '-H', 'If-None-Match: "another"')
    assert.equal(plain.headers['x-content-type-options'], 'nosniff')
    assert.deepEqual({ ...plain.headers, date: '' }, { ...conditional.headers, date: '' })
  })

  it('names types that firmware and browsers go by', async () => {
    const types: Record<string, string> = {
      '/boot.ipxe': 'text/plain; charset=utf-8',
      '/snponly.efi': 'application/efi',
      '/images/vmlinuz': 'application/octet-stream',
      '/images/initrd.img': 'application/octet-stream',
      '/preview/index.html': 'text/html; charset=utf-8',
      '/dhcp/kea.json': 'application/json',
      '/graph.svg': 'image/svg+xml',
    }
    for (const [path, type] of Object.entries(types))
      assert.equal((await get(path)).headers['content-type'], type, path)
  })

  it('never compresses, however much the client would like it', async () => {
    const { headers, body } = await get('/boot.ipxe', '-H', 'Accept-Encoding: gzip, br')
    assert.equal(headers['content-encoding'], undefined)
    assert.equal(body.toString(), '#!ipxe\nshell\n')
  })

  it('answers HEAD with the headers of GET and no body', async () => {
    const got = await get('/images/vmlinuz')
    const { status, headers, body } = await get('/images/vmlinuz', '--head')
    assert.equal(status, 200)
    assert.equal(body.length, 0)
    for (const name of ['content-length', 'etag', 'last-modified', 'content-type', 'accept-ranges']) {
      assert.equal(headers[name], got.headers[name], name)
    }
    const ranged = await get('/images/vmlinuz', '--head', '-H', 'Range: bytes=0-9')
    assert.equal(ranged.status, 200, 'Range is for GET only (RFC 9110 section 14.2)')
    assert.equal(ranged.headers['content-length'], String(KERNEL.length))
  })

  it('sends an empty file', async () => {
    const { status, headers, body } = await get('/empty')
    assert.deepEqual([status, headers['content-length'], body.length], [200, '0', 0])
  })

  it('sends a part of a file', async () => {
    const part = async (range: string): Promise<[number, string | undefined, Buffer]> => {
      const { status, headers, body } = await get('/images/vmlinuz', '-H', `Range: bytes=${range}`)
      assert.equal(headers['content-length'], String(body.length))
      return [status, headers['content-range'], body]
    }
    const n = KERNEL.length
    assert.deepEqual(await part('0-0'), [206, `bytes 0-0/${n}`, KERNEL.subarray(0, 1)])
    assert.deepEqual(await part('1000-1999'), [206, `bytes 1000-1999/${n}`, KERNEL.subarray(1000, 2000)])
    assert.deepEqual(await part('299990-'), [206, `bytes 299990-${n - 1}/${n}`, KERNEL.subarray(299_990)])
    assert.deepEqual(await part('-7'), [206, `bytes ${n - 7}-${n - 1}/${n}`, KERNEL.subarray(-7)])
    assert.deepEqual(await part('299999-999999'), [206, `bytes ${n - 1}-${n - 1}/${n}`, KERNEL.subarray(-1)])
  })

  it('answers 416 with the size when the part lies behind the end, and ignores what is no range', async () => {
    const behind = await get('/images/vmlinuz', '-H', `Range: bytes=${KERNEL.length}-`)
    assert.equal(behind.status, 416)
    assert.equal(behind.headers['content-range'], `bytes */${KERNEL.length}`)
    const nonsense = await get('/images/vmlinuz', '-H', 'Range: lines=1-2')
    assert.equal(nonsense.status, 200)
    assert.equal(nonsense.body.length, KERNEL.length)
  })

  it('resumes only the same file: If-Range by tag and by date', async () => {
    const { headers } = await get('/images/vmlinuz', '--head')
    const etag = headers['etag'] ?? ''
    const date = headers['last-modified'] ?? ''
    const status = async (ifRange: string): Promise<number> =>
      (await get('/images/vmlinuz', '-H', 'Range: bytes=5-9', '-H', `If-Range: ${ifRange}`)).status
    assert.equal(await status(etag), 206)
    assert.equal(await status(date), 206)
    assert.equal(await status('"other"'), 200)
    assert.equal(await status(`W/${etag}`), 200, 'weak tags do not match here (RFC 9110 section 13.1.5)')
    const later = new Date(Date.parse(date) + 60_000).toUTCString()
    assert.equal(await status(later), 200, 'only the very same date matches')
  })

  it('resumes as EDK2 does: Range with If-Match or If-Unmodified-Since', async () => {
    const { headers } = await get('/images/vmlinuz', '--head')
    const status = async (condition: string): Promise<number> =>
      (await get('/images/vmlinuz', '-H', 'Range: bytes=100000-', '-H', condition)).status
    assert.equal(await status(`If-Match: ${headers['etag'] ?? ''}`), 206)
    assert.equal(await status('If-Match: "other"'), 412)
    assert.equal(await status(`If-Match: W/${headers['etag'] ?? ''}`), 412)
    assert.equal(await status(`If-Unmodified-Since: ${headers['last-modified'] ?? ''}`), 206)
    assert.equal(await status('If-Unmodified-Since: Mon, 01 Jan 2001 00:00:00 GMT'), 412)
  })

  it('answers 304 to a client that has the file', async () => {
    const { headers } = await get('/boot.ipxe', '--head')
    const same = await get('/boot.ipxe', '-H', `If-None-Match: ${headers['etag'] ?? ''}`)
    assert.deepEqual([same.status, same.body.length], [304, 0])
    assert.equal(same.headers['etag'], headers['etag'])
    const since = await get('/boot.ipxe', '-H', `If-Modified-Since: ${headers['last-modified'] ?? ''}`)
    assert.equal(since.status, 304)
    assert.equal((await get('/boot.ipxe', '-H', 'If-None-Match: "other"')).status, 200)
  })

  it('changes the tag with the content, also at equal size and time', async () => {
    const first = (await get('/boot.ipxe', '--head')).headers['etag']
    const { mtime } = await stat(join(root, 'boot.ipxe'))
    await write(root, { 'boot.ipxe': '#!ipxe\nSHELL\n' })
    assert.equal((await get('/boot.ipxe', '--head')).headers['etag'], `"${sha256('#!ipxe\nSHELL\n')}"`)
    await write(root, { 'boot.ipxe': '#!ipxe\nshell\n' })
    await utimes(join(root, 'boot.ipxe'), mtime, mtime)
    assert.equal((await get('/boot.ipxe', '--head')).headers['etag'], first)
  })

  it('takes the tag from the manifest while the manifest is true', async () => {
    const folder = await scratch.folder({ 'boot.ipxe': 'one', other: 'abc' })
    // A digest that is not the real one, to see where the tag comes from.
    const digest = 'ab'.repeat(32)
    const entry = { size: 3, sha256: digest }
    await write(folder, {
      'manifest.json': JSON.stringify({ files: { 'boot.ipxe': entry, other: { ...entry, size: 4 } } }),
    })
    const old = new Date(Date.now() - 60_000)
    await utimes(join(folder, 'boot.ipxe'), old, old)
    const running = await serve(folder, { tftp: false })
    const tag = async (path: string): Promise<string | undefined> =>
      (await curl(`http://127.0.0.1:${running.httpPort}${path}`)).headers['etag']
    try {
      assert.equal(await tag('/boot.ipxe'), `"${digest}"`)
      assert.equal(await tag('/other'), `"${sha256('abc')}"`, 'wrong size: hashed')
      await utimes(join(folder, 'manifest.json'), old, old)
      await write(folder, { 'boot.ipxe': 'two' })
      assert.equal(await tag('/boot.ipxe'), `"${sha256('two')}"`, 'changed after the build: hashed')
      await write(folder, { 'manifest.json': 'not JSON' })
      assert.equal(await tag('/boot.ipxe'), `"${sha256('two')}"`)
      await write(folder, { 'manifest.json': '{"files":[null,{"size":"3"}]}' })
      assert.equal(await tag('/other'), `"${sha256('abc')}"`)
    } finally {
      await running.close()
    }
  })
})

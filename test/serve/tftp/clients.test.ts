import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { needs, pattern, type Running, Scratch, serve } from '../support.js'

const SIZES = [0, 1, 511, 512, 513, 1024, 100_000]

describe('tftp server and real clients', () => {
  const scratch = new Scratch()
  let server: Running
  let root: string
  const content = (size: number): Buffer => Buffer.from(pattern(size))

  before(async () => {
    const files = Object.fromEntries(SIZES.map((size) => [`menus/${size}.bin`, content(size)]))
    root = await scratch.folder({ 'boot.ipxe': '#!ipxe\necho hello\n', ...files })
    server = await serve(root, { http: false })
  })
  after(async () => {
    await server.close()
    await scratch.clean()
  })

  describe('curl', () => {
    before(function () {
      needs(this, 'curl', 'curl')
    })
    const curl = (path: string, ...options: string[]) =>
      execa('curl', ['-sS', '--max-time', '10', ...options, `tftp://127.0.0.1:${server.tftpPort}/${path}`], {
        encoding: 'buffer',
        reject: false,
      })

    it('gets files of every awkward size', async () => {
      for (const size of SIZES) {
        // curl takes the truthful answer `tsize` 0 for an error, so it may not ask about the empty file.
        const { stdout, exitCode } = await curl(
          `menus/${size}.bin`,
          ...(size === 0 ? ['--tftp-no-options'] : []),
        )
        assert.equal(exitCode, 0, String(size))
        assert.deepEqual(Buffer.from(stdout), content(size))
      }
    })

    it('gets the block size it asks for', async () => {
      for (const blksize of [8, 1432, 1468, 8192, 65464]) {
        server.events.length = 0
        const { stdout } = await curl('menus/100000.bin', '--tftp-blksize', String(blksize))
        assert.deepEqual(Buffer.from(stdout), content(100_000))
        assert.equal((await server.event('transfer-start')).blksize, blksize)
      }
    })

    it('gets a file without options', async () => {
      const { stdout } = await curl('menus/513.bin', '--tftp-no-options')
      assert.deepEqual(Buffer.from(stdout), content(513))
    })

    it('is told that a file is not there, and may not be asked for', async () => {
      assert.equal((await curl('nothing')).exitCode, 68, 'CURLE_TFTP_NOTFOUND')
      assert.equal((await curl('%2e%2e/%2e%2e/etc/passwd')).exitCode, 69, 'CURLE_TFTP_PERM')
    })

    it('may not upload', async () => {
      const { exitCode } = await curl('upload.bin', '-T', join(root, 'boot.ipxe'))
      assert.equal(exitCode, 69, 'CURLE_TFTP_PERM')
      await assert.rejects(readFile(join(root, 'upload.bin')))
    })

    it('goes past block 65535', async function () {
      this.timeout(60_000)
      const big = await scratch.folder({ big: content(8 * 70_000 + 3) })
      const other = await serve(big, { http: false })
      try {
        const url = `tftp://127.0.0.1:${other.tftpPort}/big`
        const { stdout } = await execa('curl', ['-sS', '--tftp-blksize', '8', url], { encoding: 'buffer' })
        assert.ok(Buffer.from(stdout).equals(content(8 * 70_000 + 3)))
      } finally {
        await other.close()
      }
    })
  })

  describe('tftp-hpa', () => {
    before(function () {
      needs(this, 'tftp', 'tftp-hpa')
    })
    const get = async (mode: string, name: string): Promise<Buffer> => {
      const local = join(await scratch.folder(), 'got')
      const args = ['-m', mode, '127.0.0.1', String(server.tftpPort), '-c', 'get', name, local]
      const { stdout } = await execa('tftp', args, { timeout: 10_000 })
      assert.equal(stdout, '')
      return readFile(local)
    }

    it('gets files of every awkward size', async () => {
      for (const size of SIZES) assert.deepEqual(await get('binary', `menus/${size}.bin`), content(size))
    })

    it('gets a text in netascii mode with its line ends as they are', async () => {
      assert.equal((await get('ascii', 'boot.ipxe')).toString(), '#!ipxe\necho hello\n')
    })

    it('prints our reason', async () => {
      const args = ['127.0.0.1', String(server.tftpPort), '-c', 'get', 'nothing', '/dev/null']
      const { stdout, stderr } = await execa('tftp', args, { reject: false, timeout: 10_000 })
      assert.match(stdout + stderr, /File not found/)
    })
  })

  describe('busybox tftp', () => {
    before(function () {
      needs(this, 'busybox', 'busybox')
    })

    it('gets files with block sizes of its own', async () => {
      for (const blksize of ['512', '1432', '4096']) {
        const local = join(await scratch.folder(), 'got')
        const address = ['127.0.0.1', String(server.tftpPort)]
        await execa('busybox', [
          'tftp',
          '-g',
          '-b',
          blksize,
          '-l',
          local,
          '-r',
          'menus/100000.bin',
          ...address,
        ])
        assert.deepEqual(await readFile(local), content(100_000))
      }
    })
  })
})

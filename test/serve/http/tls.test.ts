import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { needs, pattern, type Running, Scratch, serve } from '../support.js'

describe('https server', () => {
  const scratch = new Scratch()
  const content = Buffer.from(pattern(2_500_000))
  let keys: string
  let server: Running | undefined

  before(async function () {
    needs(this, 'curl', 'curl')
    needs(this, 'openssl', 'openssl')
    keys = await scratch.folder()
    const openssl = (...args: string[]) => execa('openssl', args, { cwd: keys })
    const request = ['req', '-newkey', 'rsa:2048', '-nodes', '-days', '2']
    await openssl(...request, '-x509', '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=ca')
    for (const [name, subject] of [
      ['server', '/CN=localhost'],
      ['client', '/CN=machine'],
    ] as const) {
      await openssl(...request, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject)
      const sign = ['x509', '-req', '-days', '2', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key']
      await openssl(...sign, '-CAcreateserial', '-out', `${name}.pem`)
    }
  })
  afterEach(async () => {
    await server?.close()
    server = undefined
  })
  after(() => scratch.clean())

  const pem = (name: string): Promise<Buffer> => readFile(join(keys, name))
  async function start(withClients: boolean): Promise<Running> {
    const tls = {
      cert: await pem('server.pem'),
      key: await pem('server.key'),
      clientCa: withClients ? await pem('ca.pem') : undefined,
    }
    server = await serve(await scratch.folder({ 'boot.ipxe': '#!ipxe\n', big: content }), {
      tftp: false,
      http: { tls },
    })
    return server
  }
  const curl = (running: Running, path: string, ...options: string[]) =>
    execa(
      'curl',
      [
        ...[
          '-sS',
          '--max-time',
          '10',
          '--cacert',
          'ca.pem',
          '--resolve',
          `localhost:${running.httpPort}:127.0.0.1`,
        ],
        ...options,
        `https://localhost:${running.httpPort}/${path}`,
      ],
      { cwd: keys, encoding: 'buffer', reject: false },
    )

  it('sends files, parts of them, and says that it is https', async () => {
    const running = await start(false)
    assert.equal(running.httpUrl, `https://127.0.0.1:${running.httpPort}/`)
    assert.ok(Buffer.from((await curl(running, 'big')).stdout).equals(content))
    const part = await curl(running, 'big', '-H', 'Range: bytes=1500000-1500009')
    assert.deepEqual(Buffer.from(part.stdout), content.subarray(1_500_000, 1_500_010))
    assert.equal((await running.event('transfer-done')).status, 200)
  })

  it('survives plain HTTP and clients that do not trust it', async () => {
    const running = await start(false)
    const plain = await execa('curl', ['-sS', `http://127.0.0.1:${running.httpPort}/boot.ipxe`], {
      reject: false,
    })
    assert.notEqual(plain.exitCode, 0)
    assert.match((await running.event('garbage')).reason, /^TLS: /)
    assert.equal((await curl(running, 'boot.ipxe')).exitCode, 0)
  })

  it('lets in only clients with a certificate where that is asked for', async () => {
    const running = await start(true)
    const known = await curl(running, 'boot.ipxe', '--cert', 'client.pem', '--key', 'client.key')
    assert.equal(Buffer.from(known.stdout).toString().trim(), '#!ipxe')
    assert.notEqual((await curl(running, 'boot.ipxe')).exitCode, 0)
    assert.equal(running.events.filter(({ type }) => type === 'request').length, 1)
  })
})

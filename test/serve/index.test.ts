import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { execa } from 'execa'
import { IpxetoolError } from '../../src/diagnostics/error.js'
import { serveTree, type ServeOptions } from '../../src/serve/index.js'
import { listenError } from '../../src/serve/listen-error.js'
import { blksizeForPath } from '../../src/serve/mtu.js'
import { baseUrl, reachableAddresses } from '../../src/serve/urls.js'
import { needs, Scratch, serve } from './support.js'
import { notRun } from '../support/not-run.js'

const HOST = '127.0.0.1'

describe('serveTree', () => {
  const scratch = new Scratch()
  afterEach(() => scratch.clean())

  async function refused(options: ServeOptions): Promise<IpxetoolError> {
    const error = await serveTree(options).then(
      async (server) => {
        await server.close()
        return undefined
      },
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof IpxetoolError, String(error))
    assert.ok(!error.message.includes('\n'))
    return error
  }

  it('serves both protocols on free ports, and says where', async function () {
    needs(this, 'curl', 'curl')
    const server = await serve(await scratch.folder({ 'boot.ipxe': '#!ipxe\n' }))
    try {
      assert.equal(server.httpUrl, `http://127.0.0.1:${server.httpPort}/`)
      assert.equal(server.tftpUrl, `tftp://127.0.0.1:${server.tftpPort}/`)
      for (const url of [server.httpUrl, server.tftpUrl]) {
        assert.equal((await execa('curl', ['-sS', `${url}boot.ipxe`])).stdout, '#!ipxe')
      }
    } finally {
      await server.close()
    }
  })

  it('answers TFTP from the address that was called, not from the one the route prefers', async function () {
    const own = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
    if (own === undefined)
      return notRun(this, 'this machine has no address but loopback', { allowedInCi: true })
    const root = await scratch.folder({ 'boot.ipxe': '#!ipxe\n' })
    const server = await serveTree({ root, http: false, tftp: { port: 0 }, graceMs: 0 })
    const client = createSocket('udp4').bind(0, HOST)
    try {
      for (const address of [own, HOST]) {
        client.send(Buffer.from('\0\x01boot.ipxe\0octet\0'), server.addresses.tftp?.port ?? 0, address)
        const [, from] = (await once(client, 'message')) as [Buffer, { address: string }]
        assert.equal(from.address, address)
      }
    } finally {
      client.close()
      await server.close()
    }
  })

  it('names protocol, address and port when the port is in use, and leaves nothing open', async () => {
    const root = await scratch.folder({ 'boot.ipxe': 'x' })
    const first = await serve(root)
    try {
      const http = await refused({
        root,
        http: { port: first.httpPort, host: HOST },
        tftp: { port: 0, host: HOST },
      })
      assert.equal(http.code, 'port-in-use')
      assert.match(http.message, new RegExp(`^HTTP: address 127\\.0\\.0\\.1, port ${first.httpPort}: `))
      assert.match(http.hint ?? '', /--http 8081.*--http 0/)
      // HTTP is opened first; it must be closed again when TFTP cannot be had.
      const probe = createServer().listen(0, HOST)
      await once(probe, 'listening')
      const { port } = probe.address() as { port: number }
      await new Promise((resolve) => probe.close(resolve))
      const tftp = await refused({
        root,
        http: { port, host: HOST },
        tftp: { port: first.tftpPort, host: HOST },
      })
      assert.equal(tftp.code, 'port-in-use')
      assert.match(tftp.message, new RegExp(`^TFTP: address 127\\.0\\.0\\.1, port ${first.tftpPort}: `))
      const again = await serve(root, { http: { port, host: HOST }, tftp: false })
      await again.close()
    } finally {
      await first.close()
    }
  })

  it('does not share a TFTP port with a server on all addresses', async () => {
    const root = await scratch.folder({ 'boot.ipxe': 'x' })
    const first = await serveTree({ root, http: false, tftp: { port: 0 }, graceMs: 0 })
    try {
      const error = await refused({ root, http: false, tftp: { port: first.addresses.tftp?.port } })
      assert.equal(error.code, 'port-in-use')
      assert.match(error.message, /on every address/)
    } finally {
      await first.close()
    }
  })

  it('refuses an address of another machine and a tree that is none', async () => {
    const root = await scratch.folder({ 'boot.ipxe': 'x' })
    const away = await refused({ root, http: { port: 0, host: '203.0.113.9' }, tftp: false })
    assert.equal(away.code, 'address-not-here')
    assert.equal(
      (await refused({ root: `${root}/none`, http: { port: 0 }, tftp: false })).code,
      'tree-missing',
    )
    assert.equal((await refused({ root, http: false, tftp: false })).code, 'nothing-to-serve')
  })

  it('says how to get a port that is not permitted', () => {
    const error = listenError('tftp', undefined, 69, Object.assign(new Error('x'), { code: 'EACCES' }))
    assert.equal(error.code, 'port-permission')
    assert.match(error.hint ?? '', /--tftp 6969.*root.*cap_net_bind_service/)
    assert.match(error.message, /^TFTP: port 69 /)
  })

  it('frees its ports when it is closed, and may be closed twice', async () => {
    const root = await scratch.folder({ 'boot.ipxe': 'x' })
    const first = await serve(root)
    await Promise.all([first.close(), first.close()])
    const second = await serve(root, {
      http: { port: first.httpPort, host: HOST },
      tftp: { port: first.tftpPort, host: HOST },
    })
    assert.deepEqual(second.addresses, first.addresses)
    await second.close()
  })
})

describe('addresses for people', () => {
  it('are URLs, with the port where it is not the usual one', () => {
    assert.equal(baseUrl('http', '192.0.2.7', 8080), 'http://192.0.2.7:8080/')
    assert.equal(baseUrl('http', '192.0.2.7', 80), 'http://192.0.2.7/')
    assert.equal(baseUrl('tftp', '192.0.2.7', 69), 'tftp://192.0.2.7/')
    assert.equal(baseUrl('tftp', 'fd00::2', 6969), 'tftp://[fd00::2]:6969/')
  })

  it('are those of the interfaces for a wildcard, loopback last', () => {
    assert.deepEqual(reachableAddresses('127.0.0.1'), ['127.0.0.1'])
    const all = reachableAddresses('::')
    assert.ok(!all.includes('::') && !all.some((address) => address.startsWith('fe80')))
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
    for (const address of all)
      assert.ok(
        own.some((one) => one.address === address),
        address,
      )
    assert.ok(own.find((one) => one.address === all.at(-1))?.internal)
    assert.ok(reachableAddresses('0.0.0.0').every((address) => !address.includes(':')))
  })
})

describe('the block size a path carries', () => {
  it('is the MTU of the link without headers', async function () {
    if (process.platform !== 'linux') return notRun(this, 'only Linux tells the MTU', { allowedInCi: true })
    const { stdout } = await execa('cat', ['/sys/class/net/lo/mtu'])
    assert.equal(blksizeForPath('127.0.0.1'), Number(stdout) - 32)
    assert.equal(blksizeForPath('::ffff:127.0.0.1'), Number(stdout) - 32)
  })
})

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { chmod, readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { execa } from 'execa'
import type { Io } from '../../src/cli/io.js'
import { runServe, type ServeCommandOptions } from '../../src/cli/serve.js'
import { IpxetoolError } from '../../src/diagnostics/error.js'
import { notRun } from '../support/not-run.js'
import { needs, Scratch, waitFor } from '../serve/support.js'

interface Run {
  stdout: string
  stderr: string
  readonly exit: Promise<number>
  stop(): void
}

const LOCAL: ServeCommandOptions = { http: '127.0.0.1:0', tftp: '127.0.0.1:0' }

describe('ipxetool serve', () => {
  const scratch = new Scratch()
  const running: Run[] = []
  afterEach(async () => {
    for (const run of running.splice(0)) {
      run.stop()
      await run.exit.catch(() => undefined)
    }
    await scratch.clean()
  })

  function run(dir: string | undefined, options: ServeCommandOptions, cwd = '/'): Run {
    const stopping = new AbortController()
    const collect = (stream: 'stdout' | 'stderr') => ({
      write: (text: string | Uint8Array) => (made[stream] += String(text)),
    })
    const io: Io = {
      cwd,
      env: {},
      stdin: Readable.from([]),
      stdout: collect('stdout'),
      stderr: collect('stderr'),
      signal: stopping.signal,
    }
    const made: Run = {
      stdout: '',
      stderr: '',
      // Deferred, so that `made` exists when the first line is written.
      exit: Promise.resolve().then(() => runServe(dir, options, io)),
      stop: () => {
        stopping.abort()
      },
    }
    running.push(made)
    return made
  }
  const urls = (one: Run): Promise<string[]> =>
    waitFor(() => (one.stdout.endsWith('\n') ? one.stdout.trim().split('\n') : undefined), 5000, 'the URLs')

  it('serves TFTP from one port, or from a range of ports', async function () {
    needs(this, 'curl', 'curl')
    const root = await scratch.folder({ 'boot.ipxe': '#!ipxe\n' })
    for (const wire of [{ tftpSinglePort: true }, { tftpPorts: '45400-45409' }]) {
      const [, tftp = ''] = await urls(run(root, { ...LOCAL, ...wire }))
      assert.equal((await execa('curl', ['-sS', tftp])).stdout, '#!ipxe')
    }
    for (const wire of [
      { tftpPorts: '45409-45400' },
      { tftpPorts: '0-9' },
      { tftpPorts: '69' },
      { tftpPorts: '45400-45409', tftpSinglePort: true },
    ]) {
      const error: unknown = await run(root, { ...LOCAL, ...wire }).exit.catch((reason: unknown) => reason)
      assert.ok(error instanceof IpxetoolError)
      assert.deepEqual([error.code, error.exitCode], ['bad-ports', 2])
    }
  })

  it('says what is wrong with certificates before anything is opened', async function () {
    needs(this, 'openssl', 'openssl')
    const root = await scratch.folder({ 'boot.ipxe': '#!ipxe\n', none: 'no certificate' })
    for (const name of ['a', 'b']) {
      const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=x']
      await execa('openssl', [...args, '-keyout', `${name}.key`, '-out', `${name}.pem`], { cwd: root })
    }
    const refused = async (options: ServeCommandOptions): Promise<string> => {
      const error: unknown = await run(root, { ...LOCAL, ...options }, root).exit.catch(
        (reason: unknown) => reason,
      )
      assert.ok(error instanceof IpxetoolError, String(error))
      assert.deepEqual([error.code, error.exitCode], ['bad-tls', 2])
      return error.message
    }
    assert.match(await refused({ tlsCert: 'a.pem' }), /a certificate and its key/)
    assert.match(await refused({ tlsCert: 'a.pem', tlsKey: 'missing' }), /--tls-key: .*missing.*ENOENT/)
    assert.match(await refused({ tlsCert: 'none', tlsKey: 'a.key' }), /no certificate in PEM form/)
    assert.match(await refused({ tlsCert: 'a.pem', tlsKey: 'b.key' }), /does not go with/)
    assert.match(await refused({ tlsCert: 'a.pem', tlsKey: 'a.key', tlsClientCa: 'none' }), /--tls-client-ca/)
    const [https = ''] = await urls(run(root, { ...LOCAL, tlsCert: 'a.pem', tlsKey: 'a.key' }, root))
    assert.match(https, /^https:/)
    assert.equal((await execa('curl', ['-sSk', https])).stdout, '#!ipxe')
  })

  it('prints URLs that curl can fetch, logs each request, and stops with 0', async function () {
    needs(this, 'curl', 'curl')
    const one = run(await scratch.folder({ 'boot.ipxe': '#!ipxe\n' }), LOCAL)
    const [http = '', tftp = '', ...more] = await urls(one)
    assert.match(http, /^http:\/\/127\.0\.0\.1:\d+\/boot\.ipxe$/)
    assert.match(tftp, /^tftp:\/\/127\.0\.0\.1:\d+\/boot\.ipxe$/)
    assert.deepEqual(more, [])
    for (const url of [http, tftp]) assert.equal((await execa('curl', ['-sS', url])).stdout, '#!ipxe')
    await waitFor(() => (one.stderr.includes('tftp RRQ') ? true : undefined), 2000, 'the log line')
    assert.match(one.stderr, /^\d\d:\d\d:\d\d 127\.0\.0\.1 http GET \/boot\.ipxe: 200, 7 bytes, \d+ ms$/m)
    assert.match(one.stderr, /^\d\d:\d\d:\d\d 127\.0\.0\.1 tftp RRQ boot\.ipxe: 7 bytes, \d+ ms$/m)
    one.stop()
    assert.equal(await one.exit, 0)
    const port = Number(new URL(http).port)
    const socket = connect(port, '127.0.0.1')
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    assert.equal(error.code, 'ECONNREFUSED')
  })

  it('listens on every address unless told otherwise, and lists each', async () => {
    const one = run(await scratch.folder({ 'boot.ipxe': 'x' }), { http: '0', tftp: 'off' })
    assert.match((await urls(one)).at(-1) ?? '', /^http:\/\/(127\.0\.0\.1|\[::1\]):\d+\/boot\.ipxe$/)
    const narrow = run(await scratch.folder({ 'boot.ipxe': 'x' }), {
      http: '0',
      tftp: 'off',
      host: '127.0.0.1',
    })
    assert.equal((await urls(narrow)).length, 1)
  })

  it('serves `out` of the current folder by default, and says when it has no boot.ipxe', async () => {
    const cwd = await scratch.folder({ 'out/other': 'x' })
    const one = run(undefined, LOCAL, cwd)
    assert.match((await urls(one))[0] ?? '', /\/$/)
    assert.match(one.stderr, /no boot\.ipxe in .*\/out\n/)
  })

  it('escapes what a client puts into a name', async () => {
    const one = run(await scratch.folder({ 'boot.ipxe': 'x' }), LOCAL)
    const port = Number(new URL((await urls(one))[1]!.replace('tftp:', 'http:')).port)
    const client = createSocket('udp4')
    client.send(Buffer.from('\0\x01a\x1b[2J\n00:00:00 forged\0octet\0', 'latin1'), port, '127.0.0.1')
    await once(client, 'message')
    client.close()
    await waitFor(() => (one.stderr.includes('refused') ? true : undefined), 2000, 'the log line')
    assert.match(one.stderr, /RRQ a\\x1b\[2J\\x0a00:00:00 forged: refused, ERROR 1: /)
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(one.stderr, /[\x00-\x09\x0b-\x1f]/)
  })

  it('--json prints one line with the URLs, and each event as a line', async function () {
    needs(this, 'curl', 'curl')
    const root = await scratch.folder({ 'boot.ipxe': '#!ipxe\n' })
    const one = run(root, { ...LOCAL, json: true })
    const lines = await urls(one)
    assert.equal(lines.length, 1)
    const start = JSON.parse(lines[0]!) as { root: string; http: string[]; tftp: string[] }
    assert.equal(start.root, root)
    await execa('curl', ['-sS', start.http[0]!])
    await waitFor(() => (one.stderr.includes('transfer-done') ? true : undefined), 2000, 'the event')
    const events = one.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; time: string })
    assert.deepEqual(
      events.map(({ type }) => type),
      ['request', 'transfer-start', 'transfer-done'],
    )
    assert.ok(events.every(({ time }) => !Number.isNaN(Date.parse(time))))
  })

  it('--quiet logs only what went wrong, --verbose everything', async function () {
    needs(this, 'curl', 'curl')
    const root = await scratch.folder({ 'boot.ipxe': '#!ipxe\n' })
    const [quiet, verbose] = [run(root, { ...LOCAL, quiet: true }), run(root, { ...LOCAL, verbose: true })]
    for (const one of [quiet, verbose]) {
      const [http = ''] = await urls(one)
      await execa('curl', ['-sS', http])
      await execa('curl', ['-sS', `${http}.none`])
      await waitFor(() => (one.stderr.includes('refused') ? true : undefined), 2000, 'the log line')
    }
    assert.match(quiet.stderr, /^[^\n]*boot\.ipxe\.none: refused, 404: no such file\n$/)
    assert.match(verbose.stderr, /boot\.ipxe: asked\n.*boot\.ipxe: sending 7 bytes\n/)
  })

  it('takes port 6969 for TFTP and says why, where 69 is for root only', async function () {
    const first = await readFile('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8').catch(() => '1024')
    if (Number(first) <= 69) notRun(this, 'this system lets everybody have port 69', { allowedInCi: true })
    const root = await scratch.folder({ 'boot.ipxe': 'x' })
    await chmod(root, 0o755)
    const isRoot = process.geteuid?.() === 0
    if (isRoot) process.seteuid?.(65534)
    try {
      const one = run(root, { http: 'off', host: '127.0.0.1' })
      const lines = await Promise.race([urls(one), one.exit.then(String)])
      assert.deepEqual(lines, ['tftp://127.0.0.1:6969/boot.ipxe'])
      assert.match(one.stderr, /^TFTP is on port 6969: port 69, where firmware asks, is only open to root\n/)
      const asked = run(root, { http: 'off', tftp: '127.0.0.1:69' })
      const error = await asked.exit.catch((reason: unknown) => reason)
      assert.ok(error instanceof IpxetoolError && error.code === 'port-permission', String(error))
      assert.match(error.message, /^TFTP: address 127\.0\.0\.1, port 69: no permission/)
    } finally {
      if (isRoot) process.seteuid?.(0)
    }
  })

  it('refuses ports it cannot read, with exit code 2', async () => {
    const root = await scratch.folder({ 'boot.ipxe': 'x' })
    for (const http of ['web', '70000', '::1:80', '127.0.0.1:', ':80', '-1', '']) {
      const error = await run(root, { ...LOCAL, http }).exit.catch((reason: unknown) => reason)
      assert.ok(error instanceof IpxetoolError, http)
      assert.deepEqual([error.code, error.exitCode], ['bad-address', 2])
    }
    const six = run(root, { http: '[::1]:0', tftp: 'off' })
    assert.match(
      (await Promise.race([urls(six), six.exit.then(() => [''])]))[0] ?? '',
      /^http:\/\/\[::1\]:\d+\//,
    )
  })

  it('fails in one line when the port is taken or there is no tree', async () => {
    const root = await scratch.folder({ 'boot.ipxe': 'x' })
    const one = run(root, LOCAL)
    const port = new URL((await urls(one))[0]!).port
    const taken = await run(root, { ...LOCAL, http: `127.0.0.1:${port}` }).exit.catch(
      (reason: unknown) => reason,
    )
    assert.ok(taken instanceof IpxetoolError && taken.code === 'port-in-use')
    const missing = await run(`${root}/none`, LOCAL).exit.catch((reason: unknown) => reason)
    assert.ok(missing instanceof IpxetoolError && missing.code === 'tree-missing')
  })
})

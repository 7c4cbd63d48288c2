import assert from 'node:assert/strict'
import { rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import type { ServeEvent } from '../../../src/serve/index.js'
import type { DataPacket } from '../../../src/serve/tftp/packet.js'
import { notRun } from '../../support/not-run.js'
import { needs, pattern, RawClient, type Running, Scratch, serve, waitFor } from '../support.js'

const FAST = {
  retransmitMs: 40,
  retransmitCapMs: 80,
  attempts: 4,
  firstAttempts: 3,
  idleMs: 5000,
  lingerMs: 60,
}

describe('tftp server', () => {
  const scratch = new Scratch()
  const clients: RawClient[] = []
  let server: Running | undefined

  async function start(root: string, tftp: Parameters<typeof serve>[1] = {}): Promise<Running> {
    server = await serve(root, { http: false, ...tftp })
    return server
  }
  async function client(port = 0): Promise<RawClient> {
    const made = await RawClient.open(port)
    clients.push(made)
    return made
  }
  async function data(from: RawClient, ms?: number): Promise<{ packet: DataPacket; tid: number }> {
    const { packet, from: sender } = await from.next(ms)
    assert.ok(packet.kind === 'data', JSON.stringify(packet))
    return { packet, tid: sender.port }
  }
  /** Fetches all that is left after block 1 was received, as a plain client does. */
  async function rest(
    one: RawClient,
    first: { packet: DataPacket; tid: number },
    blksize = 512,
  ): Promise<Uint8Array> {
    const parts = [first.packet.data]
    let { packet } = first
    while (packet.data.length === blksize) {
      const { block } = packet
      one.send(first.tid, { kind: 'ack', block })
      // on a slow machine a block may come twice
      do ({ packet } = await data(one))
      while (packet.block === block)
      parts.push(packet.data)
    }
    one.send(first.tid, { kind: 'ack', block: packet.block })
    return Buffer.concat(parts)
  }

  afterEach(async () => {
    for (const one of clients.splice(0)) one.close()
    await server?.close()
    server = undefined
    await scratch.clean()
  })

  it('answers each request from a port of its own, on the address that was called', async () => {
    const { tftpPort } = await start(await scratch.folder({ 'boot.ipxe': '#!ipxe\n' }))
    const [one, two] = [await client(), await client()]
    one.request(tftpPort, 'boot.ipxe')
    two.request(tftpPort, 'boot.ipxe')
    const [a, b] = [await one.next(), await two.next()]
    assert.equal(new Set([a.from.port, b.from.port, tftpPort]).size, 3)
    assert.equal(a.from.address, '127.0.0.1')
    assert.equal(a.packet.kind === 'data' && Buffer.from(a.packet.data).toString(), '#!ipxe\n')
  })

  it('sends ERROR 5 to a stranger and goes on with the transfer', async () => {
    const content = pattern(1500)
    const { tftpPort } = await start(await scratch.folder({ file: content }))
    const [one, stranger] = [await client(), await client()]
    one.request(tftpPort, 'file')
    const first = await data(one)
    stranger.send(first.tid, { kind: 'ack', block: 1 })
    const { packet } = await stranger.next()
    assert.equal(packet.kind === 'error' && packet.code, 5)
    stranger.send(first.tid, { kind: 'error', code: 0, message: 'stop' })
    assert.equal(await stranger.quiet(50), undefined, 'an ERROR is never answered')
    assert.deepEqual(await rest(one, first), Buffer.from(content))
  })

  it('does not open a second transfer for a repeated request', async () => {
    const running = await start(await scratch.folder({ file: pattern(1500) }))
    const one = await client()
    for (let i = 0; i < 3; i++) one.request(running.tftpPort, 'file')
    const first = await data(one)
    one.request(running.tftpPort, 'file')
    assert.equal(await one.quiet(100), undefined)
    assert.equal((await rest(one, first)).length, 1500)
    assert.equal(running.events.filter(({ type }) => type === 'transfer-start').length, 1)
  })

  it('starts anew for a machine that was reset and asks from the same port', async () => {
    const content = pattern(1500)
    const running = await start(await scratch.folder({ file: content }), { tftp: { timing: FAST } })
    const one = await client()
    one.request(running.tftpPort, 'file')
    const first = await data(one)
    one.send(first.tid, { kind: 'ack', block: 1 })
    await data(one)
    assert.equal((await data(one)).packet.block, 2, 'retransmitted: the machine is silent')
    one.request(running.tftpPort, 'file')
    // What the old transfer sent until then may still be in the way.
    let again = await data(one)
    while (again.packet.block !== 1) again = await data(one)
    assert.notEqual(again.tid, first.tid)
    assert.deepEqual(await rest(one, again), Buffer.from(content))
    assert.match((await running.event('transfer-failed')).reason, /anew/)
  })

  it('retransmits a lost block and its answer to a lost OACK, and gives up in the end', async () => {
    const running = await start(await scratch.folder({ file: pattern(600) }), {
      tftp: { timing: { ...FAST, firstAttempts: 50 } },
    })
    const one = await client()
    one.request(running.tftpPort, 'file', { tsize: '0' })
    const oack = await one.next()
    assert.deepEqual(oack.packet, { kind: 'oack', options: [{ name: 'tsize', value: '600' }] })
    assert.deepEqual((await one.next()).packet, oack.packet)
    one.send(oack.from.port, { kind: 'ack', block: 0 })
    let block = (await one.next()).packet
    while (block.kind === 'oack') block = (await one.next()).packet
    assert.equal(block.kind === 'data' && block.block, 1)
    for (let i = 1; i < FAST.attempts; i++) assert.deepEqual((await one.next()).packet, block)
    const failed = await running.event('transfer-failed')
    assert.equal(failed.reason, 'the client stopped answering')
    assert.equal(await one.quiet(200), undefined)
    // The socket is free: its port answers no more.
    one.send(oack.from.port, { kind: 'ack', block: 1 })
    assert.equal(await one.quiet(100), undefined)
  })

  it('takes ERROR 8 after the OACK for a size probe, and frees the socket', async () => {
    const running = await start(await scratch.folder({ file: pattern(600) }))
    const one = await client()
    one.request(running.tftpPort, 'file', { tsize: '0', blksize: '1468', windowsize: '4' })
    const { packet, from } = await one.next()
    assert.deepEqual(packet.kind === 'oack' && packet.options.map(({ name }) => name), [
      'tsize',
      'blksize',
      'windowsize',
    ])
    one.send(from.port, { kind: 'error', code: 8, message: 'User aborted the transfer' })
    const probe = await running.event('transfer-probe')
    assert.equal(probe.path, 'file')
    assert.ok(!running.events.some(({ type }) => type === 'transfer-failed'))
    assert.equal(await one.quiet(100), undefined)
  })

  it('refuses writes with ERROR 2 and leaves the tree as it is', async () => {
    const root = await scratch.folder({ file: 'x' })
    const running = await start(root)
    const one = await client()
    one.send(running.tftpPort, { kind: 'wrq', filename: 'new', mode: 'octet', options: [] })
    const { packet } = await one.next()
    assert.ok(packet.kind === 'error' && packet.code === 2)
    assert.match(packet.message, /read-only/)
    await assert.rejects(rm(join(root, 'new')))
    assert.equal((await running.event('refused')).method, 'WRQ')
  })

  it('takes netascii for octet, and refuses mail and other modes', async () => {
    const { tftpPort } = await start(await scratch.folder({ file: 'a\nb\r\n' }))
    const one = await client()
    one.request(tftpPort, 'file', {}, 'NetASCII')
    assert.equal(Buffer.from((await data(one)).packet.data).toString(), 'a\nb\r\n')
    const two = await client()
    two.request(tftpPort, 'file', {}, 'mail')
    const { packet } = await two.next()
    assert.equal(packet.kind === 'error' && packet.code, 4)
  })

  it('answers names that are not files with the code that fits', async () => {
    const running = await start(await scratch.folder({ 'menus/main.ipxe': 'x' }))
    const one = await client()
    const codes: Record<string, number> = {
      missing: 1,
      menus: 1,
      '.hidden': 1,
      '': 1,
      '../../etc/passwd': 2,
      '..\\..\\etc\\passwd': 2,
      '/../etc/passwd': 2,
      'a\x1b[2Jb': 1,
    }
    for (const [name, code] of Object.entries(codes)) {
      one.request(running.tftpPort, name)
      const { packet } = await one.next()
      assert.equal(packet.kind === 'error' && packet.code, code, name)
    }
    const paths = running.events
      .filter(({ type }) => type === 'refused')
      .map((event) => 'path' in event && event.path)
    assert.ok(paths.includes('a\\x1b[2Jb'), 'control characters are escaped in events')
  })

  it('serves names as firmware writes them', async () => {
    const { tftpPort } = await start(await scratch.folder({ 'menus/main.ipxe': 'menu' }))
    for (const name of [
      '\\menus\\main.ipxe',
      '//menus//main.ipxe',
      'menus/main.ipxe\xff',
      'menus/main.ipxe\r',
    ]) {
      const one = await client()
      one.request(tftpPort, name)
      assert.equal(Buffer.from((await data(one)).packet.data).toString(), 'menu', name)
    }
  })

  it('delivers a file over a line that loses every tenth packet either way', async () => {
    const content = pattern(60_000)
    const running = await start(await scratch.folder({ file: content }), {
      tftp: { timing: { ...FAST, retransmitMs: 20, attempts: 20, firstAttempts: 20 } },
    })
    const one = await client()
    one.request(running.tftpPort, 'file')
    const parts: Uint8Array[] = []
    let packets = 0
    for (let wanted = 1; ;) {
      const { packet, tid } = await data(one)
      packets += 1
      const lost = packets % 10 === 3
      const ackLost = packets % 10 === 7
      if (lost) continue
      if (packet.block === wanted) {
        parts.push(packet.data)
        wanted += 1
      }
      if (!ackLost) one.send(tid, { kind: 'ack', block: packet.block })
      if (packet.data.length < 512 && !ackLost) break
    }
    assert.deepEqual(Buffer.concat(parts), Buffer.from(content))
    const blocks = Math.floor(content.length / 512) + 1
    assert.ok(packets > blocks, 'some blocks went out again')
    assert.ok(packets < blocks * 1.5, `no more than were lost: ${packets} for ${blocks}`)
  })

  it('sends block 1 once for two equal ACKs (no Sorcerer’s Apprentice)', async () => {
    const { tftpPort } = await start(await scratch.folder({ file: pattern(5000) }))
    const one = await client()
    // At its own pace, so that no timer of ours sends anything meanwhile.
    one.request(tftpPort, 'file', { timeout: '9' })
    const tid = (await one.next()).from.port
    one.send(tid, { kind: 'ack', block: 0 })
    assert.equal((await data(one)).packet.block, 1)
    one.send(tid, { kind: 'ack', block: 1 })
    one.send(tid, { kind: 'ack', block: 1 })
    assert.equal((await data(one)).packet.block, 2)
    one.send(tid, { kind: 'ack', block: 1 })
    assert.equal(await one.quiet(150), undefined)
  })

  it('survives garbage on the port and on a transfer', async () => {
    const content = pattern(2000)
    const running = await start(await scratch.folder({ file: content }))
    const one = await client()
    one.request(running.tftpPort, 'file')
    const first = await data(one)
    const noise = await client()
    for (let i = 0; i < 300; i++) {
      const bytes = pattern(i * 3).map((byte) => (byte * (i + 7)) & 0xff)
      // Half of it looks like a packet at first sight.
      if (i % 2 === 0 && bytes.length > 2) bytes.set([0, i % 8])
      noise.send(running.tftpPort, bytes)
      if (i % 10 === 0) one.send(first.tid, Uint8Array.of(0, 9, i))
    }
    await running.event('garbage')
    await waitFor(() => (running.events.length > 100 ? true : undefined), 3000, 'the noise')
    assert.deepEqual(await rest(one, first), Buffer.from(content))
    const two = await client()
    two.request(running.tftpPort, 'file')
    assert.equal((await data(two)).packet.block, 1)
  })

  it('tells the client when its file shrinks or is rewritten under it', async () => {
    const root = await scratch.folder({ cut: pattern(2_400_000), new: pattern(2_400_000) })
    const running = await start(root)
    const changes = {
      cut: () => truncate(join(root, 'cut'), 1000),
      new: () => writeFile(join(root, 'new'), pattern(2_500_000)),
    }
    for (const [name, change] of Object.entries(changes)) {
      running.events.length = 0
      const one = await client()
      one.request(running.tftpPort, name, { blksize: '1024' })
      const { from } = await one.next()
      one.send(from.port, { kind: 'ack', block: 0 })
      await data(one)
      await change()
      let packet: { kind: string; block?: number; code?: number; message?: string } = {
        kind: 'data',
        block: 1,
      }
      while (packet.kind === 'data') {
        one.send(from.port, { kind: 'ack', block: packet.block ?? 0 })
        ;({ packet } = await one.next())
      }
      assert.equal(packet.code, 0)
      assert.match(packet.message ?? '', /while it was being sent/)
      const lines = running.events.filter(({ type }) => type === 'transfer-failed')
      assert.equal(lines.length, 1, 'one line in the log')
    }
  })

  it('goes on with the old version when the file is replaced or removed meanwhile', async () => {
    const content = pattern(2_300_000)
    const root = await scratch.folder({ file: content, gone: content })
    const { tftpPort } = await start(root)
    for (const [name, change] of [
      [
        'file',
        async () => {
          await writeFile(join(root, 'next'), 'new')
          await rename(join(root, 'next'), join(root, 'file'))
        },
      ],
      ['gone', () => rm(join(root, 'gone'))],
    ] as const) {
      const one = await client()
      one.request(tftpPort, name)
      const first = await data(one)
      await change()
      assert.deepEqual(await rest(one, first), Buffer.from(content))
    }
  })

  it('frees everything for a hundred clients that ask and die', async () => {
    const running = await start(await scratch.folder({ file: pattern(5000) }), { tftp: { timing: FAST } })
    // All open at a time, so that no two have the same port.
    for (let i = 0; i < 100; i++) (await client()).request(running.tftpPort, 'file', { tsize: '0' })
    const failures = (): ServeEvent[] => running.events.filter(({ type }) => type === 'transfer-failed')
    await waitFor(() => (failures().length === 100 ? true : undefined), 5000, 'the end of 100 dead transfers')
    await running.close()
  })

  it('drops requests beyond its bound without an answer, and serves again when there is room', async () => {
    const running = await start(await scratch.folder({ file: pattern(600) }), {
      tftp: { maxTransfers: 2, timing: { ...FAST, retransmitMs: 500 } },
    })
    const all = [await client(), await client(), await client()]
    const tids: number[] = []
    for (const one of all.slice(0, 2)) {
      one.request(running.tftpPort, 'file', { timeout: '9' })
      const { from } = await one.next()
      tids.push(from.port)
      one.send(from.port, { kind: 'ack', block: 0 })
      await data(one)
    }
    all[2]!.request(running.tftpPort, 'file')
    assert.match((await running.event('server-problem')).reason, /too many transfers/)
    assert.equal(await all[2]!.quiet(50), undefined)
    all[0]!.send(tids[0]!, { kind: 'ack', block: 1 })
    await data(all[0]!)
    all[0]!.send(tids[0]!, { kind: 'ack', block: 2 })
    await running.event('transfer-done')
    // What is finished makes room at once, although its TID is held for a while.
    all[2]!.request(running.tftpPort, 'file')
    assert.equal((await data(all[2]!)).packet.block, 1)
  })

  it('gives the place of a client that never answers to the next one', async () => {
    const running = await start(await scratch.folder({ file: 'x' }), { tftp: { maxTransfers: 3 } })
    const silent: RawClient[] = []
    for (let i = 0; i < 10; i++) {
      const one = await client()
      one.request(running.tftpPort, 'file')
      await data(one)
      silent.push(one)
    }
    const failed = await running.event('transfer-failed')
    assert.equal(failed.reason, 'the client never answered and others asked')
  })

  it('loses nothing when the process may open no more files', async function () {
    if (process.platform !== 'linux') notRun(this, 'open files are counted in /proc', { allowedInCi: true })
    const root = await scratch.folder({ 'boot.ipxe': 'x' })
    const script = fileURLToPath(new URL('few-files.ts', import.meta.url))
    const run = 'ulimit -n 120 && exec "$0" --import "$1" "$2" 120 "$3"'
    const args = ['-c', run, process.execPath, import.meta.resolve('tsx'), script, root]
    const { stdout } = await execa('sh', args, { timeout: 15_000 })
    const seen = JSON.parse(stdout) as { answered: number; served: string; problems: string[]; left: number }
    assert.ok(seen.answered > 0 && seen.answered < 40, stdout)
    assert.ok(seen.problems.length > 0, stdout)
    assert.equal(seen.served, 'data')
    assert.ok(seen.left <= 0, `files left open: ${stdout}`)
  })

  it('ignores a packet from port 0, which nobody can answer', async function () {
    if (process.getuid?.() !== 0)
      notRun(this, 'a packet from port 0 takes root to send', { allowedInCi: true })
    needs(this, 'python3', 'python3')
    const { tftpPort } = await start(await scratch.folder({ file: 'x' }))
    const code = `import socket, struct, sys
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
for rq in (b'\\0\\2new\\0octet\\0', b'\\0\\1file\\0octet\\0'):
    raw.sendto(struct.pack('!HHHH', 0, int(sys.argv[1]), 8 + len(rq), 0) + rq, ('127.0.0.1', 0))`
    await execa('python3', ['-c', code, String(tftpPort)])
    const one = await client()
    one.request(tftpPort, 'file')
    assert.equal((await data(one)).packet.block, 1)
  })

  it('keeps to the port range it was given', async () => {
    // below the ports that the system gives to others
    const running = await start(await scratch.folder({ file: 'x' }), { tftp: { portRange: [17310, 17312] } })
    const seen = new Set<number>()
    for (let i = 0; i < 3; i++) {
      const one = await client()
      one.request(running.tftpPort, 'file')
      seen.add((await data(one)).tid)
    }
    assert.deepEqual([...seen].sort(), [17310, 17311, 17312])
  })

  it('sends a window at a time, and goes on behind the block that arrived', async () => {
    const content = pattern(20_000)
    const { tftpPort } = await start(await scratch.folder({ file: content }))
    const one = await client()
    one.request(tftpPort, 'file', { windowsize: '8', blksize: '1024' })
    const oack = await one.next()
    assert.deepEqual(oack.packet, {
      kind: 'oack',
      options: [
        { name: 'windowsize', value: '8' },
        { name: 'blksize', value: '1024' },
      ],
    })
    const parts: Uint8Array[] = []
    one.send(oack.from.port, { kind: 'ack', block: 0 })
    let lost = false
    for (let unacknowledged = 0; ;) {
      const { packet, tid } = await data(one)
      if (packet.block === 5 && !lost) {
        lost = true
        // Blocks 6 to 8 arrive all the same, and the client says once what it has.
        for (const block of [6, 7, 8]) assert.equal((await data(one)).packet.block, block)
        one.send(tid, { kind: 'ack', block: 4 })
        unacknowledged = 0
        continue
      }
      assert.equal(packet.block, parts.length + 1)
      parts.push(packet.data)
      unacknowledged += 1
      if (unacknowledged === 8 || packet.data.length < 1024) {
        one.send(tid, { kind: 'ack', block: packet.block })
        unacknowledged = 0
      }
      if (packet.data.length < 1024) break
    }
    assert.deepEqual(Buffer.concat(parts), Buffer.from(content))
  })

  it('never sends more than four packets before the first answer', async () => {
    for (const options of [{}, { windowsize: '64', blksize: '1468' }]) {
      const running = await start(await scratch.folder({ file: pattern(50_000) }), {
        tftp: { timing: { retransmitMs: 10, retransmitCapMs: 20, lingerMs: 60 } },
      })
      const one = await client()
      one.request(running.tftpPort, 'file', options)
      await running.event('transfer-failed')
      let packets = 0
      while ((await one.quiet(packets === 0 ? 50 : 0)) !== undefined) packets += 1
      assert.equal(packets, 4)
      await running.close()
    }
  })

  describe('in single-port mode', () => {
    it('sends everything from the port that was called, to many clients at a time', async () => {
      const content = pattern(30_000)
      const { tftpPort } = await start(await scratch.folder({ file: content }), {
        tftp: { singlePort: true },
      })
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          const one = await client()
          one.request(tftpPort, 'file')
          const first = await data(one)
          assert.equal(first.tid, tftpPort)
          assert.deepEqual(await rest(one, first), Buffer.from(content))
        }),
      )
    })

    it('keeps transfers apart by the address and port of the client', async () => {
      const running = await start(await scratch.folder({ a: pattern(2000), b: pattern(3000) }), {
        tftp: { singlePort: true },
      })
      const [one, stranger] = [await client(), await client()]
      one.request(running.tftpPort, 'a')
      await data(one)
      stranger.send(running.tftpPort, { kind: 'ack', block: 1 })
      assert.equal(await stranger.quiet(50), undefined)
      assert.equal((await running.event('garbage')).reason, 'stray ACK')
      // From the same port it is the next file, not one more.
      one.request(running.tftpPort, 'b')
      const first = await data(one)
      assert.deepEqual(await rest(one, first), Buffer.from(pattern(3000)))
      assert.match((await running.event('transfer-failed')).reason, /others asked|anew/)
    })

    it('lets a transfer finish while it stops', async () => {
      const content = pattern(3000)
      const running = await start(await scratch.folder({ file: content }), {
        tftp: { singlePort: true },
        graceMs: 400,
      })
      const one = await client()
      one.request(running.tftpPort, 'file')
      const first = await data(one)
      const closed = running.close()
      assert.deepEqual(await rest(one, first), Buffer.from(content))
      await closed
    })
  })

  it('finds a name that differs in case only, unless it could be two', async () => {
    const root = await scratch.folder({
      'Boot/BCD': 'bcd',
      'boot.ipxe': 'script',
      twice: '1',
      TWICE: '2',
    })
    const { tftpPort } = await start(root)
    const get = async (name: string): Promise<string | number> => {
      const one = await client()
      one.request(tftpPort, name)
      const { packet } = await one.next()
      if (packet.kind === 'error') return packet.code
      return packet.kind === 'data' ? Buffer.from(packet.data).toString() : packet.kind
    }
    assert.equal(await get('\\BOOT\\bcd'), 'bcd')
    assert.equal(await get('BOOT.IPXE'), 'script')
    assert.equal(await get('twice'), '1')
    assert.equal(await get('Twice'), 1)
    assert.equal(await get('..\\BOOT.IPXE'), 2)
  })

  it('drops the requests of an address that makes too many, and serves the others', async () => {
    const running = await start(await scratch.folder({ file: 'x' }), {
      tftp: { requestRate: { perSecond: 0.001, burst: 5 } },
    })
    for (let i = 0; i < 5; i++) {
      const one = await client()
      one.request(running.tftpPort, 'file')
      await data(one)
    }
    const late = await client()
    late.request(running.tftpPort, 'file')
    assert.match((await running.event('server-problem')).reason, /^too many requests from 127\.0\.0\.1/)
    assert.equal(await late.quiet(50), undefined)
    const other = await RawClient.open(0, '127.0.0.2')
    clients.push(other)
    other.request(running.tftpPort, 'file')
    assert.equal((await data(other)).packet.block, 1)
  })

  it('lets a transfer finish while it stops, and tells the others', async () => {
    const content = pattern(3000)
    const running = await start(await scratch.folder({ file: content }), { graceMs: 400 })
    const [one, idle] = [await client(), await client()]
    one.request(running.tftpPort, 'file')
    const first = await data(one)
    idle.request(running.tftpPort, 'file')
    await data(idle)
    const closed = running.close()
    assert.deepEqual(await rest(one, first), Buffer.from(content))
    await closed
    const { packet } = await idle.next()
    assert.equal(packet.kind === 'error' && packet.message, 'The server is being stopped')
  })
})

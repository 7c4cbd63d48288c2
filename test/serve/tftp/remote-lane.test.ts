import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { ServeEvent } from '../../../src/serve/events.js'
import { type Lease, TreeFiles } from '../../../src/serve/files.js'
import type { Order } from '../../../src/serve/tftp/lane.js'
import { RemoteLane } from '../../../src/serve/tftp/remote-lane.js'
import { pattern, RawClient, Scratch } from '../support.js'

const CONTENT = pattern(2_500_000)

describe('transfers in a thread of their own', () => {
  const scratch = new Scratch()
  const clients: RawClient[] = []
  let files: TreeFiles
  let lane: RemoteLane
  let events: ServeEvent[]
  /** What has happened since a transfer was started; `changed` waits for the next of it. */
  let log: string[]
  let changed: () => Promise<void>
  let note: (line: string) => void

  beforeEach(async () => {
    files = new TreeFiles(await scratch.folder({ file: CONTENT }))
    events = []
    log = []
    let wake: (() => void)[] = []
    changed = () => new Promise((resolve) => wake.push(resolve))
    note = (line) => {
      log.push(line)
      for (const one of wake.splice(0)) one()
      wake = []
    }
    lane = new RemoteLane({
      onEvent: (event) => {
        events.push(event)
        note(event.type)
      },
      onEnd: (_lane, reason) => {
        note(`end: ${reason}`)
      },
    })
  })
  afterEach(async () => {
    for (const one of clients.splice(0)) one.close()
    await lane.close()
    await files.close()
    await scratch.clean()
  })

  async function lease(): Promise<Lease> {
    const opened = await files.open(['file'])
    assert.ok(opened.ok)
    return {
      file: opened.lease.file,
      release: () => {
        note('released')
        opened.lease.release()
      },
    }
  }

  async function begin(over: Partial<Order> = {}): Promise<{
    one: RawClient
    transfer: ReturnType<RemoteLane['start']>
  }> {
    const one = await RawClient.open()
    clients.push(one)
    const client = { address: '127.0.0.1', port: one.port }
    const order: Order = {
      listener: { type: 'udp4', address: '127.0.0.1' },
      client,
      options: [{ name: 'blksize', value: '65464' }],
      blksizeMax: 65464,
      timing: { lingerMs: 30_000 },
      portRange: undefined,
      shown: { client, path: 'file' },
      ...over,
    }
    const transfer = lane.start(order, await lease(), {
      onPhase: note,
      onFailed: (code) => {
        note(code)
      },
    })
    return { one, transfer }
  }

  async function seen(line: string): Promise<void> {
    while (!log.includes(line)) await changed()
  }

  async function fetch(one: RawClient): Promise<Buffer> {
    const parts: Uint8Array[] = []
    for (;;) {
      const { packet, from } = await one.next(10_000)
      if (packet.kind === 'oack') one.send(from.port, { kind: 'ack', block: 0 })
      else if (packet.kind === 'data') {
        if (packet.block === parts.length + 1) parts.push(packet.data)
        one.send(from.port, { kind: 'ack', block: packet.block })
        if (packet.data.length < 65464) return Buffer.concat(parts)
      } else assert.fail(JSON.stringify(packet))
    }
  }

  it('send a file and tell each step', async () => {
    const { one, transfer } = await begin()
    assert.equal(lane.load, 1)
    assert.ok((await fetch(one)).equals(CONTENT))
    await seen('finished')
    assert.equal(lane.load, 0)
    assert.ok(transfer.finished && !transfer.closed)
    transfer.supersede()
    await seen('closed')
    assert.ok(transfer.closed)
    assert.deepEqual(log, ['transfer-start', 'proven', 'transfer-done', 'finished', 'released', 'closed'])
    const done = events.find(({ type }) => type === 'transfer-done')
    assert.ok(done?.type === 'transfer-done' && done.bytes === CONTENT.length && done.path === 'file')
  })

  it('share a file, each at its own place', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => begin()))
    const got = await Promise.all(all.map(({ one }) => fetch(one)))
    assert.ok(got.every((bytes) => bytes.equals(CONTENT)))
  })

  it('let go in the middle when they are told to', async () => {
    const { one, transfer } = await begin()
    assert.equal((await one.next()).packet.kind, 'oack')
    // before the answer is read as well as after it
    transfer.abort('The server is being stopped')
    const { packet } = await one.next()
    assert.ok(packet.kind === 'error' && packet.message === 'The server is being stopped')
    await seen('closed')
    assert.equal(log.filter((line) => line === 'released').length, 1)
    assert.equal(lane.load, 0)
  })

  it('take what is said while their socket is being opened', async () => {
    const { transfer } = await begin()
    transfer.abort('at once')
    await seen('closed')
    assert.ok(log.includes('released'))
  })

  it('say when there is no socket for them', async () => {
    const taken = createSocket('udp4').bind(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address()
    const { transfer } = await begin({ portRange: [port, port] })
    await seen('closed')
    taken.close()
    assert.deepEqual(log, ['EADDRINUSE', 'released', 'closed'])
    assert.ok(transfer.closed)
  })

  it('make way for a machine that has started over, and not for one that asks twice', async () => {
    const { one, transfer } = await begin()
    transfer.repeated(() => {
      note('again')
    })
    assert.ok((await fetch(one)).equals(CONTENT))
    await seen('finished')
    assert.ok(!log.includes('again'))
    transfer.repeated(() => {
      note('again')
    })
    await seen('closed')
    await seen('again')
  })

  it('are over when their thread is', async () => {
    const { one, transfer } = await begin()
    await one.next()
    await lane.close()
    await seen('closed')
    assert.ok(transfer.closed && log.includes('released') && log.includes('end: it ended'))
  })
})

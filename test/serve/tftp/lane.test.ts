import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Content } from '../../../src/serve/content.js'
import { TreeFiles } from '../../../src/serve/files.js'
import { Lane, type Order } from '../../../src/serve/tftp/lane.js'
import { Threads } from '../../../src/serve/tftp/threads.js'
import { pause, Scratch } from '../support.js'

describe('where transfers run', () => {
  const scratch = new Scratch()
  afterEach(() => scratch.clean())

  it('a transfer counts from its request on, and one without a socket no longer', async () => {
    const files = new TreeFiles(await scratch.folder({ file: 'one' }))
    const opened = await files.open(['file'])
    assert.ok(opened.ok)
    const lane = new Lane(new Content(), () => undefined)
    const client = { address: '127.0.0.1', port: 9 }
    const taken = createSocket('udp4').bind(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address()
    const order: Order = {
      listener: { type: 'udp4', address: '127.0.0.1' },
      client,
      options: [],
      blksizeMax: 512,
      timing: {},
      portRange: [port, port],
      shown: { client, path: 'file' },
    }
    const none = lane.prepare(order, opened.lease, () => undefined)
    assert.equal(lane.load, 1, 'before there is a socket')
    await assert.rejects(none, { code: 'EADDRINUSE' })
    assert.equal(lane.load, 0)

    const phases: string[] = []
    const transfer = await lane.prepare({ ...order, portRange: undefined }, opened.lease, (phase) => {
      phases.push(phase)
    })
    assert.equal(lane.load, 1)
    transfer.supersede()
    assert.equal(lane.load, 0)
    while (!phases.includes('closed')) await pause(5)
    taken.close()
    await files.close()
  })

  it('another thread is started when there is enough to do, and used once it is there', async () => {
    const threads = new Threads(1, () => undefined)
    try {
      assert.equal(threads.free(7), undefined)
      await pause(300)
      assert.equal(threads.free(7), undefined, 'seven are no reason')
      assert.equal(threads.free(8), undefined, 'it has to start')
      let lane = threads.free(8)
      while (lane === undefined) {
        await pause(20)
        lane = threads.free(8)
      }
      assert.equal(threads.free(1), lane, 'it has nothing to do')
      assert.equal(threads.free(0), undefined)
    } finally {
      await threads.close()
    }
  })

  it('there is none where none is wanted', async () => {
    const threads = new Threads(0, () => undefined)
    assert.equal(threads.free(1000), undefined)
    await pause(300)
    assert.equal(threads.free(1000), undefined)
    await threads.close()
  })
})

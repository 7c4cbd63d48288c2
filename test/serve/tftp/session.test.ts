import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { TftpOption } from '../../../src/serve/tftp/packet.js'
import {
  type Outcome,
  ReadSession,
  type SessionTiming,
  type Step,
  type Transmission,
  wireBlock,
} from '../../../src/serve/tftp/session.js'

const TIMING: SessionTiming = {
  retransmitMs: 1000,
  retransmitCapMs: 4000,
  attempts: 5,
  firstAttempts: 3,
  idleMs: 60_000,
  lingerMs: 2000,
}
const ask = (pairs: Record<string, string>): TftpOption[] =>
  Object.entries(pairs).map(([name, value]) => ({ name, value }))
const session = (
  size: number,
  options: Record<string, string> = {},
  timing: Partial<SessionTiming> = {},
): ReadSession => new ReadSession(ask(options), size, { timing: { ...TIMING, ...timing } })
const ack = (block: number): { kind: 'ack'; block: number } => ({ kind: 'ack', block })
const error = (code: number): { kind: 'error'; code: number; message: string } => ({
  kind: 'error',
  code,
  message: 'm',
})

function onlyData(step: Step): Extract<Transmission, { kind: 'data' }> {
  const [first, ...rest] = step.send
  assert.ok(first?.kind === 'data' && rest.length === 0, JSON.stringify(step))
  return first
}

/** Acknowledges every block; returns the DATA sent and how it ended. */
function runToEnd(one: ReadSession): {
  data: Extract<Transmission, { kind: 'data' }>[]
  outcome: Outcome | undefined
} {
  const data: Extract<Transmission, { kind: 'data' }>[] = []
  let step = one.start(0)
  for (let now = 1; step.outcome === undefined; now++) {
    const [sent] = step.send
    assert.ok(sent !== undefined && sent.kind !== 'error')
    if (sent.kind === 'data') data.push(sent)
    step = one.receive(ack(sent.kind === 'data' ? wireBlock(sent.block) : 0), now)
  }
  return { data, outcome: step.outcome }
}

describe('tftp read session', () => {
  it('ends with a block that is not full, also for sizes 0, 511, 512, 513 and 1024', () => {
    const lengths = (size: number): number[] => runToEnd(session(size)).data.map(({ length }) => length)
    assert.deepEqual(lengths(0), [0])
    assert.deepEqual(lengths(511), [511])
    assert.deepEqual(lengths(512), [512, 0])
    assert.deepEqual(lengths(513), [512, 1])
    assert.deepEqual(lengths(1024), [512, 512, 0])
  })

  it('covers the file without gap or overlap for any size and blksize', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 8, max: 1500 }), (size, blksize) => {
        const { data, outcome } = runToEnd(session(size, { blksize: String(blksize) }))
        let at = 0
        for (const [i, block] of data.entries()) {
          assert.equal(block.block, i + 1)
          assert.equal(block.offset, at)
          assert.equal(block.length < blksize, i === data.length - 1)
          at += block.length
        }
        assert.equal(at, size)
        assert.deepEqual(outcome, { kind: 'done', bytes: size, acknowledged: true })
      }),
    )
  })

  it('goes on past 32 MiB at 512: after block 65535 comes 0 on the wire, and the file goes on', () => {
    const size = 33 * 1024 * 1024 + 17
    const { data, outcome } = runToEnd(session(size))
    assert.equal(data.length, Math.floor(size / 512) + 1)
    const around = data.slice(65533, 65537)
    assert.deepEqual(
      around.map(({ block }) => wireBlock(block)),
      [65534, 65535, 0, 1],
    )
    assert.deepEqual(
      around.map(({ offset }) => offset / 512),
      [65533, 65534, 65535, 65536],
    )
    assert.equal(data.at(-1)?.length, 17)
    assert.deepEqual(outcome, { kind: 'done', bytes: size, acknowledged: true })
  })

  it('answers options by an OACK and sends block 1 only after ACK 0', () => {
    const one = session(700, { blksize: '600', tsize: '0' })
    const start = one.start(0)
    assert.deepEqual(start.send, [{ kind: 'oack', options: ask({ blksize: '600', tsize: '700' }) }])
    assert.deepEqual(one.receive(ack(1), 1).send, [], 'ACK 1 is not the answer to an OACK')
    assert.deepEqual(onlyData(one.receive(ack(0), 2)), {
      kind: 'data',
      block: 1,
      count: 1,
      offset: 0,
      length: 600,
    })
  })

  it('sends block 1 at once when nothing it knows was asked', () => {
    assert.equal(onlyData(session(700, { multicast: '' }).start(0)).length, 512)
    assert.equal(onlyData(session(700, { blksize: 'huge' }).start(0)).length, 512)
  })

  it('never sends because of a duplicate, late or early ACK', () => {
    const one = session(5 * 512, { tsize: '0' })
    one.start(0)
    assert.equal(onlyData(one.receive(ack(0), 1)).block, 1)
    for (const block of [0, 2, 3, 65535])
      assert.deepEqual(one.receive(ack(block), 2).send, [], `ACK ${block}`)
    assert.equal(onlyData(one.receive(ack(1), 3)).block, 2)
    for (const block of [0, 1, 1, 3]) assert.deepEqual(one.receive(ack(block), 4).send, [], `ACK ${block}`)
    assert.equal(onlyData(one.receive(ack(2), 5)).block, 3)
  })

  it('does not let duplicate ACKs put off the retransmission', () => {
    const one = session(2000)
    one.start(0)
    one.receive(ack(1), 10)
    assert.equal(one.receive(ack(1), 55).deadline, 60)
    assert.deepEqual(one.tick(59).send, [])
    assert.equal(onlyData(one.tick(60)).block, 2)
  })

  for (const code of [0, 8]) {
    it(`takes ERROR ${code} after the OACK or within the first block for a size probe`, () => {
      const afterOack = session(5000, { tsize: '0' })
      afterOack.start(0)
      assert.equal(afterOack.receive(error(code), 1).outcome?.kind, 'probe')
      assert.ok(afterOack.closed)

      const firstBlock = session(5000, { tsize: '0' })
      firstBlock.start(0)
      firstBlock.receive(ack(0), 1)
      const step = firstBlock.receive(error(code), 2)
      assert.deepEqual([step.outcome?.kind, step.send, step.deadline], ['probe', [], undefined])

      const later = session(5000)
      later.start(0)
      later.receive(ack(1), 1)
      const outcome = later.receive(error(code), 2).outcome
      assert.deepEqual(outcome, { kind: 'failed', reason: 'client-error', bytes: 512, code, message: 'm' })
    })
  }

  it('takes any other ERROR for a failure', () => {
    const one = session(5000, { tsize: '0' })
    one.start(0)
    assert.equal(one.receive(error(3), 1).outcome?.kind, 'failed')
  })

  it('retransmits with doubled waits up to the cap, then gives up, once', () => {
    const one = session(5000)
    one.start(0)
    let step = one.receive(ack(1), 0)
    const waits: number[] = []
    let now = 0
    while (step.outcome === undefined) {
      const deadline = step.deadline
      assert.ok(deadline !== undefined)
      waits.push(deadline - now)
      assert.deepEqual(one.tick(deadline - 1).send, [], 'nothing before the deadline')
      now = deadline
      step = one.tick(now)
      if (step.outcome === undefined) assert.equal(onlyData(step).block, 2)
    }
    // The round trip is known here, so it begins sooner; what is sooner than a second does not count.
    assert.deepEqual(waits, [50, 100, 200, 400, 800, 1600, 3200, 4000, 4000, 4000])
    assert.deepEqual(step, {
      send: [],
      deadline: undefined,
      outcome: { kind: 'failed', reason: 'timeout', bytes: 512 },
    })
    assert.deepEqual(one.tick(now + 1e6), { send: [], deadline: undefined })
    assert.ok(one.closed)
  })

  it('starts the waits anew with each block', () => {
    const one = session(5000)
    one.start(0)
    one.tick(1000)
    one.tick(3000)
    const step = one.receive(ack(1), 3100)
    assert.equal(step.deadline, 4100)
  })

  it('sends fewer packets to an address that has not proved itself', () => {
    const one = session(5000, { tsize: '0' })
    let step = one.start(0)
    let sent = 0
    while (step.outcome === undefined) {
      sent += step.send.length
      step = one.tick(step.deadline ?? NaN)
    }
    assert.equal(sent, TIMING.firstAttempts)
    assert.equal(step.outcome.kind, 'failed')
  })

  it('waits as long as the client asked for', () => {
    const one = session(5000, { timeout: '7' })
    assert.equal(one.start(100).deadline, 7100)
    assert.equal(one.receive(ack(0), 200).deadline, 7200)
    assert.equal(one.tick(7200).deadline, 14_200, 'the cap does not undercut what was agreed')
  })

  it('gives a silent client up at the idle limit, however long a timeout it asked for', () => {
    const one = session(5000, { timeout: '255' })
    const start = one.start(0)
    assert.equal(start.deadline, 30_000)
    const again = one.tick(30_000)
    assert.equal(again.send.length, 1, 'one retransmission all the same')
    assert.equal(again.deadline, 60_000)
    assert.equal(one.tick(60_000).outcome?.kind, 'failed')
  })

  it('keeps the TID for a moment after the last ACK, silently', () => {
    const one = session(100)
    one.start(0)
    const step = one.receive(ack(1), 50)
    assert.deepEqual(step, {
      send: [],
      deadline: 2050,
      outcome: { kind: 'done', bytes: 100, acknowledged: true },
    })
    assert.ok(one.finished && !one.closed)
    assert.deepEqual(one.receive(ack(1), 60), { send: [], deadline: 2050 })
    assert.deepEqual(one.receive(error(0), 70), { send: [], deadline: 2050 })
    assert.deepEqual(one.tick(2050), { send: [], deadline: undefined })
    assert.ok(one.closed)
  })

  it('does not count a missing last ACK as a failure', () => {
    const one = session(600)
    one.start(0)
    let step = one.receive(ack(1), 0)
    while (step.outcome === undefined) step = one.tick(step.deadline ?? NaN)
    assert.deepEqual(step.outcome, { kind: 'done', bytes: 600, acknowledged: false })
  })

  it('tells the client when it aborts, and nothing when the client began anew', () => {
    const one = session(5000)
    one.start(0)
    const step = one.abort(0, 'gone')
    assert.deepEqual(step.send, [{ kind: 'error', code: 0, message: 'gone' }])
    assert.equal(step.outcome?.kind, 'failed')
    const other = session(5000)
    other.start(0)
    assert.deepEqual(other.supersede().send, [])
    assert.ok(other.closed)
  })

  it('refuses packets that no reader sends', () => {
    const one = session(5000)
    one.start(0)
    const step = one.receive({ kind: 'data', block: 1, data: new Uint8Array(1) }, 1)
    assert.equal(step.send[0]?.kind === 'error' && step.send[0].code, 4)
    assert.ok(one.closed)
  })

  it('answers a repeated request by nothing; the timer repeats the answer', () => {
    const one = session(5000)
    one.start(0)
    const step = one.receive({ kind: 'rrq', filename: 'a', mode: 'octet', options: [] }, 500)
    assert.deepEqual(step, { send: [], deadline: 1000 })
  })

  it('waits a few round trips once it knows them, and a second before', () => {
    const one = session(50_000, { tsize: '0' })
    assert.equal(one.start(0).deadline, 1000)
    // 80 ms, deviation taken as 40: 80 + 4 * 40.
    assert.equal(one.receive(ack(0), 80).deadline, 80 + 240)
    let now = 80
    for (let block = 1; block < 40; block++) one.receive(ack(block), (now += 80))
    const { deadline } = one.receive(ack(40), (now += 80))
    assert.ok(deadline !== undefined && deadline - now >= 80 && deadline - now < 100, String(deadline))
  })

  describe('with windows (RFC 7440)', () => {
    const started = (size: number, windowsize: string): ReadSession => {
      const one = session(size, { windowsize })
      one.start(0)
      return one
    }
    const sent = (step: Step): [number, number, number] => {
      const { block, count, length } = onlyData(step)
      return [block, count, length]
    }

    it('sends nothing but the OACK until ACK 0, then a window at a time', () => {
      const one = session(10 * 512, { windowsize: '4' })
      assert.deepEqual(one.start(0).send, [{ kind: 'oack', options: ask({ windowsize: '4' }) }])
      assert.deepEqual(sent(one.receive(ack(0), 1)), [1, 4, 2048])
      assert.deepEqual(sent(one.receive(ack(4), 2)), [5, 4, 2048])
      assert.deepEqual(sent(one.receive(ack(8), 3)), [9, 3, 1024], 'the last one is empty')
      assert.deepEqual(one.receive(ack(11), 4).outcome, { kind: 'done', bytes: 5120, acknowledged: true })
    })

    it('goes on behind the block that arrived when one was lost', () => {
      const one = started(100 * 512, '8')
      one.receive(ack(0), 1)
      assert.deepEqual(sent(one.receive(ack(3), 2)), [4, 8, 4096])
      assert.deepEqual(one.receive(ack(3), 3).send, [], 'repeated for each later block that arrived')
      assert.deepEqual(one.receive(ack(2), 3).send, [])
      assert.deepEqual(sent(one.receive(ack(11), 4)), [12, 8, 4096])
    })

    it('sends the window again when its first block was lost, by the timer only', () => {
      const one = started(100 * 512, '4')
      one.receive(ack(0), 1)
      one.receive(ack(4), 2)
      for (let i = 0; i < 3; i++) assert.deepEqual(one.receive(ack(4), 3).send, [])
      assert.deepEqual(sent(one.tick(52)), [5, 4, 2048])
    })

    it('passes 65535 within a window', () => {
      const one = started(65_540 * 512, '64')
      let step = one.receive(ack(0), 1)
      for (let now = 2; step.outcome === undefined; now++) {
        const { block, count } = onlyData(step)
        step = one.receive(ack(wireBlock(block + count - 1)), now)
      }
      assert.deepEqual(step.outcome, { kind: 'done', bytes: 65_540 * 512, acknowledged: true })
    })

    it('takes a silent end for success only when nothing but the last block can be missing', () => {
      const silent = (acknowledged: number): Outcome | undefined => {
        const one = started(4 * 512 - 1, '4')
        let step = one.receive(ack(0), 1)
        if (acknowledged > 0) step = one.receive(ack(acknowledged), 2)
        while (step.outcome === undefined) step = one.tick(step.deadline ?? NaN)
        return step.outcome
      }
      assert.equal(silent(3)?.kind, 'done')
      assert.equal(silent(2)?.kind, 'failed')
      assert.equal(silent(0)?.kind, 'failed')
    })
  })

  it('serves files above 4 GiB', () => {
    const size = 5 * 2 ** 30 + 7
    const one = session(size, { blksize: '65464', windowsize: '64', tsize: '0' })
    const start = one.start(0)
    assert.ok(start.send[0]?.kind === 'oack')
    assert.ok(start.send[0].options.some(({ value }) => value === String(size)))
    let step = one.receive(ack(0), 1)
    let at = 0
    for (let now = 2; step.outcome === undefined; now++) {
      const { block, count, offset, length } = onlyData(step)
      assert.equal(offset, at)
      at += length
      step = one.receive(ack(wireBlock(block + count - 1)), now)
    }
    assert.equal(at, size)
  })

  it('delivers every byte once in order over a network that loses, repeats and delays', () => {
    const window = fc.constantFrom(1, 1, 2, 4, 16, 64)
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 0, max: 20_000 }),
        fc.boolean(),
        window,
        (seed, size, oack, windowsize) => {
          const options = {
            ...(oack ? { tsize: '0' } : {}),
            ...(windowsize > 1 ? { windowsize: String(windowsize) } : {}),
          }
          const one = session(size, options, { attempts: 50, firstAttempts: 50, idleMs: 1e9 })
          const { received, outcome, packets } = lossyRun(one, seed)
          assert.equal(received, size)
          assert.equal(outcome?.kind, 'done')
          // Nothing that grows by itself: no more than a window for each packet of the client or tick of the timer.
          assert.ok(packets < 60 * (Math.ceil(size / 512) + 1) * Math.sqrt(windowsize), String(packets))
        },
      ),
      { numRuns: 300 },
    )
  })
})

/**
 * A correct RFC 1350 and 7440 client behind a bad network, on a clock of its own: 20 % of the packets are lost, 10 %
 * come twice, and delays reorder them.
 */
function lossyRun(
  one: ReadSession,
  seed: number,
): { received: number; outcome: Outcome | undefined; packets: number } {
  const random = numbers(seed)
  const queue: { at: number; run: (now: number) => void }[] = []
  let timer: number | undefined
  let received = 0
  let expected = 1
  let unacknowledged = 0
  let gap = false
  let outcome: Outcome | undefined
  let packets = 0
  const deliver = (now: number, run: (now: number) => void): void => {
    const copies = random() < 0.2 ? 0 : random() < 0.1 ? 2 : 1
    for (let i = 0; i < copies; i++) queue.push({ at: now + 5 + random() * 50, run })
  }
  const apply = (step: Step, now: number): void => {
    timer = step.deadline
    assert.ok(outcome === undefined || step.outcome === undefined, 'two outcomes')
    outcome ??= step.outcome
    for (const sent of step.send) {
      if (sent.kind !== 'data') deliver(now, answerOack)
      else for (let i = 0; i < sent.count; i++) sendBlock(sent, i, now)
    }
  }
  const sendBlock = (sent: Extract<Transmission, { kind: 'data' }>, index: number, now: number): void => {
    packets += 1
    // Never more than a window ahead of what the client has.
    assert.ok(sent.block + index < expected + one.windowsize)
    const block = sent.block + index
    const offset = sent.offset + index * one.blksize
    const length = Math.min(one.blksize, sent.offset + sent.length - offset)
    deliver(now, (later) => {
      takeBlock(block, offset, length, later)
    })
  }
  const acknowledge = (now: number): void => {
    unacknowledged = 0
    const block = wireBlock(expected - 1)
    deliver(now, (later) => {
      apply(one.receive(ack(block), later), later)
    })
  }
  const answerOack = (now: number): void => {
    if (expected === 1) acknowledge(now)
  }
  const takeBlock = (block: number, offset: number, length: number, now: number): void => {
    if (block !== expected) {
      // A lost ACK in lock-step, or a gap: tell once what we have.
      if (!gap || block < expected) acknowledge(now)
      gap = true
      return
    }
    gap = false
    assert.equal(offset, received)
    received += length
    expected += 1
    unacknowledged += 1
    if (unacknowledged === one.windowsize || length < one.blksize) acknowledge(now)
  }
  apply(one.start(0), 0)
  for (let guard = 0; guard < 200_000 && !one.closed; guard++) {
    queue.sort((a, b) => a.at - b.at)
    const next = queue[0]
    if (next !== undefined && next.at <= (timer ?? Infinity)) {
      queue.shift()
      next.run(next.at)
    } else if (timer !== undefined) {
      apply(one.tick(timer), timer)
    }
  }
  return { received, outcome, packets }
}

/** Numbers from 0 to 1 that are the same in every run: a linear congruence modulo 2^32. */
function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

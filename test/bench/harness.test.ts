import assert from 'node:assert/strict'
import {
  BenchmarkRefused,
  commandPeer,
  functionPeer,
  leastRounds,
  measure,
  median,
  report,
  type Peer,
} from '../../bench/harness.js'

const node = process.execPath

function nodePeer(name: string, code: string, expect: Peer['expect']): Promise<Peer> {
  return commandPeer({ name, command: node, args: ['-e', code], versionArgs: ['--version'], expect })
}

/** Writes down its turns and takes no time. */
function silentPeer(name: string, turns: string[], output: () => string = () => 'same'): Peer {
  return {
    name,
    version: '1',
    expect: 'same',
    run: () => {
      turns.push(name)
      return Promise.resolve({ seconds: 1, output: output() })
    },
  }
}

async function refusal(peers: Peer[], rounds = leastRounds): Promise<string> {
  try {
    await measure({ name: 'test', peers, rounds })
  } catch (error) {
    assert.ok(error instanceof BenchmarkRefused, String(error))
    return error.message
  }
  return assert.fail('it was timed')
}

describe('bench/harness.ts', () => {
  it('times commands that work', async () => {
    const peers = [await nodePeer('one', 'console.log(1)', '1\n'), await nodePeer('none', '0', '')]
    const results = await measure({ name: 'test', peers })
    assert.deepEqual(
      results.map(({ peer, seconds }) => [peer.name, seconds.length]),
      [
        ['one', 5],
        ['none', 5],
      ],
    )
    assert.ok(results.every(({ seconds }) => seconds.every((value) => value > 0)))
    assert.equal(peers[0]!.version, process.versions.node)
  })

  it('refuses a command that fails', async () => {
    assert.match(
      await refusal([await nodePeer('broken', 'console.error("no such file"); process.exit(1)', '')]),
      /^broken exited with 1: .*\nno such file$/,
    )
    assert.match(
      await refusal([await nodePeer('killed', 'process.kill(process.pid, "SIGKILL")', '')]),
      /^killed was ended by SIGKILL/,
    )
  })

  it('refuses a command that is not there', async () => {
    const missing = { name: 'missing', command: '/nonexistent/tool', args: [], versionArgs: [], expect: '' }
    await assert.rejects(commandPeer(missing), /missing: cannot start \/nonexistent\/tool/)
  })

  it('refuses an output that is not the expected one', async () => {
    const peer = await nodePeer('wrong', 'console.log(2)', '1\n')
    assert.equal(await refusal([peer]), 'wrong: gave something else than it should, beginning with "2\\n"')
    const tested = await nodePeer('tested', 'console.log("error: x")', (output) => !output.includes('error'))
    assert.match(await refusal([tested]), /^tested: gave something else/)
  })

  it('refuses an output that changes between rounds', async () => {
    let runs = 0
    const peer = silentPeer('fickle', [], () => (++runs < 4 ? 'same' : 'other'))
    assert.equal(await refusal([peer]), 'fickle: round 3 gave another output than before')
  })

  it('refuses fewer than five rounds, and no peers', async () => {
    assert.match(await refusal([silentPeer('a', [])], 4), /4 rounds are too few/)
    assert.match(await refusal([]), /nothing to measure/)
  })

  it('takes turns, and begins each round with another peer', async () => {
    const turns: string[] = []
    await measure({ name: 'test', peers: ['a', 'b', 'c'].map((name) => silentPeer(name, turns)) })
    assert.equal(turns.join(''), 'abc' + 'abc' + 'bca' + 'cab' + 'abc' + 'bca')
  })

  it('looks at results of functions off the clock', async () => {
    const peer = functionPeer({
      name: 'add',
      version: '1',
      work: () => 1 + 1,
      output: String,
      expect: '2',
    })
    const [result] = await measure({ name: 'test', peers: [peer], rounds: 7 })
    assert.equal(result!.seconds.length, 7)
  })

  it('reports median, spread, ratio and rate', () => {
    assert.equal(median([3, 1, 2]), 2)
    assert.equal(median([4, 1, 2, 3]), 2.5)
    const fast = silentPeer('fast', [])
    const slow = silentPeer('slow', [])
    const text = report({ name: 'race', work: { amount: 1000, unit: 'lines' }, peers: [fast, slow] }, [
      { peer: fast, seconds: [0.1, 0.3, 0.2], ownCpu: [0, 0, 0] },
      { peer: slow, seconds: [2, 2, 2], ownCpu: [0, 0, 0] },
    ])
    assert.match(text, /^race {2}\(3 rounds\)/)
    assert.match(text, /fast +1 +200\.0 ms +100\.0 ms \.\. 300\.0 ms +1\.00x +5,000 lines\/s/)
    assert.match(text, /slow +1 +2\.00 s +2\.00 s \.\. 2\.00 s +10\.00x +500 lines\/s/)
  })
})

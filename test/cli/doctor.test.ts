import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Io } from '../../src/cli/io.js'
import { run } from '../../src/cli/main.js'
import { discover, kinds } from '../../src/serve/doctor/packets.js'
import { encodePacket } from '../../src/serve/dhcp/packet.js'
import { pcapHeader, pcapRecord } from '../../src/serve/record/pcap.js'

describe('ipxetool doctor', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-doctor-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  async function doctor(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const out = { stdout: '', stderr: '' }
    const stream = (name: 'stdout' | 'stderr') => ({
      write: (text: string | Uint8Array): void => {
        out[name] += typeof text === 'string' ? text : new TextDecoder().decode(text)
      },
    })
    const io: Io = {
      cwd: folder,
      env: {},
      stdin: Readable.from([]),
      stdout: stream('stdout'),
      stderr: stream('stderr'),
      signal: new AbortController().signal,
    }
    return { code: await run(['doctor', ...argv], io), ...out }
  }
  const quiet = ['--no-ask', '--interface', '127.0.0.1', '--http', '127.0.0.1:0', '--tftp', '127.0.0.1:0']

  it('a missing tree is a problem, and the rest is told all the same', async () => {
    const { code, stdout } = await doctor('none', ...quiet)
    assert.equal(code, 1)
    assert.match(stdout, /^PROBLEM tree +there is no output tree at .*\n +-> run `ipxetool build` first/m)
    assert.match(stdout, /^ok +address +lo/m)
    assert.match(stdout, /BIOS, PXE +DISCOVER on 67 +no answer: the tree has no loader/)
  })

  it('--json, for programs', async () => {
    writeFileSync(join(folder, 'boot.ipxe'), '#!ipxe\n')
    const { code, stdout } = await doctor('.', ...quiet, '--json')
    const { findings, machines } = JSON.parse(stdout) as { findings: { level: string }[]; machines: object[] }
    assert.equal(code, findings.some(({ level }) => level === 'problem') ? 1 : 0)
    assert.equal(machines.length, kinds.length)
  })

  it('a recording is asked again; what is none is refused', async () => {
    const bytes = encodePacket(discover(kinds[0]!, Uint8Array.of(2, 0, 0, 0, 0, 9), 5))
    const from = { address: '0.0.0.0', port: 68 }
    const record = pcapRecord({ at: 0, from, to: { address: '255.255.255.255', port: 67 }, bytes })!
    writeFileSync(join(folder, 'x.pcap'), Buffer.concat([pcapHeader(), record]))
    writeFileSync(join(folder, 'undionly.kpxe'), 'x')
    const { code, stdout } = await doctor('x.pcap', '--tree', '.')
    assert.equal(code, 0)
    assert.match(
      stdout,
      /0\.000 s {2}02:00:00:00:00:09 {2}DISCOVER on 67\n +now +offer undionly\.kpxe \(direct\): x86 BIOS\n\n1 requests/,
    )
    writeFileSync(join(folder, 'y.pcap'), 'hello, this is not a recording')
    const wrong = await doctor('y.pcap')
    assert.equal(wrong.code, 1)
    assert.match(wrong.stderr, /y\.pcap cannot be replayed: no recording/)
  })
})

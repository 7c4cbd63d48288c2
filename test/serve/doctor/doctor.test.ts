import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { askNetwork } from '../../../src/serve/doctor/ask.js'
import { dryRun } from '../../../src/serve/doctor/dry-run.js'
import { examine } from '../../../src/serve/doctor/index.js'
import { discover, kinds, request } from '../../../src/serve/doctor/packets.js'
import { portState } from '../../../src/serve/doctor/ports.js'
import { replay } from '../../../src/serve/doctor/replay.js'
import { Option } from '../../../src/serve/dhcp/options.js'
import { addressBytes, decodePacket, encodePacket } from '../../../src/serve/dhcp/packet.js'
import { Policy, type PolicyOptions, type Self } from '../../../src/serve/dhcp/policy.js'
import type { Datagram } from '../../../src/serve/record/pcap.js'
import { Scratch } from '../support.js'

const self: Self = {
  address: '192.0.2.7',
  httpUrl: 'http://192.0.2.7:8080/',
  tftpUrl: 'tftp://192.0.2.7/',
  firmwareTftp: true,
}
const loaders = ['undionly.kpxe', 'ipxe.efi']
const options: PolicyOptions = {
  script: 'boot.ipxe',
  has: (file) => [...loaders, 'boot.ipxe'].includes(file),
}
const mac = Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x33)

describe('the dry run', () => {
  it('tells each kind of machine what the server would', () => {
    const told = new Map(
      dryRun(options, self).map(({ kind, file, exchange }) => [kind.id, { file, exchange }]),
    )
    const files = Object.fromEntries([...told].map(([id, { file }]) => [id, file]))
    assert.deepEqual(files, {
      bios: 'undionly.kpxe',
      'uefi-x64': 'ipxe.efi',
      'uefi-x64-http': 'http://192.0.2.7:8080/ipxe.efi',
      'uefi-ia32': undefined,
      'uefi-arm64': undefined,
      'uefi-arm64-http': undefined,
      'uefi-riscv64': undefined,
      'ipxe-bios': 'http://192.0.2.7:8080/boot.ipxe',
      'ipxe-uefi': 'http://192.0.2.7:8080/boot.ipxe',
      'our-ipxe': 'http://192.0.2.7:8080/boot.ipxe',
    })
    assert.deepEqual(
      told.get('uefi-x64')!.exchange.map(({ ask, answer, form }) => [ask, answer, form]),
      [
        ['DISCOVER on 67', 'offer', 'binl'],
        ['REQUEST on 4011', 'ack', 'binl'],
      ],
    )
    assert.match(told.get('uefi-ia32')!.exchange[0]!.reason, /no loader for IA32 UEFI/)
  })
})

describe('a recording against the policy of today', () => {
  const uefi = kinds.find(({ id }) => id === 'uefi-x64')!
  function recorded(): Datagram[] {
    const policy = new Policy(options)
    const first = discover(uefi, mac, 7)
    const second = request(first)
    const nobody = { address: '0.0.0.0', port: 68 }
    const client = { address: '192.0.2.50', port: 4011 }
    return [
      [first, 67, nobody, 1000],
      [second, 4011, client, 2000],
    ].flatMap(([packet, port, from, at]) => {
      const ask = { packet, port, from, now: at } as Parameters<Policy['decide']>[0]
      const decision = policy.decide(ask, self)
      assert.ok(decision.kind === 'reply')
      const to = { address: port === 67 ? '255.255.255.255' : self.address, port: ask.port }
      const answer = { at: ask.now + 5, from: { address: self.address, port: ask.port }, to: decision.to }
      return [
        { at: ask.now, from: ask.from, to, bytes: encodePacket(ask.packet) },
        { ...answer, bytes: encodePacket(decision.packet) },
      ]
    })
  }

  it('says the same while nothing has changed, whatever address the server has now', () => {
    const steps = replay(recorded(), options, { ...self, address: '198.51.100.1' })
    assert.deepEqual(
      steps.map(({ at, machine, ask, same, then, now }) => [
        at,
        machine,
        ask,
        same,
        then[0]?.file,
        now?.file,
      ]),
      [
        [0, '52:54:00:12:34:33', 'DISCOVER on 67', true, 'ipxe.efi', 'ipxe.efi'],
        [1, '52:54:00:12:34:33', 'REQUEST on 4011', true, 'ipxe.efi', 'ipxe.efi'],
      ],
    )
  })

  it('shows what is otherwise', () => {
    const [offer] = replay(recorded(), { ...options, has: (file) => file === 'snponly.efi' }, self)
    assert.deepEqual([offer!.same, offer!.now?.file], [false, 'snponly.efi'])
    const [silent] = replay(recorded(), { ...options, has: () => false }, self)
    assert.deepEqual([silent!.same, silent!.now?.answer], [false, 'silent'])
  })
})

describe('who answers on the network', () => {
  it('is told by a DISCOVER that nobody follows up', async () => {
    const asked: string[] = []
    const server = createSocket('udp4')
    server.on('message', (bytes, from) => {
      const decoded = decodePacket(bytes)
      assert.ok(decoded.ok)
      const { packet } = decoded
      asked.push(packet.options.map(({ code }) => code).join(' '))
      const answer = (id: string, yiaddr: string, file: string): void => {
        const head = { ...packet, op: 2, yiaddr, siaddr: id }
        const reply = encodePacket({
          ...head,
          options: [
            { code: Option.messageType, data: Uint8Array.of(2) },
            { code: Option.serverId, data: addressBytes(id) },
            ...(file === '' ? [] : [{ code: Option.bootFile, data: Buffer.from(`${file}\0`) }]),
          ],
        })
        server.send(reply, from.port, from.address)
      }
      answer('192.0.2.1', '192.0.2.60', '')
      answer('192.0.2.9', '0.0.0.0', 'pxelinux.0')
      server.send(Buffer.from('noise'), from.port, from.address)
    })
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
    const { port } = server.address()
    const on = { name: 'lo', address: '127.0.0.1', netmask: '255.0.0.0' }
    const result = await askNetwork(on, { server: port, client: 0, to: '127.0.0.1' }, 500)
    server.close()
    assert.ok(result.ok)
    assert.equal(asked.length, 2)
    assert.deepEqual(
      new Set(result.offers.map(({ server: id, lease, file, kind }) => `${id} ${lease} ${file} ${kind}`)),
      new Set([
        '192.0.2.1 192.0.2.60 undefined bios',
        '192.0.2.1 192.0.2.60 undefined uefi-x64',
        '192.0.2.9 undefined pxelinux.0 bios',
        '192.0.2.9 undefined pxelinux.0 uefi-x64',
      ]),
    )
  })
})

describe('what doctor looks at', () => {
  const scratch = new Scratch()
  afterEach(() => scratch.clean())

  it('the tree: first script, loaders', async () => {
    const look = async (files: Record<string, string>): Promise<string[]> => {
      const root = await scratch.folder(files)
      const { findings } = await examine({
        root,
        http: { port: 0, host: '127.0.0.1' },
        tftp: { port: 0, host: '127.0.0.1' },
        proxy: { interfaces: ['127.0.0.1'] },
        ask: false,
      })
      return findings.filter(({ area }) => area === 'tree').map(({ level, what }) => `${level}: ${what}`)
    }
    assert.deepEqual(await look({ 'boot.ipxe': '#!ipxe\n', 'undionly.kpxe': 'x', 'ipxe.efi': 'x' }), [
      'ok: the first script is boot.ipxe',
      'ok: BIOS, PXE: undionly.kpxe',
      'ok: UEFI x64, PXE: ipxe.efi',
      'ok: UEFI x64, HTTP Boot: ipxe.efi',
    ])
    const bare = await look({ 'boot.ipxe': 'menu\n' })
    assert.match(bare[0]!, /^problem: boot.ipxe is no script/)
    assert.match(bare[1]!, /^warning: BIOS, PXE: no loader/)
    assert.match((await look({}))[0]!, /^problem: the output tree .* is empty/)
  })

  it('ports: who has them', async () => {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    const { port } = socket.address()
    const taken = await portState('udp', port, '127.0.0.1')
    socket.close()
    assert.equal(taken.state, 'taken')
    if (process.platform === 'linux') assert.match(taken.owner ?? '', new RegExp(`\\(pid ${process.pid}\\)$`))
    assert.equal((await portState('tcp', 0, '127.0.0.1')).state, 'free')
  })
})

/**
 * Recordings of real firmware (written by test/e2e, see recordings.ts there) against the policy of today: whoever changes
 * an answer sees here which machines get another one.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { decodePcap } from '../../../src/serve/record/pcap.js'
import { replay } from '../../../src/serve/doctor/replay.js'

const folder = new URL('../../golden/firmware/', import.meta.url)

const script = 'http://10.77.0.2/boot.ipxe'
const tree = ['boot.ipxe', 'undionly.kpxe', 'ipxe.efi', 'ipxe-i386.efi', 'ipxe-arm64.efi']

/** Of each request: what it was, and what was said. `-`: nothing, for that is the DHCP server's. */
const expected: Record<string, readonly string[]> = {
  'seabios-ipxe-rom': [`DISCOVER on 67: script ${script}`, 'REQUEST on 67: -'],
  'seabios-replace-rom': [
    'DISCOVER on 67: direct undionly.kpxe',
    'REQUEST on 67: -',
    'RRQ undionly.kpxe',
    `DISCOVER on 67: script ${script}`,
    'REQUEST on 67: -',
  ],
  'ovmf-pxe': pxe('ipxe.efi', `DISCOVER on 67: script ${script}`, 'REQUEST on 67: -'),
  'ovmf-pxe-relay': pxe('ipxe.efi', `DISCOVER on 67: script ${script}`, 'REQUEST on 67: -'),
  // DHCPv6 is another server's
  'ovmf-pxe-ipv6': ['RRQ ipxe.efi', 'RRQ ipxe.efi', `DISCOVER on 67: script ${script}`, 'REQUEST on 67: -'],
  'ovmf-http-boot': [
    'DISCOVER on 67: http http://10.77.0.2/ipxe.efi',
    'REQUEST on 67: -',
    `DISCOVER on 67: script ${script}`,
    'REQUEST on 67: -',
  ],
  // the first was not answered: there was no loader in the tree yet
  'ovmf-ia32-pxe': ['DISCOVER on 67: binl ipxe-i386.efi', ...pxe('ipxe-i386.efi')],
  'aavmf-pxe': pxe('ipxe-arm64.efi'),
  'aavmf-http-boot': ['DISCOVER on 67: http http://10.77.0.2/ipxe-arm64.efi', 'REQUEST on 67: -'],
}

/** EDK2: the size, then the file. */
function pxe(loader: string, ...more: string[]): string[] {
  return [
    `DISCOVER on 67: binl ${loader}`,
    'REQUEST on 67: -',
    `REQUEST on 4011: binl ${loader}`,
    `RRQ ${loader}`,
    `RRQ ${loader}`,
    ...more,
  ]
}

describe('recordings of real firmware', () => {
  it('are all asked', () => {
    const files = readdirSync(folder).map((name) => name.replace('.pcap', ''))
    assert.deepEqual(files.sort(), Object.keys(expected).sort())
  })

  for (const [name, steps] of Object.entries(expected)) {
    it(`${name} is told what it was told then`, () => {
      const decoded = decodePcap(readFileSync(new URL(`${name}.pcap`, folder)))
      assert.ok(decoded.ok && !decoded.truncated)
      const self = {
        address: '192.0.2.1',
        httpUrl: 'http://192.0.2.1/',
        tftpUrl: 'tftp://192.0.2.1/',
        firmwareTftp: true,
      }
      const has = (file: string): boolean => tree.includes(file)
      const policy = { script: 'boot.ipxe', has, replaceRom: name.includes('replace-rom') }
      const told = replay(decoded.datagrams, policy, self)
      assert.deepEqual(
        told.map(({ ask, now }) => {
          if (now === undefined) return ask
          return now.answer === 'silent' ? `${ask}: -` : `${ask}: ${now.form} ${now.file}`
        }),
        steps,
      )
      assert.deepEqual(
        told.filter(({ same }) => same === false),
        [],
      )
      assert.ok(told.some(({ same }) => same === true))
    })
  }
})

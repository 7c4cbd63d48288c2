import assert from 'node:assert/strict'
import fc from 'fast-check'
import { preflightBoots } from '../../src/links/preflight-boots.js'
import {
  httpSeconds,
  parseSize,
  preflight,
  shownSeconds,
  shownSize,
  tftpSeconds,
} from '../../src/links/preflight.js'
import { compileMenus } from '../../src/model/compile.js'
import type { Menu } from '../../src/model/schema.js'
import { resolveLinks } from '../../src/links/resolve.js'
import { check, heads, problems } from './support.js'

const MiB = 2 ** 20
const GiB = 2 ** 30

describe('the preflight', () => {
  it('adds up what is loaded', () => {
    const { bytes, laterBytes, unknown, needed } = preflight({
      name: 'x',
      kernel: { size: 10 * MiB },
      initrds: [90 * MiB, undefined],
      later: [500 * MiB, undefined],
      args: [],
    })
    assert.deepEqual(
      { bytes, laterBytes, unknown, needed },
      {
        bytes: 100 * MiB,
        laterBytes: 500 * MiB,
        unknown: 2,
        needed: 600 * MiB,
      },
    )
  })

  it('knows what systems need', () => {
    const need = (args: string[], initrds = 1): number | undefined =>
      preflight({ name: 'x', args, initrds: Array<number>(initrds).fill(1) }).minimum?.bytes
    assert.equal(need(['coreos.live.rootfs_url=http://h/r', 'ignition.platform.id=metal']), 2 * GiB)
    assert.equal(need(['ignition.platform.id=metal'], 2), 4 * GiB)
    assert.equal(need(['ignition.platform.id=metal']), undefined)
    assert.equal(need(['flatcar.first_boot=1']), 3e9)
    assert.equal(need(['ip=dhcp', 'url=http://h/ubuntu.iso']), 3e9)
    assert.equal(need(['iso-url=http://h/ubuntu.iso']), 3e9)
    assert.equal(need(['quiet']), undefined)
  })

  it('compares with what the entry says', () => {
    const of = (memory: number, more = {}): string[] =>
      preflight({
        name: 'X',
        args: ['coreos.live.rootfs_url=u'],
        initrds: [90 * MiB],
        memory,
        ...more,
      }).problems.map(({ ruleId, reason }) => `${ruleId}: ${reason}`)
    assert.deepEqual(of(2 * GiB), [])
    assert.deepEqual(of(GiB), [
      'memory-too-small: X says that 1 GiB of memory are enough, but Fedora CoreOS with its root file system by URL needs 2 GiB',
    ])
    assert.deepEqual(of(2 * GiB, { later: [3 * GiB] }), [
      'memory-too-small: X says that 2 GiB of memory are enough, but its files alone take 3.1 GiB',
    ])
  })

  it('knows how far an initrd may reach on BIOS', () => {
    const of = (size: number, initrdMax?: number, firmware?: 'uefi'): number =>
      preflight({
        name: 'X',
        args: [],
        kernel: { size: 10 * MiB, ...(initrdMax !== undefined && { initrdMax }) },
        initrds: [size],
        ...(firmware && { firmware }),
      }).problems.length
    assert.equal(of(2 * GiB - 11 * MiB, 0x7fffffff), 0)
    assert.equal(of(2 * GiB - 11 * MiB + 1, 0x7fffffff), 1)
    assert.equal(of(900 * MiB, 0x37ffffff), 1)
    assert.equal(of(4 * GiB), 1)
    assert.equal(of(4 * GiB, undefined, 'uefi'), 0)
  })

  it('knows how long it takes', () => {
    // 100 Mb/s carry 11.8 MB/s, 1 Gb/s ten times that
    assert.equal(httpSeconds(1e9, 125e6).toFixed(1), '8.5')
    assert.equal(httpSeconds(1e9, 12.5e6).toFixed(1), '85.0')
    // the lockstep table: 1432 bytes at 0.5 ms are 2.9 MB/s, 1.4 MB/s at 1 ms
    const rate = (roundTrip: number): string =>
      (1e8 / tftpSeconds(1e8, 125e9, { roundTrip }) / 1e6).toFixed(1)
    assert.equal(rate(0.0005), '2.9')
    assert.equal(rate(0.001), '1.4')
    assert.equal(tftpSeconds(0, 1), 0)
    assert.deepEqual(
      preflight({ name: 'x', args: [], initrds: [1e9] }).times.map(
        ({ link, protocol, seconds }) => `${link} ${protocol} ${shownSeconds(seconds)}`,
      ),
      ['100 Mb/s http 1 min 25 s', '100 Mb/s tftp 7 min 13 s', '1 Gb/s http 8.5 s', '1 Gb/s tftp 5 min 58 s'],
    )
  })

  it('law: more takes longer, by TFTP longer than by HTTP, and needs more', () => {
    const size = fc.integer({ min: 1, max: 2 ** 40 })
    fc.assert(
      fc.property(size, size, (a, b) => {
        const [small, large] = [Math.min(a, b), Math.max(a, b)].map((bytes) =>
          preflight({ name: 'x', args: [], initrds: [bytes] }),
        )
        for (const [index, { seconds, protocol }] of small!.times.entries()) {
          assert.ok(seconds <= large!.times[index]!.seconds)
          if (protocol === 'tftp') assert.ok(seconds >= small!.times[index - 1]!.seconds)
        }
        assert.ok(small!.needed <= large!.needed)
      }),
    )
  })

  it('reads and shows sizes', () => {
    assert.equal(parseSize('1.5 GiB'), 1.5 * GiB)
    assert.equal(parseSize('512MiB'), 512 * MiB)
    assert.equal(parseSize('2 GB'), undefined)
    assert.deepEqual([0, 1023, 1536, 2.5 * MiB, 3 * GiB, 3e9].map(shownSize), [
      '0 bytes',
      '1023 bytes',
      '1.5 KiB',
      '2.5 MiB',
      '3 GiB',
      '3 GB',
    ])
    assert.deepEqual([0.04, 9.9, 9.96, 60, 3599.6].map(shownSeconds), [
      '0.0 s',
      '9.9 s',
      '10 s',
      '1 min',
      '60 min',
    ])
  })
})

describe('what is booted together', () => {
  it('is found in a script, with its sizes and arguments', () => {
    const report = check(
      {
        'boot.ipxe': [
          ':os',
          'set args console=ttyS0 coreos.live.rootfs_url=http://me/rootfs',
          'kernel missing || kernel k initrd=i ${args} || goto failed',
          'initrd --name i i',
          'initrd http://h/more',
          'boot',
        ].join('\n'),
      },
      { k: { size: 10, head: heads.bzImage }, i: { size: 20 }, rootfs: { size: 30 } },
      { treeUrls: ['http://me'] },
    )
    assert.equal(report.boots.length, 1)
    const [boot] = report.boots
    assert.equal(boot!.place!.start.line, 4)
    assert.deepEqual(
      { ...boot!, place: undefined },
      {
        place: undefined,
        from: 'boot.ipxe',
        file: 'boot.ipxe',
        label: 'os',
        initrdMax: 0x7fffffff,
        kernel: { url: 'k', path: 'k', size: 10 },
        initrds: [{ url: 'i', path: 'i', size: 20 }, { url: 'http://h/more' }],
        later: [{ url: 'http://me/rootfs', path: 'rootfs', size: 30 }],
        args: ['initrd=i', 'console=ttyS0', 'coreos.live.rootfs_url=http://me/rootfs'],
      },
    )
  })

  it('knows what the entry needs that it was made from', () => {
    const menu: Menu = {
      id: 'main',
      title: 'T',
      entries: [
        {
          kind: 'coreos',
          id: 'fcos',
          label: 'Fedora CoreOS',
          needs: { memory: '1 GiB' },
          kernel: { x86_64: 'k', arm64: 'k' },
          initrd: { x86_64: ['i'], arm64: ['i'] },
          rootfs: { x86_64: 'http://h/r', arm64: 'http://h/r' },
          source: { file: 'ipxetool.yaml', line: 7, column: 3, offset: 99 },
        },
      ],
    }
    const { scripts } = compileMenus([menu], { first: { menu: 'main', path: 'boot.ipxe' } })
    const report = resolveLinks({
      scripts: scripts.map(({ path, script }) => ({ path, file: path, script })),
      files: new Map([
        ['k', { size: 1 }],
        ['i', { size: 1 }],
      ]),
      entry: 'boot.ipxe',
    })
    const { boots, diagnostics } = preflightBoots(report, scripts)
    assert.deepEqual(
      boots.map(({ boot, entry }) => `${entry!} ${boot.label!}`),
      ['fcos fcos-x86_64', 'fcos fcos-arm64'],
    )
    assert.match(
      problems({ diagnostics })[0]!,
      /^ipxetool\.yaml:7:3 warning memory-too-small: `Fedora CoreOS` says that 1 GiB of memory are enough/,
    )
  })
})

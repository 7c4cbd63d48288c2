import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { importNetbootxyz } from '../../src/import/netbootxyz.js'
import { countImport, importRules, type ImportResult } from '../../src/import/result.js'
import type { Entry } from '../../src/model/schema.js'
import { lines } from '../project/memory-host.js'
import { assertUsable } from './usable.js'

function importText(text: string): ImportResult {
  const result = importNetbootxyz('endpoints.yml', new TextEncoder().encode(text))
  for (const { ruleId, note } of result.diagnostics) {
    assert.ok((importRules as readonly string[]).includes(ruleId), ruleId)
    assert.ok(note)
  }
  return result
}

/** A list like the real one, made for this test. */
const made = `endpoints:
  debian-13-live-kernel:
    path: /debian-core-13/releases/download/13-aaaa/
    files:
    - initrd
    - vmlinuz
    os: debian
    version: '13'
  debian-13-xfce-squash:
    path: /debian-squash/releases/download/13-bbbb/
    files:
    - filesystem.squashfs
    os: debian
    version: 13.0
    flavor: xfce
    kernel: debian-13-live-kernel
  debian-13-kde-squash:
    path: /debian-squash/releases/download/13-cccc/
    files: [filesystem.squashfs]
    os: debian
    version: 13.0
    flavor: kde
    kernel: debian-13-live-kernel
  debian-12-squash:
    path: /debian-squash/releases/download/12-dddd/
    files: [filesystem.squashfs]
    os: debian
    version: '12'
    kernel: gone
  systemrescue-amd64:
    path: /asset-mirror/releases/download/13.00-eeee/
    files: [airootfs.sfs, initrd, vmlinuz, archiso_pxe_http]
    os: systemrescue
    version: 13.0
    arch: amd64
  ubuntu-netboot-24.04-arm64:
    path: /ubuntu-squash/releases/download/24.04-ffff/
    files: [initrd, vmlinuz]
    os: ubuntu
    version: 24.04.4
    codename: noble
    flavor: netboot
    kernel: ubuntu-netboot-24.04-arm64
    arch: arm64
  memtest86plus:
    path: /asset-mirror/releases/download/8.00-0000/
    files: [mt86p_i586, mt86p_x86_64]
    os: memtest86-plus
    version: '8.00'
  uefishell:
    path: /asset-mirror/releases/download/x/
    files: [uefi-shell-x64.efi, uefi-shell-aarch64.efi]
    os: uefi-shell
    version: edk2
  gparted-stable:
    path: /debian-squash/releases/download/1/
    files: [initrd, vmlinuz]
    os: gparted
    version: stable
  strange:
    path: /asset-mirror/releases/download/1/
    files: [x.img]
    os: strange
    version: 1
  power:
    path: /a/
    files: [vmlinuz, initrd]
    os: debian
    version: 1
    arch: ppc64le
  broken:
    path: nowhere
    files: []
    os: debian
`

function find(result: ImportResult, id: string): Entry | undefined {
  return result.menus.flatMap(({ entries }) => entries).find((entry) => 'id' in entry && entry.id === id)
}

describe('import of endpoints of netboot.xyz', () => {
  it('makes an entry of every known system', () => {
    const result = importText(made)
    assertUsable(result)
    assert.deepEqual(
      result.menus.map(({ id, entries }) => [id, entries.map((entry) => ('id' in entry ? entry.id : ''))]),
      [
        ['main', ['live', 'tools']],
        ['live', ['debian', 'ubuntu-netboot-24-04-arm64']],
        ['debian', ['debian-13-kde-squash', 'debian-13-xfce-squash']],
        ['tools', ['memtest86plus', 'systemrescue-amd64', 'uefishell']],
      ],
    )
    const kernel = '$<live_endpoint>/debian-core-13/releases/download/13-aaaa'
    const { source: _source, ...xfce } = find(result, 'debian-13-xfce-squash') as Entry & { kind: 'linux' }
    assert.deepEqual(xfce, {
      kind: 'linux',
      id: 'debian-13-xfce-squash',
      label: 'Debian 13.0 xfce',
      kernel: `${kernel}/vmlinuz`,
      initrd: [`${kernel}/initrd`],
      args: [
        'boot=live',
        ['fetch', '$<live_endpoint>/debian-squash/releases/download/13-bbbb/filesystem.squashfs'],
      ],
    })
    assert.deepEqual(_source, {
      file: 'endpoints.yml',
      line: 9,
      column: 3,
      offset: made.indexOf('debian-13-xfce'),
    })
    const netboot = find(result, 'ubuntu-netboot-24-04-arm64')
    assert.deepEqual(
      netboot?.kind === 'linux' && [netboot.label, netboot.needs, [netboot.args].flat(2).slice(-2)],
      [
        'Ubuntu 24.04.4 netboot, arm64',
        { memory: '3 GiB', network: true, architecture: 'arm64' },
        ['url', 'http://cdimage.ubuntu.com/releases/24.04.4/release/ubuntu-24.04.4-live-server-arm64.iso'],
      ],
    )
    const rescue = find(result, 'systemrescue-amd64')
    assert.deepEqual(rescue?.kind === 'linux' && [rescue.label, (rescue.initrd as unknown[]).at(-1)], [
      'SystemRescue 13.0',
      {
        url: '$<live_endpoint>/asset-mirror/releases/download/13.00-eeee/archiso_pxe_http',
        path: '/hooks/archiso_pxe_http',
        mode: '755',
      },
    ])
    assert.deepEqual(find(result, 'uefishell')?.kind, 'chain')
  })

  it('tells what is left out, and where it stands', () => {
    assert.deepEqual(lines(importText(made).diagnostics).sort(), [
      'endpoints.yml import-split-files: Files over 2 GiB are split there, and the second half is not in this list',
      'endpoints.yml:24:3 import-missing: `debian-12-squash` takes its kernel from `gone`, which is not in the list',
      'endpoints.yml:55:3 import-missing: `gparted-stable` lacks `filesystem.squashfs`',
      'endpoints.yml:60:3 import-unknown-arguments: `strange`: how `strange` is started from these files is not known here',
      'endpoints.yml:65:3 import-unsupported: `power` is for `ppc64le`, which iPXE menus here do not know',
      'endpoints.yml:71:3 import-syntax: `broken`: `path` is not a path that begins with `/`',
    ])
  })

  it('reads the list of netboot.xyz', function () {
    const file = fileURLToPath(new URL('../../../shared/fixtures/netbootxyz/endpoints.yml', import.meta.url))
    if (!existsSync(file)) this.skip()
    const result = importNetbootxyz('endpoints.yml', readFileSync(file))
    const { scripts, yaml } = assertUsable(result)
    assert.deepEqual(countImport(result), { menus: 26, entries: 156, machines: 0, lost: 7 })
    assert.deepEqual(
      result.diagnostics
        .filter(({ severity }) => severity === 'warning')
        .map(({ reason }) => /`([^`]*)`/.exec(reason)![1])
        .sort(),
      [
        'deepin-20-squash',
        'dts',
        'memtest86',
        'mfsbsd-14',
        'pureos-gnome',
        'ubuntu-24.04-default-squash',
        'xcp-ng',
      ],
    )
    assert.ok(yaml.length < 2 ** 18)
    assert.match(
      scripts.get('menus/garuda.ipxe')!,
      /misobasedir=garuda BOOTIF=01-\$\{netX\/mac:hexhyp\} ip=dhcp net\.ifnames=0 miso_http_srv=\$<live_endpoint>\/asset-mirror\/releases\/download\/[^ ]+\/ /,
    )
    // as many as in the file: nothing gets lost without a word
    const ids = result.menus.flatMap(({ entries }) => entries).filter(({ kind }) => kind !== 'submenu')
    assert.equal(ids.length + 7 + 1, 164)
  })

  const refused: [title: string, text: string, reason: RegExp][] = [
    ['no YAML', 'endpoints: [', /This is not YAML/],
    ['an empty file', '', /empty/],
    ['another file', 'menus: {}', /no mapping `endpoints:`/],
    ['a list', 'endpoints: [a, b]', /no mapping `endpoints:`/],
    ['anchors', 'endpoints: {a: &x {path: /x/}, b: *x}', /./],
  ]
  for (const [title, text, reason] of refused) {
    it(`refuses ${title}`, () => {
      const result = importText(text)
      assert.deepEqual(result.menus, [])
      assert.match(result.diagnostics[0]!.reason, reason)
      assert.equal(result.diagnostics[0]!.severity, 'error')
    })
  }

  it('keeps texts of the list out of scripts', () => {
    const evil = (fields: string): string =>
      `endpoints:\n  "e||vil \${x}":\n    path: "/a b#\${c}/$<d>/"\n    files: ["vmlinuz", "initrd", "filesystem.squashfs"]\n${fields}\n  ok:\n    path: /x/\n    files: [shredos]\n    os: shredos\n    version: 1\n`
    for (const fields of [
      '    os: debian\n    version: "1 || 2"\n    flavor: "; # ${y} $<z>\\n\\\\"',
      '    os: vmware-photon\n    version: "$<x> ${y}"',
      '    os: ubuntu\n    flavor: netboot\n    version: "1 ; 2"\n    codename: "${z}"',
    ]) {
      assertUsable(importText(evil(fields)))
    }
  })
})

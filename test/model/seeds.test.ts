/**
 * Set-ups that people write about, in the model's words. Each has to build without a problem, and to start what its
 * author starts. Where a description is old, the set-up is kept as it is: old machines are still booted so.
 */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { walk } from '../catalog/walk.js'
import { build } from './built.js'

const bios = { platform: 'pcbios', arch: 'x86_64' } as const
const uefi = { platform: 'efi', arch: 'x86_64' } as const

/** The scripts of a project, by path. */
async function scriptsOf(yaml: string, others: Record<string, string> = {}): Promise<Map<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'ipxetool-seeds-'))
  try {
    for (const [path, text] of Object.entries({ 'ipxetool.yaml': yaml, ...others })) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
    const { files, problems } = await build('.', folder)
    assert.deepEqual(problems, [])
    const scripts = [...files].filter(([path]) => path.endsWith('.ipxe'))
    return new Map(scripts.map(([path, bytes]) => [path, new TextDecoder().decode(bytes)]))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describe('set-ups that people write about', () => {
  it('CentOS 7 over a serial line, the arguments editable, from a mirror or a caching proxy in its place', async () => {
    const scripts = await scriptsOf(`
console: ttyS0,115200
variables:
  mirror: { type: url, value: 'http://squid.lab.example' }
menus:
  - id: main
    title: Install
    entries:
      - kind: anaconda
        id: centos
        label: CentOS 7 over serial
        version: 7
        repo: $<mirror>/centos/7/os/x86_64
        args: [[ramdisk_size, 8192]]
`)
    const { kernel, initrds } = walk(scripts, 'boot.ipxe', bios, ['centos'])
    const repo = 'http://squid.lab.example/centos/7/os/x86_64'
    assert.equal(kernel?.url, `${repo}/images/pxeboot/vmlinuz`)
    assert.equal(initrds[0]?.url, `${repo}/images/pxeboot/initrd.img`)
    for (const word of ['ramdisk_size=8192', 'console=ttyS0,115200', 'text', `method=${repo}/`]) {
      assert.ok(kernel.tail.split(' ').includes(word), word)
    }
    assert.match(scripts.get('boot.ipxe')!, /^iseq \$\{edit\} yes && read args \|\|$/m)
  })

  it('a menu on another server, a matchbox, a bootcfg: by chain, also for one machine alone', async () => {
    const scripts = await scriptsOf(`
menus:
  - id: main
    title: Lab
    entries:
      - { kind: chain, id: old, label: The old menu, url: 'http://boot.lab.example/ks/menu.ipxe' }
      - { kind: chain, id: matchbox, label: Ask matchbox, url: 'http://matchbox.lab.example:8080/boot.ipxe' }
machines:
  - { id: node1, match: { mac: 90:2b:34:14:f6:6a }, entry: matchbox }
`)
    assert.match(scripts.get('machines/node1.ipxe')!, /^goto matchbox$/m)
    assert.match(
      scripts.get('machines/node1.ipxe')!,
      /^chain --autofree http:\/\/matchbox\.lab\.example:8080\/boot\.ipxe /m,
    )
  })

  it('netboot.xyz by firmware', async () => {
    const scripts = await scriptsOf(`
menus:
  - id: main
    title: Lab
    entries:
      - kind: chain
        id: xyz
        label: netboot.xyz
        url: { bios: 'http://boot.netboot.xyz/ipxe/netboot.xyz.lkrn', uefi: 'http://boot.netboot.xyz/ipxe/netboot.xyz.efi' }
`)
    for (const [machine, file] of [
      [bios, 'netboot.xyz.lkrn'],
      [uefi, 'netboot.xyz.efi'],
    ] as const) {
      assert.equal(walk(scripts, 'boot.ipxe', machine, ['xyz']).url, `http://boot.netboot.xyz/ipxe/${file}`)
    }
  })

  it('a PXELINUX configuration with files on the same server, and one machine of its own by UUID', async () => {
    const files = {
      'static/coreos_production_pxe.vmlinuz': 'kernel',
      'static/coreos_production_pxe_image.cpio.gz': 'initrd',
    }
    const scripts = await scriptsOf(
      `
variables:
  config: { type: url, value: 'http://example.com/pxe-cloud-config.yml' }
menus:
  - id: main
    title: CoreOS
    timeout: 1500ms
    default: coreos
    entries:
      - kind: linux
        id: coreos
        label: CoreOS
        kernel: coreos_production_pxe.vmlinuz
        initrd: [coreos_production_pxe_image.cpio.gz]
        args: [{ cloud-config-url: $<config> }]
machines:
  - id: node1
    match: { uuid: b8945908-d6a6-41a9-611d-74a6ab80b83d }
    entry: coreos
    variables: { config: 'http://example.com/node1.yml' }
`,
      files,
    )
    assert.match(scripts.get('boot.ipxe')!, /^choose --default coreos --timeout 1500 /m)
    const { kernel } = walk(withoutMachines(scripts), 'boot.ipxe', bios, ['coreos'])
    assert.equal(kernel?.url, 'coreos_production_pxe.vmlinuz')
    assert.match(kernel.tail, /cloud-config-url=http:\/\/example\.com\/pxe-cloud-config\.yml/)
    const own = scripts.get('machines/node1.ipxe')!
    assert.match(own, /^kernel \.\.\/coreos_production_pxe\.vmlinuz /m)
    assert.match(own, /^initrd .* \.\.\/coreos_production_pxe_image\.cpio\.gz /m)
    assert.match(own, /^set args cloud-config-url=http:\/\/example\.com\/node1\.yml /m)
  })

  it('a release folder in one variable', async () => {
    const scripts = await scriptsOf(`
variables:
  release: { type: url, value: 'http://stable.release.core-os.net/amd64-usr/current' }
menus:
  - id: main
    title: CoreOS
    entries:
      - kind: linux
        id: coreos
        label: CoreOS stable
        kernel: $<release>/coreos_production_pxe.vmlinuz
        initrd: [$<release>/coreos_production_pxe_image.cpio.gz]
        args: [{ cloud-config-url: 'http://provisioner.example.net/cloud-config.yml' }]
`)
    const { kernel } = walk(scripts, 'boot.ipxe', uefi, ['coreos'])
    assert.match(kernel!.tail, /^initrd=coreos_production_pxe_image\.cpio\.gz cloud-config-url=/)
  })

  it('a first boot for every machine, and from then on a config per machine by its MAC address', async () => {
    const ignition = '{ "ignition": { "version": "3.4.0" } }'
    const scripts = await scriptsOf(
      `
variables:
  server: { type: url, value: 'http://10.2.0.200:8080' }
  config: { type: string, value: first-time.ign }
menus:
  - id: main
    title: Flatcar
    timeout: 5s
    default: live
    entries:
      - kind: flatcar
        id: live
        label: Flatcar, live
        kernel: $<server>/images/current/flatcar_production_pxe.vmlinuz
        initrd: [$<server>/images/current/flatcar_production_pxe_image.cpio.gz]
        ignition: $<server>/configs/$<config>
        autologin: true
      - kind: flatcar
        id: disk
        label: Flatcar, its data on the first disk
        kernel: $<server>/images/current/flatcar_production_pxe.vmlinuz
        initrd: [$<server>/images/current/flatcar_production_pxe_image.cpio.gz]
        ignition: $<server>/configs/$<config>
        args: [{ root: /dev/sda1 }]
machines:
  - { id: node1, match: { mac: 90:2b:34:14:f6:6a }, entry: disk, variables: { config: node1.ign } }
`,
      {
        'configs/first-time.ign': ignition,
        'configs/node1.ign': ignition,
        'static/images/current/flatcar_production_pxe.vmlinuz': 'kernel',
        'static/images/current/flatcar_production_pxe_image.cpio.gz': 'initrd',
      },
    )
    const { kernel } = walk(withoutMachines(scripts), 'boot.ipxe', bios, ['live'])
    assert.match(kernel!.tail, /ignition\.config\.url=http:\/\/10\.2\.0\.200:8080\/configs\/first-time\.ign/)
    assert.match(kernel!.tail, / flatcar\.autologin=ttyS0 /)
    assert.match(scripts.get('machines/node1.ipxe')!, /^set args .*\/configs\/node1\.ign root=\/dev\/sda1 /m)
  })

  it('the same with the arguments of the time, before Flatcar', async () => {
    const scripts = await scriptsOf(`
variables:
  server: { type: url, value: 'http://10.2.0.200:8080' }
menus:
  - id: main
    title: CoreOS
    entries:
      - kind: linux
        id: first-time
        label: CoreOS, first time
        kernel: $<server>/images/coreos/current/coreos_production_pxe.vmlinuz
        initrd: [$<server>/images/coreos/current/coreos_production_pxe_image.cpio.gz]
        args:
          - coreos.autologin
          - { coreos.first_boot: 1, coreos.config.url: '$<server>/ignition?uuid=\${uuid}' }
`)
    assert.match(
      scripts.get('boot.ipxe')!,
      /^set args coreos\.autologin coreos\.first_boot=1 coreos\.config\.url=http:\S+\?uuid=\$\{uuid\} /m,
    )
  })

  it('CoreOS installed to a disk from memory, where a person typed it before', async () => {
    const scripts = await scriptsOf(`
variables:
  image: { type: url, value: 'http://mirror.lab.example/fcos/x86_64/fedora-coreos-live' }
menus:
  - id: main
    title: CoreOS
    entries:
      - kind: coreos
        id: install
        label: Install to /dev/sda, which is erased
        kernel: $<image>-kernel.x86_64
        initrd: [{ url: $<image>-initramfs.x86_64.img, name: main }]
        rootfs: $<image>-rootfs.x86_64.img
        ignition: http://mirror.lab.example/matchbox.ign
        install: /dev/sda
`)
    const { kernel } = walk(scripts, 'boot.ipxe', bios, ['install'])
    assert.match(kernel!.tail, / coreos\.inst\.install_dev=\/dev\/sda coreos\.inst\.ignition_url=http:/)
  })

  it('debian-installer from a mirror, and from files beside the menu, in a submenu too', async () => {
    const scripts = await scriptsOf(
      `
menus:
  - id: main
    title: Debian
    entries:
      - kind: debian
        id: debian
        label: Install Debian
        netboot: http://deb.debian.org/debian/dists/trixie/main/installer-amd64/current/images/netboot/debian-installer/amd64
      - { kind: submenu, menu: local }
  - id: local
    title: Without the internet
    entries:
      - { kind: debian, id: debian, label: Install Debian, netboot: debian/amd64 }
`,
      { 'static/debian/amd64/linux': 'kernel', 'static/debian/amd64/initrd.gz': 'initrd' },
    )
    const boot = walk(scripts, 'boot.ipxe', bios, ['debian'])
    assert.match(boot.kernel!.url, /^http:.*\/debian-installer\/amd64\/linux$/)
    const local = scripts.get('menus/local.ipxe')!
    assert.match(local, /^kernel \.\.\/debian\/amd64\/linux initrd=initrd\.gz /m)
    assert.match(local, /^initrd --name initrd\.gz \.\.\/debian\/amd64\/initrd\.gz /m)
  })
})

/** As a machine sees them that the project does not know. */
function withoutMachines(scripts: ReadonlyMap<string, string>): Map<string, string> {
  const boot = scripts.get('boot.ipxe')!.replace(/^isset \$\{machine\} .*\n/m, '')
  return new Map(scripts).set('boot.ipxe', boot)
}

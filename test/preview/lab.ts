/** A lab with everything a preview shows: two menus from the model, two by hand, diagnostics, files. */
import { Diagnostic } from '../../src/diagnostics/diagnostic.js'
import { compileMenus } from '../../src/model/compile.js'
import { menusSchema } from '../../src/model/schema.js'
import type { PreviewInput, PreviewScript } from '../../src/preview/preview.js'
import { parse } from '../../src/syntax/parse.js'

export type MenuInput = Parameters<typeof menusSchema.parse>[0]

const at = (line: number): object => ({
  source: { file: 'menus/main.ts', line, column: 5, offset: line * 40 },
})

export const labMenus = [
  {
    id: 'main',
    title: 'Lab 3, ${hostname}',
    timeout: '30s',
    default: 'centos',
    source: { file: 'menus/main.ts', line: 3, column: 1, offset: 80 },
    entries: [
      { kind: 'separator', label: 'Install a system' },
      {
        kind: 'anaconda',
        id: 'centos',
        label: 'CENTOS-STREAM',
        key: 'c',
        repo: 'http://mirror.example/centos/9-stream/BaseOS/x86_64/os',
        console: { port: 'ttyS0', speed: 115200 },
        needs: { memory: '2 GiB' },
        ...at(6),
      },
      {
        kind: 'coreos',
        id: 'fcos',
        label: 'Fedora CoreOS, run live',
        kernel: {
          x86_64: [
            'http://${next-server}:8080/assets/fcos/kernel.x86_64',
            'https://builds.example/fcos/kernel.x86_64',
          ],
          arm64: 'http://${next-server}:8080/assets/fcos/kernel.aarch64',
        },
        initrd: {
          x86_64: ['http://${next-server}:8080/assets/fcos/initramfs.x86_64.img'],
          arm64: ['http://${next-server}:8080/assets/fcos/initramfs.aarch64.img'],
        },
        rootfs: {
          x86_64: 'http://${next-server}:8080/assets/fcos/rootfs.x86_64.img',
          arm64: 'http://${next-server}:8080/assets/fcos/rootfs.aarch64.img',
        },
        ignition: 'http://${next-server}:8080/ignition/${net0/mac:hexhyp}.ign',
        needs: { memory: '4 GiB' },
        ...at(12),
      },
      {
        kind: 'debian',
        id: 'debian',
        label: 'Debian 13, answers from preseed.cfg',
        netboot:
          'http://deb.example/debian/dists/trixie/main/installer-amd64/current/images/netboot/debian-installer/amd64',
        preseed: 'http://${next-server}:8080/preseed.cfg',
        ...at(20),
      },
      {
        kind: 'casper',
        id: 'ubuntu',
        label: 'Ubuntu 24.04 LTS with a name that goes on and on until the screen has no more room for it',
        kernel: 'assets/ubuntu/vmlinuz',
        initrd: ['assets/ubuntu/initrd'],
        iso: 'http://releases.example/24.04/ubuntu-24.04-live-server-amd64.iso',
        ...at(26),
      },
      { kind: 'separator', label: 'Tools' },
      {
        kind: 'memtest',
        id: 'memtest',
        label: 'Memtest86+',
        image: { x86_64: 'assets/memtest64', i386: 'assets/memtest32' },
        needs: { architecture: ['x86_64', 'i386'] },
        ...at(34),
      },
      {
        kind: 'chain',
        id: 'uefi-shell',
        label: 'UEFI shell',
        url: 'assets/shell.efi',
        needs: { firmware: 'uefi' },
        ...at(38),
      },
      {
        kind: 'form',
        id: 'ask',
        label: 'Name the machine, then Debian',
        fields: [
          { name: 'host', label: 'Host name', value: 'node1' },
          { name: 'role', label: 'Role', values: ['worker', 'control'] },
        ],
        then: 'debian',
        ...at(42),
      },
      { kind: 'submenu', menu: 'tools', label: 'More tools', ...at(50) },
      {
        kind: 'raw',
        id: 'site',
        label: 'Scripts by hand',
        script: 'chain --autofree menus/site.ipxe || goto failed',
        ...at(52),
      },
      { kind: 'separator' },
      { kind: 'local', id: 'local', label: 'Boot from the local disk', ...at(54) },
    ],
  },
  {
    id: 'tools',
    title: 'Tools',
    source: { file: 'menus/main.ts', line: 60, column: 1, offset: 2400 },
    entries: [
      { kind: 'shell', id: 'shell', label: 'iPXE shell' },
      { kind: 'settings', id: 'config', label: 'Settings editor' },
      { kind: 'network-test', id: 'net', label: 'Network' },
      { kind: 'serial-test', id: 'serial', label: 'Which serial port am I' },
      { kind: 'reboot', id: 'reboot', label: 'Restart' },
      { kind: 'poweroff', id: 'off', label: 'Power off' },
    ],
  },
] as unknown

/** Every kind once. */
export const allKinds: MenuInput = [
  {
    id: 'main',
    title: 'Lab 3',
    timeout: '30s',
    default: 'centos',
    source: { file: 'menus/main.ts', line: 3, column: 1, offset: 80 },
    entries: [
      {
        kind: 'anaconda',
        id: 'centos',
        label: 'CentOS, serial install',
        key: 'c',
        repo: '$<repo>',
        console: { port: 'ttyS0', speed: 115200 },
        source: { file: 'menus/main.ts', line: 6, column: 5, offset: 180 },
      },
      {
        kind: 'anaconda',
        id: 'centos7',
        label: 'CentOS 7',
        repo: 'http://v/7/os/x86_64',
        version: 7,
        kickstart: 'http://v/ks',
      },
      {
        kind: 'coreos',
        id: 'fcos',
        label: 'Fedora CoreOS',
        kernel: { x86_64: ['http://a/k', 'http://b/k'], arm64: 'http://a/k64' },
        initrd: { x86_64: ['http://a/i.img'], arm64: ['http://a/i64.img'] },
        rootfs: { x86_64: 'http://a/r', arm64: 'http://a/r64' },
        ignition: 'http://ign/${net0/mac:hexhyp}.ign',
      },
      {
        kind: 'coreos',
        id: 'fcos-disk',
        label: 'To disk',
        kernel: 'http://a/k',
        initrd: ['http://a/i'],
        rootfs: 'http://a/r',
        ignition: 'http://ign/x',
        install: '/dev/sda',
      },
      {
        kind: 'flatcar',
        id: 'flatcar',
        label: 'Flatcar',
        kernel: 'http://f/k',
        initrd: ['http://f/i'],
        autologin: true,
        console: '$<console>',
      },
      {
        kind: 'debian',
        id: 'debian',
        label: 'Debian',
        netboot: 'http://d/amd64',
        preseed: 'http://d/preseed',
      },
      {
        kind: 'casper',
        id: 'ubuntu',
        label: 'Ubuntu',
        kernel: 'http://u/linux',
        initrd: ['http://u/initrd'],
        iso: 'http://u/u.iso',
        autoinstall: 'http://u/auto',
      },
      { kind: 'alpine', id: 'alpine', label: 'Alpine', netboot: 'http://al/netboot', repo: 'http://al/main' },
      {
        kind: 'linux',
        id: 'efi-only',
        label: 'EFI only',
        kernel: 'http://x/vmlinuz',
        initrd: [
          { url: ['http://x/i', 'http://y/i'], name: 'root.img' },
          { url: 'http://x/f', path: '/etc/f', mode: '600' },
        ],
        args: ['quiet', ['root', '/dev/ram0']],
        needs: { firmware: 'uefi' },
        editArgs: false,
        console: false,
      },
      {
        kind: 'memtest',
        id: 'memtest',
        label: 'Memtest86+',
        image: { x86_64: 'http://m/64', i386: 'http://m/32' },
      },
      {
        kind: 'wimboot',
        id: 'winpe',
        label: 'Windows PE',
        wimboot: 'http://w/wimboot',
        files: 'http://w/pe',
      },
      { kind: 'separator', label: 'Tools' },
      { kind: 'iso', id: 'iso', label: 'An image', url: 'http://i/x.iso' },
      {
        kind: 'chain',
        id: 'nbxyz',
        label: 'netboot.xyz',
        url: { bios: 'http://n/x.lkrn', uefi: { x86_64: 'http://n/x.efi', arm64: 'http://n/a.efi' } },
      },
      {
        kind: 'form',
        id: 'ask',
        label: 'Name the machine',
        fields: [
          { name: 'host', label: 'Host name', value: 'node1' },
          { name: 'count', label: 'Number', type: 'integer' },
          { name: 'mode', label: 'Mode', values: ['a', 'b'], required: false },
        ],
        then: 'efi-only',
      },
      { kind: 'raw', id: 'raw', label: 'By hand', script: 'echo hello\nsleep 1' },
      { kind: 'separator' },
      { kind: 'local', id: 'local', label: 'Local disk' },
      { kind: 'local', id: 'local-efi', label: 'EFI file', method: 'efi-file', needs: { firmware: 'uefi' } },
      { kind: 'submenu', menu: 'tools' },
    ],
  },
  {
    id: 'tools',
    title: 'Tools',
    entries: [
      { kind: 'shell', id: 'shell', label: 'Shell' },
      { kind: 'settings', id: 'config', label: 'Settings' },
      { kind: 'network-test', id: 'net', label: 'Network' },
      { kind: 'serial-test', id: 'serial', label: 'Which serial port am I' },
      { kind: 'reboot', id: 'reboot', label: 'Reboot' },
      { kind: 'poweroff', id: 'off', label: 'Power off' },
    ],
  },
]

export const siteScript = `#!ipxe
set mode live
:menu
menu Scripts by hand: \${mode}
item --gap -- Machine \${manufacturer} \${product}, \${net0/mac}
isset \${problem} && item --gap -- Failed: \${problem} ||
item --key g go      Go: \${mode}
item --key m mode    Change the mode
iseq \${platform} pcbios && item pxelinux Hand over to PXELINUX ||
iseq \${platform} efi && item --key 0x02 grub Hand over to GRUB ||
item many Many lines
item --key b back Back
choose --default go --timeout 5000 target && goto \${target} || exit

:mode
set mode install
goto menu

:go
set base http://\${next-server}/os
kernel \${base}/vmlinuz mode=\${mode} console=tty0 || goto failed
initrd \${base}/initrd.img || goto failed
boot || goto failed

:pxelinux
chain pxelinux.0
:grub
chain grubx64.efi
:back
exit

:many
menu Many lines
${Array.from({ length: 45 }, (_, index) => `item n${index + 1} Line ${index + 1}`).join('\n')}
choose line || goto menu
echo \${line}
goto menu

:failed
set problem the download
goto menu
`

export const labFiles: PreviewInput['files'] = new Map([
  ['assets/fcos/kernel.x86_64', file(17_383_424, '1f', 'signed')],
  ['assets/fcos/initramfs.x86_64.img', file(101_904_384, '2e', 'signed')],
  ['assets/fcos/rootfs.x86_64.img', file(912_680_550, '3d', 'signed')],
  ['assets/ubuntu/vmlinuz', file(14_981_512, '4c', 'digest')],
  ['assets/ubuntu/initrd', file(70_214_912, '5b', 'tls')],
  ['assets/memtest64', file(152_064, '6a', 'none')],
  ['preseed.cfg', { ...file(812, '7f'), origin: 'static' }],
])

function file(
  size: number,
  byte: string,
  trust?: string,
): { size: number; sha256: string; origin: string; trust?: string } {
  return { size, sha256: byte.repeat(32), origin: 'fetch', ...(trust === undefined ? {} : { trust }) }
}

export const labDiagnostics = [
  new Diagnostic({
    ruleId: 'anaconda-arguments',
    severity: 'warning',
    file: 'menus/main.ts',
    reason: 'The mirror speaks `http` only',
    note: 'Nothing checks what comes from there.',
    place: { start: { line: 8, column: 9, offset: 0 }, end: { line: 8, column: 20, offset: 11 } },
  }),
  new Diagnostic({
    ruleId: 'unset-setting',
    severity: 'error',
    file: 'lab/menus/site.ipxe',
    reason: 'Nothing sets `${base}`',
    place: { start: { line: 20, column: 8, offset: 0 }, end: { line: 20, column: 12, offset: 4 } },
  }),
  new Diagnostic({
    ruleId: 'project-static',
    severity: 'info',
    file: 'ipxetool.yaml',
    reason: 'A file is in the way',
  }),
]

export function scriptsOf(menus: MenuInput): PreviewScript[] {
  const { scripts, problems } = compileMenus(menusSchema.parse(menus), {
    first: { menu: 'main', path: 'boot.ipxe' },
  })
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new Error(errors.map(({ reason }) => reason).join('\n'))
  return scripts
}

export function inputOf(menus: MenuInput, more: Partial<PreviewInput> = {}): PreviewInput {
  return {
    title: 'Lab',
    entry: 'boot.ipxe',
    scripts: scriptsOf(menus),
    diagnostics: [],
    files: new Map(),
    ...more,
  }
}

export function byHand(text: string, path = 'boot.ipxe'): PreviewInput {
  return {
    title: 'Lab',
    entry: path,
    scripts: [{ path, script: parse(text) }],
    diagnostics: [],
    files: new Map(),
  }
}

export function lab(): PreviewInput {
  return inputOf(labMenus, {
    title: 'Lab 3',
    scripts: [...scriptsOf(labMenus), { path: 'menus/site.ipxe', script: parse(siteScript) }],
    diagnostics: labDiagnostics,
    files: labFiles,
  })
}

/** The page, and the data that its script reads. */
export function pageOf(files: ReadonlyMap<string, Uint8Array>): { html: string; data: ClientData } {
  const html = new TextDecoder().decode(files.get('preview/index.html'))
  const json = /<script type="application\/json" id="data">([^<]*)<\/script>/.exec(html)?.[1] ?? 'null'
  return { html, data: JSON.parse(json) as ClientData }
}

export interface ClientData {
  menus: {
    key: string
    name: string
    seconds: number
    initial: string
    escape: { text: string; opens: [number, string][] }
    title: [string, 1?][]
    items: {
      name: string
      hotkey: string
      text: [string, 1?][]
      first: number
      later: number
      mark: string
      opens: [number, string][]
      leaves: number
    }[]
  }[]
}

/** More rows of {@link file://./table.ts}: the RPM family and those with a source of their own. */
import type { TestKey } from '../verify/keys.js'
import { sha256 } from './hex.js'
import { signedBeside, type Row } from './row.js'

function treeinfo(options: { version?: string; timestamp?: string; without?: boolean } = {}): string {
  return [
    '[general]',
    '; WARNING.0 = This section provides compatibility with pre-productmd treeinfos.',
    `timestamp = ${options.timestamp ?? '1784642832'}`,
    `version = ${options.version ?? '9'}`,
    '',
    ...(options.without === true
      ? []
      : [
          '[checksums]',
          `images/pxeboot/initrd.img = sha256:${sha256('initrd')}`,
          `images/pxeboot/vmlinuz = sha256:${sha256('vmlinuz')}`,
        ]),
    '',
  ].join('\n')
}

function pxeboot(tree: string): string[] {
  return [
    `kernel vmlinuz ${tree}/images/pxeboot/vmlinuz`,
    `initrd initrd.img ${tree}/images/pxeboot/initrd.img`,
  ]
}

function listing(...names: string[]): string {
  return `<html><pre><a href="../">../</a>\n${names.map((name) => `<a href="${name}/">${name}/</a>  -`).join('\n')}`
}

const flatcar = 'https://stable.release.flatcar-linux.net/arm64-usr'
const fedora = 'https://dl.fedoraproject.org/pub/fedora/linux'
const stream = 'https://mirror.stream.centos.org/9-stream/BaseOS/aarch64/os'
const vault = 'https://vault.centos.org/7.9.2009/os/x86_64'
const rocky = 'https://download.rockylinux.org/pub/rocky'
const rockyVault = 'https://dl.rockylinux.org/vault/rocky/9.3/BaseOS/x86_64/os'
const alma = 'https://repo.almalinux.org/almalinux'
const ubuntu = 'https://releases.ubuntu.com/24.04.3'
const cdimage = 'https://cdimage.ubuntu.com/releases/24.04.3/release'
const arch = 'https://geo.mirror.pkgbuild.com/iso/2026.07.01'
const suse = 'https://download.opensuse.org'
const github = 'https://github.com/netbootxyz'

function ubuntuSums(arch: string): string {
  return ['live-server', 'netboot']
    .map((kind) => `ubuntu-24.04.3-${kind}-${arch}.${kind === 'netboot' ? 'tar.gz' : 'iso'}`)
    .map((name) => `${sha256(name)} *${name}\n`)
    .join('')
}

function suseTree(repo: string): Record<string, string> {
  return {
    [`${repo}/CHECKSUMS`]: ['linux', 'initrd']
      .map((name) => `${sha256(name)}  boot/x86_64/loader/${name}\n`)
      .join(''),
  }
}

function suseFiles(repo: string): string[] {
  return [`kernel linux ${repo}/boot/x86_64/loader/linux`, `initrd initrd ${repo}/boot/x86_64/loader/initrd`]
}

function githubRelease(repository: string, tag: string, names: string[], digests = true): string {
  return JSON.stringify({
    tag_name: tag,
    published_at: '2026-05-02T10:00:00Z',
    assets: names.map((name) => ({
      name,
      size: 1000,
      digest: digests ? `sha256:${sha256(name)}` : null,
      browser_download_url: `${github}/${repository}/releases/download/${tag}/${name}`,
    })),
  })
}

export const moreRows: Row[] = [
  {
    id: 'flatcar',
    channel: 'stable',
    architecture: 'arm64',
    served: () => ({
      [`${flatcar}/current/version.txt`]:
        'FLATCAR_BUILD=4593\nFLATCAR_BRANCH=2\nFLATCAR_VERSION=4593.2.5\nFLATCAR_BUILD_ID="2026-07-01-1626"\n',
    }),
    expected: {
      version: '4593.2.5',
      tier: 'signed',
      files: [
        `kernel flatcar_production_pxe.vmlinuz ${flatcar}/4593.2.5/flatcar_production_pxe.vmlinuz`,
        `initrd flatcar_production_pxe_image.cpio.gz ${flatcar}/4593.2.5/flatcar_production_pxe_image.cpio.gz`,
      ],
      arguments: ['flatcar.first_boot=1'],
    },
  },
  {
    id: 'fedora',
    served: () => ({
      [`${fedora}/releases/`]: listing('9', '43', '44', 'test'),
      [`${fedora}/releases/44/Everything/x86_64/os/.treeinfo`]: treeinfo({
        version: '44',
        timestamp: '1784642832.5',
      }),
    }),
    expected: {
      version: '44',
      tier: 'digest',
      files: pxeboot(`${fedora}/releases/44/Everything/x86_64/os`),
      arguments: ['inst.text', `inst.repo=${fedora}/releases/44/Everything/x86_64/os/`, 'ip=dhcp'],
    },
  },
  {
    id: 'fedora',
    channel: 'rawhide',
    served: () => ({ [`${fedora}/development/rawhide/Everything/x86_64/os/.treeinfo`]: treeinfo() }),
    expected: {
      version: 'rawhide.202607211407',
      tier: 'digest',
      files: pxeboot(`${fedora}/development/rawhide/Everything/x86_64/os`),
    },
  },
  {
    id: 'centos-stream',
    channel: '9',
    architecture: 'arm64',
    served: () => ({ [`${stream}/.treeinfo`]: treeinfo() }),
    expected: {
      version: '9.202607211407',
      tier: 'digest',
      files: pxeboot(stream),
      fields: { repo: stream },
    },
  },
  {
    // no [checksums]: as some trees have been published
    id: 'centos-stream',
    channel: '9',
    architecture: 'arm64',
    served: () => ({ [`${stream}/.treeinfo`]: treeinfo({ without: true }) }),
    expected: { version: '9.202607211407', tier: 'tls', files: pxeboot(stream), note: /has no digest of it/ },
  },
  {
    id: 'centos-7',
    served: () => ({ [`${vault}/.treeinfo`]: treeinfo({ version: '7' }) }),
    expected: { version: '7.9.2009', tier: 'digest', files: pxeboot(vault), note: /ended in June 2024/ },
  },
  {
    id: 'rocky',
    served: () => ({
      [`${rocky}/`]: listing('10', '10.0', '10.1', '9.6', '8.10'),
      [`${rocky}/10.1/BaseOS/x86_64/os/.treeinfo`]: treeinfo({ version: '10.1' }),
    }),
    expected: { version: '10.1', tier: 'digest', files: pxeboot(`${rocky}/10.1/BaseOS/x86_64/os`) },
  },
  {
    // fell off the mirrors
    id: 'rocky',
    version: '9.3',
    served: () => ({ [`${rockyVault}/.treeinfo`]: treeinfo({ version: '9.3' }) }),
    expected: { version: '9.3', tier: 'digest', files: pxeboot(rockyVault) },
  },
  {
    id: 'almalinux',
    channel: '9',
    served: () => ({
      [`${alma}/`]: listing('9', '9.5', '9.6', '9.6-beta', '10.0'),
      [`${alma}/9.6/BaseOS/x86_64/os/.treeinfo`]: treeinfo(),
    }),
    expected: { version: '9.6', tier: 'digest', files: pxeboot(`${alma}/9.6/BaseOS/x86_64/os`) },
  },
  {
    id: 'ubuntu',
    served: async (key) => ({
      'https://changelogs.ubuntu.com/meta-release-lts':
        'Dist: jammy\nVersion: 22.04.5 LTS\n\nDist: noble\nVersion: 24.04.3 LTS\nSupported: 1\n',
      ...(await signedBeside(key, `${ubuntu}/SHA256SUMS`, ubuntuSums('amd64'))),
    }),
    expected: {
      version: '24.04.3',
      tier: 'signed',
      files: ['kernel linux', 'initrd initrd'].map(
        (file) => `${file} ${ubuntu}/ubuntu-24.04.3-netboot-amd64.tar.gz`,
      ),
      arguments: [
        'ip=dhcp',
        `iso-url=${ubuntu}/ubuntu-24.04.3-live-server-amd64.iso`,
        'cloud-config-url=/dev/null',
      ],
      fields: { iso: `${ubuntu}/ubuntu-24.04.3-live-server-amd64.iso` },
    },
  },
  {
    id: 'ubuntu',
    architecture: 'arm64',
    version: '24.04.3',
    served: (key: TestKey) => signedBeside(key, `${cdimage}/SHA256SUMS`, ubuntuSums('arm64')),
    expected: {
      version: '24.04.3',
      tier: 'signed',
      files: ['kernel linux', 'initrd initrd'].map(
        (file) => `${file} ${cdimage}/ubuntu-24.04.3-netboot-arm64.tar.gz`,
      ),
    },
  },
  {
    id: 'arch',
    served: () => ({
      'https://archlinux.org/releng/releases/json/': JSON.stringify({
        releases: [{ version: '2026.07.01', release_date: '2026-07-01' }, { version: '2026.06.01' }],
      }),
    }),
    expected: {
      version: '2026.07.01',
      tier: 'tls',
      files: [
        `kernel vmlinuz-linux ${arch}/arch/boot/x86_64/vmlinuz-linux`,
        `initrd initramfs-linux.img ${arch}/arch/boot/x86_64/initramfs-linux.img`,
      ],
      note: /no certificate is pinned/,
    },
  },
  {
    id: 'opensuse',
    channel: 'leap',
    served: () => suseTree(`${suse}/distribution/leap/15.6/repo/oss`),
    expected: {
      version: '15.6',
      tier: 'digest',
      files: suseFiles(`${suse}/distribution/leap/15.6/repo/oss`),
      note: /no key is pinned/,
    },
  },
  {
    id: 'opensuse',
    channel: 'tumbleweed',
    served: () => ({
      [`${suse}/tumbleweed/repo/oss/media.1/products`]: '/ openSUSE 20260718-0\n',
      ...suseTree(`${suse}/tumbleweed/repo/oss`),
    }),
    expected: {
      version: '20260718',
      tier: 'digest',
      files: suseFiles(`${suse}/tumbleweed/repo/oss`),
      note: /no key is pinned/,
    },
  },
  {
    id: 'netbootxyz',
    served: () => ({
      'https://api.github.com/repos/netbootxyz/netboot.xyz/releases/latest': githubRelease(
        'netboot.xyz',
        '3.0.2',
        ['netboot.xyz.kpxe', 'netboot.xyz.efi', 'netboot.xyz-arm64.efi'],
      ),
    }),
    expected: {
      version: '3.0.2',
      tier: 'digest',
      files: ['netboot.xyz.kpxe', 'netboot.xyz.efi'].map(
        (name) => `loader ${name} ${github}/netboot.xyz/releases/download/3.0.2/${name} 1000`,
      ),
    },
  },
  {
    id: 'memtest86plus',
    served: () => ({
      'https://raw.githubusercontent.com/netbootxyz/netboot.xyz/development/endpoints.yml':
        'endpoints:\n  memtest86plus:\n    path: /asset-mirror/releases/download/8.00-32a14678/\n    files:\n    - mt86p_x86_64\n' +
        "    os: memtest86-plus\n    version: '8.00'\n",
      'https://api.github.com/repos/netbootxyz/asset-mirror/releases/tags/8.00-32a14678': githubRelease(
        'asset-mirror',
        '8.00-32a14678',
        ['mt86p_x86_64'],
        false,
      ),
    }),
    expected: {
      version: '8.00',
      tier: 'tls',
      files: [`kernel mt86p_x86_64 ${github}/asset-mirror/releases/download/8.00-32a14678/mt86p_x86_64 1000`],
      // of before the middle of 2025
      note: /has no digest of it/,
    },
  },
]

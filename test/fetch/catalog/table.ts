/**
 * One row for each distribution: metadata of its publisher's format, made here, and what has to come of it. A new
 * distribution is one file in src/data/catalog and one row here.
 */
import { clearsign } from '../verify/keys.js'
import { sha256, sha512 } from './hex.js'
import type { Row } from './row.js'
import { moreRows } from './table-more.js'

const fcos = 'https://builds.coreos.fedoraproject.org'
const fcosFile = (version: string, arch: string, name: string) => ({
  location: `${fcos}/prod/streams/stable/builds/${version}/${arch}/${name}`,
  signature: `${fcos}/prod/streams/stable/builds/${version}/${arch}/${name}.sig`,
  sha256: sha256(name),
})
const alpine = 'https://dl-cdn.alpinelinux.org/alpine'
const alpineArchive = `${alpine}/v3.24/releases/x86_64/alpine-netboot-3.24.1-x86_64.tar.gz`
const debian = 'https://deb.debian.org/debian/dists'

function debianSums(arch: string): string {
  return [
    'cdrom/initrd.gz',
    `netboot/debian-installer/${arch}/initrd.gz`,
    `netboot/debian-installer/${arch}/linux`,
  ]
    .map((name) => `${sha256(name)}  ./${name}\n`)
    .join('')
}

export const rows: Row[] = [
  {
    id: 'coreos',
    channel: 'stable',
    architecture: 'arm64',
    served: () => ({
      [`${fcos}/streams/stable.json`]: JSON.stringify({
        stream: 'stable',
        metadata: { 'last-modified': '2026-07-21T14:07:12Z' },
        architectures: {
          aarch64: {
            artifacts: {
              metal: {
                release: '44.20260707.3.1',
                formats: {
                  pxe: {
                    kernel: fcosFile('44.20260707.3.1', 'aarch64', 'live-kernel.aarch64'),
                    initramfs: fcosFile('44.20260707.3.1', 'aarch64', 'live-initramfs.aarch64.img'),
                    rootfs: fcosFile('44.20260707.3.1', 'aarch64', 'live-rootfs.aarch64.img'),
                  },
                },
              },
            },
          },
        },
      }),
    }),
    expected: {
      version: '44.20260707.3.1',
      tier: 'signed',
      files: [
        'kernel live-kernel.aarch64',
        'initrd live-initramfs.aarch64.img',
        'rootfs live-rootfs.aarch64.img',
      ].map(
        (file) => `${file} ${fcos}/prod/streams/stable/builds/44.20260707.3.1/aarch64/${file.split(' ')[1]!}`,
      ),
      arguments: ['coreos.live.rootfs_url={rootfs}', 'ip=dhcp', 'rd.neednet=1'],
    },
  },
  {
    // names with a dash, from before Fedora 42
    id: 'coreos',
    version: '33.20201201.3.0',
    served: () => ({
      [`${fcos}/prod/streams/stable/releases.json`]: JSON.stringify({
        releases: [
          { version: '33.20201104.3.0', metadata: `${fcos}/other/release.json` },
          { version: '33.20201201.3.0', metadata: `${fcos}/prod/33.20201201.3.0/release.json` },
        ],
      }),
      [`${fcos}/prod/33.20201201.3.0/release.json`]: JSON.stringify({
        release: '33.20201201.3.0',
        architectures: {
          x86_64: {
            media: {
              metal: {
                artifacts: {
                  pxe: {
                    kernel: fcosFile('33.20201201.3.0', 'x86_64', 'live-kernel-x86_64'),
                    initramfs: fcosFile('33.20201201.3.0', 'x86_64', 'live-initramfs.x86_64.img'),
                    rootfs: fcosFile('33.20201201.3.0', 'x86_64', 'live-rootfs.x86_64.img'),
                  },
                },
              },
            },
          },
        },
      }),
    }),
    expected: {
      version: '33.20201201.3.0',
      tier: 'signed',
      files: [
        'kernel live-kernel-x86_64',
        'initrd live-initramfs.x86_64.img',
        'rootfs live-rootfs.x86_64.img',
      ].map(
        (file) => `${file} ${fcos}/prod/streams/stable/builds/33.20201201.3.0/x86_64/${file.split(' ')[1]!}`,
      ),
    },
  },
  {
    id: 'debian',
    channel: 'stable',
    served: async (key) => {
      const folder = 'main/installer-amd64/20250803+deb13u1/images/SHA256SUMS'
      const sums = debianSums('amd64')
      return {
        [`${debian}/stable/InRelease`]: await clearsign(
          key,
          [
            'Origin: Debian',
            'Suite: stable',
            'Version: 13.1',
            'Codename: trixie',
            'Date: Sat, 06 Sep 2025 09:00:00 UTC',
            'MD5Sum:',
            ' 0123456789abcdef0123456789abcdef 12 main/installer-amd64/current/images/SHA256SUMS',
            'SHA256:',
            ...['20250803', '20250803+deb13u1', 'current'].map((build, index) => {
              const text = index === 0 ? 'older' : sums
              return ` ${sha256(text)} ${text.length} main/installer-amd64/${build}/images/SHA256SUMS`
            }),
            ` ${sha256('x')} 1 main/installer-arm64/20990101/images/SHA256SUMS`,
            '',
          ].join('\n'),
        ),
        [`${debian}/trixie/${folder}`]: sums,
      }
    },
    expected: {
      version: '20250803+deb13u1',
      tier: 'signed',
      files: ['kernel linux', 'initrd initrd.gz'].map(
        (file) =>
          `${file} ${debian}/trixie/main/installer-amd64/20250803+deb13u1/images/netboot/debian-installer/amd64/${file.split(' ')[1]!}`,
      ),
    },
  },
  {
    id: 'alpine',
    served: () => ({
      [`${alpine}/latest-stable/releases/x86_64/latest-releases.yaml`]: [
        '---',
        '-',
        '  title: "Standard"',
        '  flavor: alpine-standard',
        '  version: 3.24.1',
        '  file: alpine-standard-3.24.1-x86_64.iso',
        '-',
        '  title: "Netboot"',
        '  branch: v3.24',
        '  arch: x86_64',
        '  version: 3.24.1',
        '  flavor: alpine-netboot',
        '  date: 2026-06-20',
        '  file: alpine-netboot-3.24.1-x86_64.tar.gz',
        '  size: 215000000',
        `  sha256: ${sha256('alpine')}`,
        `  sha512: ${sha512('alpine')}`,
        '',
      ].join('\n'),
    }),
    expected: {
      version: '3.24.1',
      tier: 'signed',
      files: ['kernel vmlinuz-lts', 'initrd initramfs-lts', 'modloop modloop-lts'].map(
        (file) => `${file} ${alpineArchive} 215000000`,
      ),
      fields: { repo: `${alpine}/v3.24/main` },
    },
  },
  {
    id: 'alpine',
    version: '3.22.0',
    served: () => ({
      [`${alpine}/v3.22/releases/x86_64/alpine-netboot-3.22.0-x86_64.tar.gz.sha256`]: `${sha256('old')}  alpine-netboot-3.22.0-x86_64.tar.gz\n`,
    }),
    expected: {
      version: '3.22.0',
      tier: 'signed',
      files: ['kernel vmlinuz-lts', 'initrd initramfs-lts', 'modloop modloop-lts'].map(
        (file) => `${file} ${alpine}/v3.22/releases/x86_64/alpine-netboot-3.22.0-x86_64.tar.gz`,
      ),
    },
  },
  ...moreRows,
]

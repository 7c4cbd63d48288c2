/**
 * Alpine, Arch, NixOS, openSUSE. Folders and arguments: the netboot.xyz menus of 2026-05. Memory is from memory: to be
 * re-checked.
 */
import { alpine, chain, linux, menu, variable } from 'ipxetool/menu'

const alpineRepo = variable.url('alpine')
const alpineFolder = (arch: string) => alpineRepo.path(`$<alpine-version>/releases/${arch}/netboot`)
const arch = variable.url('arch')
const opensuse = variable.url('opensuse')
const nixos = (architecture: string) =>
  variable.url('nixos').path(`nixos-$<nixos-version>/netboot-${architecture}-linux.ipxe`)

type Processor = 'x86_64' | 'arm64'
/** PCs have their kernel one folder deeper. */
const loader = { x86_64: 'boot/x86_64/loader', arm64: 'boot/aarch64' } as const
const spelling = { x86_64: 'x86_64', arm64: 'aarch64' } as const
const opensuseFiles = (architecture: Processor, repo: string) => ({
  kernel: { [architecture]: `${repo}/${loader[architecture]}/linux` },
  initrd: { [architecture]: [`${repo}/${loader[architecture]}/initrd`] },
})
const yast = (repo: string) => [
  ['install', repo] as [string, string],
  ['netsetup', 'dhcp'] as [string, string],
  ['textmode', 1] as [string, number],
]

const tumbleweed = (id: string, label: string, architecture: Processor, repo: string) =>
  linux({
    id,
    label,
    ...opensuseFiles(architecture, repo),
    args: yast(repo),
    needs: { memory: '2 GiB', network: true },
  })

/** From 16 on the installer is a live image, and the arguments name it with its processor. */
const leap16 = (id: string, label: string, architecture: Processor) => {
  const folder = opensuse.path('distribution/leap/$<leap16-version>')
  const iso = `Leap-$<leap16-version>-online-installer-${spelling[architecture]}.install.iso`
  return linux({
    id,
    label,
    ...opensuseFiles(architecture, `${folder}/repo/oss`),
    args: [
      ['root', `live:${folder}/offline/${iso}`],
      ['netsetup', 'dhcp'],
    ],
    needs: { memory: '4 GiB', network: true },
  })
}

const leap15 = opensuse.path('distribution/leap/$<leap15-version>/repo/oss')

export default menu({
  id: 'others',
  title: 'Alpine, Arch, NixOS, openSUSE',
  entries: [
    alpine({
      id: 'alpine',
      label: 'Alpine Linux $<alpine-version>, live in memory',
      netboot: { x86_64: alpineFolder('x86_64'), i386: alpineFolder('x86'), arm64: alpineFolder('aarch64') },
      repo: alpineRepo.path('$<alpine-version>/main'),
      needs: { memory: '512 MiB', network: true },
    }),
    linux({
      id: 'arch',
      label: 'Arch Linux $<arch-version>, live in memory',
      kernel: { x86_64: arch.path('iso/$<arch-version>/arch/boot/x86_64/vmlinuz-linux') },
      initrd: { x86_64: [arch.path('iso/$<arch-version>/arch/boot/x86_64/initramfs-linux.img')] },
      args: [
        ['archiso_http_srv', arch.path('iso/$<arch-version>/')],
        ['archisobasedir', 'arch'],
        ['cms_verify', 'y'],
        ['BOOTIF', '${netX/mac}'],
        ['ip', 'dhcp'],
        ['net.ifnames', 0],
      ],
      needs: { memory: '2 GiB', network: true },
    }),
    // the kernel's `init=` has a hash that changes every week, so their own script has to start it
    chain({
      id: 'nixos',
      label: 'NixOS $<nixos-version>, live in memory',
      url: { bios: nixos('x86_64'), uefi: { x86_64: nixos('x86_64'), arm64: nixos('aarch64') } },
      needs: { architecture: ['x86_64', 'arm64'], memory: '2 GiB' },
    }),
    leap16('leap-16', 'openSUSE Leap $<leap16-version>', 'x86_64'),
    leap16('leap-16-arm64', 'openSUSE Leap $<leap16-version> for arm64', 'arm64'),
    linux({
      id: 'leap-15',
      label: 'openSUSE Leap $<leap15-version>',
      kernel: { x86_64: `${leap15}/${loader.x86_64}/linux`, arm64: `${leap15}/${loader.arm64}/linux` },
      initrd: { x86_64: [`${leap15}/${loader.x86_64}/initrd`], arm64: [`${leap15}/${loader.arm64}/initrd`] },
      args: yast(leap15),
      needs: { memory: '2 GiB', network: true },
    }),
    tumbleweed('tumbleweed', 'openSUSE Tumbleweed', 'x86_64', opensuse.path('tumbleweed/repo/oss')),
    tumbleweed(
      'tumbleweed-arm64',
      'openSUSE Tumbleweed for arm64',
      'arm64',
      opensuse.path('ports/aarch64/tumbleweed/repo/oss'),
    ),
  ],
})

/**
 * Debian, Ubuntu and Proxmox. Folders and arguments: the netboot.xyz menus of 2026-05. Memory is from memory, but for
 * what a line says: to be re-checked.
 */
import { casper, debian, linux, menu, separator, variable } from 'ipxetool/menu'

const mirror = variable.url('debian')

const installer = (suite: string, architecture: string, look = '') =>
  mirror.path(
    `dists/${suite}/main/installer-${architecture}/current/images/netboot/${look}debian-installer/${architecture}`,
  )
const netboot = (suite: string, look?: string) => ({
  x86_64: installer(suite, 'amd64', look),
  arm64: installer(suite, 'arm64', look),
})
const needs = { memory: '1 GiB', network: true }

/** Kernel and initrd of netboot.xyz, the image of Ubuntu: all of one point release. */
const ubuntu = (id: string, label: string, version: '2404' | '2604', codename: string) => {
  const name = `$<ubuntu-${version}-version>`
  const pc = variable.url(`ubuntu-${version}-x86_64`)
  const arm = variable.url(`ubuntu-${version}-arm64`)
  return casper({
    id,
    label,
    kernel: { x86_64: pc.path('vmlinuz'), arm64: arm.path('vmlinuz') },
    initrd: { x86_64: [pc.path('initrd')], arm64: [arm.path('initrd')] },
    iso: {
      x86_64: variable.url('ubuntu-releases').path(`${codename}/ubuntu-${name}-live-server-amd64.iso`),
      arm64: variable.url('ubuntu-images').path(`${name}/release/ubuntu-${name}-live-server-arm64.iso`),
    },
    args: [
      ['root', '/dev/ram0'],
      ['ramdisk_size', 3500000],
    ],
    // 3 GB is too little, says netboot.xyz issue 1128: the whole image is held in memory, and unpacked beside it
    needs: { memory: '5 GiB', network: true },
  })
}

/** There is no tree for the network: the whole image goes into the initrd. That takes its size twice. */
const proxmox = (id: string, label: string) => {
  const files = variable.url(id)
  return linux({
    id,
    label,
    kernel: { x86_64: files.path('vmlinuz') },
    initrd: { x86_64: [files.path('initrd'), { url: files.path('proxmox.iso'), path: '/proxmox.iso' }] },
    args: [
      ['vga', 791],
      ['video', 'vesafb:ywrap,mtrr'],
      ['ramdisk_size', 16777216],
      'rw',
      'quiet',
      ['splash', 'silent'],
      'proxtui',
    ],
    needs: { memory: '6 GiB' },
  })
}

export default menu({
  id: 'debian',
  title: 'Debian family',
  entries: [
    debian({
      id: 'debian-stable',
      label: 'Debian $<debian-stable>, stable',
      netboot: netboot('$<debian-stable>'),
      args: [['mirror/suite', '$<debian-stable>']],
      needs,
    }),
    debian({
      id: 'debian-graphical',
      label: 'Debian $<debian-stable>, stable, graphical installer',
      netboot: netboot('$<debian-stable>', 'gtk/'),
      args: [
        ['mirror/suite', '$<debian-stable>'],
        ['vga', 788],
      ],
      // it paints on the screen
      console: 'tty0',
      needs,
    }),
    debian({
      id: 'debian-oldstable',
      label: 'Debian $<debian-oldstable>, oldstable, for 32-bit PCs too',
      netboot: { ...netboot('$<debian-oldstable>'), i386: installer('$<debian-oldstable>', 'i386') },
      args: [['mirror/suite', '$<debian-oldstable>']],
      needs,
    }),
    debian({
      id: 'debian-testing',
      label: 'Debian $<debian-testing>, testing',
      netboot: netboot('$<debian-testing>'),
      args: [['mirror/suite', '$<debian-testing>']],
      needs,
    }),
    debian({
      id: 'debian-rescue',
      label: 'Rescue an installed system with Debian $<debian-stable>',
      netboot: netboot('$<debian-stable>'),
      args: [
        ['mirror/suite', '$<debian-stable>'],
        ['rescue/enable', 'true'],
      ],
      needs,
    }),
    separator(),
    ubuntu('ubuntu-2604', 'Ubuntu $<ubuntu-2604-version> LTS Server', '2604', 'resolute'),
    ubuntu('ubuntu-2404', 'Ubuntu $<ubuntu-2404-version> LTS Server', '2404', 'noble'),
    separator(),
    proxmox('proxmox-ve', 'Proxmox VE, text installer'),
    proxmox('proxmox-backup', 'Proxmox Backup Server, text installer'),
  ],
})

/**
 * Tools for machines that are in trouble. Files and arguments: the netboot.xyz menus of 2026-05. Memory is from memory:
 * to be re-checked.
 */
import { chain, linux, memtest, menu, networkTest, separator, serialTest, variable } from 'ipxetool/menu'

const clonezilla = variable.url('clonezilla')
const gparted = variable.url('gparted')
const systemrescue = variable.url('systemrescue')
const memtestFiles = variable.url('memtest')
const netbootxyz = variable.url('netbootxyz')

export default menu({
  id: 'tools',
  title: 'Tools',
  entries: [
    linux({
      id: 'systemrescue',
      label: 'SystemRescue',
      kernel: { x86_64: systemrescue.path('vmlinuz') },
      // the last file takes the place of a hook in the first
      initrd: {
        x86_64: [
          systemrescue.path('initrd'),
          { url: systemrescue.path('archiso_pxe_http'), path: '/hooks/archiso_pxe_http', mode: '755' },
        ],
      },
      args: [
        ['archisobasedir', 'sysresccd'],
        ['archiso_http_srv', systemrescue.path('')],
        ['BOOTIF', '${netX/mac}'],
        ['ip', 'dhcp'],
        ['net.ifnames', 0],
      ],
      needs: { memory: '2 GiB' },
    }),
    linux({
      id: 'clonezilla',
      label: 'Clonezilla, copies disks',
      kernel: { x86_64: clonezilla.path('vmlinuz') },
      initrd: { x86_64: [clonezilla.path('initrd')] },
      args: [
        ['boot', 'live'],
        ['union', 'overlay'],
        'config',
        'components',
        ['ocs_live_run', '"ocs-live-general"'],
        ['fetch', clonezilla.path('filesystem.squashfs')],
      ],
      needs: { memory: '1 GiB' },
    }),
    linux({
      id: 'gparted',
      label: 'GParted, partitions disks',
      kernel: { x86_64: gparted.path('vmlinuz') },
      initrd: { x86_64: [gparted.path('initrd')] },
      args: [
        ['boot', 'live'],
        ['fetch', gparted.path('filesystem.squashfs')],
        ['union', 'overlay'],
        ['username', 'user'],
        ['vga', 788],
      ],
      // it paints on the screen
      console: 'tty0',
      needs: { memory: '1 GiB' },
    }),
    // one file is a kernel to a BIOS and a program to UEFI
    memtest({
      id: 'memtest',
      label: 'Memtest86+, tests the memory',
      image: { x86_64: memtestFiles.path('mt86p_x86_64'), i386: memtestFiles.path('mt86p_i586') },
      needs: { architecture: ['x86_64', 'i386'] },
    }),
    linux({
      id: 'freedos',
      label: 'FreeDOS 1.4',
      kernel: netbootxyz.path('memdisk'),
      initrd: [variable.url('freedos').path('FD14-LiteUSB.zip')],
      console: false,
      editArgs: false,
      needs: { firmware: 'bios', architecture: ['x86_64', 'i386'], memory: '256 MiB' },
    }),
    separator(),
    chain({
      id: 'netbootxyz',
      label: 'netboot.xyz',
      url: {
        bios: netbootxyz.path('ipxe/netboot.xyz.lkrn'),
        uefi: {
          x86_64: netbootxyz.path('ipxe/netboot.xyz.efi'),
          arm64: netbootxyz.path('ipxe/netboot.xyz-arm64.efi'),
        },
      },
      needs: { architecture: ['x86_64', 'arm64'] },
    }),
    separator('This machine'),
    networkTest({ id: 'network', label: 'Network: addresses and routes' }),
    serialTest({ id: 'serial', label: 'Which serial port is this' }),
  ],
})

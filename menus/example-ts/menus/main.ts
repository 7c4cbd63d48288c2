import {
  anaconda,
  chain,
  local,
  menu,
  networkTest,
  poweroff,
  reboot,
  separator,
  serialTest,
  settings,
  shell,
  submenu,
  variable,
} from 'ipxetool/menu'

const netbootxyz = variable.url('netbootxyz')

const main = menu({
  id: 'main',
  title: '$<title>',
  timeout: '60s',
  default: 'local',
  entries: [
    separator('Operating systems'),
    submenu('coreos', { key: 'f' }),
    anaconda({
      id: 'centos',
      label: 'CentOS Stream: text install over serial',
      key: 'c',
      repo: variable.url('repo'),
      needs: { memory: '3 GiB' },
    }),
    // its installer spells its arguments in another way
    anaconda({
      id: 'centos7',
      label: 'CentOS 7: text install over serial',
      key: '7',
      repo: variable.url('repo7'),
      version: 7,
      args: [['ramdisk_size', 8192]],
      needs: { memory: '2 GiB' },
    }),
    chain({
      id: 'netbootxyz',
      label: 'netboot.xyz: everything else',
      key: 'n',
      url: {
        bios: netbootxyz.path('ipxe/netboot.xyz.lkrn'),
        uefi: {
          x86_64: netbootxyz.path('ipxe/netboot.xyz.efi'),
          arm64: netbootxyz.path('ipxe/netboot.xyz-arm64.efi'),
        },
      },
    }),
    separator('This machine'),
    local({ id: 'local', label: 'Boot from the local disk', key: 'l' }),
    // hidden on BIOS machines
    local({
      id: 'efi-loader',
      label: 'The EFI loader of the disk, past the boot order of the firmware',
      method: 'efi-file',
      needs: { firmware: 'uefi', architecture: 'x86_64' },
    }),
    submenu('tools', { key: 't' }),
    shell({ id: 'shell', label: 'iPXE shell', key: 's' }),
    reboot({ id: 'reboot', label: 'Reboot', key: 'r' }),
  ],
})

const tools = menu({
  id: 'tools',
  title: 'Tools',
  entries: [
    networkTest({ id: 'network', label: 'Network: addresses and routes' }),
    serialTest({ id: 'serial', label: 'Which serial port is this' }),
    settings({ id: 'settings', label: 'iPXE settings' }),
    poweroff({ id: 'poweroff', label: 'Power off' }),
  ],
})

export default [main, tools]

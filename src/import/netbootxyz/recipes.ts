/**
 * What each system of netboot.xyz is started with. The arguments are those of the systems' own documentation and of
 * the menus of netboot.xyz 3.0.2 (2026-05). A system that is not in the table is not
 * guessed at.
 */
import {
  gentoo,
  harvester,
  kaspersky,
  memtest,
  nixos,
  oracle,
  photon,
  proxmox,
  tails,
  ubuntu,
} from './special.js'
import {
  archiso,
  bootif,
  casper,
  dracutLive,
  efi,
  linux,
  liveBoot,
  miso,
  olderCasper,
  type Recipe,
  single,
} from './styles.js'

export type Group = 'live' | 'installers' | 'tools'

export interface System {
  name: string
  group: Group
  recipe: Recipe
}

const graphics = ['nouveau.modeset=1', 'i915.modeset=1', 'radeon.modeset=1']
const archDesktop = archiso(
  undefined,
  'cow_spacesize=10G',
  'copytoram=auto',
  'module_blacklist=nvidia,nvidia_modeset,nvidia_uvm,nvidia_drm,pcspkr',
  ...graphics,
  'nvme_load=yes',
  'console=tty1',
)

type Row = readonly [os: string, name: string, recipe: Recipe]

const live: readonly Row[] = [
  ['BackBox', 'BackBox', casper()],
  ['Voyager', 'Voyager', (asset) => (asset.flavor === 'bullseye' ? liveBoot() : casper())(asset)],
  ['Q4OS', 'Q4OS', liveBoot()],
  [
    'bluestar',
    'Bluestar',
    archiso(
      'arch',
      'cow_spacesize=30%',
      'cow_label=BSLX_PERSIST',
      'ipv6.disable=1',
      'disablehooks=v86d,915resolution,gma3600',
      'modprobe.blacklist=uvesafb',
      'console=tty1',
    ),
  ],
  ['bodhi', 'Bodhi', casper()],
  ['cachyos', 'CachyOS', archDesktop],
  ['debian', 'Debian', liveBoot()],
  ['devuan', 'Devuan', liveBoot('username=devuan')],
  ['elementary-os', 'elementary OS', casper('maybe-ubiquity')],
  [
    'endeavouros',
    'EndeavourOS',
    archiso(
      'arch',
      'cow_spacesize=10G',
      'earlymodules=loop',
      'modules-load=loop',
      'rd.modules-load=loop',
      'nouveau.modeset=0',
      'modprobe.blacklist=nouveau',
      'i915.modeset=1',
      'radeon.modeset=1',
    ),
  ],
  ['fatdog', 'Fatdog64', linux(['rootfstype=ramfs'])],
  ['fedora', 'Fedora', dracutLive(bootif, 'ip=dhcp')],
  ['garuda', 'Garuda', miso('garuda', ...graphics, 'driver=free')],
  ['kali', 'Kali', liveBoot('components')],
  ['kodachi', 'Kodachi', olderCasper()],
  ['lite', 'Linux Lite', casper('username=linuxlite', 'userfullname=linuxlite')],
  ['lxle', 'LXLE', olderCasper()],
  ['manjaro', 'Manjaro', miso('manjaro', ...graphics, 'driver=free', 'tz=UTC', 'lang=en_US', 'keytable=us')],
  ['mint', 'Linux Mint', (asset) => (asset.key.includes('lmde') ? liveBoot() : casper())(asset)],
  ['neon', 'KDE neon', casper()],
  ['nitrux', 'Nitrux', olderCasper()],
  ['omarchy', 'Omarchy', archDesktop],
  ['parrot', 'Parrot', liveBoot()],
  ['pop', 'Pop!_OS', (asset) => (asset.version === '20.04' ? olderCasper() : casper())(asset)],
  ['raizo', 'Raizo', liveBoot()],
  ['regolith', 'Regolith', olderCasper()],
  ['septor', 'Septor', liveBoot()],
  ['sparky', 'SparkyLinux', liveBoot()],
  ['tails', 'Tails', tails],
  ['ubuntu', 'Ubuntu', (asset) => ubuntu(asset)?.(asset)],
  ['ubuntu-spins', 'Ubuntu flavours', linux(['iso-chooser-menu', 'boot=casper', 'ip=dhcp'])],
  [
    'vanilla-os',
    'Vanilla OS',
    liveBoot('config', 'username=vanilla', 'user-fullname=Vanilla', 'quiet', 'splash', 'bgrt_disable'),
  ],
  ['zorin', 'Zorin OS', casper()],
]

const installers: readonly Row[] = [
  ['archlinux', 'Arch Linux 32', archiso('arch', 'checksum=y')],
  ['blackarch', 'BlackArch', archiso('blackarch')],
  ['gentoo', 'Gentoo', gentoo],
  ['harvester', 'Harvester', harvester],
  ['nixos', 'NixOS', nixos],
  ['oracle', 'Oracle Linux', (asset) => oracle(asset)?.(asset)],
  ['proxmox-backup-server', 'Proxmox Backup Server', proxmox],
  ['proxmox-datacenter-manager', 'Proxmox Datacenter Manager', proxmox],
  ['proxmox-mailgateway', 'Proxmox Mail Gateway', proxmox],
  ['proxmox-ve', 'Proxmox VE', proxmox],
  ['vmware-photon', 'VMware Photon', (asset) => photon(asset)?.(asset)],
  [
    'vyos',
    'VyOS',
    liveBoot(
      'components',
      'hostname=vyos',
      'username=live',
      'nopersistence',
      'noautologin',
      'union=overlay',
      'net.ifnames=0',
      'biosdevname=0',
    ),
  ],
  ['zeninstall', 'Zen Installer', archiso('arch')],
]

const tools: readonly Row[] = [
  ['4mlinux', '4MLinux', linux(['root=/dev/ram0', 'vga=normal'])],
  ['bootrepair', 'Boot Repair', olderCasper()],
  ['breakin', 'Breakin', linux(['sshpasswd=breakin', 'startup=breakin'])],
  ['caine', 'CAINE', casper()],
  [
    'clonezilla',
    'Clonezilla',
    liveBoot(
      'username=user',
      'union=overlay',
      'config',
      'components',
      'noswap',
      'edd=on',
      'nomodeset',
      'ocs_live_run="ocs-live-general"',
      'ocs_live_batch=no',
      'net.ifnames=0',
      'nosplash',
      'noprompt',
    ),
  ],
  // both ask before they erase something
  ['dban', 'DBAN (erases disks)', single('DBAN.BZI', 'nuke="dwipe"', 'silent', 'vga=785')],
  ['shredos', 'ShredOS (erases disks)', single('shredos', 'console=tty3', 'loglevel=3')],
  ['gparted', 'GParted', liveBoot('union=overlay', 'username=user', 'vga=788')],
  ['grml', 'Grml', liveBoot()],
  [
    'hrmpf',
    'hrmpf',
    dracutLive('init=/sbin/init', 'gpt', 'add_efi_memmap', 'consoleblank=0', 'net.ifnames=0', 'ip=dhcp'),
  ],
  ['kaspersky', 'Kaspersky Rescue Disk', kaspersky],
  ['memtest86-plus', 'Memtest86+', memtest],
  ['redorescue', 'Redo Rescue', liveBoot('noprompt', 'nocomponents', 'setkmap=us')],
  ['rescatux', 'Rescatux', liveBoot('selinux=1', 'security=selinux', 'enforcing=0')],
  ['rescuezilla', 'Rescuezilla', casper()],
  ['supergrubdisk', 'Super GRUB2 Disk', efi({ x86_64: 'supergrub2-classic-x86_64.efi' })],
  ['systemrescue', 'SystemRescue', archiso('sysresccd')],
  ['uefi-shell', 'UEFI shell', efi({ x86_64: 'uefi-shell-x64.efi', arm64: 'uefi-shell-aarch64.efi' })],
  ['uefi-shell-x64', 'UEFI shell for x86_64', efi({ x86_64: 'uefi-shell-x64.efi' })],
  ['zfsbootmenu', 'ZFSBootMenu', efi({ x86_64: 'zfsbootmenu-recovery-x86_64.efi' })],
]

/** By `os:` of the endpoints. */
export const systems: ReadonlyMap<string, System> = new Map(
  Object.entries({ live, installers, tools }).flatMap(([group, rows]) =>
    rows.map(([os, name, recipe]) => [os, { name, group: group as Group, recipe }] as const),
  ),
)

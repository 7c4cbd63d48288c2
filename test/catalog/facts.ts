/**
 * What is claimed of each system of the catalog, said once more and by hand, so that the menus can be held against it:
 * where it is to be seen, and how its facts are known.
 */
import type { Machine } from './walk.js'

export const machines = {
  'bios-i386': { platform: 'pcbios', arch: 'i386' },
  'bios-x86_64': { platform: 'pcbios', arch: 'x86_64' },
  'uefi-i386': { platform: 'efi', arch: 'i386' },
  'uefi-x86_64': { platform: 'efi', arch: 'x86_64' },
  'uefi-arm64': { platform: 'efi', arch: 'arm64' },
} as const satisfies Record<string, Machine>
export type MachineName = keyof typeof machines
export const machineNames = Object.keys(machines) as MachineName[]

export interface Fact {
  on: readonly MachineName[]
  /** Where URLs, names of files and arguments were read. */
  files: string
  /** Where the least memory was read; absent where none is claimed. */
  memory?: string
  /** It draws on the screen: no serial console. */
  isGraphical?: true
}

const pc: MachineName[] = ['bios-x86_64', 'uefi-x86_64']
const arm: MachineName[] = ['uefi-arm64']
const pcAndArm = [...pc, ...arm]
const bios: MachineName[] = ['bios-i386', 'bios-x86_64']

const netbootxyz = 'netboot.xyz menus, 2026-05'
const recheck = 'to be re-checked'

export const facts: Readonly<Record<string, Readonly<Record<string, Fact>>>> = {
  redhat: {
    'fedora-server': { on: pcAndArm, files: netbootxyz, memory: recheck },
    'fedora-everything': { on: pcAndArm, files: netbootxyz, memory: recheck },
    'fedora-rawhide': { on: pc, files: netbootxyz, memory: recheck },
    'centos-stream-10': { on: pcAndArm, files: netbootxyz, memory: recheck },
    'centos-stream-9': { on: pcAndArm, files: netbootxyz, memory: recheck },
    'centos-7': { on: pc, files: recheck, memory: recheck },
    'rocky-10': { on: pcAndArm, files: netbootxyz, memory: recheck },
    'rocky-9': { on: pcAndArm, files: netbootxyz, memory: recheck },
    'rocky-8': { on: pcAndArm, files: netbootxyz, memory: recheck },
    'almalinux-10': { on: pcAndArm, files: netbootxyz, memory: recheck },
    'almalinux-9': { on: pcAndArm, files: netbootxyz, memory: recheck },
    'almalinux-8': { on: pcAndArm, files: netbootxyz, memory: recheck },
    'oracle-9': { on: pc, files: netbootxyz, memory: recheck },
    'oracle-9-arm64': { on: arm, files: netbootxyz, memory: recheck },
    rescue: { on: pcAndArm, files: netbootxyz, memory: recheck },
  },
  coreos: {
    fcos: { on: pcAndArm, files: 'stream metadata, 2026-07; Fedora docs', memory: 'Fedora docs' },
    'fcos-install': { on: pcAndArm, files: 'stream metadata, 2026-07; Fedora docs', memory: 'Fedora docs' },
    rhcos: { on: pcAndArm, files: netbootxyz, memory: 'as Fedora CoreOS' },
    scos: { on: pcAndArm, files: netbootxyz, memory: 'as Fedora CoreOS' },
    flatcar: { on: pcAndArm, files: 'Flatcar docs, release record of 2026', memory: 'Flatcar docs' },
    talos: { on: pcAndArm, files: netbootxyz, memory: recheck },
    kairos: { on: pc, files: netbootxyz, memory: recheck },
    'kairos-arm64': { on: arm, files: netbootxyz, memory: recheck },
    harvester: { on: pc, files: netbootxyz, memory: recheck },
    k3os: { on: pcAndArm, files: netbootxyz, memory: recheck },
  },
  debian: {
    'debian-stable': { on: pcAndArm, files: netbootxyz, memory: recheck },
    'debian-graphical': { on: pcAndArm, files: netbootxyz, memory: recheck, isGraphical: true },
    'debian-oldstable': { on: machineNames, files: netbootxyz, memory: recheck },
    'debian-testing': { on: pcAndArm, files: netbootxyz, memory: recheck },
    'debian-rescue': { on: pcAndArm, files: netbootxyz, memory: recheck },
    'ubuntu-2604': {
      on: pcAndArm,
      files: `${netbootxyz}; Ubuntu's specification for \`iso-url=\``,
      memory: 'more than netboot.xyz issue 1128 found',
    },
    'ubuntu-2404': {
      on: pcAndArm,
      files: `${netbootxyz}; Ubuntu's specification for \`iso-url=\``,
      memory: 'more than netboot.xyz issue 1128 found',
    },
    'proxmox-ve': { on: pc, files: netbootxyz, memory: 'from the size of the image' },
    'proxmox-backup': { on: pc, files: netbootxyz, memory: 'from the size of the image' },
  },
  others: {
    alpine: { on: machineNames, files: netbootxyz, memory: recheck },
    arch: { on: pc, files: netbootxyz, memory: recheck },
    nixos: { on: pcAndArm, files: netbootxyz, memory: recheck },
    'leap-16': { on: pc, files: netbootxyz, memory: recheck },
    'leap-16-arm64': { on: arm, files: netbootxyz, memory: recheck },
    'leap-15': { on: pcAndArm, files: netbootxyz, memory: recheck },
    tumbleweed: { on: pc, files: netbootxyz, memory: recheck },
    'tumbleweed-arm64': { on: arm, files: netbootxyz, memory: recheck },
  },
  windows: {
    winpe: { on: pc, files: 'netboot.xyz menus, 2026-05; the image is your own', memory: recheck },
  },
  tools: {
    systemrescue: { on: pc, files: netbootxyz, memory: recheck },
    clonezilla: { on: pc, files: netbootxyz, memory: recheck },
    gparted: { on: pc, files: netbootxyz, memory: recheck, isGraphical: true },
    memtest: { on: [...bios, 'uefi-i386', 'uefi-x86_64'], files: netbootxyz },
    freedos: { on: bios, files: netbootxyz, memory: recheck, isGraphical: true },
    netbootxyz: { on: pcAndArm, files: netbootxyz },
  },
}

/** The arguments of QEMU for a machine; pure. */
import type { Found } from './needs.js'
import type { BootWish } from './types.js'

export interface PlanPlaces {
  /** a folder for what the machine writes: UEFI variables, its serial line, its loader's disk */
  readonly folder: string
  readonly httpPort: number
  readonly accelerator: 'kvm' | 'tcg'
}

/** QEMU's own network shows this host under this address; nothing outside can reach the machine. */
export const hostAddress = '10.0.2.2'

export function qemuArguments(wish: BootWish, { code }: Found, places: PlanPlaces): string[] {
  const { firmware, arch, memory, disk, loader, display, script } = wish
  const { folder, httpPort, accelerator } = places
  const url = `http://${hostAddress}:${httpPort}/${script}`
  const args = ['-nodefaults', '-no-user-config', '-no-reboot', '-m', String(memory)]
  if (display === 'none') args.push('-display', 'none', '-vga', 'none')
  else args.push(...(display === 'hidden' ? ['-display', 'none'] : []), '-vga', 'std')
  // signal=off: what is typed is the machine's, also Ctrl-C
  args.push('-chardev', 'stdio,id=line,signal=off', '-serial', 'chardev:line')
  args.push(
    '-chardev',
    `socket,id=control,path=${folder}/qmp.sock,server=on,wait=off`,
    '-mon',
    'chardev=control,mode=control',
  )
  args.push('-netdev', `user,id=net,bootfile=${url}`)
  // newer OVMF has no network without a source of randomness
  args.push('-device', 'virtio-rng-pci')
  if (disk !== undefined) {
    const format = /\.qcow2$/.test(disk) ? 'qcow2' : 'raw'
    args.push(
      '-drive',
      `if=none,id=disk,format=${format},file=${escaped(disk)}`,
      '-device',
      'virtio-blk-pci,drive=disk,bootindex=9',
    )
  }
  if (firmware === 'bios') {
    const graphics = display === 'none' ? ',graphics=off' : ''
    args.push('-machine', `q35,accel=${accelerator}${graphics}`)
    // SeaBIOS puts text and keys on the serial line when there is no screen, or where this says so
    if (display !== 'none') args.push('-fw_cfg', `name=etc/sercon-port,file=${escaped(`${folder}/sercon`)}`)
    if (loader === 'stock') args.push('-device', 'virtio-net-pci,netdev=net,bootindex=1')
    else args.push('-device', 'virtio-net-pci,netdev=net,romfile=', '-kernel', loader)
    return args
  }
  const machine = arch === 'arm64' ? `virt,accel=${accelerator},gic-version=2` : `q35,accel=${accelerator}`
  args.push('-machine', machine)
  if (arch === 'arm64') args.push('-cpu', accelerator === 'kvm' ? 'host' : 'cortex-a57')
  args.push('-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${code!}`)
  args.push('-drive', `if=pflash,format=raw,unit=1,file=${escaped(`${folder}/vars.fd`)}`)
  // an empty romfile: else QEMU's iPXE ROM boots in the loader's place
  args.push('-device', 'virtio-net-pci,netdev=net,romfile=')
  const drive = `if=none,id=loader,format=raw,readonly=on,file=fat:${escaped(`${folder}/loader`)}`
  args.push('-drive', drive, '-device', 'virtio-blk-pci,drive=loader,bootindex=1')
  return args
}

/** QEMU's own quoting: a comma is doubled. */
function escaped(path: string): string {
  return path.replaceAll(',', ',,')
}

/** Where UEFI looks for what a disk starts. */
export function loaderPath(arch: BootWish['arch']): string {
  return arch === 'arm64' ? 'EFI/BOOT/BOOTAA64.EFI' : 'EFI/BOOT/BOOTX64.EFI'
}

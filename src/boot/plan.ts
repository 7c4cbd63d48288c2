/** The arguments of QEMU for a machine; pure. */
import type { BootArch, BootDisplay } from './types.js'

/** What a machine is made of. */
export interface MachinePlan {
  readonly firmware: 'bios' | 'uefi'
  readonly arch: BootArch
  readonly accelerator: 'kvm' | 'tcg'
  /** MiB */
  readonly memory: number
  readonly display: BootDisplay
  /** a folder for what the machine writes: UEFI variables, its control socket */
  readonly folder: string
  /** UEFI: the image of its code; its variables are `vars.fd` in the folder */
  readonly code?: string
  /** values of -netdev; the card has the one with `id=net` */
  readonly netdevs: readonly string[]
  readonly starts: Starts
  /** full path of a disk image, raw or qcow2, which comes last in the boot order */
  readonly disk?: string
  /** `qmp.sock` in the folder takes commands */
  readonly control?: boolean
}

/** What the firmware starts first. */
export type Starts =
  /** BIOS: the ROM of the network card, which is iPXE; UEFI: the firmware's own PXE, then HTTP Boot */
  | { readonly from: 'network' }
  /** UEFI: HTTP Boot only */
  | { readonly from: 'http' }
  /** BIOS: a file as Linux kernels are built, iPXE's .lkrn */
  | { readonly from: 'kernel'; readonly file: string }
  /** UEFI: a folder that is shown as a disk */
  | { readonly from: 'folder'; readonly folder: string }

/** QEMU's own network shows this host under this address; nothing outside can reach the machine. */
export const hostAddress = '10.0.2.2'

/** QEMU's own network. @param bootFile what its DHCP server names as the boot file */
export function userNetwork(bootFile: string): string[] {
  return [`user,id=net,bootfile=${bootFile}`]
}

/**
 * QEMU's own network, which names no boot file, and a wire to whoever listens on that port of loopback.
 * @param files a folder that QEMU's own TFTP server has
 */
export function sharedNetwork(port: number, files?: string): string[] {
  return [
    `user,id=user${files === undefined ? '' : `,tftp=${escaped(files)}`}`,
    'hubport,id=user-port,hubid=0,netdev=user',
    `socket,id=wire,connect=127.0.0.1:${port}`,
    'hubport,id=wire-port,hubid=0,netdev=wire',
    'hubport,id=net,hubid=0',
  ]
}

/** A device of this host's network. */
export function tapNetwork(tap: string): string[] {
  return [`tap,id=net,ifname=${tap},script=no,downscript=no`]
}

export function qemuArguments(plan: MachinePlan): string[] {
  const { display, disk, starts, folder } = plan
  const args = ['-nodefaults', '-no-user-config', '-no-reboot', '-m', String(plan.memory)]
  if (display === 'none') args.push('-display', 'none', '-vga', 'none')
  else args.push(...(display === 'hidden' ? ['-display', 'none'] : []), ...screen(plan))
  // signal=off: what is typed is the machine's, also Ctrl-C
  args.push('-chardev', 'stdio,id=line,signal=off', '-serial', 'chardev:line', '-monitor', 'none')
  if (plan.control === true) {
    const socket = `socket,id=control,path=${escaped(`${folder}/qmp.sock`)},server=on,wait=off`
    args.push('-chardev', socket, '-mon', 'chardev=control,mode=control')
  }
  for (const netdev of plan.netdevs) args.push('-netdev', netdev)
  // newer OVMF has no network without a source of randomness
  args.push('-device', 'virtio-rng-pci')
  if (disk !== undefined) {
    const format = /\.qcow2$/.test(disk) ? 'qcow2' : 'raw'
    args.push('-drive', `if=none,id=disk,format=${format},file=${escaped(disk)}`)
    args.push('-device', 'virtio-blk-pci,drive=disk,bootindex=9')
  }
  args.push(...(plan.firmware === 'bios' ? bios(plan) : uefi(plan)))
  if (starts.from === 'kernel') args.push('-kernel', starts.file)
  if (starts.from === 'folder') {
    args.push('-drive', `if=none,id=loader,format=raw,readonly=on,file=fat:${escaped(starts.folder)}`)
    args.push('-device', 'virtio-blk-pci,drive=loader,bootindex=1')
  }
  return args
}

function screen({ arch }: MachinePlan): string[] {
  // "virt" has no VGA
  return arch === 'arm64'
    ? ['-device', 'ramfb', '-device', 'qemu-xhci', '-device', 'usb-kbd']
    : ['-vga', 'std']
}

function bios({ arch, accelerator, display, folder, starts }: MachinePlan): string[] {
  // SeaBIOS puts text and keys on the serial line when there is no screen, or where the file says so
  const graphics = display === 'none' ? ',graphics=off' : ''
  const args = ['-machine', `q35,accel=${accelerator}${graphics}`]
  if (arch === 'i386' && accelerator === 'tcg') args.push('-cpu', 'qemu32')
  if (display !== 'none') args.push('-fw_cfg', `name=etc/sercon-port,file=${escaped(`${folder}/sercon`)}`)
  args.push('-device', `virtio-net-pci,netdev=net${starts.from === 'network' ? ',bootindex=1' : ',romfile='}`)
  return args
}

function uefi({ arch, accelerator, folder, starts, code }: MachinePlan): string[] {
  const args: string[] = []
  if (arch === 'arm64') {
    args.push('-machine', `virt,accel=${accelerator},gic-version=${accelerator === 'kvm' ? 'host' : '2'}`)
    args.push('-cpu', accelerator === 'kvm' ? 'host' : 'cortex-a57')
  } else if (arch === 'i386') {
    // the only build that Debian has keeps its variables in SMM
    args.push('-machine', `q35,smm=on,accel=${accelerator}`)
    args.push('-global', 'driver=cfi.pflash01,property=secure,value=on')
  } else args.push('-machine', `q35,accel=${accelerator}`)
  args.push('-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${escaped(code!)}`)
  args.push('-drive', `if=pflash,format=raw,unit=1,file=${escaped(`${folder}/vars.fd`)}`)
  if (starts.from === 'http') {
    for (const step of ['IPv4PXESupport', 'IPv6PXESupport'])
      args.push('-fw_cfg', `name=opt/org.tianocore/${step},string=n`)
  }
  // an empty romfile: else QEMU's iPXE ROM boots in the place of the firmware's own code or of the loader
  const index = starts.from === 'folder' ? '' : ',bootindex=1'
  args.push('-device', `virtio-net-pci,netdev=net,romfile=${index}`)
  return args
}

/** QEMU's own quoting: a comma is doubled. */
function escaped(path: string): string {
  return path.replaceAll(',', ',,')
}

/** Where UEFI looks for what a disk starts. */
export function loaderPath(arch: BootArch): string {
  const names = { x86_64: 'BOOTX64', i386: 'BOOTIA32', arm64: 'BOOTAA64' }
  return `EFI/BOOT/${names[arch]}.EFI`
}

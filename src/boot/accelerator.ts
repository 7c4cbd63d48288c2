/** Whether QEMU can use KVM here. */
import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { arch as hostArch } from 'node:os'
import type { BootArch } from './types.js'

/** Why not, or undefined. Having /dev/kvm proves nothing: QEMU is started with it for a moment. */
export function whyNoKvm(qemu: string, arch: BootArch): string | undefined {
  if (hostArch() !== (arch === 'arm64' ? 'arm64' : 'x64')) return 'the processor is another one'
  try {
    closeSync(openSync('/dev/kvm', 'r+'))
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EACCES'
      ? 'no permission for /dev/kvm'
      : 'there is no /dev/kvm'
  }
  const machine = arch === 'arm64' ? 'virt,accel=kvm' : 'q35,accel=kvm'
  const args = ['-nodefaults', '-display', 'none', '-machine', machine, '-S', '-monitor', 'stdio']
  const tried = spawnSync(qemu, args, { input: 'quit\n', timeout: 3000 })
  return tried.status === 0 ? undefined : 'QEMU cannot use /dev/kvm'
}

/** Build options: images. See `rows.ts` for their origin. */
import { flag, never, of, off, off2, offLatest, on, on2, onArm2, type BuildOptionSpec } from './rows.js'

export const images: readonly BuildOptionSpec[] = [
  ...of('general.h', [
    flag('IMAGE_BZIMAGE', on, never, 'Linux kernels'),
    flag('IMAGE_COMBOOT', off, never, 'SYSLINUX modules (.c32, .com)'),
    flag('IMAGE_DER', on, on, 'certificates and keys in DER'),
    flag('IMAGE_EFI', never, on, 'EFI programs, and Linux kernels as such'),
    flag('IMAGE_EFISIG', never, on2, 'EFI signature lists'),
    flag('IMAGE_ELF', on, never, 'ELF kernels'),
    flag('IMAGE_GZIP', off2, onArm2, 'unpacks gzip'),
    flag('IMAGE_MIME', offLatest, offLatest, 'MIME multipart'),
    flag('IMAGE_MULTIBOOT', on, never, 'Multiboot kernels'),
    flag('IMAGE_NBI', off, never, 'Etherboot NBI images'),
    flag('IMAGE_PEM', on, on, 'certificates and keys in PEM'),
    flag('IMAGE_PNG', on, on, 'pictures in PNG'),
    flag('IMAGE_PNM', off, off, 'pictures in PNM'),
    flag('IMAGE_PXE', on, never, 'PXE boot programs'),
    flag('IMAGE_SCRIPT', on, on, 'iPXE scripts'),
    flag('IMAGE_SDI', off, never, 'System Deployment images'),
    flag('IMAGE_UCODE', off2, off2, 'processor microcode', 'x86'),
    flag('IMAGE_ZLIB', off2, off2, 'unpacks zlib'),
  ]),
]

/** Where a boot stops as its server sees it: what the trace of `ipxetool serve` says, by the code that it prints. */
import type { BootError } from '../boot-errors.js'

const otherLoader =
  'Try the other loader: snponly.efi for ipxe.efi, ipxe.pxe for undionly.kpxe (--loader MAC=FILE, or --loader-fallback).'

const rows: readonly (readonly [id: string, title: string, cause: string, ...check: string[]])[] = [
  [
    'bios-loader-for-uefi',
    'UEFI firmware asked for a loader that is for BIOS',
    'The DHCP server that named the file does not tell architectures apart.',
    'Another DHCP server names that file. Make it tell architectures apart (option 93), or take its file name out and use --proxy-dhcp.',
  ],
  [
    'uefi-loader-for-bios',
    'a BIOS machine asked for a loader that is for UEFI',
    'The DHCP server that named the file does not tell architectures apart.',
    'Another DHCP server names that file: give architecture 0 undionly.kpxe. Or switch the machine to UEFI.',
  ],
  [
    'loader-loop',
    'the loader is loaded again and again',
    'iPXE gets the loader as its boot file, and starts itself.',
    'A DHCP server gives iPXE the loader again. Give iPXE (option 175, or user class iPXE) the URL of the script, as `ipxetool dhcp KIND` writes it.',
  ],
  [
    'tftp-unanswered',
    'the machine asked for the loader and never heard the answer',
    'Answers of TFTP come from another port than the one that was asked.',
    'A firewall or NAT drops UDP from a port other than 69: allow it, or use --tftp-single-port.',
  ],
  [
    'loader-silent',
    'the loader has arrived, and nothing was heard since',
    'The firmware did not start it, or it does not work with the network card.',
    'Is Secure Boot on? It refuses a loader that is not signed.',
    otherLoader,
  ],
  [
    'loader-never-starts',
    'three boots one after the other ended with the loader',
    'The firmware did not start it, or it does not work with the network card.',
    otherLoader,
    'With Secure Boot on, only a signed loader starts.',
  ],
]

export const traceRows: readonly BootError[] = rows.map(([id, title, cause, ...check]) => ({
  id,
  from: 'trace',
  text: new RegExp(`\\b${id}\\b`),
  title,
  cause,
  check,
}))

/** What to do about a code of the trace, as one text. */
export function fixOf(id: string): string {
  return traceRows.find((row) => row.id === id)!.check.join(' ')
}

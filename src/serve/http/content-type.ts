/**
 * Content types by file name. Only what boots or is shown in a browser has one of its own.
 *
 * UEFI HTTP Boot looks at the type first and at the last four characters of the URL second (EDK2 `HttpBootDxe`),
 * so `.efi` gets the type that makes it a program, and `.iso` and `.img` stay octets: as an initrd the latter
 * must not be called a disk image.
 */
const TYPES: Readonly<Record<string, string>> = {
  // Readable in a browser; iPXE recognises a script by its first line, not by its type.
  ipxe: 'text/plain; charset=utf-8',
  efi: 'application/efi',
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  json: 'application/json',
  svg: 'image/svg+xml',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  ico: 'image/x-icon',
  txt: 'text/plain; charset=utf-8',
  md: 'text/plain; charset=utf-8',
  cfg: 'text/plain; charset=utf-8',
  conf: 'text/plain; charset=utf-8',
  ks: 'text/plain; charset=utf-8',
  preseed: 'text/plain; charset=utf-8',
  yaml: 'text/plain; charset=utf-8',
  yml: 'text/plain; charset=utf-8',
  bu: 'text/plain; charset=utf-8',
  ign: 'application/json',
  xml: 'text/xml; charset=utf-8',
  sha256: 'text/plain; charset=utf-8',
}

export function contentType(name: string): string {
  const extension = /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase()
  return (extension === undefined ? undefined : TYPES[extension]) ?? 'application/octet-stream'
}

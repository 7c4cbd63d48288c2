import { readFile } from 'node:fs/promises'
import { findCommand } from '../../scripts/system-packages.mjs'

/** Printed by the initrd's init before and after the kernel's command line. */
export const INIT_MARKER = 'ipxetool-e2e: init runs, command line follows'
export const INIT_END_MARKER = 'ipxetool-e2e: powering off'

const INIT = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
echo "${INIT_MARKER}"
/bin/busybox cat /proc/cmdline
echo "${INIT_END_MARKER}"
/bin/busybox poweroff -f
`

interface Entry {
  readonly path: string
  /** File type and permissions, as in stat. */
  readonly mode: number
  readonly content?: Uint8Array
  readonly device?: readonly [major: number, minor: number]
}

/**
 * An initrd of one static busybox and an init that proves the boot. Written here and not by cpio(1), because only
 * so the console device can be in it without root.
 */
export async function makeInitrd(): Promise<Buffer> {
  const path = findCommand('busybox')
  if (path === undefined) throw new Error('busybox is not here; install busybox-static')
  return cpio([
    { path: 'bin', mode: 0o040_755 },
    { path: 'dev', mode: 0o040_755 },
    { path: 'proc', mode: 0o040_755 },
    { path: 'dev/console', mode: 0o020_600, device: [5, 1] },
    { path: 'bin/busybox', mode: 0o100_755, content: await readFile(path) },
    { path: 'init', mode: 0o100_755, content: Buffer.from(INIT) },
  ])
}

/** A cpio archive in the "newc" form (Linux, Documentation/driver-api/early-userspace/buffer-format.rst). */
function cpio(entries: readonly Entry[]): Buffer {
  const parts = entries.map((entry, index) => member(entry, index + 1))
  return Buffer.concat([...parts, member({ path: 'TRAILER!!!', mode: 0 }, 0)])
}

function member(entry: Entry, inode: number): Buffer {
  const content = entry.content ?? Buffer.alloc(0)
  const name = Buffer.from(`${entry.path}\0`)
  const [major, minor] = entry.device ?? [0, 0]
  const fields = [inode, entry.mode, 0, 0, 1, 0, content.length, 0, 0, major, minor, name.length, 0]
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`)
  return Buffer.concat([padded(Buffer.concat([header, name])), padded(content)])
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
}

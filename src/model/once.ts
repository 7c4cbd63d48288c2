/**
 * `boot: once`: the script of a machine asks its server first. Only `ipxetool serve` has an answer; where there is none
 * the machine starts from its own disk, because an installation that nobody asked for erases it.
 */
import type { MenuContext } from './compile.js'
import { ownDisk } from './entries.js'
import { relativePath } from './relative-path.js'
import type { ScriptWriter } from './writer.js'

/**
 * What the server answers on: a script that sets `once` to `install` or `done`, and `once-url` or `once-since`. No file of
 * the tree.
 */
export function oncePath(id: string): string {
  return `${onceFolder}${id}.ipxe`
}

/** What is below it is made by the server. */
export const onceFolder = '_/once/'

/** No id of an entry has a `_` in it. */
const label = 'own_disk'

export function writeOnce(writer: ScriptWriter, { once = '', path }: MenuContext): void {
  writer.line()
  writer.comment('Has it been here? `ipxetool serve` knows; no other server has this file')
  writer.line('set once unknown')
  writer.line('set once-since never')
  writer.line('set once-url none')
  writer.line(`chain --autofree ${relativePath(path, oncePath(once))} ||`)
  writer.line(`iseq \${once} install || goto ${label}`)
}

/** @param id of the machine */
export function writeOwnDisk(writer: ScriptWriter, id: string): void {
  writer.line()
  writer.comment('A BIOS starts the first disk; UEFI goes on with its next boot option')
  writer.line(`:${label}`)
  writer.line(`iseq \${once} done && echo ${id} was installed at \${once-since}: it starts from its disk. ||`)
  writer.line(
    `iseq \${once} done || echo Nobody knows whether ${id} was installed: it starts from its disk. Is this "ipxetool serve"?`,
  )
  writer.line(ownDisk)
  writer.line('iseq ${platform} pcbios && sanboot --no-describe --drive 0x80 ||')
  writer.line('exit')
}

/** What a source tree says of itself, and what is a part of it. */
import { IpxetoolError } from '../../diagnostics/error.js'

/** `src/Makefile` of iPXE: `VERSION_MAJOR := 2` and so on. @returns undefined when it is not one */
export function versionOf(makefile: string): string | undefined {
  const value = (name: string): string | undefined =>
    new RegExp(`^[ \\t]*${name}[ \\t]*[:?]?=[ \\t]*([^\\s#]*)`, 'm').exec(makefile)?.[1]
  const [major, minor, patch] = ['MAJOR', 'MINOR', 'PATCH'].map((part) => value(`VERSION_${part}`))
  if (major === undefined || minor === undefined || patch === undefined) return undefined
  return `${major}.${minor}.${patch}${value('EXTRAVERSION') ?? ''}`
}

/** What is neither source nor to be carried over: results of make, the user's own headers, history. */
export function isPartOfSource(path: string): boolean {
  const [top, second, third] = path.split('/')
  if (top === '.git') return false
  if (top !== 'src' || second === undefined) return true
  if (second === 'bin' || second.startsWith('bin-')) return false
  return !(second === 'config' && third === 'local')
}

export function noSource(name: string, why: string): IpxetoolError {
  return new IpxetoolError('not-ipxe', `${name} is no source of iPXE: ${why}`, {
    hint: 'it has to hold src/Makefile of iPXE: a clone of https://github.com/ipxe/ipxe.git or an archive of one',
  })
}

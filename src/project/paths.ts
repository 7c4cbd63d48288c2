/** Paths as the project writes them: with `/`, relative to its root, without `.` and `..`. */
import { posix } from 'node:path'

/** `menus/example` and `boot.ipxe` -> `menus/example/boot.ipxe`; the root `.` adds nothing. */
export function underRoot(root: string, path: string): string {
  return posix.join(root, path)
}

/** The folder that a path is in; `.` for a bare name. */
export function folderOf(path: string): string {
  return posix.dirname(path)
}

export function nameOfPath(path: string): string {
  return posix.basename(path)
}

export function joinPaths(...parts: string[]): string {
  return posix.join(...parts)
}

/** Whether `path` is `folder` or lies below it; both absolute and normal. */
export function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
}

/** What is wrong with a path that has to stay below the folder that it is relative to. */
export function localPathProblem(path: string): string | undefined {
  if (path === '') return 'it is empty'
  if (path.includes('\\')) return 'it holds a backslash; folders are separated by `/`'
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'it is absolute; it has to be relative'
  if (hasControl(path)) return 'it holds a control character'
  if (path.split('/').includes('..')) return 'it leaves the folder with `..`'
  return undefined
}

export function hasControl(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 0x20 || code === 0x7f) return true
  }
  return false
}

/** `./a//b/` -> `a/b`. */
export function tidyPath(path: string): string {
  return posix
    .normalize(path)
    .replace(/^\.\//, '')
    .replace(/(?<=.)\/+$/, '')
}

/** By code unit: the same on every machine, whatever its locale. */
export function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

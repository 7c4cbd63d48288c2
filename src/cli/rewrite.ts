/** Changed files: written whole or not at all, and as a unified diff. */
import { readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import { bytesToText, decodeText } from '../syntax/bytes.js'

/** A file by the path that the user knows. */
export interface Rewrite {
  path: string
  before: Uint8Array
  after: Uint8Array
}

/**
 * Writes beside the file and renames; a link stays one, and permissions stay.
 *
 * @throws IpxetoolError `cannot-write`; the file is as it was
 */
export async function rewriteFile(cwd: string, { path, before, after }: Rewrite): Promise<void> {
  const fail = (why: string): IpxetoolError => new IpxetoolError('cannot-write', `${visible(path)}: ${why}`)
  let beside: string | undefined
  try {
    const full = await realpath(resolve(cwd, path))
    if (!(await readFile(full)).equals(before)) throw fail('it was changed meanwhile, and is left as it is')
    const { mode } = await stat(full)
    beside = `${full}.${process.pid}.new`
    await writeFile(beside, after, { flag: 'wx', mode: mode & 0o7777 })
    await rename(beside, full)
  } catch (error) {
    if (beside !== undefined) await rm(beside, { force: true }).catch(() => undefined)
    if (error instanceof IpxetoolError) throw error
    throw fail(`it cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** As `diff -u` prints it; a line that is no UTF-8 is read as Latin-1. */
export function unifiedDiff({ path, before, after }: Rewrite): string {
  const text = (bytes: Uint8Array): string => decodeText(bytesToText(bytes))
  const patch = createTwoFilesPatch(`a/${path}`, `b/${path}`, text(before), text(after), '', '', {
    context: 3,
  })
  return patch
    .split('\n')
    .slice(1)
    .map((line) => line.replace(/^((?:---|\+\+\+) .*?)\t$/, '$1'))
    .map(shown)
    .join('\n')
}

/** A TAB and the CR at a line's end stay: a patch with them spelled would not apply. */
function shown(line: string): string {
  const end = line.endsWith('\r') ? '\r' : ''
  const text = end === '' ? line : line.slice(0, -1)
  return text.split('\t').map(visible).join('\t') + end
}

/**
 * A machine that asks for the first script of a tree that has none shows "not found" on a screen in another room. It
 * gets a script instead that says what is wrong. Everything else that is missing stays missing: scripts rely on it.
 */
import { readdir } from 'node:fs/promises'
import type { Refusal } from '../refusal.js'
import { errorCode } from '../tree.js'

/** What machines are told to load first, where nobody says otherwise. */
export const FIRST_SCRIPT = 'boot.ipxe'

/**
 * @param size of the file, where there is one
 * @returns the script and the same in one clause; undefined: the answer is that of any host
 */
export async function explain(
  root: string,
  segments: readonly string[],
  found: Refusal | number,
): Promise<{ readonly script: string; readonly reason: string } | undefined> {
  if (segments.length !== 1 || segments[0] !== FIRST_SCRIPT) return undefined
  const reason = await problemOf(root, found)
  if (reason === undefined) return undefined
  return { reason, script: scriptFor(reason) }
}

/** Nothing here comes from a client, and nothing of it is more than the machine's user may know. */
async function problemOf(root: string, found: Refusal | number): Promise<string | undefined> {
  if (typeof found === 'number') return found === 0 ? 'its boot.ipxe is empty' : undefined
  if (found === 'forbidden') return 'it may not read its boot.ipxe'
  if (found !== 'not-found') return undefined
  let names: string[]
  try {
    names = await readdir(root)
  } catch (error) {
    return errorCode(error) === 'ENOENT'
      ? 'its folder of files is gone'
      : 'it cannot read its folder of files'
  }
  const seen = names.filter((name) => !name.startsWith('.'))
  if (seen.length === 0) return 'its folder of files is empty'
  // A tree with scripts of other names is somebody's own, and in order.
  if (seen.some((name) => name.endsWith('.ipxe'))) return undefined
  return seen.includes('manifest.json') ? 'its boot.ipxe is missing' : undefined
}

function scriptFor(reason: string): string {
  return `#!ipxe
echo
echo The boot server answers, but ${reason}.
echo Run this on the server, then start this machine again:  ipxetool build
echo
prompt --timeout 60000 Press a key to go on with the next boot device ||
exit
`
}

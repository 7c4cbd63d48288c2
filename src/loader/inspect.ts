/** What a file that may be an iPXE loader is. */
import type { LoaderInfo } from './types.js'

/** Never throws, whatever the bytes. */
export function inspectLoader(bytes: Uint8Array): LoaderInfo {
  throw new TypeError(`not written yet: ${bytes.length}`)
}

import type { FetchArchitecture, Tier } from '../../../src/fetch/types.js'
import { signDetached, type TestKey } from '../verify/keys.js'

export interface Row {
  id: string
  channel?: string
  architecture?: FetchArchitecture
  /** Asked for. */
  version?: string
  /** The publisher's server; `key` stands for the publisher's key. */
  served: (key: TestKey) => Promise<Record<string, string | Uint8Array>> | Record<string, string | Uint8Array>
  expected: {
    version: string
    tier: Tier
    /** `role name url`, and the size where it is known. */
    files: string[]
    arguments?: string[]
    fields?: Record<string, string>
    /** In one of the notes. */
    note?: RegExp
  }
}

/** A list with its signature beside it. */
export async function signedBeside(
  key: TestKey,
  url: string,
  text: string,
  end = '.gpg',
): Promise<Record<string, string | Uint8Array>> {
  return { [url]: text, [url + end]: await signDetached(key, text, { armor: true }) }
}

/** Hotkeys that do not clash: those that were asked for, then letters of the labels. */

export interface KeyRequest {
  id: string
  label: string
  /** Asked for by the user. */
  key?: string | undefined
}

/** @returns the key of each id; entries for which no letter is left have none */
export function assignKeys(requests: readonly KeyRequest[]): Map<string, string> {
  const keys = new Map<string, string>()
  const taken = new Set<string>()
  for (const { id, key } of requests) {
    if (key === undefined || taken.has(key)) continue
    keys.set(id, key)
    taken.add(key)
  }
  for (const { id, label } of requests) {
    if (keys.has(id)) continue
    const letters = Array.from(`${label.replace(/[$][<{][^>}]*[>}]/g, '')}${id}123456789`.toLowerCase())
    const key = letters.find((letter) => /^[a-z0-9]$/.test(letter) && !taken.has(letter))
    if (key === undefined) continue
    keys.set(id, key)
    taken.add(key)
  }
  return keys
}

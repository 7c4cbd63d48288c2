/** Who has an IP address on this link: the kernel's own table. Linux; elsewhere nothing is known. */
import { readFileSync } from 'node:fs'

/** Packets come faster than neighbours change. */
const CACHE_MS = 2000

let cached: { readonly at: number; readonly table: ReadonlyMap<string, string> } | undefined

/** `52:54:00:12:34:56`, or undefined. */
export function neighbourMac(address: string): string | undefined {
  const now = performance.now()
  if (cached === undefined || now - cached.at > CACHE_MS) cached = { at: now, table: read() }
  return cached.table.get(address)
}

function read(): Map<string, string> {
  const table = new Map<string, string>()
  for (const line of readTable().split('\n').slice(1)) {
    const [address, , , mac] = line.split(/\s+/)
    if (address !== undefined && mac !== undefined && mac !== '00:00:00:00:00:00') table.set(address, mac)
  }
  return table
}

function readTable(): string {
  try {
    return readFileSync('/proc/net/arp', 'latin1')
  } catch {
    return ''
  }
}

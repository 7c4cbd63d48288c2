/** What only the system can say. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { errorCode } from '../tree.js'
import type { Run } from './firewall/index.js'

/** Where administrators' programs are, which is not on everybody's path. */
const FOLDERS = ['', '/usr/sbin/', '/sbin/', '/usr/local/sbin/']

const LONGEST_MS = 5000
const LARGEST = 64 * 2 ** 20

export const runProgram: Run = async (command, args) => {
  for (const folder of FOLDERS) {
    const { code, text } = await runOne(`${folder}${command}`, args)
    if (code !== 'ENOENT') return text
  }
  return undefined
}

function runOne(path: string, args: readonly string[]): Promise<{ code?: string; text?: string }> {
  return new Promise((resolve) => {
    const options = { encoding: 'utf8', timeout: LONGEST_MS, maxBuffer: LARGEST } as const
    execFile(path, args, options, (error, text) => {
      resolve(error === null ? { text } : { code: errorCode(error) })
    })
  })
}

/** The ports that the system gives out: Linux says which; elsewhere those of RFC 6335. */
export async function transferPorts(): Promise<[number, number]> {
  const text = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'latin1').catch(() => '')
  const [first = 0, last = 0] = text.trim().split(/\s+/).map(Number)
  return first > 0 && first < last ? [first, last] : [49_152, 65_535]
}

/** Whether the ports are free that a boot server needs, and who has them if not. */
import { createSocket } from 'node:dgram'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { errorCode } from '../tree.js'

export interface PortState {
  readonly state: 'free' | 'taken' | 'forbidden' | 'unknown'
  /** System's code where it is not free. */
  readonly code?: string
  /** `dnsmasq (pid 812)`, where the system tells. */
  readonly owner?: string | undefined
}

export async function portState(
  protocol: 'tcp' | 'udp',
  port: number,
  host: string | undefined,
): Promise<PortState> {
  try {
    await (protocol === 'tcp' ? tryTcp(port, host) : tryUdp(port, host))
    return { state: 'free' }
  } catch (error) {
    const code = errorCode(error)
    if (code === 'EADDRINUSE') return { state: 'taken', code, owner: await ownerOf(protocol, port) }
    if (code === 'EACCES' || code === 'EPERM') return { state: 'forbidden', code }
    return { state: 'unknown', code }
  }
}

function tryTcp(port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, ...(host !== undefined && { host }), exclusive: true }, () => {
      server.close(() => {
        resolve()
      })
    })
  })
}

function tryUdp(port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host?.includes(':') === true ? 'udp6' : 'udp4')
    socket.once('error', (error) => {
      socket.close()
      reject(error)
    })
    socket.bind({ port, ...(host !== undefined && { address: host }), exclusive: true }, () => {
      socket.close(() => {
        resolve()
      })
    })
  })
}

/** Linux, and only as far as this user may look: `/proc/net/udp`, then the descriptors of all processes. */
async function ownerOf(protocol: 'tcp' | 'udp', port: number): Promise<string | undefined> {
  try {
    const tables = await Promise.all(
      [protocol, `${protocol}6`].map((name) => readFile(`/proc/net/${name}`, 'latin1').catch(() => '')),
    )
    const hex = port.toString(16).toUpperCase().padStart(4, '0')
    const inodes = new Set(
      tables
        .flatMap((table) => table.split('\n').slice(1))
        .map((line) => line.trim().split(/\s+/))
        // 0A: a TCP socket that listens
        .filter((row) => row[1]?.endsWith(`:${hex}`) === true && (protocol === 'udp' || row[3] === '0A'))
        .map((row) => `socket:[${row[9] ?? ''}]`),
    )
    for (const pid of await readdir('/proc')) {
      if (!/^\d+$/.test(pid)) continue
      const fds = await readdir(`/proc/${pid}/fd`).catch(() => [])
      for (const fd of fds) {
        const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')
        if (!inodes.has(target)) continue
        const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '?')).trim()
        return `${name} (pid ${pid})`
      }
    }
  } catch {
    // No /proc: macOS, Windows.
  }
  return undefined
}

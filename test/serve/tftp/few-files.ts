/**
 * Run by server.test.ts in a process that may only open few files (argv[2] of them): forty machines ask at a time
 * while twenty files are left. Prints what came of it as JSON.
 */
import { closeSync, openSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { serveTree } from '../../../src/serve/index.js'
import { RawClient } from '../support.js'

const [, , limit = '', root = ''] = process.argv
const MACHINES = 40
const LEFT = 20

const openFiles = (): number => readdirSync('/proc/self/fd').length
const before = openFiles()
const problems: string[] = []
const server = await serveTree({
  root,
  http: false,
  // a thread that Node cannot start for want of files leaves one open
  tftp: { port: 0, host: '127.0.0.1', threads: 0 },
  graceMs: 0,
  onEvent: (event) => {
    if (event.type === 'server-problem') problems.push(event.reason)
  },
})
const machines: RawClient[] = []
for (let i = 0; i < MACHINES; i++) machines.push(await RawClient.open())
const ballast: number[] = []
while (openFiles() < Number(limit) - LEFT) ballast.push(openSync('/dev/null', 'r'))

for (const machine of machines) machine.request(server.addresses.tftp?.port ?? 0, 'boot.ipxe')
await sleep(300)
const answered = (await Promise.all(machines.map((one) => one.quiet(0)))).filter(
  (one) => one !== undefined,
).length
for (const file of ballast) closeSync(file)
// With files to spare again, whoever got no answer asks again.
const again = await RawClient.open()
again.request(server.addresses.tftp?.port ?? 0, 'boot.ipxe')
const served = (await again.next()).packet.kind
for (const machine of [...machines, again]) machine.close()
await server.close()
await sleep(50)
process.stdout.write(JSON.stringify({ answered, served, problems, left: openFiles() - before }))

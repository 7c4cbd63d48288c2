/**
 * Run as a process of its own by harness.test.ts: puts up what a boot test puts up, says so, and waits to be
 * stopped. Prints one JSON line.
 */
import { Cleanup } from './cleanup.js'
import { startDhcp } from './dnsmasq.js'
import { makeLan, whyNoLan } from './namespace.js'
import { pause } from './processes.js'
import { Machine, userNetwork } from './qemu.js'
import { workspace } from './scene.js'

const cleanup = new Cleanup()
const directory = workspace(cleanup)
const pids: number[] = []
if ((await whyNoLan()) === undefined) {
  const { wire } = await makeLan(cleanup)
  const dhcp = await startDhcp(cleanup, {
    place: wire,
    directory,
    nextServer: '10.77.0.2',
    loader: 'none',
    script: 'none',
  })
  pids.push(dhcp.pid, wire.pid)
}
const machine = Machine.start(cleanup, 'bios', userNetwork('none'), directory)
pids.push(machine.pid)
await machine.waitForLine('SeaBIOS', 20)
process.stdout.write(`${JSON.stringify({ pids, directory })}\n`)
if (process.argv[2] === 'fail') throw new Error('as asked')
await pause(60_000)

/**
 * The simulator against the stock iPXE of Debian, in QEMU: all cases of test/confirm in one boot for each firmware.
 * Results come back by HTTP, because text on a BIOS serial line breaks at column 80.
 */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { simulateSync, type Machine as SimulatedMachine } from '../../src/simulate/index.js'
import { confirmCases } from '../confirm/cases.js'
import { differences } from '../confirm/differences.js'
import { DriverServer } from '../confirm/driver.js'
import { Cleanup } from './cleanup.js'
import { needs, whyNotBoot } from './preflight.js'
import { until } from './processes.js'
import { Machine, userNetwork, type Firmware } from './qemu.js'
import { workspace } from './scene.js'

/** How QEMU's own network shows this host to the guest. */
const hostForGuest = '10.0.2.2'
/** OVMF starts it from a disk, and it asks DHCP for its script. */
const loader = '/usr/lib/ipxe/ipxe.efi'
/** A machine that asks for nothing for so long hangs. */
const patience = 90

const platforms = { bios: 'pcbios', uefi: 'efi' } as const

/** Runs the driver on a machine; resolves with what it told. */
async function real(firmware: Firmware): Promise<DriverServer> {
  const cleanup = new Cleanup()
  try {
    const directory = workspace(cleanup)
    const served: { driver?: DriverServer } = {}
    const http = createServer((request, response) => {
      response.end(served.driver!.answer(request.url!))
    })
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
    cleanup.defer({
      undo: () => {
        http.closeAllConnections()
        http.close()
      },
    })
    const base = `http://${hostForGuest}:${(http.address() as AddressInfo).port}`
    const asked = casesFor(firmware)
    const driver = new DriverServer(asked, base)
    served.driver = driver
    const machine = Machine.start(
      cleanup,
      firmware,
      userNetwork(`${base}/driver.ipxe`),
      directory,
      [],
      firmware === 'uefi' ? { loader } : {},
    )
    let seen = 0
    let since = performance.now()
    await until(
      () => {
        machine.look()
        if (driver.requests !== seen) {
          seen = driver.requests
          since = performance.now()
        }
        return driver.ended || performance.now() - since > patience * 1000 ? true : undefined
      },
      1200,
      () => `the machine did not come to an end\n${machine.report()}`,
    )
    assert.ok(driver.ended, `it hung at "${asked[driver.results.size]?.name}"\n${machine.report()}`)
    return driver
  } finally {
    await cleanup.close()
  }
}

const known = differences.filter(({ judge }) => judge === 'debian12')

function casesFor(firmware: Firmware) {
  const skipped = known.filter(
    ({ kind, firmware: only }) => kind === 'skip' && (only ?? firmware) === firmware,
  )
  return confirmCases.filter(({ name }) => !skipped.some(({ cases }) => cases.test(name)))
}

function simulated(firmware: Firmware): DriverServer {
  const base = 'http://192.0.2.1'
  const driver = new DriverServer(casesFor(firmware), base)
  const machine: SimulatedMachine = {
    platform: platforms[firmware],
    arch: firmware === 'bios' ? 'i386' : 'x86_64',
    version: '1.0.0+',
    interfaces: [{ mac: Uint8Array.of(0x52, 0x54, 0, 0x12, 0x34, 0x56) }],
    booted: true,
    lease: { yiaddr: Uint8Array.of(192, 0, 2, 9), options: new Map() },
  }
  simulateSync({
    machine,
    host: {
      fetch: ({ uri }) => ({ data: driver.answer(uri.slice(base.length))! }),
      menu: () => ({ wait: true }),
      key: () => 'none',
      line: () => ({ wait: true }),
      dhcp: () => undefined,
    },
    script: driver.answer('/driver.ipxe')!,
    uri: `${base}/driver.ipxe`,
    limits: { steps: 1_000_000 },
  })
  return driver
}

describe("the simulator against Debian's iPXE", function () {
  this.timeout(1_500_000)

  for (const firmware of ['bios', 'uefi'] as const) {
    it(`leaves the same behind: ${firmware}`, async function () {
      needs(this, await whyNotBoot(firmware))
      const theirs = await real(firmware)
      const own = simulated(firmware)
      const found = casesFor(firmware).flatMap(({ name }, index) => {
        const [iPXE, simulator] = [theirs.results.get(index), own.results.get(index)]
        if (JSON.stringify(iPXE) === JSON.stringify(simulator)) return []
        const excused = known.some(
          ({ kind, cases, firmware: only }) =>
            kind === 'differs' && (only ?? firmware) === firmware && cases.test(name),
        )
        return excused
          ? []
          : [`${name}\n  iPXE      ${JSON.stringify(iPXE)}\n  simulator ${JSON.stringify(simulator)}`]
      })
      assert.deepEqual(found, [], `${found.length} cases differ`)
    })
  }
})

/**
 * Real UEFI firmware of other processors beside our proxy. Debian has no iPXE for them, so a program of ours stands in
 * for the loader: that it was named, fetched and started is seen. Boots to the menu take IPXETOOL_E2E_LOADERS.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { efiHello, HELLO } from './efi-hello.js'
import { SERVER_ADDRESS } from './namespace.js'
import { needs, whyNotBoot } from './preflight.js'
import { notRun } from '../support/not-run.js'
import { bootByProxy, type Case, MENU_TIMEOUT, type Seen, UUID, without } from './proxy-scene.js'

/** A folder with what `ipxetool compile --target snponly-arm64.efi,snponly-i386.efi` has made. */
const COMPILED = process.env['IPXETOOL_E2E_LOADERS'] ?? ''

const hello = {
  name: 'the loader is started',
  wait: async ({ machine }: Seen): Promise<void> => {
    await machine.waitForLine(HELLO, MENU_TIMEOUT)
  },
}

describe('proxyDHCP and UEFI of other processors', function () {
  this.timeout(300_000)
  const close: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const one of close.splice(0)) await one()
  })
  const boot = async (title: string, one: Case): Promise<Seen> => {
    const seen = await bootByProxy(title, one)
    close.push(seen.close)
    return seen
  }

  describe('IA32', () => {
    before(async function () {
      needs(this, await whyNotBoot('uefi-ia32', { linux: false }))
    })

    it('without a loader in the tree the trace says which is missing; then it is fetched and started', async () => {
      const { server, report } = await boot('OVMF IA32 PXE IPv4, binl', {
        firmware: 'uefi-ia32',
        recording: 'ovmf-ia32-pxe',
        machine: without('IPv6PXESupport'),
        ends: {
          name: 'the loader is started',
          wait: async (seen) => {
            const { trouble } = await seen.waitForReport(
              'not answered',
              (one) => one.trouble?.code === 'not-answered',
              MENU_TIMEOUT,
            )
            assert.match(
              trouble!.problem,
              /the tree has no loader for IA32 UEFI: ipxe-i386\.efi or snponly-i386\.efi is missing/,
            )
            writeFileSync(join(seen.tree, 'ipxe-i386.efi'), efiHello('i386'))
            await hello.wait(seen)
          },
        },
      })
      assert.match(server.log(), /dhcp REQUEST on 4011: ack ipxe-i386\.efi: IA32 UEFI/)
      const { architecture, trouble, uuid } = await report()
      assert.deepEqual([architecture?.code, trouble, uuid], [6, null, UUID])
    })
  })

  describe('arm64', () => {
    before(async function () {
      needs(this, await whyNotBoot('uefi-arm64', { linux: false }))
    })

    it("AAVMF's PXE asks, is told the loader of arm64, fetches and starts it", async () => {
      const { server, report } = await boot('AAVMF arm64 PXE IPv4, binl', {
        firmware: 'uefi-arm64',
        recording: 'aavmf-pxe',
        files: { 'ipxe-arm64.efi': efiHello('arm64') },
        machine: without('IPv6PXESupport'),
        ends: hello,
      })
      assert.match(server.log(), /dhcp DISCOVER on 67: offer ipxe-arm64\.efi: ARM64 UEFI/)
      assert.match(server.log(), /dhcp REQUEST on 4011: ack ipxe-arm64\.efi: ARM64 UEFI/)
      const { architecture, trouble, boots } = await report()
      assert.deepEqual([architecture?.code, architecture?.name, trouble], [11, 'ARM64 UEFI', null])
      const loader = boots.at(-1)?.steps.find(({ kind }) => kind === 'loader')
      assert.deepEqual([loader?.state, loader?.bytes], ['done', efiHello('arm64').length])
    })

    it("AAVMF's HTTP Boot loads it by URL", async () => {
      const { server, report } = await boot('AAVMF arm64 HTTP Boot', {
        firmware: 'uefi-arm64',
        recording: 'aavmf-http-boot',
        files: { 'ipxe-arm64.efi': efiHello('arm64') },
        machine: without('IPv4PXESupport', 'IPv6PXESupport'),
        ends: hello,
      })
      assert.match(
        server.log(),
        new RegExp(`offer http://${SERVER_ADDRESS}/ipxe-arm64\\.efi: ARM64 UEFI HTTP`),
      )
      assert.match(server.log(), /http GET \/ipxe-arm64\.efi: 200/)
      assert.equal((await report()).architecture?.code, 19)
    })
  })

  for (const [firmware, name, title] of [
    ['uefi-ia32', 'snponly-i386.efi', 'OVMF IA32 PXE IPv4, binl, snponly-i386.efi of `ipxetool compile`'],
    [
      'uefi-arm64',
      'snponly-arm64.efi',
      'AAVMF arm64 PXE IPv4, binl, snponly-arm64.efi of `ipxetool compile`',
    ],
  ] as const) {
    it(`${name} of \`ipxetool compile\`: to the menu`, async function () {
      const loader = join(COMPILED, name)
      if (COMPILED === '' || !existsSync(loader)) {
        notRun(this, `no compiled ${name} in IPXETOOL_E2E_LOADERS`, { allowedInCi: true })
      }
      needs(this, await whyNotBoot(firmware, { linux: false }))
      const { report } = await boot(title, {
        firmware,
        files: { [name]: readFileSync(loader) },
        machine: without('IPv6PXESupport'),
      })
      const { state, trouble } = await report()
      assert.deepEqual([state, trouble], ['script', null])
    })
  }
})

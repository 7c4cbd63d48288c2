/** Real firmware beside a DHCP server that knows nothing of booting: our proxy tells the rest. */
import assert from 'node:assert/strict'
import { SERVER_ADDRESS } from './namespace.js'
import { needs, whyNotBoot } from './preflight.js'
import { bootByProxy, type Case, type Seen, UUID, without } from './proxy-scene.js'
import { MACHINES } from './relay.js'

/** Above the sum of the waits inside, which say more than mocha when they run out. */
const TEST_TIMEOUT = 300_000

const SCRIPT = `http://${SERVER_ADDRESS}/boot.ipxe`

describe('proxyDHCP beside a plain DHCP server', function () {
  this.timeout(TEST_TIMEOUT)
  const close: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const one of close.splice(0)) await one()
  })
  const boot = async (title: string, one: Case): Promise<Seen> => {
    const seen = await bootByProxy(title, one)
    close.push(seen.close)
    return seen
  }

  describe('BIOS', () => {
    before(async function () {
      needs(
        this,
        (await whyNotBoot('bios', { linux: false })) ?? (await whyNotBoot('uefi', { linux: false })),
      )
    })

    it("QEMU's iPXE gets the script, and no loader", async () => {
      const { server, report } = await boot('SeaBIOS, iPXE ROM', {
        firmware: 'bios',
        recording: 'seabios-ipxe-rom',
      })
      assert.match(server.log(), new RegExp(`dhcp DISCOVER on 67: offer ${SCRIPT}: iPXE gets the script`))
      assert.doesNotMatch(server.log(), /tftp RRQ/)
      const { uuid, architecture, state, trouble } = await report()
      assert.deepEqual([uuid, architecture?.code, state, trouble], [UUID, 0, 'script', null])
    })

    it('a bench without a DHCP server: dnsmasq is run for it, and ends with us', async () => {
      const { server, listening } = await boot('SeaBIOS, iPXE ROM', {
        firmware: 'bios',
        arrangement: 'bench',
      })
      assert.match(server.log(), /dnsmasq hands out 10\.77\.0\.\d+ to 10\.77\.0\.\d+ on v1/)
      assert.match(server.log(), /dnsmasq: DHCPACK\(v1\) 10\.77\.0\.\d+ 52:54:00/)
      assert.match(server.log(), new RegExp(`offer ${SCRIPT}: iPXE gets the script`))
      assert.ok((await listening()).length > 1)
      await server.stop()
      assert.deepEqual(await listening(), [])
    })

    it('a DHCP server on the same machine shares its port', async () => {
      const { server } = await boot('SeaBIOS, iPXE ROM', { firmware: 'bios', arrangement: 'same' })
      assert.match(server.log(), /port 67 is shared with the DHCP server on this machine/)
      assert.match(server.log(), new RegExp(`offer ${SCRIPT}: iPXE gets the script`))
    })

    it('behind a relay', async () => {
      const { server, report } = await boot('SeaBIOS, iPXE ROM', { firmware: 'bios', arrangement: 'relay' })
      assert.match(server.log(), new RegExp(`offer ${SCRIPT}: iPXE gets the script`))
      const { addresses, state, trouble } = await report()
      assert.deepEqual([state, trouble], ['script', null])
      assert.ok(addresses[0]?.startsWith(MACHINES.network.replace('0/24', '')), String(addresses))
    })

    it("--replace-rom: Debian's undionly.kpxe runs once and gets the script", async () => {
      const { server } = await boot('SeaBIOS, iPXE ROM, --replace-rom, undionly.kpxe', {
        firmware: 'bios',
        recording: 'seabios-replace-rom',
        options: ['--replace-rom'],
        loaders: ['undionly.kpxe'],
      })
      assert.match(server.log(), /offer undionly\.kpxe: iPXE that is not ours/)
      assert.equal(server.log().match(/tftp RRQ undionly\.kpxe: \d+ bytes/g)?.length, 1)
      assert.match(server.log(), new RegExp(`offer ${SCRIPT}`))
    })
  })

  describe('UEFI', () => {
    before(async function () {
      needs(this, await whyNotBoot('uefi', { linux: false }))
    })

    it("OVMF's PXE takes the server from the offer and the file from port 4011", async () => {
      const { server, machine, report } = await boot('OVMF PXE IPv4, binl', {
        firmware: 'uefi',
        recording: 'ovmf-pxe',
        loaders: ['ipxe.efi'],
      })
      assert.ok(machine.history().includes('>>Start PXE over IPv4'))
      assert.match(server.log(), /dhcp DISCOVER on 67: offer ipxe\.efi: x64 UEFI/)
      assert.match(server.log(), /dhcp REQUEST on 4011: ack ipxe\.efi: x64 UEFI/)
      assert.match(server.log(), new RegExp(`offer ${SCRIPT}: iPXE gets the script`))
      const { uuid, architecture, state, trouble, boots } = await report()
      assert.deepEqual([uuid, architecture?.code, state, trouble], [UUID, 7, 'script', null])
      assert.equal(boots.length, 1)
      const kinds = boots[0]!.steps.map(({ kind }) => kind).filter((kind, at, all) => kind !== all[at - 1])
      const told = ['discover', 'lease', 'proxy', 'probe', 'loader', 'discover', 'lease', 'script']
      assert.deepEqual(
        kinds.filter((kind) => told.includes(kind)),
        told,
        kinds.join(' '),
      )
    })

    it("a bench without a DHCP server: OVMF's PXE", async () => {
      const { server } = await boot('OVMF PXE IPv4, binl', {
        firmware: 'uefi',
        arrangement: 'bench',
        loaders: ['ipxe.efi'],
      })
      assert.match(server.log(), /dhcp REQUEST on 4011: ack ipxe\.efi: x64 UEFI/)
    })

    it("behind a relay: OVMF's PXE", async () => {
      const { server, report } = await boot('OVMF PXE IPv4, binl', {
        firmware: 'uefi',
        recording: 'ovmf-pxe-relay',
        arrangement: 'relay',
        loaders: ['ipxe.efi'],
      })
      assert.match(server.log(), /dhcp REQUEST on 4011: ack ipxe\.efi: x64 UEFI/)
      const { state, trouble } = await report()
      assert.deepEqual([state, trouble], ['script', null])
    })

    it("OVMF's PXE over IPv6 loads from our TFTP server", async () => {
      const { server } = await boot('OVMF PXE IPv6', {
        firmware: 'uefi',
        recording: 'ovmf-pxe-ipv6',
        arrangement: 'ipv6',
        loaders: ['ipxe.efi'],
        machine: without('IPv4PXESupport'),
      })
      assert.match(server.log(), /fd77::1\S+ tftp RRQ ipxe\.efi: only asked for the size/)
      assert.equal(server.log().match(/fd77::1\S+ tftp RRQ ipxe\.efi: \d{6,} bytes/g)?.length, 1)
    })

    it('OVMF HTTP Boot loads ipxe.efi by URL', async () => {
      const { server } = await boot('OVMF HTTP Boot', {
        firmware: 'uefi',
        recording: 'ovmf-http-boot',
        loaders: ['ipxe.efi'],
        machine: without('IPv4PXESupport', 'IPv6PXESupport'),
      })
      assert.match(server.log(), /offer http:\/\/10\.77\.0\.2\/ipxe\.efi: x64 UEFI HTTP/)
      assert.match(server.log(), /http GET \/ipxe\.efi: 200/)
      assert.doesNotMatch(server.log(), /tftp RRQ ipxe\.efi/)
    })
  })
})

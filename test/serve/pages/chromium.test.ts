/** The page `/_/` in a real browser: live, small screens, dark, from the keyboard. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DhcpEvent, ServeEvent } from '../../../src/serve/events.js'
import { createPages, type Pages } from '../../../src/serve/pages/router.js'
import { Trace } from '../../../src/serve/trace/trace.js'
import { Chromium, findChromium, type Tab } from '../../preview/chromium.js'
import { notRun } from '../../support/not-run.js'

describe('the page of machines in Chromium', function () {
  this.timeout(120_000)
  let browser: Chromium | undefined
  let server: Server
  let pages: Pages
  let trace: Trace
  let url = ''

  before(async function () {
    const command = findChromium()
    if (command === undefined) notRun(this, 'no Chromium is installed')
    browser = await Chromium.start(command)
  })
  after(() => browser?.stop())

  beforeEach(async () => {
    trace = new Trace({
      surroundings: () => ({ server: '192.0.2.7', httpUrl: 'http://192.0.2.7:8080/', proxy: true }),
    })
    pages = createPages({ trace, networks: [] })
    server = createServer((req, res) => {
      if (!pages.handle(req, res)) res.writeHead(404).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/_/`
  })
  afterEach(async () => {
    pages.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  const dhcp = (mac: string, message: string, more: Partial<DhcpEvent> = {}): void => {
    trace.note({
      type: 'dhcp',
      protocol: 'dhcp',
      client: { address: '0.0.0.0', port: 68 },
      port: 67,
      message,
      machine: {
        mac,
        architecture: 7,
        uuid: '00112233-4455-6677-8899-aabbccddeeff',
        vendorClass: 'PXEClient:Arch:00007:UNDI:003016',
        ...(message === 'REQUEST' && { address: `192.0.2.${Number.parseInt(mac.slice(-2), 16)}` }),
      },
      xid: 1,
      secs: 0,
      stage: 'firmware',
      outcome: message === 'DISCOVER' ? 'offer' : 'silent',
      reason: message === 'DISCOVER' ? 'x64 UEFI' : 'asks the DHCP server for its address',
      file: 'ipxe.efi',
      ...more,
    })
  }
  const file = (
    mac: string,
    path: string,
    size: number,
    end: 'done' | 'failed' | 'running' = 'done',
  ): void => {
    const client = { address: `192.0.2.${Number.parseInt(mac.slice(-2), 16)}`, port: 4000 }
    const protocol = path.endsWith('.efi') ? 'tftp' : 'http'
    const about = { protocol, client, path, method: 'GET' } as const
    const events: ServeEvent[] = [{ type: 'transfer-start', ...about, size }]
    if (end === 'done')
      events.push({ type: 'transfer-done', ...about, bytes: size, ms: size / 5000, status: 200 })
    if (end === 'failed')
      events.push({ type: 'transfer-failed', ...about, bytes: 0, ms: 9000, reason: 'no ACK came' })
    for (const event of events) trace.note(event)
  }
  const good = '52:54:00:12:34:32'
  const stuck = '52:54:00:12:34:33'
  function scene(): void {
    dhcp(good, 'DISCOVER')
    dhcp(good, 'REQUEST')
    dhcp(good, 'REQUEST', { port: 4011, outcome: 'ack', reason: 'x64 UEFI' })
    file(good, 'ipxe.efi', 1_040_000)
    dhcp(good, 'DISCOVER', {
      xid: 2,
      stage: 'ipxe',
      file: 'http://192.0.2.7:8080/boot.ipxe',
      reason: 'iPXE gets the script',
    })
    dhcp(good, 'REQUEST', { xid: 2, stage: 'ipxe' })
    file(good, '/boot.ipxe', 2310)
    file(good, '/assets/vmlinuz', 14_200_000)
    file(good, '/assets/initrd.img', 96_000_000, 'running')
    dhcp(stuck, 'DISCOVER')
    dhcp(stuck, 'REQUEST')
    file(stuck, 'ipxe.efi', 1_040_000, 'failed')
  }

  async function open(device: Parameters<Chromium['open']>[1], name: string): Promise<Tab> {
    const tab = await browser!.open(url, device)
    await tab.until(`document.querySelectorAll('.machine').length`, 2)
    // IPXETOOL_SCREENSHOTS=DIR keeps what the test has seen, for people to look at
    const folder = process.env['IPXETOOL_SCREENSHOTS']
    if (folder !== undefined) await writeFile(`${folder}/machines-${name}.png`, await tab.screenshot(true))
    return tab
  }
  const overflow = 'document.documentElement.scrollWidth > document.documentElement.clientWidth'

  it('shows machines, and what they do while they do it', async () => {
    const tab = await browser!.open(url)
    await tab.until(`document.getElementById('summary').textContent`, '0 machines')
    assert.equal(await tab.get(`document.getElementById('empty').hidden`), false)
    scene()
    await tab.until(`document.getElementById('summary').textContent`, '2 machines, 1 stopped')
    await tab.until(`document.querySelectorAll('.trouble').length`, 1)
    assert.match(String(await tab.get(`document.querySelector('.trouble').textContent`)), /firewall or NAT/)
    const state = `document.getElementById('machine-${good}').dataset.state`
    assert.equal(await tab.get(state), 'loading')
    const client = { address: '192.0.2.50', port: 4000 }
    const about = { protocol: 'http', client, path: '/assets/initrd.img', method: 'GET' } as const
    trace.note({ type: 'transfer-done', ...about, bytes: 96_000_000, ms: 1000, status: 200 })
    await tab.until(state, 'started')
    assert.deepEqual(tab.problems, [])
    await tab.close()
  })

  it('is not fooled by what a machine calls itself', async () => {
    trace.note({
      type: 'transfer-done',
      protocol: 'http',
      client: { address: '192.0.2.9', port: 1 },
      path: '/<img src=x onerror=alert(1)>.ipxe',
      method: 'GET',
      bytes: 1,
      ms: 1,
    })
    const tab = await browser!.open(url)
    await tab.until(`document.querySelectorAll('.machine').length`, 1)
    assert.equal(await tab.get(`document.querySelectorAll('img').length`), 0)
    assert.match(String(await tab.get(`document.querySelector('td.note').textContent`)), /<img src=x/)
    await tab.close()
  })

  for (const [name, device] of [
    ['desk', { width: 1280, height: 900 }],
    ['phone', { width: 360, height: 740 }],
    ['dark', { width: 1280, height: 900, media: { 'prefers-color-scheme': 'dark' } }],
  ] as const) {
    it(`fits: ${name}`, async () => {
      scene()
      const tab = await open(device, name)
      assert.equal(await tab.get(overflow), false)
      assert.deepEqual(tab.problems, [])
      await tab.close()
    })
  }

  it('keeps what was opened and closed, and the focus, when something new comes', async () => {
    scene()
    const tab = await open({ width: 1280, height: 900 }, 'keys')
    const details = `document.getElementById('machine-${good}').querySelector('details')`
    await tab.get(`${details}.querySelector('summary').focus()`)
    await tab.press('Enter')
    await tab.until(`${details}.open`, false)
    file(good, '/assets/more.img', 5)
    await tab.until(`${details}.querySelectorAll('tbody tr').length`, 10)
    assert.equal(await tab.get(`${details}.open`), false)
    assert.equal(await tab.get(`document.activeElement === ${details}.querySelector('summary')`), true)
    await tab.close()
  })
})

import assert from 'node:assert/strict'
import { seldom, watchAddresses, type WatchedAddress } from '../../src/serve/addresses.js'
import type { ServeEvent } from '../../src/serve/events.js'

const reasonOf = (event: ServeEvent): string =>
  event.type === 'server-problem' ? `${event.protocol}: ${event.reason}` : event.type

describe('addresses that are served on', () => {
  function watched(...list: WatchedAddress[]): { present: Map<string, string>; look: () => string[] } {
    const present = new Map([
      ['10.9.0.1', 'v0'],
      ['10.8.0.1', 'w0'],
    ])
    const said: string[] = []
    const watch = watchAddresses({
      watched: list,
      onEvent: (event) => said.push(reasonOf(event)),
      present: () => new Map(present),
    })
    watch.close()
    const look = (): string[] => {
      watch.check()
      return said.splice(0)
    }
    return { present, look }
  }

  it('are missed once, and welcomed once', () => {
    const { present, look } = watched(
      { address: '10.9.0.1', protocol: 'dhcp' },
      { address: '10.8.0.1', protocol: 'dhcp' },
      { address: '::', protocol: 'http' },
    )
    assert.deepEqual(look(), [])
    present.delete('10.9.0.1')
    assert.deepEqual(look(), [
      'dhcp: v0 (10.9.0.1) is gone: nobody there is answered until it is back with this address; the rest goes on',
    ])
    assert.deepEqual(look(), [])
    present.set('10.9.0.1', 'v0')
    assert.deepEqual(look(), ['dhcp: v0 (10.9.0.1) is back, and answered again'])
    assert.deepEqual(look(), [])
  })

  it('are not gone because the system cannot tell: its table of files may be full', () => {
    const said: ServeEvent[] = []
    let full = false
    const watch = watchAddresses({
      watched: [{ address: '10.9.0.1', protocol: 'dhcp' }],
      onEvent: (event) => said.push(event),
      present: () => {
        if (full) throw new Error('uv_interface_addresses')
        return new Map([['10.9.0.1', 'v0']])
      },
    })
    full = true
    watch.check()
    watch.close()
    assert.deepEqual(said, [])
  })

  it('are not heard again by sockets that the kernel tied to the old interface', () => {
    const { present, look } = watched({ address: '10.9.0.1', protocol: 'dhcp', isTied: true })
    present.delete('10.9.0.1')
    look()
    present.set('10.9.0.1', 'v0')
    assert.match(look()[0]!, /systemd's sockets were tied to the old one: restart them/)
  })

  it('that fail with each packet are complained of once a minute; other events pass', () => {
    const said: string[] = []
    let now = 0
    const tell = seldom(
      (event) => said.push(reasonOf(event)),
      60_000,
      () => now,
    )
    const problem = (reason: string): void => {
      tell({ type: 'server-problem', protocol: 'dhcp', reason })
    }
    for (; now < 90_000; now += 1000) problem('ENETUNREACH')
    problem('other')
    const client = { address: '10.0.0.1', port: 1 }
    for (let i = 0; i < 2; i++) tell({ type: 'garbage', protocol: 'dhcp', client, reason: 'short' })
    assert.deepEqual(said, ['dhcp: ENETUNREACH', 'dhcp: ENETUNREACH', 'dhcp: other', 'garbage', 'garbage'])
  })
})

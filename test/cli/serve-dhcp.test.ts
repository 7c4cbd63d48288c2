import assert from 'node:assert/strict'
import { rangeOf, startAddressServer } from '../../src/cli/serve-dhcp.js'

describe('ipxetool serve --dhcp', () => {
  const start = (options: Parameters<typeof startAddressServer>[0]): Promise<unknown> =>
    startAddressServer(options, () => undefined)

  it('is off by itself', async () => {
    assert.equal(await start({}), undefined)
  })

  it('wants the one network that it is for', async () => {
    const wrong = { exitCode: 2 }
    await assert.rejects(start({ dhcp: 'dnsmasq' }), { ...wrong, message: /the one network/ })
    await assert.rejects(start({ dhcp: 'dnsmasq', interface: ['a', 'b'] }), {
      ...wrong,
      message: /the one network/,
    })
    await assert.rejects(start({ dhcpRange: '10.0.0.1-10.0.0.9' }), { ...wrong, message: /none is started/ })
    await assert.rejects(start({ dhcp: 'dnsmasq', interface: ['nosuch0'] }), {
      ...wrong,
      message: /there is no such interface/,
    })
  })

  const on = (address: string, netmask: string) => ({ name: 'br0', address, netmask })

  it('hands out what is free beside its own address', () => {
    assert.deepEqual(rangeOf(on('10.77.0.2', '255.255.255.0'), undefined), ['10.77.0.101', '10.77.0.200'])
    assert.deepEqual(rangeOf(on('10.77.0.254', '255.255.255.0'), undefined), ['10.77.0.154', '10.77.0.253'])
    assert.deepEqual(rangeOf(on('10.77.0.1', '255.255.255.252'), undefined), ['10.77.0.2', '10.77.0.2'])
    assert.deepEqual(rangeOf(on('172.16.9.9', '255.255.0.0'), undefined), ['172.16.9.108', '172.16.9.207'])
    for (let last = 1; last < 255; last++) {
      const range = rangeOf(on(`192.0.2.${last}`, '255.255.255.0'), undefined)
      const [first, end] = range.map((text) => Number(text.split('.')[3]))
      assert.ok(
        first! >= 1 && end! <= 254 && end! - first! === 99 && (last < first! || last > end!),
        `${last}`,
      )
    }
  })

  it('takes a range of the network, without itself', () => {
    const own = on('10.77.0.2', '255.255.255.0')
    assert.deepEqual(rangeOf(own, '10.77.0.20-10.77.0.30'), ['10.77.0.20', '10.77.0.30'])
    assert.throws(() => rangeOf(own, '10.77.0.1-10.77.0.30'), { exitCode: 2, message: /is this machine/ })
    assert.throws(() => rangeOf(own, '10.78.0.1-10.78.0.30'), {
      exitCode: 2,
      message: /not within the network/,
    })
    assert.throws(() => rangeOf(on('10.77.0.2', '255.255.255.255'), undefined), {
      exitCode: 2,
      message: /no room/,
    })
  })
})

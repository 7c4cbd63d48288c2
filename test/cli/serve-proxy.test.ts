import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { type ProxyCommandOptions, proxyNotes, proxyOptions } from '../../src/cli/serve-proxy.js'
import { passedSockets, printUnits } from '../../src/cli/systemd.js'
import { needs } from '../serve/support.js'

const read = (options: ProxyCommandOptions) => proxyOptions({ proxyDhcp: true, ...options }, [])

describe('ipxetool serve --proxy-dhcp', () => {
  it('is off unless asked for', () => {
    assert.equal(proxyOptions({ interface: [], allow: [], script: [] }, []), undefined)
  })

  it('reads rules', () => {
    const options = read({
      allow: ['192.0.2.0/24, 52:54:00', '10.0.0.1'],
      reply: ['uefi=direct'],
      loader: ['52-54-00-12-34-56=/special.efi', 'class=Arch:00007=x.efi'],
      script: ['7=http://192.0.2.1/x?a=b', 'first.ipxe'],
    })
    assert.deepEqual(options?.allow, ['192.0.2.0/24', '52:54:00', '10.0.0.1'])
    assert.equal(options.script, 'first.ipxe')
    assert.deepEqual(options.overrides, [
      { who: { kind: 'family', name: 'uefi' }, form: 'direct' },
      { who: { kind: 'mac', mac: '52:54:00:12:34:56' }, loader: 'special.efi' },
      { who: { kind: 'class', text: 'Arch:00007' }, loader: 'x.efi' },
      { who: { kind: 'architecture', code: 7 }, script: 'http://192.0.2.1/x?a=b' },
    ])
    assert.equal(
      read({ script: ['http://192.0.2.1/boot.php?mac=1'] })?.script,
      'http://192.0.2.1/boot.php?mac=1',
    )
  })

  const wrong: [ProxyCommandOptions, RegExp][] = [
    [{ proxyDhcp: false, replaceRom: true }, /--replace-rom .* without --proxy-dhcp/],
    [{ proxyDhcp: false, allow: ['192.0.2.0/24,52:54:00'] }, /--allow 52:54:00: without --proxy-dhcp/],
    [{ proxyDhcp: false, interface: ['eth0'] }, /--interface /],
    [{ reply: ['uefi'] }, /"uefi" is not WHO=VALUE/],
    [{ reply: ['uefi=loud'] }, /"loud" is no form/],
    [{ loader: ['tuesday=x'] }, /"tuesday" names no machine/],
    [{ script: ['a.ipxe', 'b.ipxe'] }, /which one\?/],
  ]
  for (const [options, message] of wrong) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => read(options), { exitCode: 2, message })
    })
  }

  it('says where it answers, and what will not work', () => {
    const proxy = {
      interfaces: [{ name: 'eth0', address: '192.0.2.7', netmask: '255.255.255.0' }],
      shared: true,
      unanswered: ['eth1'],
      firmwareTftp: false,
      noteLoader: () => undefined,
      noteScript: () => undefined,
      close: () => Promise.resolve(),
    }
    const notes = proxyNotes(proxy)
    assert.equal(notes.length, 4)
    assert.match(notes[0]!, /answered on eth0 \(192\.0\.2\.7\);/)
  })
})

describe('systemd', () => {
  it('sockets are taken by name, when they are for this process', () => {
    const env = { LISTEN_PID: '77', LISTEN_FDS: '3', LISTEN_FDNAMES: 'dhcp-eth0:other:pxe-br-lan' }
    assert.deepEqual(passedSockets(env, 77), [
      { fd: 3, port: 67, interface: 'eth0' },
      { fd: 5, port: 4011, interface: 'br-lan' },
    ])
    assert.deepEqual(passedSockets(env, 78), [])
    assert.deepEqual(passedSockets({}, 78), [])
  })

  it('the units are such as systemd accepts', async function () {
    needs(this, 'systemd-analyze', 'systemd')
    this.timeout(60_000)
    const folder = await mkdtemp(join(tmpdir(), 'ipxetool-units-'))
    try {
      const text = printUnits('/srv/50% "boot"/out', {
        proxyDhcp: true,
        interface: ['lo'],
        http: '80',
        loader: ['7=a b'],
      })
      const units = [...text.matchAll(/^# \/etc\/systemd\/system\/(\S+)\n([^]*?)(?=^# \/etc|$(?![^]))/gm)]
      assert.deepEqual(
        units.map(([, name]) => name),
        ['ipxetool.service', 'ipxetool-dhcp-lo.socket', 'ipxetool-pxe-lo.socket'],
      )
      for (const [, name, unit] of units) await writeFile(join(folder, name!), unit!)
      const files = units.map(([, name]) => join(folder, name!))
      const { exitCode, stderr } = await execa('systemd-analyze', ['verify', '--man=no', ...files], {
        reject: false,
      })
      const ours = stderr.split('\n').filter((line) => line.includes('ipxetool'))
      assert.deepEqual([exitCode, ours], [0, []], stderr)
      assert.match(units[0]![2]!, /serve "\/srv\/50%% \\"boot\\"\/out" .* --loader "7=a b" --proxy-dhcp$/m)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('an interface must be named', () => {
    assert.throws(() => printUnits('/srv', { proxyDhcp: true }), { code: 'which-interface', exitCode: 2 })
  })
})

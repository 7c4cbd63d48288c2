import assert from 'node:assert/strict'
import type { DhcpEvent, ServeEvent } from '../../../src/serve/events.js'
import {
  kindOfFile,
  type MachineTrace,
  present,
  type Step,
  type Trouble,
} from '../../../src/serve/trace/model.js'
import { Trace } from '../../../src/serve/trace/trace.js'

const MAC = '52:54:00:12:34:56'
const IP = '192.0.2.50'

/** A server, its clock and one machine. */
class Lab {
  now = 1_000_000
  xid = 1
  readonly troubles: Trouble[] = []
  readonly arrived: string[] = []
  readonly changes: Step[] = []
  readonly trace = new Trace({
    surroundings: () => ({ server: '192.0.2.7', httpUrl: 'http://192.0.2.7:8080/', proxy: true }),
    macOf: (address) => (address === '192.0.2.99' ? 'aa:aa:aa:aa:aa:aa' : undefined),
    now: () => this.now,
    onTrouble: (_machine, trouble) => this.troubles.push(trouble),
    onArrived: (mac, kind) => this.arrived.push(`${mac} ${kind}`),
    onChange: (_machine, step) => this.changes.push({ ...step }),
  })

  dhcp(message: string, more: Partial<DhcpEvent> = {}, machine: Partial<DhcpEvent['machine']> = {}): this {
    this.now += 1000
    this.trace.note({
      type: 'dhcp',
      protocol: 'dhcp',
      client: { address: '0.0.0.0', port: 68 },
      port: 67,
      message,
      machine: { mac: MAC, architecture: 7, ...machine },
      xid: this.xid,
      secs: 0,
      stage: 'firmware',
      outcome: message === 'DISCOVER' ? 'offer' : 'silent',
      reason: 'x64 UEFI',
      file: 'ipxe.efi',
      ...more,
    })
    return this
  }

  lease(more: Partial<DhcpEvent> = {}): this {
    return this.dhcp('REQUEST', more, { address: IP })
  }

  file(type: 'done' | 'failed' | 'refused' | 'probe', path: string, bytes = 1000, address = IP): this {
    this.now += 1000
    const protocol = /ipxe$|vmlinuz|http/.test(path) ? 'http' : 'tftp'
    const about = { protocol, client: { address, port: 1234 }, path, method: 'GET' } as const
    if (type !== 'refused') this.trace.note({ type: 'transfer-start', ...about, size: 1000 })
    const end: ServeEvent =
      type === 'refused'
        ? { type, ...about, status: 404, reason: 'no such file' }
        : type === 'failed'
          ? { type: 'transfer-failed', ...about, bytes, ms: 5, reason: 'no ACK' }
          : { type: type === 'probe' ? 'transfer-probe' : 'transfer-done', ...about, bytes, ms: 5 }
    this.trace.note(end)
    return this
  }

  wait(seconds: number): this {
    this.now += seconds * 1000
    this.trace.check()
    return this
  }

  get machine(): MachineTrace {
    return this.trace.find(MAC)!
  }

  get kinds(): string[] {
    return present(this.machine).steps.map(({ kind }) => kind)
  }

  get trouble(): string | undefined {
    return this.machine.trouble?.code
  }

  bootToScript(): this {
    this.dhcp('DISCOVER').lease().dhcp('REQUEST', { port: 4011, outcome: 'ack' })
    this.file('probe', 'ipxe.efi').file('done', 'ipxe.efi')
    this.xid += 1
    return this.dhcp('DISCOVER', { stage: 'ipxe' }).lease({ stage: 'ipxe' }).file('done', '/boot.ipxe')
  }
}

describe('the trace', () => {
  it('tells a boot in order, with files found by the address of the lease', () => {
    const lab = new Lab().bootToScript().file('done', '/assets/vmlinuz').file('done', '/assets/initrd.img')
    assert.deepEqual(lab.kinds, [
      ...['discover', 'lease', 'proxy', 'probe', 'loader'],
      ...['discover', 'lease', 'script', 'kernel', 'initrd'],
    ])
    assert.deepEqual(lab.machine.addresses, [IP])
    assert.equal(lab.machine.boots.length, 1)
    assert.equal(lab.trouble, undefined)
    assert.deepEqual(
      lab.arrived,
      ['loader', 'script', 'kernel', 'initrd'].map((kind) => `${MAC} ${kind}`),
    )
    const step = present(lab.machine).steps.at(-1)
    assert.deepEqual([step?.state, step?.bytes, step?.size, step?.ms], ['done', 1000, 1000, 5])
    assert.ok(lab.changes.some(({ state }) => state === 'running'))
  })

  it('a machine that is switched on again begins a new boot; five are kept', () => {
    const lab = new Lab()
    for (let i = 0; i < 7; i++) {
      lab.xid += 1
      lab.bootToScript()
    }
    assert.equal(lab.machine.boots.length, 5)
    lab.wait(120).dhcp('DISCOVER')
    assert.deepEqual(lab.kinds, ['discover'], 'after a silence')
  })

  it('finds a machine by its MAC address in the URL, then among the neighbours, else goes by the address', () => {
    const lab = new Lab()
    lab.file('done', '/boot.ipxe?mac=52-54-00-AA-bb-01', 1, '192.0.2.60')
    lab.file('done', '/machines/52%3a54%3A00:aa:bb:02/boot.ipxe', 1, '192.0.2.61')
    lab.file('done', '/boot.ipxe', 1, '192.0.2.99')
    lab.file('done', '/boot.ipxe', 1, '192.0.2.62')
    assert.deepEqual(
      lab.trace.machines().map(({ id }) => id),
      ['192.0.2.62', 'aa:aa:aa:aa:aa:aa', '52:54:00:aa:bb:02', '52:54:00:aa:bb:01'],
    )
  })

  it('leaves people with a browser out, and systems that were not booted from here', () => {
    const lab = new Lab()
    lab.file('done', '/', 1, '192.0.2.70').file('done', '/preview/index.html', 1, '192.0.2.70')
    lab.dhcp('DISCOVER', { stage: 'other', outcome: 'silent' }, { mac: '52:54:00:00:00:09' })
    assert.deepEqual(lab.trace.machines(), [])
    lab.bootToScript().dhcp('DISCOVER', { stage: 'other', outcome: 'silent' })
    assert.equal(lab.kinds.at(-1), 'dhcp')
  })

  it('is bounded in steps and machines', () => {
    const lab = new Lab().bootToScript()
    for (let i = 0; i < 500; i++) lab.file('done', `/menus/${i}.ipxe`)
    const boot = present(lab.machine)
    assert.deepEqual([boot.steps.length, boot.dropped], [200, 308])
    assert.equal(boot.steps[0]?.kind, 'discover')
    for (let i = 0; i < 3000; i++) lab.file('done', '/boot.ipxe', 1, `10.0.${i >> 8}.${i & 255}`)
    assert.equal(lab.trace.machines().length, 2000)
  })

  for (const [path, kind] of [
    ['/boot.ipxe?x=1', 'script'],
    ['undionly.kpxe', 'loader'],
    ['EFI/BOOT/ipxe.efi', 'loader'],
    ['/images/pxeboot/vmlinuz', 'kernel'],
    ['/a/vmlinuz-6.1', 'kernel'],
    ['/fedora-coreos-live-kernel-x86_64', 'kernel'],
    ['/fedora-coreos-live-initramfs.x86_64.img', 'initrd'],
    ['/initrd.gz', 'initrd'],
    ['/ks/lab.ks', 'file'],
    ['/', 'page'],
  ] as const) {
    it(`${path} is a ${kind}`, () => {
      assert.equal(kindOfFile(path), kind)
    })
  }
})

describe('why a machine has stopped', () => {
  it('two DISCOVERs and no REQUEST: it takes no split offer', () => {
    const lab = new Lab().dhcp('DISCOVER').dhcp('DISCOVER')
    assert.equal(lab.trouble, undefined, 'too early to tell')
    lab.wait(10)
    assert.equal(lab.trouble, 'no-request')
    assert.match(
      lab.machine.trouble!.fix,
      /`ipxetool dhcp KIND --server 192\.0\.2\.7 --http http:\/\/192\.0\.2\.7:8080`/,
    )
    lab.wait(10)
    assert.equal(lab.troubles.length, 1, 'said once')
    lab.lease()
    assert.equal(lab.trouble, undefined, 'and taken back')
  })

  it('a lease and nothing else: the offer was ignored', () => {
    assert.equal(new Lab().dhcp('DISCOVER').lease().wait(10).trouble, 'offer-ignored')
    const ipxe = { stage: 'ipxe' } as const
    assert.equal(new Lab().dhcp('DISCOVER', ipxe).lease(ipxe).wait(10).trouble, 'script-not-asked')
  })

  it('nothing of the loader arrives: a firewall', () => {
    const lab = new Lab().dhcp('DISCOVER').lease().file('failed', 'ipxe.efi', 0)
    assert.equal(lab.trouble, 'tftp-unanswered')
    assert.match(lab.machine.trouble!.problem, /filesize 0/)
  })

  it('half of a file', () => {
    const lab = new Lab().bootToScript().file('failed', '/assets/vmlinuz', 10)
    assert.equal(lab.trouble, 'transfer-failed')
    assert.match(lab.machine.trouble!.fix, /cable/)
  })

  it('a file that is written over while it is sent: no fault of the cable', () => {
    for (const reason of [
      'the file was rewritten in place while it was being sent',
      'the file became shorter while it was being sent',
    ]) {
      const lab = new Lab().bootToScript()
      const about = {
        protocol: 'http',
        client: { address: IP, port: 1 },
        path: '/vmlinuz',
        method: 'GET',
      } as const
      lab.trace.note({ type: 'transfer-failed', ...about, bytes: 10, ms: 5, reason })
      assert.equal(lab.trouble, 'transfer-failed')
      assert.match(lab.machine.trouble!.fix, /^Put files into the tree/)
    }
  })

  it('the loader three times and no script: a loop', () => {
    const lab = new Lab().dhcp('DISCOVER').lease()
    for (let i = 0; i < 3; i++) lab.file('done', 'ipxe.efi').dhcp('DISCOVER', { stage: 'ipxe', xid: 100 + i })
    assert.equal(lab.trouble, 'loader-loop')
  })

  it('three boots that end with the loader', () => {
    const lab = new Lab()
    for (let i = 0; i < 3; i++) {
      lab.xid += 1
      lab.dhcp('DISCOVER').lease().file('done', 'ipxe.efi')
    }
    assert.equal(lab.trouble, 'loader-never-starts')
  })

  it('a loader for another kind of firmware', () => {
    assert.equal(
      new Lab().dhcp('DISCOVER').lease().file('done', 'undionly.kpxe').trouble,
      'bios-loader-for-uefi',
    )
    const bios = new Lab().dhcp('DISCOVER', {}, { architecture: 0 }).lease()
    bios.dhcp('REQUEST', {}, { architecture: 0 }).file('done', 'ipxe.efi')
    assert.equal(bios.trouble, 'uefi-loader-for-bios')
  })

  it('a loader that never speaks', () => {
    const lab = new Lab().dhcp('DISCOVER').lease().file('done', 'ipxe.efi')
    assert.equal(lab.wait(10).trouble, undefined)
    assert.equal(lab.wait(30).trouble, 'loader-silent')
  })

  it('no loader for its architecture', () => {
    const reason = 'the tree has no loader for ARM64 UEFI: ipxe-arm64.efi or snponly-arm64.efi is missing'
    const lab = new Lab().dhcp('DISCOVER', { outcome: 'silent', reason })
    assert.equal(lab.trouble, 'not-answered')
    assert.match(lab.machine.trouble!.fix, /`ipxetool compile --target ipxe-arm64\.efi`/)
  })

  it('a missing file, when nothing is asked for after it', () => {
    const lab = new Lab().bootToScript().file('refused', '/assets/vmlinuz')
    assert.equal(lab.wait(3).trouble, 'file-refused')
    assert.equal(lab.file('done', '/menus/main.ipxe').trouble, undefined)
    assert.equal(new Lab().bootToScript().file('refused', '/autoexec.ipxe').wait(3).trouble, undefined)
  })

  it('waiting in a menu is no trouble', () => {
    assert.equal(new Lab().bootToScript().wait(3600).trouble, undefined)
  })
})

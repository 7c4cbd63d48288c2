/** Where the proxy hears and where it answers, seen by a client in a network of its own. */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findCommand } from '../../scripts/system-packages.mjs'
import { type Exchange, hex, type Question } from '../support/dhcp-client.js'
import { notRun } from '../support/not-run.js'
import { Cleanup } from './cleanup.js'
import { cliArguments } from './cli.js'
import { startDhcp } from './dnsmasq.js'
import { BRIDGE, type Lan, makeLan, SERVER_ADDRESS, whyNoLan } from './namespace.js'
import { type Place, type Running, run, start, until } from './processes.js'
import { workspace } from './scene.js'

const text = (value: string): string => Buffer.from(value).toString('hex')
const asks = [1, 3, 43, 60, 66, 67, 97]

function client(number: number, kind: string, arch: number, more: Record<string, string> = {}): Question {
  return {
    mac: `52:54:00:00:00:${hex([number])}`,
    asks,
    options: {
      60: text(`${kind}:Arch:${String(arch).padStart(5, '0')}:UNDI:003016`),
      93: hex([arch >> 8, arch & 255]),
      ...more,
    },
    proxy: true,
  }
}

const questions = {
  bios: client(1, 'PXEClient', 0),
  x64: client(2, 'PXEClient', 7),
  ipxe: client(3, 'PXEClient', 7, { 77: text('iPXE'), 175: 'eb03010000' }),
} satisfies Record<string, Question>

describe('the sockets of the proxy', function () {
  this.timeout(120_000)
  let cleanup = new Cleanup()
  let directory = ''
  let lan: Lan

  before(async function () {
    if (process.platform !== 'linux') notRun(this, 'network namespaces need Linux')
    const reason = await whyNoLan()
    if (reason !== undefined) notRun(this, reason)
  })
  beforeEach(async () => {
    cleanup = new Cleanup()
    directory = workspace(cleanup)
    const tree = join(directory, 'out')
    mkdirSync(tree)
    for (const name of ['boot.ipxe', 'undionly.kpxe', 'ipxe.efi']) writeFileSync(join(tree, name), name)
    lan = await makeLan(cleanup)
    await run('ip', ['route', 'add', 'default', 'dev', BRIDGE], lan.wire)
  })
  afterEach(() => cleanup.close())

  async function serve(
    options: readonly string[],
    place: Place = lan.server,
    ready = /press Ctrl-C/,
  ): Promise<Running> {
    const args = cliArguments(['serve', join(directory, 'out'), '--verbose', '--proxy-dhcp', ...options])
    const server = start(cleanup, { name: 'ipxetool serve', command: process.execPath, args, place })
    return until(
      () => (ready.test(server.log()) ? server : undefined),
      30,
      () => `ipxetool serve was not ready:\n${server.log()}`,
      () => (server.hasExited() ? 'ipxetool serve has ended' : undefined),
    )
  }

  const program = fileURLToPath(new URL('../support/dhcp-client.ts', import.meta.url))
  const clientArguments = (list: readonly Question[]): string[] => [
    '--import',
    import.meta.resolve('tsx'),
    program,
    ...list.map((question) => JSON.stringify(question)),
  ]
  async function ask(...list: Question[]): Promise<Exchange[]> {
    return JSON.parse(await run(process.execPath, clientArguments(list), lan.wire)) as Exchange[]
  }

  it('answers on 67 and on 4011', async () => {
    await serve(['--interface', 'v1', '--http', '80'])
    const told = await ask(questions.bios, questions.x64, questions.ipxe)
    const [bios, x64, ipxe] = told as [Exchange, Exchange, Exchange]
    assert.equal(bios.offer.file, 'undionly.kpxe')
    assert.equal(bios.ack.file, 'undionly.kpxe')
    assert.equal(bios.offer.options[43], '\x06\x01\x08\xff')
    assert.equal(x64.offer.options[43], undefined)
    assert.equal(x64.ack.file, 'ipxe.efi')
    assert.equal(ipxe.offer.file, `http://${SERVER_ADDRESS}/boot.ipxe`)
    for (const one of told) {
      assert.deepEqual([one.offer.address, one.offer.nextServer], ['0.0.0.0', SERVER_ADDRESS])
    }
  })

  it('does not run a DHCP server beside another one', async () => {
    await startDhcp(cleanup, { place: lan.wire, directory })
    const args = cliArguments(['serve', join(directory, 'out'), '--dhcp', 'dnsmasq', '--interface', 'v1'])
    const server = start(cleanup, {
      name: 'ipxetool serve',
      command: process.execPath,
      args,
      place: lan.server,
    })
    assert.match(await server.exited, /1/)
    assert.match(server.log(), /10\.77\.0\.1 hands out addresses on v1 already \(it would lend 10\.77\.0\./)
  })

  it('sends nothing by an interface that was not named', async () => {
    const on = async (place: Place, ...args: string[]): Promise<void> => {
      await run('ip', args, place)
    }
    // a second cable into the same bridge, with another network on it
    await on(
      lan.wire,
      'link',
      'add',
      'w0',
      'type',
      'veth',
      'peer',
      'name',
      'w1',
      'netns',
      String(lan.server.pid),
    )
    for (const [place, name] of [
      [lan.wire, 'w0'],
      [lan.server, 'w1'],
    ] as const) {
      await on(place, 'link', 'set', name, 'addrgenmode', 'none')
      await on(place, 'link', 'set', name, 'up')
    }
    await on(lan.server, 'addr', 'add', '10.88.0.2/24', 'dev', 'w1')
    await on(lan.wire, 'addr', 'add', '10.88.0.1/24', 'dev', 'w0')
    await on(lan.wire, 'route', 'replace', 'default', 'dev', 'w0')
    const server = await serve(['--interface', 'v1', '--http', '80'])
    assert.match(server.log(), /requests on w1 are heard and shown, and not answered there/)
    const asking = start(cleanup, {
      name: 'the client',
      command: process.execPath,
      args: clientArguments([questions.bios]),
      place: lan.wire,
    })
    await until(
      () => server.log().includes('dhcp DISCOVER') || undefined,
      20,
      () => `no DISCOVER was heard:\n${server.log()}\n${asking.log()}`,
    )
    const [link] = JSON.parse(await run('ip', ['-j', '-s', 'link', 'show', 'w1'], lan.server)) as {
      stats64: { rx: { packets: number }; tx: { packets: number } }
    }[]
    assert.ok(link!.stats64.rx.packets >= 1)
    assert.equal(link!.stats64.tx.packets, 0)
  })

  it('an interface that disappears is told once, and answered again when it is back', async () => {
    const cable = async (): Promise<void> => {
      const ends = ['v0', 'type', 'veth', 'peer', 'name', 'v1', 'netns', String(lan.server.pid)]
      await run('ip', ['link', 'add', ...ends], lan.wire)
      await run('ip', ['link', 'set', 'v0', 'master', BRIDGE, 'up'], lan.wire)
      await run('ip', ['addr', 'add', `${SERVER_ADDRESS}/24`, 'dev', 'v1'], lan.server)
      await run('ip', ['link', 'set', 'v1', 'up'], lan.server)
    }
    const server = await serve(['--interface', 'v1', '--http', '80'])
    const said = (what: RegExp): Promise<true> =>
      until(
        () => (what.test(server.log()) ? true : undefined),
        20,
        () => `it never said ${String(what)}:\n${server.log()}`,
        () => (server.hasExited() ? 'ipxetool serve has ended' : undefined),
      )
    await run('ip', ['link', 'del', 'v1'], lan.server)
    await said(/dhcp: v1 \(10\.77\.0\.2\) is gone: nobody there is answered until it is back/)
    await cable()
    await said(/dhcp: v1 \(10\.77\.0\.2\) is back, and answered again/)
    assert.equal(server.log().match(/is gone/g)?.length, 1)
    const [bios] = await ask(questions.bios)
    assert.equal(bios?.ack.file, 'undionly.kpxe')
  })

  it('asks which interface where there are two, and refuses one that is not there', async () => {
    await run('ip', ['link', 'add', 'w1', 'type', 'veth', 'peer', 'name', 'w2'], lan.server)
    for (const name of ['w1', 'w2']) await run('ip', ['link', 'set', name, 'up'], lan.server)
    await run('ip', ['addr', 'add', '10.88.0.2/24', 'dev', 'w1'], lan.server)
    const which = await serve([], lan.server, /which of/)
    assert.match(which.log(), /on which of (v1|w1) \(10[.\d]+\), (v1|w1) \(10[.\d]+\)\?/)
    assert.equal(await which.exited, 'ipxetool serve exited with 2')
    const none = await serve(['--interface', 'eth7'], lan.server, /no such interface/)
    assert.match(none.log(), /those with an IPv4 address are .*v1/)
  })

  describe('beside a DHCP server on the same machine', () => {
    before(function () {
      if (findCommand('dnsmasq') === undefined) notRun(this, 'missing dnsmasq-base')
    })

    async function dnsmasq(...more: string[]): Promise<Running> {
      const args = [
        '--no-daemon',
        '--conf-file=/dev/null',
        '--port=0',
        '--interface=v1',
        '--no-ping',
        '--log-dhcp',
      ]
      args.push('--dhcp-range=10.77.0.100,10.77.0.150,1h', `--dhcp-leasefile=${join(directory, 'leases')}`)
      args.push(`--pid-file=${join(directory, 'pid')}`, '--user=root', ...more)
      const server = start(cleanup, { name: 'dnsmasq', command: 'dnsmasq', args, place: lan.server })
      return until(
        () => (server.log().includes('DHCP, IP range') ? server : undefined),
        10,
        () => `dnsmasq was not ready:\n${server.log()}`,
      )
    }

    it('shares the port with dnsmasq and takes nothing from it', async () => {
      const dhcp = await dnsmasq('--bind-interfaces')
      const server = await serve(['--interface', 'v1', '--http', '80'])
      assert.match(server.log(), /port 67 is shared with the DHCP server on this machine/)
      // the offers of both answer one request: the lease comes from dnsmasq, and the proxy has heard it all
      const [plain] = await ask({ ...questions.ipxe, options: { 60: text('dhcpcd') }, proxy: false })
      assert.match(plain!.ack.address, /^10\.77\.0\.1/)
      const asking = start(cleanup, {
        name: 'the client',
        command: process.execPath,
        args: clientArguments([{ ...questions.x64, proxy: true }]),
        place: lan.wire,
      })
      await until(
        () => (/dhcp DISCOVER on 67: offer ipxe\.efi/.test(server.log()) ? true : undefined),
        20,
        () => `no answer:\n${server.log()}\n${asking.log()}`,
      )
      assert.match(dhcp.log(), /DHCPOFFER\(v1\) 10\.77\.0\.\d+ 52:54:00:00:00:02/)
    })

    it('says what to do where the port is not shared', async function () {
      const perl = findCommand('perl')
      if (perl === undefined) notRun(this, 'there is no perl', { allowedInCi: true })
      const holder = start(cleanup, {
        name: 'a DHCP server',
        command: perl,
        args: [
          '-MSocket',
          '-e',
          '$|=1; socket(S,PF_INET,SOCK_DGRAM,0); bind(S,sockaddr_in(67,INADDR_ANY)) or die; print "ready"; sleep 60',
        ],
        place: lan.server,
      })
      await until(
        () => (holder.log().includes('ready') ? true : undefined),
        10,
        () => holder.log(),
      )
      const server = await serve(['--interface', 'v1'], lan.server, /another program has it for itself/)
      assert.match(server.log(), /dnsmasq shares the port with `bind-interfaces`/)
      assert.equal(await server.exited, 'ipxetool serve exited with 1')
    })
  })

  it('takes sockets from systemd: not root, and deaf for other interfaces', async function () {
    const perl = findCommand('perl')
    if (perl === undefined) notRun(this, 'there is no perl', { allowedInCi: true })
    const activate = [perl, fileURLToPath(new URL('activate.pl', import.meta.url)), 'v1']
    const place = { prefix: [...lan.server.prefix, ...activate] }
    const server = await serve(['--http', '8080', '--tftp', 'off'], place)
    assert.match(server.log(), /answered on v1 \(10\.77\.0\.2\)/)
    const [ipxe] = await ask(questions.ipxe)
    assert.equal(ipxe?.offer.file, `http://${SERVER_ADDRESS}:8080/boot.ipxe`)
    assert.equal(ipxe.ack.file, ipxe.offer.file)
  })
})

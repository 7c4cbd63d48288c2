/**
 * A room of machines that start at once. First their DHCP: 2,000 DISCOVERs a second for `ipxetool serve --proxy-dhcp` and
 * for dnsmasq as a proxy, each on a network of its own. Then their files: 200 machines fetch a loader by TFTP, then a
 * script, a kernel and an initrd by HTTP, from `ipxetool serve` and from dnsmasq with nginx.
 *
 * Needs root or user namespaces, dnsmasq, nginx and a C compiler; dnsmasq takes port 69.
 */
import { randomFillSync } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Cleanup } from '../test/e2e/cleanup.js'
import { BRIDGE, type Lan, makeLan, SERVER_ADDRESS } from '../test/e2e/namespace.js'
import { run, start, until } from '../test/e2e/processes.js'
import { BenchmarkRefused, median, type Benchmark, type Peer } from './harness.js'
import { type BenchServer, startDnsmasq, startIpxetool, startNginx } from './servers.js'
import { compileLoad, roomyFolder, runLoad, versionOf } from './load.js'

const tool = fileURLToPath(new URL('../bin/ipxetool.js', import.meta.url))
const asker = fileURLToPath(new URL('dhcp-load.mjs', import.meta.url))
const RATE = 2000
const ASKED = 4000
const MACHINES = 200
const MIB = 1024 * 1024

/** What is fetched, in this order. */
const files = { 'ipxe.efi': 1 * MIB, 'boot.ipxe': 2048, kernel: 8 * MIB, initrd: 16 * MIB }

export async function* benchmarks(given: string): AsyncGenerator<Benchmark> {
  const folder = await roomyFolder(given)
  const root = join(folder, 'tree')
  await mkdir(root)
  for (const [name, size] of Object.entries(files)) {
    const bytes = randomFillSync(Buffer.alloc(size))
    await writeFile(join(root, name), name === 'boot.ipxe' ? `#!ipxe\n${bytes.toString('hex')}` : bytes)
  }
  try {
    yield* discovers(root)
    yield* files200(folder, root)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Asked {
  readonly sent: number
  readonly answered: number
  readonly seconds: number
  readonly p50: number
  readonly p99: number
  readonly cpu: number
}

async function* discovers(root: string): AsyncGenerator<Benchmark> {
  const cleanup = new Cleanup()
  try {
    const scratch = await mkdtemp(join(root, '..', 'dhcp-'))
    const ours = await network(cleanup, process.execPath, [
      ...[
        tool,
        'serve',
        root,
        '--http',
        '80',
        '--tftp',
        '69',
        '--proxy-dhcp',
        '--interface',
        'v1',
        '--user',
        'root',
      ],
    ])
    const theirs = await network(cleanup, 'dnsmasq', [
      ...[
        '--no-daemon',
        '--conf-file=/dev/null',
        '--port=0',
        '--interface=v1',
        '--bind-interfaces',
        '--user=root',
      ],
      ...['--dhcp-range=10.77.0.0,proxy', '--enable-tftp', `--tftp-root=${root}`, '--quiet-dhcp'],
      ...['--pxe-service=X86-64_EFI,boot,ipxe.efi', '--log-facility=/dev/null', '--pid-file='],
      `--dhcp-leasefile=${join(scratch, 'leases')}`,
    ])
    const results = new Map<string, Asked[]>()
    const peer = (name: string, version: string, lan: Lan): Peer => ({
      name,
      version,
      expect: `${ASKED} asked`,
      run: async () => {
        const text = await run(process.execPath, [asker, String(ASKED), String(RATE)], lan.wire)
        const asked = JSON.parse(text) as Asked
        results.set(name, [...(results.get(name) ?? []), asked])
        return { seconds: asked.p99 / 1000, output: `${asked.sent} asked` }
      },
    })
    yield {
      name: `proxyDHCP, ${RATE} DISCOVERs a second, p99 of the answers`,
      peers: [
        peer('ipxetool', `Node ${process.versions.node}`, ours),
        peer('dnsmasq', versionOf('dnsmasq', ['--version']), theirs),
      ],
    }
    for (const [name, all] of results) {
      // the first run is a warm-up
      const rounds = all.slice(1)
      const of = (key: 'p50' | 'p99' | 'cpu'): number => median(rounds.map((one) => one[key]))
      const lost = all.reduce((sum, { sent, answered }) => sum + sent - answered, 0)
      console.log(
        `  ${name}: ${lost} lost of ${all.length * ASKED}, p50 ${of('p50').toFixed(2)} ms, p99 ${of('p99').toFixed(2)} ms, ` +
          `load client ${Math.round((of('cpu') / (ASKED / RATE)) * 100)} % of a CPU`,
      )
    }
  } finally {
    await cleanup.close()
  }
}

/** A network with that server in it. */
async function network(cleanup: Cleanup, command: string, args: readonly string[]): Promise<Lan> {
  const lan = await makeLan(cleanup)
  await run('ip', ['route', 'add', 'default', 'dev', BRIDGE], lan.wire)
  const server = start(cleanup, { name: command, command, args, place: lan.server })
  await until(
    () => {
      const { stdout } = spawnSync(lan.server.prefix[0] ?? 'ss', [
        ...lan.server.prefix.slice(1),
        ...(lan.server.prefix.length > 0 ? ['ss'] : []),
        ...['-Hlun', 'sport', '=', ':67'],
      ])
      return stdout.length > 0 ? true : undefined
    },
    20,
    () => `${command} does not answer at ${SERVER_ADDRESS}: ${server.log()}`,
    () => (server.hasExited() ? server.log() : undefined),
  )
  return lan
}

async function* files200(folder: string, root: string): AsyncGenerator<Benchmark> {
  const load = compileLoad(folder)
  const servers: BenchServer[] = []
  const started = async (starting: Promise<BenchServer>): Promise<BenchServer> => {
    const server = await starting
    servers.push(server)
    return server
  }
  try {
    const ours = await started(startIpxetool(root))
    const dnsmasq = await started(startDnsmasq(root))
    const nginx = await started(startNginx(folder, root, true))
    const peer = (name: string, version: string, tftpPort: number, httpPort: number): Peer => ({
      name,
      version,
      expect: (output) => Number(output) > 0,
      run: async () => {
        let seconds = 0
        let bytes = 0
        for (const file of Object.keys(files)) {
          const clients = String(MACHINES)
          const args =
            file === 'ipxe.efi'
              ? ['tftp', '127.0.0.1', String(tftpPort), file, clients, '1432', '1', join(root, file)]
              : ['http', '127.0.0.1', String(httpPort), file, clients, '1', join(root, file)]
          const result = await runLoad(load, args)
          seconds += result.seconds
          bytes += result.bytes
        }
        return { seconds, output: String(bytes) }
      },
    })
    const peers = [
      peer('ipxetool', `Node ${process.versions.node}`, ours.tftpPort, ours.httpPort),
      peer(
        'dnsmasq + nginx',
        `${versionOf('dnsmasq', ['--version'])} + ${versionOf('nginx', ['-v'])}`,
        dnsmasq.tftpPort,
        nginx.httpPort,
      ),
    ]
    const amount = (Object.values(files).reduce((sum, size) => sum + size, 0) * MACHINES) / 1e6
    yield {
      name: `boot storm, ${MACHINES} machines: loader by TFTP, then script, kernel and initrd by HTTP (goal: at most 1.1x)`,
      work: { amount, unit: 'MB' },
      peers,
    }
  } catch (error) {
    throw error instanceof BenchmarkRefused ? error : new BenchmarkRefused(String(error))
  } finally {
    for (const server of servers) await server.stop()
  }
}

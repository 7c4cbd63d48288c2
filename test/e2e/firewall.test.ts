/** `ipxetool doctor` and real packet filters: what it says is closed is closed, and its lines open it. */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findCommand } from '../../scripts/system-packages.mjs'
import type { Diagnosis } from '../../src/serve/doctor/index.js'
import { notRun } from '../support/not-run.js'
import { Cleanup } from './cleanup.js'
import { cliArguments } from './cli.js'
import { type Lan, makeLan, SERVER_ADDRESS, whyNoLan } from './namespace.js'
import { run } from './processes.js'
import { workspace } from './scene.js'
import { startServer } from './server.js'

const filters = {
  nft: [
    'nft add table inet filter',
    'nft add chain inet filter input { type filter hook input priority 0 ; policy drop ; }',
    'nft add rule inet filter input iifname lo accept',
    'nft add rule inet filter input tcp dport 22 accept',
  ],
  iptables: [
    'iptables -A INPUT -i lo -j ACCEPT',
    'iptables -A INPUT -p tcp --dport 22 -j ACCEPT',
    'iptables -A INPUT -p icmp -j ACCEPT',
    'iptables -P INPUT DROP',
  ],
}

describe('doctor and packet filters', function () {
  this.timeout(120_000)
  let cleanup = new Cleanup()
  let lan: Lan
  let tree: string

  before(async function () {
    if (process.platform !== 'linux') notRun(this, 'network namespaces need Linux')
    const reason = await whyNoLan()
    if (reason !== undefined) notRun(this, reason)
  })
  beforeEach(async () => {
    cleanup = new Cleanup()
    const directory = workspace(cleanup)
    tree = join(directory, 'out')
    mkdirSync(tree)
    writeFileSync(join(tree, 'boot.ipxe'), '#!ipxe\n')
    lan = await makeLan(cleanup)
  })
  afterEach(() => cleanup.close())

  const obey = async (line: string): Promise<void> => {
    const [command = '', ...args] = line.split(' ')
    await run(command, args, lan.server)
  }
  const doctor = async (): Promise<Diagnosis['findings']> => {
    // It ends with 1 when there is a problem.
    const code = `process.exitCode = (await import('node:child_process')).spawnSync(process.execPath, ${JSON.stringify(
      cliArguments(['doctor', tree, '--no-ask', '--json', '--interface', 'v1', '--http', '80']),
    )}, { stdio: 'inherit' }).status > 1 ? 1 : 0`
    const text = await run(process.execPath, ['--input-type=module', '-e', code], lan.server)
    return (JSON.parse(text) as Diagnosis).findings.filter(({ area }) => area === 'firewall')
  }
  /** What a machine gets by each protocol; it waits for two seconds. */
  const fetched = async (): Promise<boolean[]> => {
    const urls = [`http://${SERVER_ADDRESS}/boot.ipxe`, `tftp://${SERVER_ADDRESS}/boot.ipxe`]
    const gets = urls.map((url) =>
      run('curl', ['--silent', '--fail', '--max-time', '2', url], lan.wire).then(
        (text) => text.startsWith('#!ipxe'),
        () => false,
      ),
    )
    return Promise.all(gets)
  }

  for (const [tool, lines] of Object.entries(filters)) {
    it(`${tool}: what it prints opens what is closed`, async function () {
      for (const command of [tool, 'curl'])
        if (findCommand(command) === undefined) notRun(this, `there is no ${command}`)
      await startServer(cleanup, {
        tree,
        place: lan.server,
        http: `${SERVER_ADDRESS}:80`,
        tftp: `${SERVER_ADDRESS}:69`,
      })
      assert.deepEqual(await fetched(), [true, true])
      assert.deepEqual(
        (await doctor()).map(({ level }) => level),
        ['ok'],
      )
      for (const line of lines) await obey(line)
      assert.deepEqual(await fetched(), [false, false])
      const closed = await doctor()
      assert.deepEqual(
        closed.map(({ level }) => level),
        ['problem', 'warning'],
      )
      for (const { fix = '' } of closed) for (const line of fix.split('; ')) await obey(line)
      assert.deepEqual(await fetched(), [true, true])
      assert.deepEqual(
        (await doctor()).map(({ level }) => level),
        ['ok'],
      )
    })
  }
})

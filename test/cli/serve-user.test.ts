import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, chown, readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { successor } from '../../src/cli/privileges.js'
import { onceFolder } from '../../src/model/once.js'
import { Scratch, waitFor, write } from '../serve/support.js'
import { notRun } from '../support/not-run.js'

const CLI = fileURLToPath(new URL('../e2e/run-cli.ts', import.meta.url))

interface Served {
  readonly uid: readonly number[]
  readonly groups: readonly number[]
  readonly capabilities: string
  readonly said: string
}

describe('ipxetool serve, started by root', function () {
  this.timeout(60_000)
  const scratch = new Scratch()
  let root: string

  before(function () {
    if (process.platform !== 'linux') notRun(this, 'reads /proc', { allowedInCi: true })
    if (process.getuid?.() !== 0) notRun(this, 'not started by root', { allowedInCi: true })
  })
  beforeEach(async () => {
    root = await scratch.folder({ 'boot.ipxe': '#!ipxe\n', 'big.img': new Uint8Array(3_000_000) })
    await chmod(root, 0o755)
  })
  afterEach(() => scratch.clean())

  /** Starts it, fetches over HTTP and TFTP, and looks at what it is by then. */
  async function served(...more: string[]): Promise<Served> {
    const ports = ['--http', '127.0.0.1:0', '--tftp', '127.0.0.1:0']
    const child = spawn(process.execPath, ['--import=tsx', CLI, 'serve', root, ...ports, ...more])
    try {
      let out = ''
      let said = ''
      child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part))
      child.stderr.setEncoding('utf8').on('data', (part: string) => (said += part))
      await waitFor(() => (said.includes('press Ctrl-C') ? true : undefined), 40_000, 'the server')
      const url = out.split('\n')[0]!
      assert.equal(await (await fetch(url)).text(), '#!ipxe\n')
      const status = await readFile(`/proc/${child.pid}/status`, 'latin1')
      const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? ''
      const numbers = (name: string): number[] => field(name).trim().split(/\s+/).filter(Boolean).map(Number)
      return {
        uid: numbers('Uid'),
        groups: [...numbers('Gid'), ...numbers('Groups')],
        capabilities: field('CapPrm'),
        said,
      }
    } finally {
      const ended = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGTERM')
      await ended
    }
  }

  it('goes on as nobody, with nothing left of root', async () => {
    const { uid, groups, capabilities, said } = await served()
    assert.ok(uid.length === 4 && uid.every((one) => one !== 0), String(uid))
    assert.ok(groups.every((one) => one !== 0))
    assert.equal(BigInt(`0x${capabilities}`), 0n)
    assert.match(said, /runs as nobody/)
  })

  it('or as the owner of the tree, or as whom --user names', async () => {
    await chown(root, 54321, 54321)
    await chmod(root, 0o700)
    assert.deepEqual((await served()).uid, [54321, 54321, 54321, 54321])
    await chmod(root, 0o755)
    assert.deepEqual((await served('--user', '54322')).uid, [54322, 54322, 54322, 54322])
    assert.deepEqual((await served('--user', 'root')).uid, [0, 0, 0, 0])
  })

  it('stays root where nobody could not read the tree, and says so', async () => {
    await chmod(root, 0o700)
    const { uid, said } = await served()
    assert.deepEqual(uid, [0, 0, 0, 0])
    assert.match(said, /goes on as root, because nobody cannot read .*\(chmod/)
  })

  it('refuses whom there is not, and who cannot read the tree', async () => {
    await chmod(root, 0o700)
    const state = `${root}.once.json`
    const before = [process.geteuid?.(), process.getegid?.(), process.getgroups?.()]
    assert.throws(() => successor(root, state, 'nobody'), { code: 'tree-unreadable', exitCode: 2 })
    assert.throws(() => successor(root, state, 'no such one'), { code: 'no-such-user', exitCode: 2 })
    assert.deepEqual([process.geteuid?.(), process.getegid?.(), process.getgroups?.()], before)
    assert.equal(userInfo().uid, 0)
  })

  it('stays root where the state of `boot: once` could not be written', async () => {
    await write(root, { 'machines/rack1.ipxe': `#!ipxe\nchain /${onceFolder}rack1.ipxe\n` })
    const folder = await scratch.folder()
    await chmod(folder, 0o755)
    const state = join(folder, 'once.json')
    const { uid, said } = await served('--state', state)
    assert.deepEqual(uid, [0, 0, 0, 0])
    assert.match(said, /nobody cannot write in /)
    await chown(folder, 54321, 54321)
    assert.deepEqual((await served('--state', state, '--user', '54321')).uid, [54321, 54321, 54321, 54321])
  })

  it('takes --user from root only', async () => {
    await chmod(root, 0o755)
    const code =
      'process.setuid(54321); const { successor } = await import(process.argv[1]);' +
      'try { successor("/", "/x", "nobody") } catch (error) { console.log(error.code) }; console.log(successor("/", "/x"))'
    const module = new URL('../../src/cli/privileges.ts', import.meta.url)
    const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', code, module.href])
    assert.equal(await text(child.stdout), 'not-root\nundefined\n')
  })
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, chown, readFile, rm, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { canRead, successor } from '../../src/cli/privileges.js'
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

  /** How it ends, and what it says. */
  async function refused(tree: string): Promise<{ code: number | null; said: string }> {
    const ports = ['--http', '127.0.0.1:0', '--tftp', '127.0.0.1:0']
    const child = spawn(process.execPath, ['--import=tsx', CLI, 'serve', tree, ...ports])
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    const said = await text(child.stderr)
    return { code: await ended, said }
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

  it('refuses a tree that nobody could read, and says both ways out', async () => {
    const inner = join(root, 'a/out')
    await write(root, { 'a/out/boot.ipxe': '#!ipxe\n' })
    await chmod(join(root, 'a'), 0o700)
    assert.throws(() => successor(inner, `${inner}.once.json`, undefined), {
      code: 'tree-unreadable',
      exitCode: 2,
      message: `once its ports are open this goes on as nobody, who cannot read ${inner}`,
      hint:
        `two ways out: let everybody read it (chmod -R a+rX ${inner} && chmod a+x ${join(root, 'a')}); ` +
        'or say --user root, and it stays root',
    })
    const { code, said } = await refused(inner)
    assert.equal(code, 2)
    assert.match(said, /who cannot read .*\n.*--user root/s)
    assert.doesNotMatch(said, / {4}at /)
    await chmod(join(root, 'a'), 0o755)
    assert.notEqual(successor(inner, `${inner}.once.json`, undefined)?.uid, 0)
  })

  it('leaves a tree that is not there to who serves it', async () => {
    const { code, said } = await refused(join(root, 'none'))
    assert.equal(code, 1)
    assert.match(said, /there is no output tree at/)
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

  it('refuses where the state of `boot: once` could not be written', async () => {
    await write(root, { 'machines/rack1.ipxe': `#!ipxe\nchain /${onceFolder}rack1.ipxe\n` })
    const folder = await scratch.folder()
    await chmod(folder, 0o755)
    const state = join(folder, 'once.json')
    const hint = (): string => {
      try {
        successor(root, state, undefined)
      } catch (error) {
        const { code, hint = '' } = error as { code: string; hint?: string }
        return `${code}: ${hint}`
      }
      return 'no error'
    }
    const install = 'install -d -o nobody /var/lib/ipxetool'
    assert.ok(
      hint().startsWith(`state-not-written: two ways out: give it a folder (${install}) and name`),
      hint(),
    )
    await write(folder, { 'once.json': '{}' })
    assert.ok(hint().includes(`${install} && cp ${state} /var/lib/ipxetool/once.json)`), hint())
    await rm(state)
    await chown(folder, 54321, 54321)
    assert.deepEqual((await served('--state', state, '--user', '54321')).uid, [54321, 54321, 54321, 54321])
  })

  it('knows what the other user can read', async () => {
    const user = { name: 'nobody', uid: 65_534, gid: 65_534 }
    const file = join(root, 'boot.ipxe')
    assert.equal(canRead(file, user), true)
    await chmod(root, 0o700)
    assert.equal(canRead(file, user), false)
    assert.equal(canRead(file, { name: '54321', uid: 54321, gid: 54321 }), false)
    await chown(root, 54321, 54321)
    assert.equal(canRead(file, { name: '54321', uid: 54321, gid: 54321 }), true)
  })

  it('a recording belongs to whom it goes on as', async () => {
    await chown(root, 54321, 54321)
    const record = `${root}.pcap`
    try {
      await served('--record', record)
      const { uid, size, mode } = await stat(record)
      assert.deepEqual([uid, mode & 0o777], [54321, 0o600])
      assert.ok(size >= 24)
    } finally {
      await rm(record, { force: true })
    }
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

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough } from 'node:stream'
import { run } from '../../src/cli/main.js'
import { ranCli } from '../support/cli.js'

let folder: string

function put(path: string, content: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), content)
}

const ran = (...args: string[]) => ranCli(['run', ...args], { cwd: folder })

/** A terminal that is not there, with a size, and what was typed. */
function fakeTerminal(size: { columns: number; rows: number }) {
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    raw: [] as boolean[],
    setRawMode(raw: boolean) {
      this.raw.push(raw)
    },
  })
  let screen = ''
  let errors = ''
  const io = {
    cwd: folder,
    env: {},
    stdin,
    stdout: {
      isTTY: true,
      ...size,
      write: (text: string | Uint8Array) =>
        void (screen += typeof text === 'string' ? text : Buffer.from(text).toString('latin1')),
    },
    stderr: { write: (text: string | Uint8Array) => void (errors += text.toString()) },
    signal: new AbortController().signal,
  }
  const shows = async (text: string) => {
    while (!screen.includes(text)) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { io, stdin, shows, screen: () => screen, errors: () => errors }
}

describe('ipxetool run', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-run-'))
    put('ipxetool.yaml', 'title: Lab\nvariables:\n  word: {type: string, value: built}\n')
    put(
      'boot.ipxe',
      '#!ipxe\n:start\nmenu Lab\nitem a Alpha\nitem b Beta\nitem c Gamma\nchoose --timeout 5000 x\ngoto ${x}\n' +
        ':a\nkernel os/k $<word> mac=${mac:hexhyp} ${site}\ninitrd os/i\nboot\n' +
        ':b\nchain missing.ipxe\n:c\nprompt Really?\nread name\necho Hello ${name} ${hostname}\nexit 0\n',
    )
    put('static/os/k', 'MZ kernel')
    put('static/os/i', 'initrd')
    put('other.ipxe', '#!ipxe\necho ${platform} ${uuid} ${67} $<word>\nexit ${code}\n')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('ends with what boots', async () => {
    assert.deepEqual(await ran('--choose', 'a', '--mac', '00-11-22-33-44-55', '--set', 'site=lab'), {
      code: 0,
      stdout:
        'os/k... ok\nos/i... ok\nIt boots an EFI program (boot.ipxe:12):\n' +
        '  kernel    http://192.0.2.1:8080/os/k (9 bytes)\n' +
        '  arguments built mac=00-11-22-33-44-55 lab\n' +
        '  initrd    http://192.0.2.1:8080/os/i (6 bytes)\n',
      stderr: '',
    })
  })

  it('says where and why it failed, and exits with 1', async () => {
    const { code, stdout, stderr } = await ran('--choose', 'b')
    assert.equal(code, 1)
    assert.match(
      stdout,
      /The script failed at boot.ipxe:14: chain missing.ipxe\n {2}Not found \(https:\/\/ipxe.org\/2d0c618e\)/,
    )
    assert.equal(
      stderr,
      'Not fetched: http://192.0.2.1:8080/missing.ipxe: there is no missing.ipxe in the tree\n',
    )
  })

  it('takes answers from a file', async () => {
    put('answers.yaml', '- c\n- key: y\n- line: Ann\n')
    const { code, stdout } = await ran('--answers', 'answers.yaml', '--dhcp', 'hostname=box')
    assert.equal(code, 0)
    assert.match(stdout, /Hello Ann box\nThe script ended well/)
  })

  it('plays a source script as the build makes it, on the wished machine', async () => {
    const { stdout, code } = await ran(
      'other.ipxe',
      ...[
        '--platform',
        'pcbios',
        '--uuid',
        '00112233-4455-6677-8899-aabbccddeeff',
        '--dhcp',
        '67=x',
        '--set',
        'code=3',
      ],
    )
    assert.equal(stdout.split('\n')[0], 'pcbios 00112233-4455-6677-8899-aabbccddeeff x built')
    assert.equal(code, 1)
    assert.match(stdout, /exit 3/)
  })

  it('reports as JSON, with a trace', async () => {
    const { stdout, code } = await ran('--choose', 'a', '--json', '--trace')
    const report = JSON.parse(stdout) as Record<string, unknown>
    assert.equal(code, 0)
    assert.equal((report['ending'] as { kind: string }).kind, 'boot')
    assert.deepEqual(
      (report['fetched'] as { ok: boolean }[]).map(({ ok }) => ok),
      [true, true],
    )
    assert.equal((report['trace'] as unknown[]).length, 8)
  })

  it('traces to stderr', async () => {
    const { stderr } = await ran('--choose', 'a', '--trace')
    assert.match(stderr, /^boot.ipxe:3 {2}menu Lab {2}\[ok\]$/m)
    assert.match(
      stderr,
      /^boot.ipxe:10 {2}kernel os\/k built mac=\$\{mac:hexhyp\} \$\{site\} {2}-> {2}kernel os\/k built mac=52-54-00-12-34-56 '' {2}\[ok\]$/m,
    )
  })

  it('says who would have to answer when there is no terminal', async () => {
    const { code, stdout, stderr } = await ran('--choose', 'c')
    assert.equal(code, 1)
    assert.match(stdout, /The prompt "Really\?" waits for somebody at the keyboard \(boot.ipxe:16\)/)
    assert.match(stderr, /--answers FILE/)
  })

  const wrong: [name: string, args: string[], says: RegExp][] = [
    ['a platform', ['--platform', 'amiga'], /there is no platform "amiga"/],
    ['a MAC address', ['--mac', '1:2'], /"1:2" is no mac/],
    ['a DHCP option', ['--dhcp', 'nosuch=1'], /DHCP has no option "nosuch"/],
    ['a script', ['nosuch.ipxe'], /there is no nosuch.ipxe/],
    ['a setting', ['--set', 'x'], /does not say NAME=VALUE/],
  ]
  for (const [name, args, says] of wrong) {
    it(`exits with 2 for ${name} that is none`, async () => {
      const { code, stderr } = await ran(...args)
      assert.equal(code, 2)
      assert.match(stderr, says)
    })
  }

  it('asks real servers with --net http, and nobody with --net offline', async () => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`)
      response.statusCode = request.url === '/more.ipxe' ? 200 : 404
      response.end('#!ipxe\necho from the server\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      put(
        'boot.ipxe',
        `#!ipxe\nchain ${base}/more.ipxe\nchain ${base}/less.ipxe || echo gone\nparams\nparam a b\nimgfetch ${base}/x##params ||\n`,
      )
      const { code, stdout } = await ran('--net', 'http')
      assert.equal(code, 0)
      assert.match(stdout, /from the server\n[^]*Not found[^]*gone\n/)
      assert.deepEqual(asked, ['GET /more.ipxe', 'GET /less.ipxe', 'POST /x'])
      assert.match((await ran('--net', 'offline')).stdout, /Network unreachable/)
      assert.equal(asked.length, 3)
    } finally {
      server.close()
    }
  })

  it('says that a server died in mid-transfer, and goes on as iPXE does', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': 100_000 })
      response.write('only the beginning', () => response.socket?.destroy())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      put('boot.ipxe', `#!ipxe\nkernel ${base}/vmlinuz || exit 3\nboot\n`)
      const { code, stdout, stderr } = await ran('--net', 'http')
      assert.equal(code, 1)
      assert.match(stdout, /vmlinuz\.\.\. Connection reset/)
      assert.match(stderr, /^Not fetched: http.*vmlinuz: \S/m)
    } finally {
      server.close()
    }
  })

  it('says which entries there are, and shows what is wrong with a project', async () => {
    assert.match((await ran('--choose', 'z')).stdout, /Lab: there is no entry `z`, only a, b, c/)
    put('boot.ipxe', '#!ipxe\necho $<nosuch>\n')
    const { code, stderr } = await ran()
    assert.equal(code, 1)
    assert.match(stderr, /nosuch[\s\S]*cannot be built/)
  })

  it('is played in a terminal, which is left as it was', async () => {
    const { io, stdin, shows, screen } = fakeTerminal({ columns: 80, rows: 25 })
    const done = run(['run'], io)
    await shows('Gamma')
    stdin.write('\x1b[B\x1b[A\r')
    assert.equal(await done, 0)
    assert.match(screen(), /It boots an EFI program/)
    assert.deepEqual(stdin.raw, [true, false])
    assert.ok(screen().includes('\x1b[0m\x1b[?25h'))
  })

  it('ends with Ctrl-\\ and with the end of the input', async () => {
    for (const end of ['\x1c', undefined]) {
      const { io, stdin, shows } = fakeTerminal({ columns: 100, rows: 30 })
      const done = run(['run'], io)
      await shows('Gamma')
      if (end === undefined) stdin.end()
      else stdin.write(end)
      assert.equal(await done, 0)
      assert.deepEqual(stdin.raw, [true, false])
    }
  })

  it('refuses a terminal that is too small', async () => {
    const { io, stdin, errors } = fakeTerminal({ columns: 79, rows: 25 })
    assert.equal(await run(['run'], io), 1)
    assert.match(errors(), /the terminal has 79x25 characters/)
    assert.deepEqual(stdin.raw, [])
  })
})

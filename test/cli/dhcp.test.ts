import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ran, ranCli } from '../support/cli.js'

let folder: string

function dhcp(...args: string[]): Promise<Ran> {
  return ranCli(['dhcp', ...args], { cwd: folder })
}

describe('ipxetool dhcp', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-dhcp-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('prints the configuration on stdout and what it assumed on stderr', async () => {
    const { code, stdout, stderr } = await dhcp('dnsmasq', '--server', '10.0.0.1')
    assert.equal(code, 0)
    assert.match(stdout, /^dhcp-boot=tag:ipxe,http:\/\/10\.0\.0\.1:8080\/boot\.ipxe,,10\.0\.0\.1$/m)
    assert.match(stderr, /^ipxetool: the network is 10\.0\.0\.0\/24 \(--subnet\)$/m)
    const quiet = await dhcp('dnsmasq', '--server', '10.0.0.1', '--quiet')
    assert.deepEqual([quiet.stdout, quiet.stderr], [stdout, ''])
  })

  it('prints the same as JSON, with what it planned', async () => {
    const plain = await dhcp('kea', '--server', '10.0.0.1')
    const { code, stdout, stderr } = await dhcp('kea', '--server', '10.0.0.1', '--json')
    const said = JSON.parse(stdout) as { ok: boolean; kind: string; config: string; notes: string[] }
    assert.deepEqual([code, said.ok, said.kind, said.config], [0, true, 'kea', plain.stdout])
    assert.equal(said.notes.map((note) => `ipxetool: ${note}\n`).join(''), plain.stderr)
    assert.equal(stderr, '')
    writeFileSync(join(folder, 'ipxetool.yaml'), 'dhcp: 1\n')
    const wrong = await dhcp('kea', '--json')
    assert.equal(wrong.code, 1)
    assert.equal((JSON.parse(wrong.stdout) as { ok: boolean }).ok, false)
  })

  it('takes its values from the project, options first, and says where a wrong one stands', async () => {
    const yaml = 'entry: first.ipxe\ndhcp:\n  server: 10.9.0.1\n  option: 129\n  subnet: 10.9.0.0/16\n'
    writeFileSync(join(folder, 'ipxetool.yaml'), yaml)
    mkdirSync(join(folder, 'menus'))
    const { stdout } = await dhcp('isc', '--option', '130')
    assert.match(stdout, /subnet 10\.9\.0\.0 netmask 255\.255\.0\.0/)
    assert.match(stdout, /filename "http:\/\/10\.9\.0\.1:8080\/first\.ipxe";/)
    assert.match(stdout, /option boot-script code 130 = text;/)

    writeFileSync(join(folder, 'ipxetool.yaml'), 'dhcp:\n  server: nowhere\n')
    const { code, stderr } = await dhcp('isc')
    assert.equal(code, 2)
    assert.match(stderr, /dhcp\.server in ipxetool\.yaml "nowhere" is no IPv4 address/)
  })

  it('reports a project file that cannot be read', async () => {
    writeFileSync(join(folder, 'ipxetool.yaml'), 'dhcp:\n  sever: 10.0.0.1\n')
    const { code, stdout, stderr } = await dhcp('isc')
    assert.equal(code, 1)
    assert.equal(stdout, '')
    assert.match(stderr, /ipxetool\.yaml:2:3 error/)
  })

  it('refuses a wrong call with exit code 2', async () => {
    for (const [args, message] of [
      [['dnsmask'], /did you mean dnsmasq\?/],
      [['dnsmasq', '--full', '--proxy'], /exclude each other/],
      [['kea', '--for', '4.0'], /--for 2\.2 or --for 3\.0/],
      [['kea', '--project', 'nowhere'], /nowhere is not a boot project/],
      [[], /missing required argument/],
    ] as const) {
      const { code, stderr } = await dhcp(...args)
      assert.equal(code, 2, stderr)
      assert.match(stderr, message)
    }
  })
})

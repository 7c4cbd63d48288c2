import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ranCli } from '../support/cli.js'

let folder: string

describe('ipxetool check of a project with `compile:`', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-loaders-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  interface Found {
    diagnostics: { rule: string; severity: string; message: string; line?: number }[]
  }

  /** `severity line: message` of what is said of the loaders. */
  async function said(compile: readonly string[], script: string): Promise<string[]> {
    const section = compile.length > 0 ? `compile:\n${compile.map((line) => `  ${line}\n`).join('')}` : ''
    writeFileSync(join(folder, 'ipxetool.yaml'), `entry: boot.ipxe\n${section}`)
    writeFileSync(join(folder, 'boot.ipxe'), `#!ipxe\n${script}\nshell\n`)
    const { stdout } = await ranCli(['check', '--json'], { cwd: folder })
    const { diagnostics } = JSON.parse(stdout) as Found
    return diagnostics
      .filter(({ rule }) => rule === 'not-in-loader' || rule === 'project-compile')
      .map(({ severity, message }) => `${severity}: ${message}`)
  }

  it('says which loader lacks a command', async () => {
    const targets = ['targets: [undionly.kpxe, ipxe.efi]']
    assert.deepEqual(await said(targets, 'console --x 800'), [
      'warning: undionly.kpxe will not have the command `console`: CONSOLE_CMD is off',
    ])
    assert.deepEqual(await said(targets, 'ping 10.0.0.1'), [
      'error: None of the loaders will have the command `ping`: PING_CMD is off',
    ])
    assert.deepEqual(await said(targets, 'console --x 800 ||\nping 10.0.0.1 ||'), [])
    assert.deepEqual(await said([], 'ping 10.0.0.1'), [])
  })

  it('knows the options of the project', async () => {
    const targets = 'targets: [undionly.kpxe, ipxe.efi]'
    assert.deepEqual(
      await said([targets, 'define: {CONSOLE_CMD: true, PING_CMD: true}'], 'ping 10.0.0.1'),
      [],
    )
    assert.deepEqual(await said(['targets: ipxe.efi', 'define: {REBOOT_CMD: false}'], 'reboot'), [
      'error: ipxe.efi will not have the command `reboot`: REBOOT_CMD is off',
    ])
  })

  it('knows that BIOS loaders have no https, unless they are asked for it', async () => {
    const line = 'chain https://boot.example.org/menu.ipxe'
    assert.deepEqual(await said(['targets: undionly.kpxe'], line), [
      'warning: undionly.kpxe will not have DOWNLOAD_PROTO_HTTPS, which `https://boot.example.org/menu.ipxe` needs',
    ])
    assert.deepEqual(await said(['targets: undionly.kpxe', 'preset: https'], line), [])
    assert.deepEqual(await said(['targets: ipxe.efi'], line), [])
  })

  it('goes by the version of the source, and is silent where that is not known', async () => {
    const line = 'form'
    assert.deepEqual(await said(['targets: ipxe.efi'], line), [])
    assert.deepEqual(await said(['targets: ipxe.efi', 'source: elsewhere', 'ref: v1.0.0'], line), [
      'error: ipxe.efi will not have the command `form`: FORM_CMD is off',
    ])
    assert.deepEqual(await said(['targets: ipxe.efi', 'source: elsewhere'], line), [])
    mkdirSync(join(folder, 'elsewhere/src'), { recursive: true })
    writeFileSync(
      join(folder, 'elsewhere/src/Makefile'),
      'VERSION_MAJOR = 1\nVERSION_MINOR = 0\nVERSION_PATCH = 0\n',
    )
    assert.equal((await said(['targets: ipxe.efi', 'source: elsewhere'], line)).length, 1)
  })

  it('says what is wrong with the section', async () => {
    assert.deepEqual(await said(['targets: ipxe.eif'], 'echo'), [
      'warning: These loaders cannot be compiled: there is no loader called "ipxe.eif"',
    ])
    assert.match((await said(['embed: gone.ipxe'], 'echo'))[0]!, /gone\.ipxe cannot be read/)
    assert.match((await said(['define: {CONSOLE_CMDX: true}'], 'echo'))[0]!, /no build option `CONSOLE_CMDX`/)
  })

  it('is silenced for a line', async () => {
    const line = 'ping 10.0.0.1 # ipxetool disable=not-in-loader'
    assert.deepEqual(await said(['targets: ipxe.efi'], line), [])
  })
})

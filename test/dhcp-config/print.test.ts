import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { findCommand, serverCommand } from '../../scripts/system-packages.mjs'
import { type DhcpWishes, planDhcp } from '../../src/dhcp-config/plan.js'
import { dhcpConfig } from '../../src/dhcp-config/print.js'
import { traits } from '../../src/dhcp-config/kinds.js'
import { type DhcpKind, dhcpKinds } from '../../src/dhcp-config/types.js'
import { notRun } from '../support/not-run.js'
import { openwrtLines } from '../support/openwrt.js'

const golden = new URL('../golden/dhcp/', import.meta.url)

interface Variant {
  readonly name: string
  readonly kind: DhcpKind
  readonly wishes?: DhcpWishes
  readonly mode?: 'proxy'
  readonly version?: string
}

const base: DhcpWishes = { server: '192.0.2.7', http: 'http://192.0.2.7:8080' }
const everything: DhcpWishes = {
  subnet: '192.0.2.0/25',
  range: '192.0.2.64-192.0.2.100',
  router: '192.0.2.126',
  dns: '192.0.2.3, 192.0.2.4',
  interface: 'eth0',
  target: 'http://boot.example/x/boot.ipxe?mac=${net0/mac}&a=b%20c',
  loaders: 'bios=ipxe/undionly.kpxe,i386=none',
  tftpRoot: '/srv/tftp',
}

const variants: Variant[] = [
  ...dhcpKinds.map((kind) => ({ name: kind, kind })),
  { name: 'dnsmasq-proxy', kind: 'dnsmasq', mode: 'proxy' },
  { name: 'kea-3.0', kind: 'kea', version: '3.0' },
  ...dhcpKinds.map((kind) => ({ name: `${kind}-everything`, kind, wishes: everything })),
  ...dhcpKinds
    .filter((kind) => traits[kind].canEncapsulate)
    .map((kind) => ({ name: `${kind}-175`, kind, wishes: { option: '175.201' } })),
  { name: 'dnsmasq-bios-only', kind: 'dnsmasq', wishes: { loaders: 'x86_64=none,i386=none,arm64=none' } },
  { name: 'isc-bios-only', kind: 'isc', wishes: { loaders: 'x86_64=none,i386=none,arm64=none' } },
  {
    name: 'isc-no-loader',
    kind: 'isc',
    wishes: { loaders: 'bios=none,x86_64=none,i386=none,arm64=none', option: 'none' },
  },
  { name: 'kea-no-option', kind: 'kea', wishes: { option: 'none' } },
]

function printed({ kind, wishes = {}, mode, version }: Variant): string {
  const request = {
    wishes: { ...base, ...wishes },
    nameOf: String,
    entry: 'boot.ipxe',
    ...(mode && { mode }),
    ...(version !== undefined && { version }),
  }
  return dhcpConfig(planDhcp(kind, request).plan)
}

const shown = variants.filter(
  ({ name }) => !name.includes('-') || /^(kea-3|dnsmasq-p|mikrotik-e|pfsense-1)/.test(name),
)

describe('configurations of DHCP servers', () => {
  for (const variant of shown) {
    // UPDATE_GOLDEN=1 writes them anew
    it(`is as in test/golden/dhcp/${variant.name}.txt`, () => {
      const file = new URL(`${variant.name}.txt`, golden)
      if (process.env.UPDATE_GOLDEN) writeFileSync(file, printed(variant))
      assert.equal(printed(variant), readFileSync(file, 'utf8'))
    })
  }

  it('has no golden file too many', () => {
    assert.deepEqual(readdirSync(golden).sort(), shown.map(({ name }) => `${name}.txt`).sort())
  })

  it('says in each where it goes, how it is checked, and what is loaded', () => {
    for (const variant of variants) {
      const text = printed(variant)
      for (const label of ['Put it: ', 'Check:  ', 'Reload: ']) assert.ok(text.includes(label), variant.name)
      assert.ok(
        text.split('\n').every((line) => line === line.trimEnd()),
        variant.name,
      )
      assert.ok(text.endsWith('\n') && !text.includes('\n\n\n'), variant.name)
    }
  })
})

describe("the servers' own checkers", function () {
  this.timeout(60_000)
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-dhcp-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  /** Throws what the checker says when it does not like the text. */
  async function check(
    text: string,
    path: string,
    args: string[],
    env: Record<string, string> = {},
  ): Promise<void> {
    const file = join(folder, 'config')
    writeFileSync(file, text)
    const { exitCode, all } = await execa(path, [...args, file], {
      env,
      all: true,
      reject: false,
      timeout: 30_000,
    })
    assert.equal(exitCode, 0, `${all}\n${text}`)
  }
  const of = (...kinds: DhcpKind[]): Variant[] => variants.filter(({ kind }) => kinds.includes(kind))

  it('dnsmasq --test takes every form for dnsmasq, OPNsense and OpenWrt', async function () {
    const dnsmasq = findCommand('dnsmasq')
    if (dnsmasq === undefined) return notRun(this, 'missing dnsmasq-base')
    for (const variant of of('dnsmasq', 'opnsense', 'openwrt')) {
      const text = printed(variant)
      const lines = variant.kind === 'openwrt' ? (await openwrtLines(text)).join('\n') : text
      await check(lines, dnsmasq, ['--test', '-C'])
    }
  })

  it('kea-dhcp4 -t takes every form that is for its version', async function () {
    const kea = serverCommand('kea-dhcp4')
    if (kea === undefined) return notRun(this, 'missing kea-dhcp4-server')
    for (const variant of of('kea')) {
      if (variant.version !== undefined) continue
      // -t wants to see the interface
      const text = printed(variant).replace('"eth0"', '"lo"')
      await check(text, kea.path, ['-t'], { ...kea.env, KEA_PIDFILE_DIR: folder, KEA_LOCKFILE_DIR: folder })
    }
  })

  it('dhcpd -t takes every form', async function () {
    const dhcpd = serverCommand('dhcpd')
    if (dhcpd === undefined) return notRun(this, 'missing isc-dhcp-server')
    for (const variant of of('isc')) await check(printed(variant), dhcpd.path, ['-t', '-cf'], dhcpd.env)
  })

  it('a shell takes the script for OpenWrt, and running it twice changes nothing', async function () {
    const shell = findCommand('sh')
    if (shell === undefined) return notRun(this, 'there is no sh')
    for (const variant of of('openwrt')) {
      await check(printed(variant), shell, ['-n'])
      const text = printed(variant)
      assert.deepEqual(await openwrtLines(`${text}\n${text}`), await openwrtLines(text))
    }
  })

  it('Kea for 3.0 differs from 2.2 by the name of an option only', () => {
    const data = (version: string): string =>
      printed({ name: '', kind: 'kea', version }).replace(/^\/\/.*\n/gm, '')
    assert.equal(data('3.0').replace('output-options', 'output_options'), data('2.2'))
  })
})

/**
 * Loaders that `ipxetool compile` makes of real iPXE, with the shipped script in them. The DHCP server names the loader
 * as the boot file to everybody, to firmware and to iPXE, so only option 224 leads out.
 *
 * IPXETOOL_IPXE_SOURCE names a source of iPXE. A first compile takes minutes; what is in the cache of this user
 * (XDG_CACHE_HOME) is used. IPXETOOL_COMPILE_ENGINE is the engine, `native` by default; IPXETOOL_COMPILE_BASE the base of
 * its image.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, copyFile, cp, lchown, readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { inspectLoader } from '../../src/loader/inspect.js'
import { notRun } from '../support/not-run.js'
import { asksAPerson, type Chainloader, deadTargets, findsUsualName, followsOption } from './chain-scene.js'
import { Cleanup } from './cleanup.js'
import { cliArguments } from './cli.js'
import { needs, whyNotBoot } from './preflight.js'
import type { Firmware } from './qemu.js'
import { workspace } from './scene.js'

const source = process.env['IPXETOOL_IPXE_SOURCE'] ?? ''
const engine = process.env['IPXETOOL_COMPILE_ENGINE'] ?? 'native'
const base = process.env['IPXETOOL_COMPILE_BASE']

const loaders: readonly [string, Firmware][] = [
  ['undionly.kpxe', 'bios'],
  ['ipxe.efi', 'uefi'],
  ['snponly.efi', 'uefi'],
]

describe('ipxetool compile of real iPXE', function () {
  this.timeout(400_000)
  const made = new Cleanup()
  let out: string

  before(async function () {
    this.timeout(3_600_000)
    if (source === '') notRun(this, 'IPXETOOL_IPXE_SOURCE names no source of iPXE', { allowedInCi: true })
    needs(this, await whyNotBoot('uefi', { linux: false }))
    out = join(workspace(made), 'out')
    await compile(source, out)
  })
  after(() => made.close())

  for (const [name, firmware] of loaders) {
    it(`${name} boots what option 224 says, although the boot file is itself`, () =>
      followsOption(compiled(name, firmware)))
  }

  for (const [name, firmware] of loaders.slice(0, 2)) {
    it(`${name} does not follow itself without the option, and finds the usual name`, () =>
      findsUsualName(compiled(name, firmware)))
    for (const target of deadTargets) {
      it(`${name} says so and asks a person when the option names ${target[0]}`, () =>
        asksAPerson(compiled(name, firmware), target))
    }
  }

  it('says what is in a loader that it has made', async () => {
    const { kind, ipxe, embedded, buildName } = inspectLoader(await readFile(join(out, 'ipxe.efi')))
    assert.deepEqual({ kind, ipxe, buildName }, { kind: 'efi', ipxe: true, buildName: 'ipxe.efi' })
    assert.match(Buffer.from(embedded?.bytes ?? []).toString(), /^#!ipxe\n[^]*set option-0 224\n/)
  })

  it('makes the same bytes again elsewhere: another folder, user, host name, time zone and -j, and no cache', async function () {
    this.timeout(3_600_000)
    const elsewhere = join(workspace(made), 'a folder with a longer name')
    const copy = join(elsewhere, 'iPXE')
    await cp(source, copy, {
      recursive: true,
      preserveTimestamps: true,
      filter: (path) => !/^bin(?:-.*)?$/.test(basename(path)),
    })
    const env = {
      HOME: elsewhere,
      XDG_CACHE_HOME: join(elsewhere, 'cache'),
      TZ: 'Asia/Kolkata',
      LANG: 'de_DE',
    }
    const again = join(elsewhere, 'out')
    const prefix = await asSomebodyElse(elsewhere)
    await compile(copy, again, ['--rebuild', '--jobs', '3'], env, prefix)
    assert.deepEqual(await digests(again), await digests(out))
  })

  function compiled(name: string, firmware: Firmware): Chainloader {
    return {
      name,
      firmware,
      loader: name,
      script: name,
      place: (tree) => copyFile(join(out, name), join(tree, name)),
    }
  }

  async function digests(folder: string): Promise<Record<string, string>> {
    const text = await readFile(join(folder, 'manifest.json'), 'utf8')
    const { files } = JSON.parse(text) as { files: Record<string, { sha256: string }> }
    return Object.fromEntries(loaders.map(([name]) => [name, files[name]?.sha256 ?? 'missing']))
  }

  /** What a command begins with to run as nobody on a host of another name; only root can, and containers are root's. */
  async function asSomebodyElse(folder: string): Promise<string[]> {
    if (process.getuid?.() !== 0 || engine !== 'native') return []
    const nobody = 65_534
    await chmod(join(folder, '..'), 0o755)
    for (const path of ['', ...(await readdir(folder, { recursive: true }))])
      await lchown(join(folder, path), nobody, nobody)
    const named = ['sh', '-c', 'hostname "$0" && exec "$@"', 'another-host']
    const user = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--']
    return ['unshare', '--uts', '--', ...named, ...user]
  }

  /** The three loaders with the shipped script; what it says goes on the screen. */
  async function compile(
    from: string,
    into: string,
    more: readonly string[] = [],
    env: object = {},
    prefix: readonly string[] = [],
  ) {
    const start = performance.now()
    const targets = loaders.map(([name]) => name).join(',')
    const args = ['--embed', '--source', from, '--engine', engine, '--target', targets, ...more]
    const [command = '', ...words] = [
      ...prefix,
      process.execPath,
      ...cliArguments(['compile', '--no-color', '--out', into, ...args, ...(base ? ['--base', base] : [])]),
    ]
    // no project of whoever runs this
    const where = { cwd: join(into, '..'), env: { ...process.env, ...env } }
    const child = spawn(command, words, { ...where, stdio: ['ignore', 'pipe', 'pipe'] })
    const said: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()))
    const code = await new Promise((done) => child.once('close', done))
    assert.equal(code, 0, said.stderr)
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    process.stdout.write(`compile: ${targets} in ${seconds} s\n${said.stdout}`)
  }
})

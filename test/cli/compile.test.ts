import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { progressLine } from '../../src/cli/compile-progress.js'
import { makeStandIn } from '../loader/stand-in.js'
import { type Ran, ranCli } from '../support/cli.js'

let folder: string

function ipxetool(...args: string[]): Promise<Ran> {
  return ranCli(args, { cwd: folder, env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') } })
}

interface Entry {
  origin: string
  sha256: string
  embed?: { how: string }
  source?: { version: string }
  options?: object
}

const manifest = (): Record<string, Entry> =>
  (JSON.parse(readFileSync(join(folder, 'out/manifest.json'), 'utf8')) as { files: Record<string, Entry> })
    .files

describe('ipxetool compile', function () {
  this.timeout(60_000)
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-compile-cli-'))
    makeStandIn(join(folder, 'source of ipxe'))
    writeFileSync(join(folder, 'ipxetool.yaml'), 'entry: boot.ipxe\n')
    writeFileSync(join(folder, 'boot.ipxe'), '#!ipxe\nshell\n')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const native = ['--source', 'source of ipxe', '--engine', 'native', '--jobs', '2']

  it('puts loaders into the output tree, and a later build keeps them', async () => {
    const { code, stdout, stderr } = await ipxetool(
      'compile',
      '--embed',
      '--target',
      'undionly.kpxe,ipxe.efi',
      ...native,
    )
    assert.equal(code, 0, stderr)
    assert.match(stdout, /^out\/undionly\.kpxe: \d+ bytes, script linked\n {2}sha256 [0-9a-f]{64}$/m)
    assert.match(stdout, /^out\/ipxe\.efi: \d+ bytes, script patched$/m)
    assert.match(stdout, /^iPXE 2\.0\.0\+ from source of ipxe, by native gcc/m)
    assert.match(stderr, /^engine: native .*\(--engine native\)$/m)
    const entry = manifest()['ipxe.efi']
    assert.deepEqual(
      [entry?.origin, entry?.embed?.how, entry?.source?.version],
      ['compile', 'patched', '2.0.0+'],
    )
    const built = await ipxetool('build')
    assert.equal(built.code, 0, built.stderr)
    assert.deepEqual(manifest()['ipxe.efi'], entry)
    assert.ok(existsSync(join(folder, 'out/undionly.kpxe')) && existsSync(join(folder, 'out/boot.ipxe')))
    const again = await ipxetool('compile', '--embed', '--target', 'ipxe.efi', ...native)
    assert.match(again.stdout, /compiled before/)
    assert.doesNotMatch(again.stderr, /engine:/)
  })

  it('takes what the project says, and options first', async () => {
    const yaml =
      'compile:\n  targets: ipxe.efi\n  engine: native\n  source: source of ipxe\n  embed: [boot.ipxe]\n  define:\n    BANNER_TIMEOUT: 0\n    NET_PROTO_IPV6: false\n'
    writeFileSync(join(folder, 'ipxetool.yaml'), yaml)
    const { code, stdout, stderr } = await ipxetool('compile', '--target', 'snponly.efi', '--json')
    assert.equal(code, 0, `${stdout}${stderr}`)
    const { loaders } = JSON.parse(stdout) as {
      loaders: { target: string; options: object; embed: object }[]
    }
    assert.deepEqual(
      loaders.map(({ target }) => target),
      ['bin-x86_64-efi/snponly.efi'],
    )
    assert.match(JSON.stringify(loaders[0]!.options), /"BANNER_TIMEOUT":"0"/)
    assert.match(JSON.stringify(loaders[0]!.embed), /boot\.ipxe/)
  })

  it('leaves the old loaders when it fails', async () => {
    await ipxetool('compile', '--embed', '--target', 'ipxe.efi', ...native)
    const before = readFileSync(join(folder, 'out/manifest.json'), 'utf8')
    writeFileSync(join(folder, 'source of ipxe/src/core/bad.c'), '\n\nBROKEN\n')
    const { code, stderr } = await ipxetool('compile', '--embed', '--target', 'ipxe.efi', ...native)
    assert.equal(code, 1)
    assert.match(
      stderr,
      /^ipxetool: bin-x86_64-efi cannot be compiled by native: core\/bad\.c:3: 'BROKEN' undeclared/m,
    )
    assert.equal(readFileSync(join(folder, 'out/manifest.json'), 'utf8'), before)
  })

  it('does not take the place of a file that something else put there', async () => {
    await ipxetool('build')
    writeFileSync(join(folder, 'out/ipxe.efi'), 'mine')
    const { code, stderr } = await ipxetool('compile', '--target', 'ipxe.efi', ...native)
    assert.equal(code, 1)
    assert.match(stderr, /ipxe\.efi was put there by something else/)
    assert.equal(readFileSync(join(folder, 'out/ipxe.efi'), 'utf8'), 'mine')
  })

  it('says what is wrong before anything is compiled', async () => {
    for (const [args, code, message] of [
      [['--embed', 'none.ipxe'], 1, /the embedded file none\.ipxe cannot be read: there is no such file/],
      [['--define', 'CONSOL_CMD'], 1, /no build option `CONSOL_CMD`/],
      [['--target', 'undionly.efi'], 2, /there is no/],
      [['--preset', 'seriel'], 2, /did you mean serial\?/],
      [['--jobs', 'many'], 2, /--jobs many is no number/],
      [['--option', '129'], 2, /--option is about the embedded script/],
      [['--source', 'nowhere'], 2, /there is no nowhere/],
      [['--ref', 'v1'], 2, /--ref v1 needs a source with history/],
      [['--source', 'out'], 2, /there is no out/],
      [['--engine', 'make'], 2, /there is no engine "make"/],
      // before the source is looked for, which may be far away
      [['--engine', 'make', '--source', 'nowhere'], 2, /there is no engine "make"/],
      [['--trust', 'boot.ipxe'], 1, /No PEM certificate/],
    ] as const) {
      const ran = await ipxetool('compile', ...native, ...args)
      assert.equal(ran.code, code, `${args.join(' ')}: ${ran.stderr}`)
      assert.match(ran.stderr, message)
      assert.doesNotMatch(ran.stderr, /internal failure|compiling/)
    }
    assert.equal(existsSync(join(folder, 'out')), false)
  })

  it('lists loaders and tells what a file is', async () => {
    const list = await ipxetool('compile', '--list')
    assert.match(list.stdout, /bin-x86_64-efi\/ipxe\.efi +becomes ipxe\.efi \(option 93: 7, 9\)/)
    const nothing = await ipxetool('compile', '--inspect', 'boot.ipxe')
    assert.equal(nothing.code, 1)
    await ipxetool('compile', '--embed', 'boot.ipxe', '--target', 'ipxe.efi', ...native)
    const { code, stdout } = await ipxetool('compile', '--inspect', 'out/ipxe.efi')
    assert.equal(code, 0)
    assert.match(
      stdout,
      /architecture x86_64[^]*in a slot of \d+: it can be exchanged\n {4}#!ipxe\n {4}shell/,
    )
  })

  it('shows how far it is', () => {
    const progress = {
      step: { kind: 'BUILD', file: 'bin/a.o' },
      done: 500,
      total: 1000,
      fraction: 0.5,
      left: 61,
    }
    assert.equal(progressLine('bin', progress, undefined), 'bin [CC] 500/1000, 1 min 1 s left')
    assert.equal(progressLine('bin', progress, 50), '[#######......] bin [CC] 500/1000, 1 min 1 s left')
  })
})

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CompiledLoader, type CompileEvent, compileLoaders } from '../../src/loader/compile.js'
import { hostCrossPrefixes, packagesFor } from '../../src/loader/cross.js'
import { missingNatively } from '../../src/loader/engine/native-needs.js'
import { inspectLoader } from '../../src/loader/inspect.js'
import { planCompile } from '../../src/loader/plan.js'
import { prepareSource } from '../../src/loader/source/index.js'
import { parseTargets } from '../../src/loader/targets.js'
import type { CompilePlan, CompileRequest } from '../../src/loader/types.js'
import { checkRoom } from '../../src/loader/warm.js'
import { isIpxetoolError } from '../../src/diagnostics/error.js'
import { makeStandIn, type StandInOptions } from './stand-in.js'

const script = (text: string) => ({
  name: 'my script.ipxe',
  bytes: Buffer.from(`#!ipxe\n# a comment\n${text}\n`),
})

describe('compile, natively', function () {
  this.timeout(60_000)
  let folder: string
  let events: CompileEvent[]

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-compile-'))
    events = []
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  interface Wish {
    targets?: string
    tree?: string
    cache?: string
    env?: Readonly<Record<string, string | undefined>>
    jobs?: number
    request?: Partial<CompileRequest>
    rebuild?: boolean
    signal?: AbortSignal
    onEvent?: (event: CompileEvent) => void
  }

  function standIn(name = 'source', options: StandInOptions = {}): string {
    return makeStandIn(join(folder, name), options)
  }

  async function prepared({
    targets = 'undionly.kpxe,ipxe.efi',
    tree = 'source',
    cache = 'cache',
    request = {},
  }: Wish) {
    const context = { cache: join(folder, cache), env: process.env }
    const source = await prepareSource({ source: tree, cwd: folder }, context)
    const { plan, diagnostics } = planCompile({
      targets: parseTargets([targets]),
      source: source.identity,
      embeds: [script('echo one')],
      defines: [],
      presets: [],
      ...request,
    })
    assert.ok(plan, diagnostics.map(({ message }) => message).join('\n'))
    return { source, plan }
  }

  async function compile(wish: Wish = {}): Promise<CompiledLoader[]> {
    const { source, plan } = await prepared(wish)
    return compileLoaders(plan, source, {
      cache: join(folder, wish.cache ?? 'cache'),
      env: wish.env ?? process.env,
      engine: 'native',
      image: {},
      jobs: wish.jobs ?? 2,
      rebuild: wish.rebuild === true,
      signal: wish.signal,
      onEvent: (event) => {
        events.push(event)
        wish.onEvent?.(event)
      },
    })
  }

  const made = (): string[] =>
    events.flatMap((event) => (event.type === 'make' ? [event.bindir, ...event.goals] : []))
  const built = (): number =>
    events.filter((event) => event.type === 'progress' && event.progress.step.kind === 'BUILD').length

  it('makes a BIOS and an EFI loader; the second time nothing is compiled', async () => {
    standIn()
    const first = await compile()
    assert.deepEqual(
      first.map(({ target, embed, from }) => [target.name, embed, from]),
      [
        ['undionly.kpxe', 'linked', 'compiled'],
        ['ipxe.efi', 'patched', 'compiled'],
      ],
    )
    const { embedded, architecture } = inspectLoader(first[1]!.bytes)
    assert.equal(Buffer.from(embedded!.bytes).toString(), '#!ipxe\necho one\n')
    assert.equal(architecture, 'x86_64')
    assert.equal(built(), 24)
    events = []
    const second = await compile()
    assert.deepEqual(made(), [])
    assert.deepEqual(
      second.map(({ sha256, from }) => [sha256, from]),
      first.map(({ sha256 }) => [sha256, 'stored']),
    )
    assert.equal(existsSync(join(folder, 'source/src/bin')), false)
    assert.deepEqual(readdirSync(join(folder, 'source/src/config/local')), ['.gitignore'])
  })

  it('exchanges the script of an EFI loader without make, and links a BIOS loader again', async () => {
    standIn()
    const [bios, efi] = await compile()
    events = []
    const [bios2, efi2] = await compile({ request: { embeds: [script('echo two')] } })
    assert.deepEqual(made(), ['bin', 'bin/undionly.kpxe'])
    assert.equal(built(), 0, 'nothing is compiled')
    assert.notEqual(bios2!.sha256, bios!.sha256)
    assert.notEqual(efi2!.sha256, efi!.sha256)
    assert.equal(Buffer.from(inspectLoader(efi2!.bytes).embedded!.bytes).toString(), '#!ipxe\necho two\n')
  })

  it('adds a target to a warm tree, and compiles all again by --rebuild, with the same bytes', async () => {
    standIn()
    const [efi] = await compile({ targets: 'ipxe.efi' })
    events = []
    await compile({ targets: 'ipxe.efi,snponly.efi' })
    assert.deepEqual(made(), ['bin-x86_64-efi', 'bin-x86_64-efi/snponly.efi'])
    assert.equal(built(), 0)
    const [again] = await compile({ targets: 'ipxe.efi', rebuild: true })
    assert.equal(built(), 12)
    assert.equal(again!.sha256, efi!.sha256)
  })

  it('gives the same bytes from another path, in another cache and HOME, with another -j and time zone', async () => {
    standIn()
    const first = await compile()
    standIn('elsewhere')
    const env = { ...process.env, HOME: join(folder, 'home'), TZ: 'Asia/Kolkata', LANG: 'de_DE', EMBED: 'x' }
    const second = await compile({ tree: 'elsewhere', cache: 'another cache', env, jobs: 5 })
    assert.deepEqual(
      second.map(({ sha256, from }) => [sha256, from]),
      first.map(({ sha256 }) => [sha256, 'compiled']),
    )
  })

  it('names the first error with its place and the log, and works once that is mended', async () => {
    standIn('source', { core: { 'odd.c': '/* */\n\nint x = BROKEN;\n' } })
    await assert.rejects(compile({ targets: 'ipxe.efi' }), (error) => {
      assert.ok(isIpxetoolError(error))
      assert.equal(error.code, 'compile-failed')
      assert.match(error.message, /core\/odd\.c:3: 'BROKEN' undeclared/)
      const log = /in (\S+)$/.exec(error.hint ?? '')?.[1]
      assert.match(readFileSync(log!, 'utf8'), /\[BUILD\] bin-x86_64-efi\/odd\.o/)
      return true
    })
    writeFileSync(join(folder, 'source/src/core/odd.c'), 'int x;\n')
    assert.equal((await compile({ targets: 'ipxe.efi' })).length, 1)
  })

  it('is interrupted: the processes end, and what was compiled is used by the next one', async () => {
    standIn('source', { core: { 'zz.c': '/* SLOW */\n' } })
    const stop = new AbortController()
    const running = compile({
      targets: 'ipxe.efi',
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === 'progress' && event.progress.step.file.endsWith('/zz.o')) stop.abort()
      },
    })
    await assert.rejects(running, { code: 'interrupted' })
    const [key] = readdirSync(join(folder, 'cache/trees')).filter((name) => /^[0-9a-f]{64}$/.test(name))
    const tree = join(folder, 'cache/trees', key!)
    assert.equal(
      (JSON.parse(readFileSync(join(tree, 'state.json'), 'utf8')) as { state: string }).state,
      'ready',
    )
    assert.equal(existsSync(join(tree, 'tree/src/bin-x86_64-efi/zz.o')), false)
    // as if it had been quick
    writeFileSync(join(tree, 'tree/src/core/zz.c'), 'int z;\n')
    events = []
    await compile({ targets: 'ipxe.efi' })
    assert.ok(built() < 12, `${built()} files compiled again`)
  })

  it('throws away a tree in which a compile was killed', async () => {
    standIn()
    await compile({ targets: 'ipxe.efi' })
    const trees = join(folder, 'cache/trees')
    const [key] = readdirSync(trees)
    writeFileSync(join(trees, key!, 'state.json'), '{"version": 1, "state": "building", "isWarm": false}')
    writeFileSync(join(trees, key!, 'tree/src/bin-x86_64-efi/file1.o'), 'half')
    events = []
    await compile({ targets: 'ipxe.efi', request: { slot: 0 } })
    assert.equal(built(), 12)
  })

  it('refuses to work where another process does', async () => {
    standIn('source', { core: { 'zz.c': '/* SLOW */\n' } })
    const stop = new AbortController()
    let second: Promise<unknown> | undefined
    const running = compile({
      targets: 'ipxe.efi',
      signal: stop.signal,
      onEvent: ({ type }) => {
        if (type !== 'make') return
        second ??= assert.rejects(compile({ targets: 'ipxe.efi' }), { code: 'locked' }).finally(() => {
          stop.abort()
        })
      },
    })
    await assert.rejects(running, { code: 'interrupted' })
    await second
  })

  it('says so when there is no room', async () => {
    await assert.rejects(
      checkRoom(folder, () => Promise.resolve(1000)),
      { code: 'no-room', message: /0 MiB free/ },
    )
  })

  it('plans are for the machine that compiles', () => {
    assert.deepEqual(hostCrossPrefixes('x64'), { arm64: 'aarch64-linux-gnu-' })
    assert.deepEqual(packagesFor(parseTargets(['ipxe.efi']), 'x64'), [])
    assert.deepEqual(packagesFor(parseTargets(['arm64/ipxe.efi']), 'x64'), ['gcc-aarch64-linux-gnu'])
    assert.deepEqual(packagesFor(parseTargets(['arm64/ipxe.efi']), 'arm64'), [])
    assert.deepEqual(packagesFor(parseTargets(['undionly.kpxe']), 'arm64'), ['gcc-x86-64-linux-gnu'])
    assert.ok(packagesFor(parseTargets(['ipxe.iso']), 'x64').includes('xorriso'))
  })

  it('says before it compiles what a loader wants that is not here', async () => {
    const env = { PATH: `/nowhere:${folder}` }
    const missing = (targets: string) => missingNatively(parseTargets([targets]), env, 'x64')
    assert.equal(await missing('undionly.kpxe,ipxe.efi,ipxe.usb,ipxe.lkrn'), undefined)
    assert.deepEqual(await missing('ipxe.efi,arm64/snponly.efi'), {
      why: 'bin-arm64-efi/snponly.efi wants aarch64-linux-gnu-gcc, which this machine has not',
      hint: 'apt-get install gcc-aarch64-linux-gnu, or leave that loader out',
    })
    assert.match((await missing('efi/ipxe.usb'))?.why ?? '', /wants mcopy,/)
    writeFileSync(join(folder, 'mcopy'), '', { mode: 0o755 })
    assert.equal(await missing('efi/ipxe.usb'), undefined)
    assert.deepEqual(await missing('ipxe.iso'), {
      why: 'bin/ipxe.iso wants xorrisofs or mkisofs or genisoimage, which this machine has not',
      hint: 'apt-get install mtools xorriso isolinux, or leave that loader out',
    })
    writeFileSync(join(folder, 'mkisofs'), '', { mode: 0o755 })
    assert.equal(await missing('ipxe.iso'), undefined)
    assert.match(
      (await missingNatively(parseTargets(['undionly.kpxe']), env, 'arm64'))?.why ?? '',
      /x86_64-linux/,
    )
  })

  it('takes no engine that is not there', async () => {
    standIn()
    const { source, plan }: { source: Awaited<ReturnType<typeof prepareSource>>; plan: CompilePlan } =
      await prepared({})
    const settings = { cache: join(folder, 'cache'), env: { PATH: folder }, image: {}, rebuild: false }
    await assert.rejects(compileLoaders(plan, source, { ...settings, engine: 'auto' }), (error) => {
      assert.ok(isIpxetoolError(error))
      assert.equal(error.code, 'no-engine')
      assert.match(
        error.message,
        /podman is not installed; docker is not installed; this machine has no make, gcc/,
      )
      assert.match(error.hint ?? '', /apt-get install/)
      return true
    })
    await assert.rejects(compileLoaders(plan, source, { ...settings, engine: 'podmann' }), {
      code: 'unknown-engine',
    })
    await assert.rejects(compileLoaders(plan, source, { ...settings, engine: 'docker' }), {
      code: 'engine-unusable',
      message: 'docker is not installed',
    })
  })
})

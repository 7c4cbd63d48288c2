/** The container path with podman, on an image without a registry: a Debian by mmdebstrap, the compiler a stand-in. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheDirectory, findCommand } from '../../../scripts/system-packages.mjs'
import { compileLoaders, type CompileEvent } from '../../../src/loader/compile.js'
import { imageTag } from '../../../src/loader/engine/container.js'
import { planCompile } from '../../../src/loader/plan.js'
import { prepareSource } from '../../../src/loader/source/index.js'
import { parseTargets } from '../../../src/loader/targets.js'
import { notRun } from '../../support/not-run.js'
import { makeStandIn } from '../stand-in.js'

const base = 'localhost/ipxetool-test-base:1'

describe('compile, in podman', function () {
  this.timeout(300_000)
  let folder: string | undefined

  before(function () {
    for (const name of ['podman', 'mmdebstrap'])
      if (!findCommand(name)) notRun(this, `${name} is not installed`)
    const tar = join(cacheDirectory(), 'toolchain-base-1.tar')
    try {
      if (!existsSync(tar)) {
        mkdirSync(cacheDirectory(), { recursive: true })
        // what the Containerfile looks for is there, so that it installs nothing
        const stubs =
          'for tool in gcc ld perl openssl; do ln -sf /bin/true "$1/usr/bin/$tool"; done; mkdir -p "$1/usr/include"; touch "$1/usr/include/lzma.h" "$1/usr/include/stdio.h"'
        const args = [
          '--variant=extract',
          '--include=dash,make,coreutils,grep,libc6',
          `--extract-hook=${stubs}`,
        ]
        quiet('mmdebstrap', [...args, codename(), `${tar}.new.tar`])
        renameSync(`${tar}.new.tar`, tar)
      }
      quiet('podman', ['import', tar, base])
    } catch (error) {
      notRun(
        this,
        `no image can be made here: ${
          String((error as { stderr?: unknown }).stderr ?? error)
            .trim()
            .split('\n')
            .at(-1) ?? ''
        }`,
      )
    }
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-podman-'))
  })
  after(() => {
    if (folder === undefined) return
    rmSync(folder, { recursive: true, force: true })
    for (const image of [imageTag({ base }), base]) {
      try {
        quiet('podman', ['rmi', '--force', image])
      } catch {
        // it was not made
      }
    }
  })

  /** Of the Debian that this machine is, whose sources apt knows. */
  function codename(): string {
    return /^VERSION_CODENAME=(\S+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'stable'
  }

  function quiet(command: string, args: string[]): string {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }

  async function compile(
    name: string,
    jobs: number,
    signal?: AbortSignal,
    core = {},
    seen: (event: CompileEvent) => void = () => undefined,
  ) {
    const cache = join(folder!, `cache-${name}`)
    makeStandIn(join(folder!, name), { core })
    const source = await prepareSource({ source: name, cwd: folder! }, { cache, env: process.env })
    const embeds = [{ name: 'a b.ipxe', bytes: Buffer.from('#!ipxe\nshell\n') }]
    const targets = parseTargets(['undionly.kpxe,ipxe.efi'])
    const { plan } = planCompile({ targets, source: source.identity, embeds, defines: [], presets: [] })
    const image = { base }
    const settings = { cache, env: process.env, engine: 'podman', image, jobs, rebuild: false, signal }
    return compileLoaders(plan!, source, { ...settings, onEvent: seen })
  }

  it('builds the toolchain image, compiles, and gives the same bytes from another tree with another -j', async () => {
    const events: CompileEvent[] = []
    const first = await compile('one', 1, undefined, {}, (event) => events.push(event))
    assert.ok(events.some((event) => event.type === 'engine' && event.engine.name === 'podman'))
    assert.ok(events.some((event) => event.type === 'progress' && event.progress.done === 12))
    const second = await compile('another one', 4)
    assert.deepEqual(
      second.map(({ sha256, from }) => [sha256, from]),
      first.map(({ sha256 }) => [sha256, 'compiled']),
    )
  })

  it('leaves no container when it is interrupted', async () => {
    const containers = () =>
      quiet('podman', ['ps', '--all', '--quiet', '--filter', 'label=ipxetool=compile']).trim().split('\n')
    // of another compile on this machine, say one that was killed
    const others = containers()
    const stop = new AbortController()
    const running = compile('slow', 1, stop.signal, { 'zz.c': '/* SLOW */\n' }, (event) => {
      if (event.type === 'progress' && event.progress.step.file.endsWith('/zz.o')) stop.abort()
    })
    await assert.rejects(running, { code: 'interrupted' })
    assert.deepEqual(
      containers().filter((id) => !others.includes(id)),
      [],
    )
  })

  it('says so when an image is not there', async () => {
    const cache = join(folder!, 'cache-none')
    makeStandIn(join(folder!, 'none'))
    const source = await prepareSource({ source: 'none', cwd: folder! }, { cache, env: process.env })
    const targets = parseTargets(['ipxe.efi'])
    const { plan } = planCompile({ targets, source: source.identity, embeds: [], defines: [], presets: [] })
    const settings = { cache, env: process.env, engine: 'podman', rebuild: false }
    await assert.rejects(
      compileLoaders(plan!, source, { ...settings, image: { image: 'localhost/no-such:1' } }),
      {
        code: 'image-missing',
      },
    )
  })
})

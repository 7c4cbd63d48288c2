import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import { cacheDirectory, findCommand } from '../../scripts/system-packages.mjs'
import { printUnits } from '../../src/cli/systemd.js'
import { needs, waitFor } from '../serve/support.js'
import { notRun } from '../support/not-run.js'

const HERE = fileURLToPath(new URL('../..', import.meta.url))
const CONTRIB = join(HERE, 'contrib')
const BASE = 'localhost/ipxetool-test-node:1'
const IMAGE = 'localhost/ipxetool-test-serve:1'

describe('contrib', () => {
  const read = (name: string): string => readFileSync(join(CONTRIB, name), 'utf8')

  it('has the unit that --print-units prints', () => {
    const program = ['/usr/bin/node', '/usr/local/bin/ipxetool']
    const printed = printUnits('/srv/boot', { http: '80' }, program)
    assert.equal(read('ipxetool.service'), printed.replace(/^# .*\n/, ''))
  })

  it('has a unit that systemd finds well confined', function () {
    needs(this, 'systemd-analyze', 'systemd')
    this.timeout(60_000)
    const { stdout, stderr } = spawnSync(
      'systemd-analyze',
      ['security', '--offline=yes', '--no-pager', join(CONTRIB, 'ipxetool.service')],
      { encoding: 'utf8' },
    )
    const level = /Overall exposure level for ipxetool.service: (\d+\.\d)/.exec(stdout)?.[1]
    if (level === undefined) notRun(this, `systemd-analyze security: ${stderr.trim()}`)
    // 0 is best; below 3 it says "OK". A service without any of this has 9.6.
    assert.ok(Number(level) < 3, stdout)
  })

  it('the compose file gives one capability and nothing to write to', () => {
    const { services } = parse(read('compose.yaml')) as { services: Record<string, Record<string, unknown>> }
    const { cap_drop, cap_add, read_only, volumes, build } = services['ipxetool']!
    assert.deepEqual([cap_drop, cap_add, read_only], [['ALL'], ['NET_BIND_SERVICE'], true])
    assert.deepEqual(volumes, ['./out:/boot:ro'])
    assert.deepEqual(build, { context: '..', dockerfile: 'contrib/Containerfile' })
  })

  describe('the container', function () {
    this.timeout(300_000)
    let folder: string | undefined

    before(function () {
      for (const name of ['podman', 'mmdebstrap'])
        if (!findCommand(name)) notRun(this, `${name} is not installed`)
      folder = mkdtempSync(join(tmpdir(), 'ipxetool-contrib-'))
      try {
        makeBase()
        const context = join(folder, 'context')
        mkdirSync(context)
        for (const name of ['package.json', 'bin', 'dist'])
          cpSync(join(HERE, name), join(context, name), { recursive: true })
        // What `npm prune` would leave; links to other checkouts are followed.
        const modules = ['commander', 'send', 'vfile', 'vfile-message', 'unified', 'yaml', 'zod']
        for (const name of modules.flatMap(withDependencies))
          cpSync(join(HERE, 'node_modules', name), join(context, 'node_modules', name), {
            recursive: true,
            dereference: true,
          })
        const file = join(CONTRIB, 'Containerfile')
        podman(
          'build',
          '--layers=false',
          '--build-arg',
          `BASE=${BASE}`,
          '--file',
          file,
          '--tag',
          IMAGE,
          context,
        )
      } catch (error) {
        const said = String((error as { stderr?: unknown }).stderr ?? error).trim()
        notRun(this, `no image can be made here: ${said.split('\n').at(-1) ?? ''}`)
      }
    })
    after(() => {
      for (const image of [IMAGE, BASE]) spawnSync('podman', ['rmi', '--force', image])
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    })

    function podman(...args: string[]): string {
      return execFileSync('podman', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    }

    /** Node of this machine on a Debian; `npm` is a stand-in, for the context is built already. */
    function makeBase(): void {
      const release =
        /^VERSION_CODENAME=(\S+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'stable'
      const tar = join(cacheDirectory(), `serve-base-1-${release}.tar`)
      if (!existsSync(tar)) {
        mkdirSync(cacheDirectory(), { recursive: true })
        const packages = 'dash,coreutils,libc6,libstdc++6,libgcc-s1,libcap2-bin'
        execFileSync(
          'mmdebstrap',
          ['--variant=extract', `--include=${packages}`, release, `${tar}.new.tar`],
          {
            stdio: ['ignore', 'pipe', 'pipe'],
          },
        )
        renameSync(`${tar}.new.tar`, tar)
      }
      podman('import', tar, `${BASE}-bare`)
      const context = join(folder!, 'base')
      mkdirSync(context)
      cpSync(process.execPath, join(context, 'node'), { dereference: true })
      writeFileSync(join(context, 'npm'), '#!/bin/sh\n')
      chmodSync(join(context, 'npm'), 0o755)
      writeFileSync(join(context, 'Containerfile'), `FROM ${BASE}-bare\nCOPY node npm /usr/local/bin/\n`)
      podman('build', '--layers=false', '--tag', BASE, context)
      podman('rmi', '--force', `${BASE}-bare`)
    }

    it('serves as nobody, on ports 80 and 69, with one capability', async () => {
      const tree = join(folder!, 'tree')
      mkdirSync(tree)
      writeFileSync(join(tree, 'boot.ipxe'), '#!ipxe\n')
      chmodSync(tree, 0o755)
      const limits = [
        '--read-only',
        '--cap-drop',
        'all',
        '--cap-add',
        'net_bind_service',
        '--network',
        'none',
      ]
      const id = podman(
        ...[
          'run',
          '--detach',
          '--runtime',
          'runc',
          // Podman's own defaults may be more than what this machine lets it have.
          ...['nofile', 'nproc'].flatMap((name) => ['--ulimit', `${name}=4096:4096`]),
          ...limits,
          '--volume',
          `${tree}:/boot:ro`,
          IMAGE,
        ],
      ).trim()
      try {
        const logs = (): string => {
          const { stdout, stderr } = spawnSync('podman', ['logs', id], { encoding: 'utf8' })
          return stdout + stderr
        }
        await waitFor(() => (logs().includes('press Ctrl-C') ? true : undefined), 60_000, 'the server')
        assert.match(logs(), /^tftp:\/\/[^:]*\/boot\.ipxe$/m)
        const code =
          "fetch('http://127.0.0.1/boot.ipxe').then(r => r.text()).then(t => console.log(JSON.stringify(" +
          "[t, require('fs').readFileSync('/proc/1/status', 'latin1').match(/^(Uid|CapEff|CapBnd):.*$/gm)])))"
        const [served, status] = JSON.parse(podman('exec', id, 'node', '-e', code)) as [string, string[]]
        assert.equal(served, '#!ipxe\n')
        assert.match(status[0]!, /^Uid:\s+65532\s+65532\s+65532\s+65532$/)
        // 1 << 10, capabilities(7)
        assert.deepEqual(
          status.slice(1).map((line) => parseInt(line.split(/\s+/)[1]!, 16)),
          [0x400, 0x400],
        )
      } finally {
        podman('rm', '--force', '--time', '5', id)
      }
    })
  })
})

function withDependencies(name: string): string[] {
  const all = new Set<string>()
  const add = (one: string): void => {
    if (all.has(one)) return
    all.add(one)
    const file = join(HERE, 'node_modules', one, 'package.json')
    const { dependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as {
      dependencies?: Record<string, string>
    }
    for (const dependency of Object.keys(dependencies)) add(dependency)
  }
  add(name)
  return [...all]
}

/** From the publisher's metadata to the kernel's command line: `fetch`, `build`, then a machine picks the entry. */
import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { kernelImage } from '../../scripts/system-packages.mjs'
import { REAL_VERSION, startCoreosMirror } from '../fetch/coreos-mirror.js'
import { cliArguments } from './cli.js'
import type { Values } from './example.js'
import { makeInitrd } from './initrd.js'
import { watchLinux } from './linux.js'
import { pick } from './menu.js'
import { needs, whyNotBoot } from './preflight.js'
import { run } from './processes.js'
import { CONSOLE, withScene } from './scene.js'

const LABEL = 'Fedora CoreOS, fetched and verified'

describe('a real machine boots what was fetched', function () {
  this.timeout(300_000)

  before(async function () {
    needs(this, await whyNotBoot('bios'))
  })

  it('fetch coreos stable from a mirror, build, and the kernel has its root file system in its command line', async () => {
    await withScene(
      'bios',
      async ({ machine, repository, seconds }) => {
        await machine.waitForScreen(LABEL, 60)
        await pick(machine, LABEL)
        const { line, args } = await watchLinux(machine)
        const base = repository.slice(0, repository.indexOf('/mirror/'))
        const rootfs = `${base}/assets/coreos/${REAL_VERSION}/x86_64/fedora-coreos-${REAL_VERSION}-live-rootfs.x86_64.img`
        assert.ok(args.includes(`coreos.live.rootfs_url=${rootfs}`), line)
        assert.ok(args.includes('ignition.config.url=http://192.0.2.1/node.ign'), line)
        assert.ok(args.includes(`console=${CONSOLE}`), line)
        process.stdout.write(
          `boot: BIOS, fetched coreos stable, signed: after ${seconds().toFixed(1)} s: ${line.trim()}\n`,
        )
      },
      fetchAndBuild,
    )
  })
})

async function fetchAndBuild(directory: string, { base, console }: Values): Promise<string> {
  const project = join(directory, 'project')
  const tree = join(directory, 'out')
  await mkdir(project)
  await writeFile(
    join(project, 'ipxetool.yaml'),
    [
      'variables:',
      '  tree: { type: url, required: true }',
      '  console: { type: console, required: true }',
      'menus:',
      '  - id: main',
      '    title: Fetched, verified, booted',
      '    entries:',
      `      - { kind: coreos, id: fcos, label: "${LABEL}", use: coreos stable, ignition: http://192.0.2.1/node.ign, console: $<console> }`,
      '',
    ].join('\n'),
  )
  const mirror = await startCoreosMirror({
    kernel: await readFile(kernelImage()!),
    initramfs: await makeInitrd(),
    rootfs: Buffer.from('nobody asks for it here'),
  })
  try {
    const catalog = join(directory, 'catalog.yaml')
    await writeFile(catalog, mirror.catalog)
    const command = ['fetch', 'coreos', 'stable', '--mirror', mirror.url, '--catalog', catalog]
    await execa(
      process.execPath,
      cliArguments([...command, '--require', 'signed', '--project', project]),
      // the store of whoever runs the tests stays as it is
      { env: { XDG_CACHE_HOME: join(directory, 'cache') }, timeout: 60_000 },
    )
  } finally {
    await mirror.close()
  }
  const values = Object.entries({ tree: base, console }).flatMap(([name, value]) => [
    '--var',
    `${name}=${value}`,
  ])
  await run(process.execPath, cliArguments(['build', '--project', project, '--out', tree, ...values]))
  return tree
}

/** A kernel unpacks what `ipxetool initrd append` has added: a new init takes the place of the old one and reads it. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { execa } from 'execa'
import { kernelImage } from '../../scripts/system-packages.mjs'
import { cliArguments } from './cli.js'
import { makeInitrd } from './initrd.js'
import { needs, whyNotBoot } from './preflight.js'
import { run } from './processes.js'

const INIT = `#!/bin/busybox sh
echo "added: $(/bin/busybox cat /config.ign)"
echo "listed: $(/bin/busybox stat -c '%a %u %n' /config.ign /usr/share /usr/share/lab/root.crt | /bin/busybox tr '\\n' ';')"
/bin/busybox poweroff -f
`

describe('a kernel unpacks an initrd with appended files', function () {
  this.timeout(200_000)
  let folder: string

  before(async function () {
    needs(this, await whyNotBoot('bios'))
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-e2e-'))
  })
  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  for (const compress of ['gzip', 'none']) {
    it(`${compress}: sees them, with their permissions, and the new init`, async () => {
      const path = (name: string): string => join(folder, name)
      await writeFile(path('initrd'), gzipSync(await makeInitrd()))
      await writeFile(path('config.ign'), '{"ignition":{}}')
      await writeFile(path('root.crt'), 'certificate')
      await writeFile(path('init'), INIT, { mode: 0o755 })
      const sources = [path('config.ign'), `${path('root.crt')}:usr/share/lab/root.crt`, path('init')]
      await run(
        process.execPath,
        cliArguments(['initrd', 'append', path('initrd'), ...sources, '--compress', compress]),
      )
      const { stdout } = await execa(
        'qemu-system-x86_64',
        [
          ...[
            '-nodefaults',
            '-no-user-config',
            '-display',
            'none',
            '-serial',
            'stdio',
            '-no-reboot',
            '-m',
            '512',
          ],
          ...['-kernel', kernelImage()!, '-initrd', path('initrd'), '-append', 'console=ttyS0 panic=-1'],
        ],
        { stdin: 'ignore', timeout: 180_000, reject: false },
      )
      assert.match(stdout, /added: \{"ignition":\{\}\}/)
      assert.match(
        stdout,
        /listed: 644 0 \/config\.ign;755 0 \/usr\/share;644 0 \/usr\/share\/lab\/root\.crt;/,
      )
      process.stdout.write(`boot: initrd append, ${compress}: ${/added: .*/.exec(stdout)![0].trim()}\n`)
    })
  }
})

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { playerPage } from '../../src/cli/run-page.js'
import { Chromium, findChromium } from '../preview/chromium.js'
import { notRun } from '../support/not-run.js'

const script = `#!ipxe
menu The </script> lab
item --gap Systems
item a Alpha
item b Beta
choose --timeout 60000 x
goto \${x}
:a
kernel k \${platform}
boot
:b
echo picked \${x}
read name
echo hello \${name}
`

describe('ipxetool run --page', function () {
  this.timeout(120_000)
  let folder: string
  let chromium: Chromium | undefined

  before(async function () {
    const command = findChromium()
    if (command === undefined) notRun(this, 'chromium is not installed (Debian package chromium)')
    folder = await mkdtemp(join(tmpdir(), 'ipxetool-page-'))
    chromium = await Chromium.start(command)
  })
  after(async () => {
    await chromium?.stop()
    if ((folder as string | undefined) !== undefined) await rm(folder, { recursive: true, force: true })
  })

  it('is played with the keyboard in a browser', async () => {
    const bundled = await build({
      entryPoints: [fileURLToPath(new URL('../../src/simulate/index.ts', import.meta.url))],
      bundle: true,
      write: false,
      minify: true,
      format: 'iife',
      globalName: 'ipxetoolSimulator',
      platform: 'browser',
      target: 'es2022',
      logLevel: 'silent',
    })
    const files = new Map([
      ['boot.ipxe', { data: Buffer.from(script) }],
      ['k', { data: Buffer.from('MZ') }],
    ])
    const tree = {
      title: 'Lab <1>',
      entry: 'boot.ipxe',
      files: (path: string) => files.get(path),
      scripts: ['boot.ipxe'],
      paths: [...files.keys()],
    }
    const file = join(folder, 'play.html')
    await writeFile(file, await playerPage(tree, {}, bundled.outputFiles[0]!.text))
    const tab = await chromium!.open(pathToFileURL(file).href)
    const shows = (text: string) =>
      tab.until(`document.getElementById('screen').textContent.includes(${JSON.stringify(text)})`, true)
    await shows('The </script> lab')
    await shows('Alpha')
    await tab.press('ArrowDown', 'Enter')
    await shows('picked b')
    await tab.press('m', 'e', 'Enter')
    await shows('hello me')
    await tab.until(`document.getElementById('ending').textContent`, 'It exits well.')
    await tab.click('#again')
    await shows('Alpha')
    await tab.press('Enter')
    await tab.until(`document.getElementById('ending').textContent`, 'It boots http://192.0.2.1:8080/k.')
    assert.deepEqual(tab.problems, [])
    await tab.close()
  })
})

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { parse } from '../../src/syntax/parse.js'
import { type PreviewInput, previewFiles } from '../../src/preview/preview.js'
import { notRun } from '../support/not-run.js'
import { Chromium, type Device, findChromium, type Tab } from './chromium.js'
import { inputOf, lab } from './lab.js'

/** Set to a folder to get pictures of the pages. */
const pictures = process.env['PREVIEW_PICTURES']

/** As scripts/bundle.mjs makes it. */
async function simulatorForBrowsers(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../src/simulate/index.ts', import.meta.url))],
    bundle: true,
    format: 'iife',
    globalName: 'ipxetoolSimulator',
    platform: 'browser',
    write: false,
  })
  return outputFiles[0]!.text
}

describe('the preview in Chromium', function () {
  this.timeout(60_000)
  let chromium: Chromium
  let folder: string
  let url: string
  let tab: Tab

  before(async function () {
    const command = findChromium()
    if (command === undefined) notRun(this, 'chromium is not installed (Debian package chromium)')
    folder = await mkdtemp(join(tmpdir(), 'ipxetool-preview-'))
    url = await write('lab', lab())
    chromium = await Chromium.start(command)
  })

  after(async () => {
    // a hook that did not get this far has nothing to clean
    await (chromium as Chromium | undefined)?.stop()
    if ((folder as string | undefined) !== undefined) await rm(folder, { recursive: true, force: true })
  })

  afterEach(async () => {
    assert.deepEqual(tab.problems, [])
    await tab.close()
  })

  async function write(name: string, input: PreviewInput): Promise<string> {
    for (const [path, bytes] of previewFiles(input)) {
      const file = join(folder, name, path)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, bytes)
    }
    return pathToFileURL(join(folder, name, 'preview/index.html')).href
  }

  const desktop = { width: 1280, height: 900 }

  async function open(fragment = '', device: Device = desktop, scripting = true): Promise<void> {
    tab = await chromium.open(url + fragment, device, scripting)
  }

  async function picture(name: string): Promise<void> {
    if (pictures === undefined) return
    await mkdir(pictures, { recursive: true })
    await writeFile(join(pictures, `${name}.png`), await tab.screenshot())
  }

  it('plays the menu for real, from the page that is opened first', async () => {
    const player = await simulatorForBrowsers()
    const text = [
      '#!ipxe',
      'menu Played',
      'item one First',
      'item two Second, with a name that is long',
      'choose x && kernel ${x}.bin ${platform} || exit 1',
      'boot',
    ].join('\n')
    const path = 'boot.ipxe'
    const bytes = new TextEncoder().encode(text)
    const file = { size: bytes.length, sha256: '', origin: 'build' }
    const input: PreviewInput = {
      title: 'A & B',
      entry: path,
      scripts: [{ path, script: parse(bytes) }],
      diagnostics: [],
      files: new Map([
        [path, file],
        ['two.bin', { ...file, size: 12_345_678 }],
      ]),
      play: { player, scripts: new Map([[path, bytes]]) },
    }
    const first = await write('played', input)
    for (const width of [1100, 400]) {
      tab = await chromium.open(first, { width, height: 800 })
      await tab.click('a[href="play.html"]')
      await tab.until(`document.getElementById('screen')?.textContent.includes('Second, with')`, true)
      await picture(`play-${width}`)
      await tab.press('ArrowDown', 'Enter')
      await tab.until(`document.getElementById('ending').textContent !== ''`, true)
      const said = String(await tab.get(`document.getElementById('ending').textContent`))
      assert.match(said, /two\.bin/)
      assert.equal(await tab.get('document.documentElement.scrollWidth'), width)
      if (width !== 400) await tab.close()
    }
  })

  const selected = async (): Promise<unknown> =>
    tab.get(
      `(() => { const screen = document.getElementById('screen')
        const row = document.getElementById(screen.getAttribute('aria-activedescendant'))
        return row && row.getAttribute('aria-selected') === 'true' ? row.querySelector('.bar').textContent.trim() : null })()`,
    )
  const details = async (): Promise<string> =>
    String(
      await tab.get(
        `[...document.querySelectorAll('article')].filter((one) => one.checkVisibility()).map((one) => one.innerText).join('\\n---\\n')`,
      ),
    )
  const shownTitle = `document.getElementById('title').textContent.trim()`
  const title = async (): Promise<unknown> => tab.get(shownTitle)
  const rows = async (): Promise<string[]> =>
    (await tab.get(
      `[...document.querySelectorAll('#screen .row')].map((row) => (row.querySelector('.bar')?.textContent ?? '').trimEnd())`,
    )) as string[]
  const active = async (): Promise<unknown> =>
    tab.get(`document.activeElement.id || document.activeElement.dataset.entry`)
  const hash = async (): Promise<unknown> => tab.get(`location.hash`)
  const choose = async (id: string, value: string): Promise<void> => {
    await tab.get(
      `(() => { const control = document.getElementById('${id}'); control.value = '${value}'
        control.dispatchEvent(new Event('change')) })()`,
    )
  }

  it('shows the screen that iPXE shows', async () => {
    await open()
    assert.equal(await title(), 'Lab 3, ${hostname}')
    const lines = await rows()
    assert.equal(lines.length, 20)
    assert.deepEqual(lines.slice(0, 3), [
      '  Install a system',
      '  CENTOS-STREAM',
      '  Fedora CoreOS, run live',
    ])
    assert.equal(lines[4], '  Ubuntu 24.04 LTS with a name that goes on and on until the screen has no m')
    const geometry = (await tab.get(
      `(() => { const box = (one) => { const { x, y, width, height } = one.getBoundingClientRect(); return { x, y, width, height } }
        const title = document.getElementById('title'), first = document.querySelector('#screen .row')
        return { tube: box(document.getElementById('tube')), title: box(title), first: box(first), bar: box(first.querySelector('.bar')),
          rows: document.querySelectorAll('#tube .row').length, pad: /^ */.exec(title.textContent)[0].length } })()`,
    )) as Record<string, { y: number; width: number; height: number }> & { rows: number; pad: number }
    assert.equal(geometry.rows, 25)
    assert.equal(geometry.pad, (80 - 'Lab 3, ${hostname}'.length) / 2)
    const { height } = geometry['first']!
    assert.ok(
      Math.abs(geometry['first']!.y - geometry['title']!.y - 2 * height) < 1,
      'items start two rows below the title',
    )
    assert.ok(Math.abs(geometry['bar']!.width / geometry['first']!.width - 78 / 80) < 0.01)
    assert.equal(await tab.get(`document.querySelector('.clock').textContent`), '(30)')
    await picture('light')
  })

  it('is walked through with the keyboard', async () => {
    await open()
    assert.equal(await active(), 'screen')
    assert.equal(await selected(), 'CENTOS-STREAM')
    await tab.press('ArrowUp')
    assert.equal(await selected(), 'CENTOS-STREAM', 'not past the top, over the heading')
    assert.equal(await tab.get(`document.querySelector('.clock')`), null)
    await tab.press('ArrowDown', 'ArrowDown')
    assert.equal(await selected(), 'Debian 13, answers from preseed.cfg')
    assert.equal(await hash(), '#main/debian')
    assert.match(await details(), /^Debian 13.*preseed\/url=/s)
    await tab.press('End')
    assert.equal(await selected(), 'Edit the kernel arguments first: no')
    await tab.press('Home')
    assert.equal(await selected(), 'CENTOS-STREAM')
    await tab.press('PageDown')
    assert.equal(await selected(), 'Edit the kernel arguments first: no')
  })

  it('opens menus with Enter and keys, and goes back with Escape', async () => {
    await open('#main/tools')
    await tab.press('Enter')
    assert.equal(await title(), 'Tools')
    assert.equal(await selected(), 'iPXE shell')
    assert.equal(await hash(), '#tools/shell')
    await tab.press('Escape')
    assert.equal(await title(), 'Lab 3, ${hostname}')
    assert.equal(await selected(), 'More tools')
    await tab.press('o')
    assert.equal(await title(), 'Tools')
    await tab.press('b')
    assert.equal(await title(), 'Lab 3, ${hostname}', 'the entry Back leaves the script')
    await tab.press('Escape')
    assert.match(String(await tab.get(`document.getElementById('status').textContent`)), /first menu.*shell/)
  })

  it('leads from an entry to what is known of it, and back', async () => {
    await open()
    await tab.press('f')
    assert.equal(await active(), 'fcos')
    assert.match(await details(), /16\.6 MiB.*signature checked/s)
    await tab.press('Escape')
    assert.equal(await active(), 'screen')
  })

  it('pages as iPXE does', async () => {
    await open('#menus.site.many')
    assert.equal((await rows())[0], '  Line 1')
    assert.equal(await tab.get(`document.getElementById('below').textContent.trim()`), '...')
    await tab.press('PageDown')
    assert.equal(await selected(), 'Line 21')
    assert.equal((await rows())[0], '  Line 21')
    assert.equal(await tab.get(`document.getElementById('above').textContent.trim()`), '...')
    await tab.press('PageUp')
    assert.equal(await selected(), 'Line 20')
    await tab.press('End')
    assert.equal(await selected(), 'Line 45')
    assert.equal((await rows())[5], '')
    await picture('many')
  })

  it('shows what a chosen machine shows', async () => {
    await open('#menus.site.menu')
    assert.ok(!(await rows()).join().includes('PXELINUX'))
    await choose('firmware', 'bios')
    const bios = (await rows()).join()
    assert.ok(bios.includes('PXELINUX') && !bios.includes('GRUB'))
    assert.equal(
      await tab.get(
        `[...document.getElementById('processor').options].find((one) => one.value === 'arm64').disabled`,
      ),
      true,
    )
    await choose('firmware', '')
    assert.equal(
      await tab.get(`[...document.querySelectorAll('.mark')].map((mark) => mark.textContent).join()`),
      'BIOS,UEFI',
    )
    await picture('any')
    assert.ok(!(await rows()).join().includes('Failed:'))
    await tab.get(`document.getElementById('later').click()`)
    assert.ok((await rows()).join().includes('Failed:'))
  })

  it('shows the variant for the chosen machine', async () => {
    await open('#main/fcos')
    assert.doesNotMatch(await details(), /ttyAMA0/)
    await choose('processor', 'arm64')
    assert.match(await details(), /ttyAMA0/)
    assert.doesNotMatch(await details(), /ttyS0/)
  })

  it('follows deep links, also to what the chosen machine hides', async () => {
    await open('#menus.site.menu/pxelinux')
    assert.equal(await selected(), 'Hand over to PXELINUX')
    await tab.get(`location.hash = '#main/memtest'`)
    await tab.until(shownTitle, 'Lab 3, ${hostname}')
    assert.equal(await selected(), 'Memtest86+')
    await tab.get(`history.back()`)
    await tab.until(shownTitle, 'Scripts by hand: ${mode}')
  })

  it('works with a mouse, too', async () => {
    await open()
    await tab.click('#option-9')
    assert.equal(await selected(), 'More tools')
    await tab.click('#option-9')
    assert.equal(await title(), 'Tools')
    await tab.click('nav a[data-menu="main"]')
    await tab.until(shownTitle, 'Lab 3, ${hostname}')
  })

  it('is not moved by hostile texts', async () => {
    const hostile = `</script><img src=x onerror=document.title='owned'>`
    const menus = [
      {
        id: 'main',
        title: hostile,
        entries: [{ kind: 'raw', id: 'a', label: hostile, script: `echo ${hostile}` }],
      },
    ]
    const own = await write('hostile', inputOf(menus, { title: hostile }))
    tab = await chromium.open(own, desktop)
    assert.equal(await selected(), hostile)
    assert.equal(await tab.get(`document.images.length`), 0)
    assert.equal(await tab.get(`document.title`), `${hostile}: boot menus`)
    assert.match(await details(), /echo <\/script><img/)
  })

  it('is readable without JavaScript', async () => {
    await open('#main/fcos', desktop, false)
    const text = await chromiumText(tab)
    assert.match(text, /Fedora CoreOS, run live/)
    assert.match(text, /coreos\.live\.rootfs_url/)
    await picture('without-javascript')
  })

  for (const scheme of ['light', 'dark']) {
    it(`has enough contrast in ${scheme}`, async () => {
      await open('#main/fcos', { width: 1440, height: 1000, media: { 'prefers-color-scheme': scheme } })
      const low = await tab.get(lowContrast)
      assert.deepEqual(low, [])
      await picture(scheme === 'dark' ? 'dark' : 'light-entry')
      await tab.get(`document.querySelector('h1').style.color = 'var(--line)'`)
      assert.equal(((await tab.get(lowContrast)) as string[]).length, 1, 'the check finds what is wrong')
    })
  }

  it('has a switch for its colours', async () => {
    await open('', { ...desktop, media: { 'prefers-color-scheme': 'light' } })
    const background = async (): Promise<unknown> =>
      tab.get(`getComputedStyle(document.body).backgroundColor`)
    const before = await background()
    await choose('theme', 'dark')
    assert.notEqual(await background(), before)
    await tab.reload()
    assert.notEqual(await background(), before, 'it is remembered')
    assert.deepEqual(await tab.get(lowContrast), [])
    await choose('theme', '')
  })

  it('fits a narrow screen', async () => {
    await open('#main/ubuntu', { width: 400, height: 860 })
    assert.equal(await tab.get(`document.documentElement.scrollWidth`), 400)
    assert.ok(
      Number(await tab.get(`parseFloat(getComputedStyle(document.getElementById('tube')).fontSize)`)) >= 9,
    )
    await picture('narrow')
  })

  it('prints every menu and entry', async () => {
    await open()
    await tab.send('Emulation.setEmulatedMedia', { media: 'print' })
    assert.equal(
      await tab.get(`[...document.querySelectorAll('article')].every((one) => one.checkVisibility())`),
      true,
    )
    assert.equal(await tab.get(`document.getElementById('console').checkVisibility()`), false)
    assert.ok((await tab.pdf()).length > 10_000)
    await picture('print')
  })

  it('moves nothing when that is not wanted', async () => {
    await open('', { ...desktop, media: { 'prefers-reduced-motion': 'reduce' } })
    assert.equal(
      await tab.get(
        `[...document.querySelectorAll('*')].filter((one) => { const style = getComputedStyle(one); return style.animationName !== 'none' || style.scrollBehavior !== 'auto' || parseFloat(style.transitionDuration) > 0 }).length`,
      ),
      0,
    )
  })

  it('names every control, and every list has only options and groups', async () => {
    await open()
    const { nodes } = (await tab.send('Accessibility.getFullAXTree')) as { nodes: AxNode[] }
    const shown = nodes.filter(({ ignored }) => !ignored)
    const interactive = new Set([
      'link',
      'button',
      'checkbox',
      'combobox',
      'listbox',
      'option',
      'textbox',
      'radio',
    ])
    const found = shown.filter(({ role }) => interactive.has(role?.value ?? ''))
    assert.ok(found.length > 20, String(found.length))
    const unnamed = found
      .filter(({ name }) => (name?.value ?? '').trim() === '')
      .map(({ role }) => role?.value)
    assert.deepEqual(unnamed, [])
    assert.ok(shown.some(({ role, name }) => role?.value === 'group' && name?.value === 'Install a system'))
    const roles = await tab.get(
      `[...document.querySelectorAll('#screen > *, #screen .group > *')].map((one) => one.getAttribute('role') ?? (one.ariaHidden === 'true' ? 'hidden' : one.outerHTML)).filter((role) => !['option', 'group', 'hidden'].includes(role))`,
    )
    assert.deepEqual(roles, [])
    assert.deepEqual(
      await tab.get(
        `(() => { const ids = [...document.querySelectorAll('[id]')].map((one) => one.id); return ids.filter((id, index) => ids.indexOf(id) !== index) })()`,
      ),
      [],
    )
    const levels = (await tab.get(
      `[...document.querySelectorAll('h1,h2,h3,h4,h5')].map((one) => Number(one.tagName[1]))`,
    )) as number[]
    assert.ok(levels.every((level, index) => index === 0 || level <= levels[index - 1]! + 1))
  })

  it('shows where the focus is and lets it leave', async () => {
    await open()
    const outline = await tab.get(`getComputedStyle(document.querySelector('.monitor')).outlineStyle`)
    assert.equal(outline, 'solid')
    await tab.press('Tab')
    assert.notEqual(await active(), 'screen')
  })
})

interface AxNode {
  ignored: boolean
  role?: { value: string }
  name?: { value: string }
}

async function chromiumText(tab: Tab): Promise<string> {
  // what the page's own scripts may not do, the debugger may
  return String(await tab.get(`document.body.innerText`))
}

/** Texts with less contrast than WCAG 2.1 asks for (1.4.3: 4.5, or 3 for large or bold large text). */
const lowContrast = `(() => {
  const parse = (color) => { const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number); return { r, g, b, a } }
  const channel = (value) => { const part = value / 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4 }
  const luminance = ({ r, g, b }) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
  const backdrop = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor)
      if (color.a > 0.99) return color
    }
    return { r: 255, g: 255, b: 255 }
  }
  const found = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement
    if (node.data.trim() === '' || !element.checkVisibility() || element.closest('script')) continue
    const style = getComputedStyle(element)
    const [a, b] = [luminance(parse(style.color)), luminance(backdrop(element))]
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    const isLarge = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700)
    if (ratio < (isLarge ? 3 : 4.5)) found.push(node.data.trim().slice(0, 40) + ' ' + ratio.toFixed(2) + ' ' + element.className)
  }
  return found
})()`

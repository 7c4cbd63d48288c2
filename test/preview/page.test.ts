import assert from 'node:assert/strict'
import { Diagnostic } from '../../src/diagnostics/diagnostic.js'
import { compileMenus } from '../../src/model/compile.js'
import { compileMachines } from '../../src/model/machines.js'
import type { Menu } from '../../src/model/schema.js'
import { previewFiles } from '../../src/preview/preview.js'
import { parse } from '../../src/syntax/parse.js'
import { allKinds, byHand, inputOf, lab, type MenuInput, pageOf } from './lab.js'

const linux = { kind: 'linux', id: 'a', label: 'A', kernel: 'http://x/vmlinuz' }

/** The part of the page about one entry. */
function articleOf(html: string, id: string): string {
  const start = html.indexOf(`id="${id}"`)
  assert.ok(start >= 0, `no ${id}`)
  return html.slice(start, html.indexOf('</article>', start)).replace(/\s+/g, ' ')
}

function textOf(html: string): string {
  return html
    .replace(/<[^>]*>/g, '')
    .replace(/&#39;/g, "'")
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
}

describe('preview files', () => {
  it('know that a machine without a name of its own goes past the index to the first menu', () => {
    const menus = [
      { id: 'main', title: 'First', entries: [{ kind: 'submenu', menu: 'more' }] },
      { id: 'more', title: 'Second', entries: [linux] },
    ] as unknown as readonly Menu[]
    const options = { first: { menu: 'main', path: 'boot.ipxe' }, machines: true }
    const match = { mac: ['52:54:00:00:00:01'], uuid: '00000000-0000-0000-0000-000000000001' }
    const machine = { id: 'own', menu: 'main', match }
    const known = compileMachines([machine], [], menus, options)
    const made = [...compileMenus(menus, options).scripts, ...known.scripts]
    const input = {
      title: 'Lab',
      entry: 'boot.ipxe',
      diagnostics: [],
      files: new Map(),
      scripts: made.map(({ path, script, machine: own }) => ({
        path,
        script,
        ...(own && { alike: [{ path, machine: own.machine.id }] }),
      })),
    }
    const { html } = pageOf(previewFiles(input))
    assert.equal(html.match(/no machine comes here/g), null)
    const unopened = {
      path: 'menus/other.ipxe',
      script: parse(new TextEncoder().encode('#!ipxe\nmenu\nitem a A\nchoose a\n')),
    }
    const { html: other } = pageOf(previewFiles({ ...input, scripts: [...input.scripts, unopened] }))
    assert.equal(other.match(/no machine comes here/g)?.length, 1)
  })

  it('lie below preview/ and are the same bytes every time', () => {
    const files = previewFiles(lab())
    assert.deepEqual([...files.keys()], ['preview/index.html', 'preview/preview.css', 'preview/preview.js'])
    const again = previewFiles(lab())
    for (const [path, bytes] of files) assert.deepEqual(again.get(path), bytes, path)
  })

  it('need no network', () => {
    const files = previewFiles(inputOf(allKinds))
    const { html } = pageOf(files)
    const loaded = [...html.matchAll(/<(?:script|link|img)\b[^>]*\s(?:src|href)="([^"]*)"/g)].map(
      ([, url]) => url,
    )
    assert.deepEqual(loaded, ['data:,', 'preview.css', 'preview.js'])
    for (const path of ['preview/preview.css', 'preview/preview.js']) {
      assert.doesNotMatch(new TextDecoder().decode(files.get(path)), /url\(|@import|https?:/)
    }
  })

  it('say so when there is no menu', () => {
    const { html } = pageOf(previewFiles(byHand('#!ipxe\nkernel http://x/k\nboot\n')))
    assert.match(html, /No script of this project shows a menu/)
  })
})

describe('hostile texts', () => {
  const hostile = [
    `</script><script>alert(1)</script>`,
    `"><img src=x onerror=alert(1)>`,
    `'><svg onload=alert(1)>`,
    `<!--<script>`,
    `]]>&lt;b&gt;`,
    '\u202edlrow\u0007\u001b[31m',
  ]

  for (const text of hostile) {
    it(`stay text: ${JSON.stringify(text)}`, () => {
      const id = 'x'
      const entries = [
        { ...linux, id, label: text, args: [text.replaceAll(' ', '_')], source: at(text) },
        { kind: 'separator', label: text },
        { kind: 'submenu', menu: 'other', label: text },
      ]
      const menus: MenuInput = [
        { id: 'main', title: text, entries },
        { id: 'other', title: text, entries: [linux] },
      ]
      const script = `#!ipxe\nmenu ${text}\nitem --gap ${text}\nitem ${text.replaceAll(' ', '_')} ${text}\nitem --key < y z\nchoose x && goto \${x}\n`
      const diagnostic = new Diagnostic({
        ruleId: text,
        severity: 'error',
        file: text,
        reason: text,
        note: text,
      })
      const files = new Map([[text, { size: 1, sha256: text, origin: text, trust: text }]])
      for (const input of [
        inputOf(menus, { title: text, diagnostics: [diagnostic], files }),
        { ...byHand(script, `${text}.ipxe`), title: text },
      ]) {
        const { html, data } = pageOf(previewFiles(input))
        const scripts = [...html.matchAll(/<script[^>]*>/g)].map(([tag]) => tag)
        assert.deepEqual(scripts, ['<script src="preview.js">', '<script type="application/json" id="data">'])
        assert.equal(html.match(/<\/script/g)?.length, 2)
        for (const pattern of [
          /<(img|svg)/,
          /<!--/,
          /<[a-z][^>"]*("[^"]*"[^>"]*)*\son\w+=/,
          // eslint-disable-next-line no-control-regex
          /[\u0000-\u0008\u000b-\u001f\u202d]/,
        ]) {
          assert.equal(pattern.exec(html), null)
        }
        assert.ok(data.menus.length > 0)
      }
    })
  }

  function at(file: string): object {
    return { file, line: 1, column: 1, offset: 0 }
  }
})

describe('the page', () => {
  const { html, data } = pageOf(previewFiles(lab()))

  it('has all menus in the order in which one finds them', () => {
    assert.deepEqual(
      data.menus.map(({ key }) => key),
      ['main', 'tools', 'menus.site.menu', 'menus.site.many'],
    )
  })

  it('lists menus and entries without JavaScript', () => {
    const list = html.slice(html.indexOf('<ol class="list">'))
    assert.match(list, /<a href="#main\/centos">CENTOS-STREAM<\/a/)
    assert.match(html, /<a href="#tools" data-menu="tools">Tools<\/a>/)
  })

  it('shows kernel, arguments, files with size, digest and trust, memory, and the lines', () => {
    const text = textOf(articleOf(html, 'main/fcos'))
    assert.match(text, /On 64-bit x86 .*On arm64/)
    assert.match(text, /Memory ?at least 4 GiB/)
    assert.match(text, /To load ?113\.8 MiB/)
    assert.match(
      text,
      /coreos\.live\.rootfs_url=http:\/\/\$\{next-server\}:8080\/assets\/fcos\/rootfs\.x86_64\.img/,
    )
    assert.match(text, /console=tty0 console=ttyAMA0,115200/)
    assert.match(text, /or else https:\/\/builds\.example\/fcos\/kernel\.x86_64/)
    assert.match(text, /16\.6 MiB signature checked/)
    assert.match(text, /870\.4 MiB/, 'the root file system that the arguments name')
    assert.ok(text.includes(`sha256:${'1f'.repeat(32)}`))
    assert.match(text, /boot \|\| goto failed/)
  })

  it('puts diagnostics where they belong', () => {
    assert.match(articleOf(html, 'main/centos'), /The mirror speaks <code>http<\/code> only/)
    assert.match(articleOf(html, 'menus.site.menu/go'), /Nothing sets <code>\$\{base\}<\/code>/)
    assert.doesNotMatch(articleOf(html, 'main/fcos'), /mirror speaks/)
    assert.match(html.slice(html.indexOf('Other diagnostics')), /A file is in the way/)
  })

  it('warns of what does not fit', () => {
    assert.match(html, /The label “Ubuntu 24\.04[^”]*…” is 89 characters long; iPXE shows the first 74/)
    assert.match(html, /45 lines do not fit on one screen: iPXE shows 20/)
    const ubuntu = data.menus[0]!.items.find(({ name }) => name === 'ubuntu')!
    assert.equal(ubuntu.text[0]![0].length, 74)
  })

  it('knows which machines show an entry', () => {
    const marks = Object.fromEntries(data.menus[0]!.items.map(({ name, mark }) => [name, mark]))
    assert.equal(marks['centos'], 'x86_64')
    assert.equal(marks['uefi-shell'], 'UEFI')
    assert.equal(marks['fcos'], 'x86_64 or arm64')
    assert.equal(marks['local'], '')
    assert.match(articleOf(html, 'main/local'), /On BIOS.*Boots from 0x80.*On UEFI.*Leaves the script/)
  })

  it('follows chains into other scripts and back', () => {
    const item = (menu: number, name: string) => data.menus[menu]!.items.find((one) => one.name === name)!
    assert.deepEqual(item(0, 'tools').opens, [[31, 'tools']])
    assert.deepEqual(item(0, 'site').opens, [[31, 'menus.site.menu']])
    assert.equal(item(1, 'back').leaves, 31)
    assert.equal(item(2, 'back').leaves, 31)
    assert.deepEqual(item(2, 'many').opens, [[31, 'menus.site.many']])
  })

  it('marks settings in texts and keeps what is known in arguments', () => {
    const go = data.menus[2]!.items.find(({ name }) => name === 'go')!
    assert.deepEqual(go.text, [['Go: '], ['${mode}', 1]])
    assert.match(textOf(articleOf(html, 'menus.site.menu/go')), /mode=live console=tty0/)
    assert.match(textOf(articleOf(html, 'menus.site.menu/go')), /http:\/\/\$\{next-server\}\/os\/initrd\.img/)
  })

  it('keeps failure messages for later', () => {
    const failed = data.menus[2]!.items.find(({ text }) => text[0]?.[0].startsWith('Failed'))!
    assert.deepEqual([failed.first, failed.later], [0, 31])
  })
})

describe('every kind of entry', () => {
  const { html, data } = pageOf(previewFiles(inputOf(allKinds)))
  const expected: Record<string, RegExp> = {
    'main/centos7': /method=http:\/\/v\/7\/os\/x86_64\//,
    'main/fcos-disk': /coreos\.inst\.install_dev=\/dev\/sda/,
    'main/flatcar': /flatcar\.first_boot=1/,
    'main/debian': /preseed\/url=http:\/\/d\/preseed/,
    'main/ubuntu': /iso-url=http:\/\/u\/u\.iso/,
    'main/alpine': /modloop=http:\/\/al\/netboot\/modloop-lts/,
    'main/efi-only': /Initrd.*http:\/\/x\/i.*or else.*http:\/\/y\/i.*goes to \/etc\/f mode=600/,
    'main/memtest': /On 64-bit x86.*http:\/\/m\/64.*On 32-bit x86.*http:\/\/m\/32/,
    'main/winpe': /Kernel.*http:\/\/w\/wimboot.*sources\/boot\.wim.*or else.*Sources\/boot\.wim/,
    'main/iso': /Boots from http:\/\/i\/x\.iso/,
    'main/nbxyz': /On BIOS.*x\.lkrn.*x\.efi.*a\.efi/,
    'main/ask': /Starts a kernel.*root=\/dev\/ram0/,
    'main/raw': /comes back to this menu.*echo hello/,
    'main/local-efi': /Boots from \\EFI\\BOOT\\BOOTX64\.EFI/,
    'main/tools': /Opens the menu Tools/,
    'tools/shell': /Opens the iPXE shell/,
    'tools/config': /Opens the settings editor/,
    'tools/net': /ifstat/,
    'tools/serial': /console=ttyS0/,
    'tools/reboot': /Restarts the machine/,
    'tools/off': /Turns the machine off/,
  }
  for (const [id, pattern] of Object.entries(expected)) {
    it(`says what ${id} does`, () => {
      assert.match(textOf(articleOf(html, id)), pattern)
    })
  }

  it('is on the page', () => {
    assert.equal(data.menus.length, 2)
    assert.doesNotMatch(html, /The script stops with an error|known only on the machine/)
  })
})

describe('scripts by hand', () => {
  const names = (script: string, at = 0): string[] =>
    pageOf(previewFiles(byHand(script))).data.menus[at]!.items.map(({ name }) => name)

  it('may have no menu, an endless loop, or a menu without items', () => {
    for (const script of ['', ':a\ngoto a\n', 'menu x\nchoose y\n', 'item a\nchoose b\n', 'menu \\']) {
      assert.ok(previewFiles(byHand(script)).size > 0)
    }
    const { html } = pageOf(previewFiles(byHand('menu x\nitem --gap only\nchoose y\n')))
    assert.match(html, /Nothing here can be selected/)
  })

  it('keep menus with names apart', () => {
    const script =
      'menu --name a A\nmenu --name b B\nitem --menu b in-b\nitem --menu a in-a\nchoose --menu a x\nchoose --menu b y\n'
    assert.deepEqual(names(script, 0), ['in-a'])
    assert.deepEqual(names(script, 1), ['in-b'])
  })

  it('skip items by jumps forward', () => {
    const script = 'menu A\niseq ${platform} efi && goto efi ||\nitem bios\n:efi\nitem both\nchoose x\n'
    const { items } = pageOf(previewFiles(byHand(script))).data.menus[0]!
    assert.deepEqual(
      items.map(({ name, first }) => [name, first]),
      [
        ['bios', 3],
        ['both', 31],
      ],
    )
  })

  it('cut by bytes, in whole characters, without a word about unknown settings', () => {
    const script = `menu A\nitem a ${'é'.repeat(40)}\nitem b ${'${x}'.repeat(40)}\nchoose x\n`
    const { html, data } = pageOf(previewFiles(byHand(script)))
    assert.equal(data.menus[0]!.items[0]!.text[0]![0], 'é'.repeat(37))
    assert.equal(html.match(/characters long/g)?.length, 1)
  })

  it('have keys as iPXE reads them, a default, a time limit', () => {
    const script = 'menu A\nitem --key 0x63 a\nitem --default --key q b\nchoose --timeout 1500 x\n'
    const [menu] = pageOf(previewFiles(byHand(script))).data.menus
    assert.deepEqual(
      menu!.items.map(({ hotkey }) => hotkey),
      ['c', 'q'],
    )
    assert.equal(menu!.initial, 'b')
    assert.equal(menu!.seconds, 2)
  })

  it('are followed in time that grows with their length', function () {
    this.timeout(10_000)
    const items = Array.from({ length: 2000 }, (_, index) => `item n${index} Entry ${index}`).join('\n')
    const labels = Array.from({ length: 2000 }, (_, index) => `:n${index}\nset a \${a}\${a}\ngoto menu`).join(
      '\n',
    )
    const started = performance.now()
    previewFiles(byHand(`:menu\nmenu Big\n${items}\nchoose x && goto \${x}\n${labels}\n`))
    assert.ok(performance.now() - started < 8000)
  })
})

import assert from 'node:assert/strict'
import { importPxelinux } from '../../src/import/pxelinux.js'
import { countImport, importRules, type ImportResult } from '../../src/import/result.js'
import { sortDiagnostics } from '../../src/diagnostics/sort.js'
import type { Entry } from '../../src/model/schema.js'
import { lines, memoryHost, type MemoryEntry } from '../project/memory-host.js'
import { installer, lab, linked, prompt } from './trees.js'
import { assertUsable } from './usable.js'

/** The entries of one configuration. */
async function entriesOf(text: string, more: Record<string, MemoryEntry> = {}): Promise<Entry[]> {
  const { menus } = await importTree({ 'p/pxelinux.cfg/default': text, ...more }, 'p')
  return menus[0]?.entries ?? []
}

async function importTree(files: Record<string, MemoryEntry>, path: string): Promise<ImportResult> {
  const result = await importPxelinux(path, memoryHost(files))
  for (const { ruleId, note } of result.diagnostics) {
    assert.ok((importRules as readonly string[]).includes(ruleId), ruleId)
    assert.ok(note)
  }
  return result
}

const told = (result: ImportResult): string[] => lines(sortDiagnostics(result.diagnostics))

describe('import of PXELINUX trees', () => {
  it('reads an installer in several files', async () => {
    const result = await importTree(installer, 'tftp')
    const { scripts } = assertUsable(result)
    assert.deepEqual(
      result.menus.map(({ id, title, timeout }) => [id, title, timeout]),
      [
        ['main', 'Debian GNU/Linux installer menu (BIOS mode)', undefined],
        ['advanced', 'Advanced options', undefined],
        ['prompt', 'Debian GNU/Linux installer menu (BIOS mode)', undefined],
        ['desktops', 'Alternative desktops', undefined],
      ],
    )
    assert.match(scripts.get('boot.ipxe')!, /item --key i install Install \|\|\n/)
    assert.match(
      scripts.get('boot.ipxe')!,
      /set args vga=788 --- quiet console=tty0 console=ttyS0,115200\n[^]*kernel \$<tftp>\/debian-installer\/amd64\/linux initrd=initrd.gz \$\{args\}/,
    )
    assert.match(
      scripts.get('menus/advanced.ipxe')!,
      /item --key d alternative-desktops Alternative desktops\n/,
    )
    assert.deepEqual(result.variables['tftp']?.type, 'url')
    assert.deepEqual(
      result.diagnostics.filter(({ severity }) => severity !== 'info'),
      [],
    )
  })

  it('reads a lab with machines of its own', async () => {
    const result = await importTree(lab, 'srv')
    const { yaml, scripts } = assertUsable(result)
    const [main] = result.menus
    assert.equal(main?.timeout, '30500ms')
    assert.equal(main.default, 'boot-from-local-disk')
    const byId = new Map(main.entries.map((entry) => ['id' in entry ? entry.id : entry.label, entry]))
    const centos = byId.get('centos-7')
    assert.ok(centos?.kind === 'linux')
    assert.deepEqual(centos.initrd, ['$<tftp>/images/centos7/initrd.img', '$<tftp>/images/drivers.img'])
    assert.deepEqual(centos.args, [
      'ks=http://10.0.0.1/ks/c7.cfg',
      'ksdevice=bootif',
      'console=tty0',
      'console=ttyS1,115200n8',
      'BOOTIF=01-${netX/mac:hexhyp}',
    ])
    assert.equal(centos.console, false)
    assert.equal(centos.key, 'c')
    assert.equal(byId.get('Installation')?.kind, 'separator')
    assert.match(
      scripts.get('boot.ipxe')!,
      /kernel http:\/\/10\.0\.0\.1\/jammy\/vmlinuz initrd=initrd \$\{args\}/,
    )
    assert.match(scripts.get('boot.ipxe')!, /item --key \w freedos-old-slow FreeDOS; old & slow/)
    assert.deepEqual(
      [...byId.values()].map(({ kind }) => kind),
      'local separator linux linux separator memtest linux chain local reboot poweroff local'.split(' '),
    )
    assert.deepEqual(
      result.machines.map(({ match, menu }) => ({ ...match, menu })),
      [
        { mac: '52:54:00:12:34:56', menu: 'machine-52-54-00-12-34-56' },
        { mac: '52:54:00:12:34:57', menu: 'machine-52-54-00-12-34-56' },
        { uuid: '4c4c4544-0042-3510-8053-b4c04f4d3132', menu: 'main' },
        { ip: '192.168.10.0/24', menu: 'machine-192-168-10-0-24' },
      ],
    )
    assert.match(
      yaml,
      /^# {3}- \{ id: machine-52-54-00-12-34-56, match: \{ mac: '52:54:00:12:34:56' \}, menu/m,
    )
    assert.deepEqual(
      told(result).filter((line) => !line.includes('import-look')),
      [
        'srv/pxelinux.cfg/C0A80A import-unsupported: Machines are not matched by their address here, so nothing leads 192.168.10.0/24 to its menu `machine-192-168-10-0-24`',
        'srv/pxelinux.cfg/default:3:1 import-password: The master password is gone: everybody can edit arguments and start everything',
        'srv/pxelinux.cfg/default:5:1 import-unsupported: TOTALTIMEOUT is not carried over: TIMEOUT counts',
        'srv/pxelinux.cfg/default:7:1 import-unsupported: `SERIAL 0 9600` is not carried over',
        'srv/pxelinux.cfg/default:30:3 import-unsupported: `SYSAPPEND 0x15` also adds SYSVENDOR=',
        'srv/pxelinux.cfg/default:32:1 import-unsupported: `hwtools` is hidden and could only be started by typing its name',
        'srv/pxelinux.cfg/default:38:3 import-unsupported: `hdt`: The module `hdt.c32` has no counterpart',
        'srv/pxelinux.cfg/default:49:3 import-unsupported: `Windows (WDS)`: The options of pxechn.c32 are not carried over',
        'srv/pxelinux.cfg/default:54:3 import-unsupported: `Second disk`: Of `hd1 2` only the disk is carried over',
        'srv/pxelinux.cfg/default:56:3 import-unsupported: `esx`: The module `mboot.c32` has no counterpart',
        'srv/pxelinux.cfg/default.bak import-name: No machine asks for a file of this name, and no configuration includes it',
      ],
    )
    assert.deepEqual(countImport(result), { menus: 3, entries: 12, machines: 4, lost: 9 })
  })

  it('reads a prompt without a menu', async () => {
    const result = await importTree(prompt, 'old/pxelinux.cfg')
    assertUsable(result)
    const [main] = result.menus
    assert.equal(main?.timeout, '5s')
    assert.equal(main.default, 'linux')
    assert.deepEqual(
      main.entries.map(
        (entry) => entry.kind === 'linux' && [entry.kernel, entry.initrd, entry.args, entry.editArgs],
      ),
      [
        ['$<tftp>/vmlinuz', ['$<tftp>/initrd.img'], ['nofb'], false],
        ['$<tftp>/vmlinuz', ['$<tftp>/initrd.img'], ['single'], false],
        ['$<tftp>/zImage', undefined, undefined, false],
        ['$<tftp>/rescue', ['$<tftp>/rescue.img'], undefined, false],
      ],
    )
    assert.deepEqual(told(result), [
      'old/pxelinux.cfg/default:1:1 import-look: 2 lines about looks and help texts: DISPLAY, F1',
    ])
  })

  it('reads menus in files that lead to each other', async () => {
    const result = await importTree(linked, 'tree')
    assertUsable(result)
    assert.deepEqual(
      result.menus.map(({ id, title, timeout, entries }) => [
        id,
        title,
        timeout,
        entries.map((entry) =>
          entry.kind === 'submenu' ? `-> ${entry.menu}` : `${entry.kind} ${entry.label ?? ''}`,
        ),
      ]),
      [
        ['main', 'Boot menu', undefined, ['-> linux', '-> tools', '-> more', '-> more']],
        ['linux', 'Linux', '10s', ['linux a', 'linux b']],
        ['tools', 'tools', undefined, ['chain grub', 'chain shell', 'shell back']],
        ['more', 'More', undefined, ['linux again']],
      ],
    )
    assert.deepEqual(
      told(result).filter((line) => !line.includes('import-look')),
      [
        'tree/pxelinux.cfg/default:8:3 import-password: The password of this entry is gone: everybody can start it',
        'tree/pxelinux.cfg/default:14:3 import-missing: There is no menu `nowhere` in this configuration',
        'tree/pxelinux.cfg/more.menu:4:1 import-include: The file `tree/pxelinux.cfg/default` includes itself, through 1 others',
      ],
    )
  })

  const tftp = '$<tftp>'
  const single: [title: string, text: string, expected: object | undefined][] = [
    ['a name with a server', 'LINUX 10.0.0.9::x/vmlinuz', { kernel: 'tftp://10.0.0.9/x/vmlinuz' }],
    ['backslashes and dots', 'LINUX \\images\\..\\vmlinuz', { kernel: `${tftp}/vmlinuz` }],
    ['what has a meaning in URLs', 'LINUX a#b?c%d;e${f}', { kernel: `${tftp}/a%23b%3Fc%25d%3Be%24%7Bf%7D` }],
    ['arguments after the kernel', 'KERNEL vmlinuz a=b\nAPPEND c', { args: ['a=b', 'c'] }],
    ['a bad URL', 'LINUX http://10.0.0.300/x', undefined],
    ['a setting in a URL', 'LINUX http://${x}/y', undefined],
    ['LINUX with any ending', 'LINUX kernel.bin', { kind: 'linux', kernel: `${tftp}/kernel.bin` }],
    ['a boot sector', 'KERNEL grub.bin', undefined],
    ['a network loader', 'PXE grub', { kind: 'chain', url: `${tftp}/grub`, needs: { firmware: 'bios' } }],
    ['iPXE', 'KERNEL ipxe.lkrn', undefined],
    [
      'linux.c32',
      'COM32 linux.c32\nAPPEND wimboot initrdfile=a,b c',
      { kernel: `${tftp}/wimboot`, args: ['c'] },
    ],
    ['memdisk without an image', 'KERNEL memdisk\nAPPEND iso', undefined],
    ['memtest with arguments', 'KERNEL memtest.bin\nAPPEND console=ttyS0', { kind: 'linux', console: false }],
    ['chain.c32 alone', 'COM32 chain.c32', { kind: 'local' }],
    ['chain.c32 with a label', 'COM32 chain.c32\nAPPEND label=x', undefined],
    ['LOCALBOOT of a drive', 'LOCALBOOT 0x81', { kind: 'local', drive: '0x81' }],
    ['words that break scripts', 'LINUX a\nAPPEND b # ; || ${x} $<y> c\\ d', { args: ['b', 'd'] }],
    [
      'SYSAPPEND',
      'LINUX a\nIPAPPEND 3\nAPPEND BOOTIF=x',
      { args: ['BOOTIF=x', 'ip=${ip}:${next-server}:${gateway}:${netmask}'] },
    ],
    ['a wrong SYSAPPEND', 'LINUX a\nIPAPPEND two', { kind: 'linux' }],
    [
      'a name that would be a directive',
      'MENU LABEL ipxetool include /etc/x\nLINUX a',
      { label: 'Ipxetool include /etc/x' },
    ],
    ['a name of nothing', 'MENU LABEL #\nLINUX a', { label: 'x' }],
  ]
  for (const [title, text, expected] of single) {
    it(`reads ${title}`, async () => {
      const files = { 'p/pxelinux.cfg/default': `LABEL x\n${text}\nLABEL end\nLINUX z\n` }
      const result = await importTree(files, 'p')
      assertUsable(result)
      const entries = result.menus[0]!.entries
      if (expected === undefined) {
        assert.equal(entries.length, 1)
        assert.equal(result.diagnostics.length, 1)
        assert.equal(result.diagnostics[0]?.severity, 'warning')
      } else {
        const fields = Object.entries(entries[0]!).filter(([name]) => name in expected)
        assert.deepEqual(Object.fromEntries(fields), expected)
      }
    })
  }

  it('gives every entry an id and every key to one', async () => {
    const entries = await entriesOf(
      'LABEL a\nMENU LABEL ^Same\nLINUX a\nLABEL b\nMENU LABEL ^Same\nLINUX b\nLABEL menu\nLINUX c\nLABEL ???\nLINUX d\n',
    )
    assert.deepEqual(
      entries.map((entry) => entry.kind === 'linux' && [entry.id, entry.key, entry.label]),
      [
        ['same', 's', 'Same'],
        ['same-2', undefined, 'Same'],
        ['menu-2', undefined, 'menu'],
        ['entry', undefined, '???'],
      ],
    )
  })

  it('opens the way to a default in a submenu', async () => {
    const text =
      'UI menu.c32\nTIMEOUT 100\nDEFAULT deep\nMENU BEGIN one\nLABEL deep\nLINUX a\nMENU END\nLABEL b\nLINUX b\n'
    const result = await importTree({ 'p/pxelinux.cfg/default': text }, 'p')
    assertUsable(result)
    assert.deepEqual(
      result.menus.map(({ default: chosen, timeout }) => [chosen, timeout]),
      [
        ['one', '10s'],
        ['deep', '10s'],
      ],
    )
  })

  it('leaves out menus that lead nowhere', async () => {
    const result = await importTree(
      {
        'p/pxelinux.cfg/default':
          'LABEL a\nLINUX a\nMENU BEGIN x\nMENU BEGIN y\nLABEL z\nCOM32 hdt.c32\nMENU END\nMENU END\n',
        'p/pxelinux.cfg/01-52-54-00-00-00-01': '# empty\n',
      },
      'p',
    )
    assertUsable(result)
    assert.deepEqual(
      result.menus.map(({ id, entries }) => [id, entries.length]),
      [['main', 1]],
    )
    assert.deepEqual(result.machines, [])
    assert.match(
      told(result).join('\n'),
      /01-52-54-00-00-00-01 import-missing: Nothing in this file can be booted/,
    )
  })

  it('reads names of machines as they are asked for', async () => {
    const config = 'LABEL a\nLINUX a\n'
    const names = [
      'C',
      'C0A80001',
      'c0a80002',
      'cafe',
      '01-AA-BB-CC-DD-EE-FF',
      '01-aa-bb-cc-dd-ee-ff',
      '06-aa-bb-cc-dd-ee-ff',
      'C0A800011',
    ]
    const files = Object.fromEntries(names.map((name) => [`p/pxelinux.cfg/${name}`, config]))
    const result = await importTree(files, 'p')
    assertUsable(result)
    assert.deepEqual(
      result.machines.map(({ match }) => Object.values(match)[0] as string),
      ['aa:bb:cc:dd:ee:ff', '192.0.0.0/4', '192.168.0.1/32', '192.168.0.2/32'],
    )
    assert.equal(result.menus.length, 1)
    assert.equal(result.diagnostics.filter(({ ruleId }) => ruleId === 'import-name').length, 5)
  })

  it('reads nothing outside of the tree', async () => {
    const host = memoryHost({
      'p/pxelinux.cfg/default':
        'INCLUDE ../secret\nINCLUDE /../secret\nINCLUDE link\nINCLUDE http://x/y\nINCLUDE 10.0.0.1::x\nINCLUDE\nLABEL a\nLINUX a\n',
      'p/link': { link: '../secret' },
      secret: 'LABEL secret\nLINUX secret\n',
    })
    const result = await importPxelinux('p', host)
    assert.equal(result.menus[0]?.entries.length, 1)
    assert.deepEqual(host.reads, ['p/pxelinux.cfg/default'])
    assert.equal(result.diagnostics.filter(({ ruleId }) => ruleId === 'import-include').length, 6)
  })

  it('tells of files that cannot be read', async () => {
    const result = await importTree(
      {
        'p/pxelinux.cfg/default':
          'LABEL a\nLINUX a\nINCLUDE missing.cfg\nLABEL m\nKERNEL menu.c32\nAPPEND nope.cfg\n',
        'p/pxelinux.cfg/C0': { error: 'denied' },
      },
      'p',
    )
    assertUsable(result)
    assert.deepEqual(
      told(result).map((line) => line.split(': ')[0]),
      [
        'p/pxelinux.cfg/C0 import-file',
        'p/pxelinux.cfg/default:3:1 import-include',
        'p/pxelinux.cfg/default:5:1 import-include',
      ],
    )
  })
})

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { stringify } from '../../src/index.js'
import { compileMenus, type CompileOptions } from '../../src/model/compile.js'
import { menusSchema } from '../../src/model/schema.js'
import { runRules } from '../../src/rules/run.js'

type Input = Parameters<typeof menusSchema.parse>[0]

function compile(menus: Input, options: CompileOptions = { first: { menu: 'main', path: 'boot.ipxe' } }) {
  return compileMenus(menusSchema.parse(menus), options)
}

function textOf(menus: Input, path = 'boot.ipxe'): string {
  const { scripts, problems } = compile(menus)
  assert.deepEqual(problems, [])
  const found = scripts.find((script) => script.path === path)
  assert.ok(found, `no ${path} among ${scripts.map((script) => script.path).join(', ')}`)
  return new TextDecoder().decode(stringify(found.script))
}

const linux = { kind: 'linux', id: 'a', label: 'A', kernel: 'http://x/vmlinuz' }
const main = (...entries: object[]): object[] => [{ id: 'main', title: 'Main', entries }]

/** Every kind once, with what makes it special. */
const all = [
  {
    id: 'main',
    title: 'Lab 3',
    timeout: '30s',
    default: 'centos',
    source: { file: 'menus/main.ts', line: 3, column: 1, offset: 80 },
    entries: [
      {
        kind: 'anaconda',
        id: 'centos',
        label: 'CentOS, serial install',
        key: 'c',
        repo: '$<repo>',
        console: { port: 'ttyS0', speed: 115200 },
        source: { file: 'menus/main.ts', line: 6, column: 5, offset: 180 },
      },
      {
        kind: 'anaconda',
        id: 'centos7',
        label: 'CentOS 7',
        repo: 'http://v/7/os/x86_64',
        version: 7,
        kickstart: 'http://v/ks',
      },
      {
        kind: 'coreos',
        id: 'fcos',
        label: 'Fedora CoreOS',
        kernel: { x86_64: ['http://a/k', 'http://b/k'], arm64: 'http://a/k64' },
        initrd: { x86_64: ['http://a/i.img'], arm64: ['http://a/i64.img'] },
        rootfs: { x86_64: 'http://a/r', arm64: 'http://a/r64' },
        ignition: 'http://ign/${net0/mac:hexhyp}.ign',
      },
      {
        kind: 'coreos',
        id: 'fcos-disk',
        label: 'To disk',
        kernel: 'http://a/k',
        initrd: ['http://a/i'],
        rootfs: 'http://a/r',
        ignition: 'http://ign/x',
        install: '/dev/sda',
      },
      {
        kind: 'flatcar',
        id: 'flatcar',
        label: 'Flatcar',
        kernel: 'http://f/k',
        initrd: ['http://f/i'],
        autologin: true,
        console: '$<console>',
      },
      {
        kind: 'debian',
        id: 'debian',
        label: 'Debian',
        netboot: 'http://d/amd64',
        preseed: 'http://d/preseed',
      },
      {
        kind: 'casper',
        id: 'ubuntu',
        label: 'Ubuntu',
        kernel: 'http://u/linux',
        initrd: ['http://u/initrd'],
        iso: 'http://u/u.iso',
        autoinstall: 'http://u/auto',
      },
      { kind: 'alpine', id: 'alpine', label: 'Alpine', netboot: 'http://al/netboot', repo: 'http://al/main' },
      {
        kind: 'linux',
        id: 'efi-only',
        label: 'EFI only',
        kernel: 'http://x/vmlinuz',
        initrd: [
          { url: ['http://x/i', 'http://y/i'], name: 'root.img' },
          { url: 'http://x/f', path: '/etc/f', mode: '600' },
        ],
        args: ['quiet', ['root', '/dev/ram0']],
        needs: { firmware: 'uefi' },
        editArgs: false,
        console: false,
      },
      {
        kind: 'memtest',
        id: 'memtest',
        label: 'Memtest86+',
        image: { x86_64: 'http://m/64', i386: 'http://m/32' },
      },
      {
        kind: 'wimboot',
        id: 'winpe',
        label: 'Windows PE',
        wimboot: 'http://w/wimboot',
        files: 'http://w/pe',
      },
      { kind: 'separator', label: 'Tools' },
      { kind: 'iso', id: 'iso', label: 'An image', url: 'http://i/x.iso' },
      {
        kind: 'chain',
        id: 'nbxyz',
        label: 'netboot.xyz',
        url: { bios: 'http://n/x.lkrn', uefi: { x86_64: 'http://n/x.efi', arm64: 'http://n/a.efi' } },
      },
      {
        kind: 'form',
        id: 'ask',
        label: 'Name the machine',
        fields: [
          { name: 'host', label: 'Host name', value: 'node1' },
          { name: 'count', label: 'Number', type: 'integer' },
          { name: 'mode', label: 'Mode', values: ['a', 'b'], required: false },
        ],
        then: 'efi-only',
      },
      { kind: 'raw', id: 'raw', label: 'By hand', script: 'echo hello\nsleep 1' },
      { kind: 'separator' },
      { kind: 'local', id: 'local', label: 'Local disk' },
      { kind: 'local', id: 'local-efi', label: 'EFI file', method: 'efi-file', needs: { firmware: 'uefi' } },
      { kind: 'submenu', menu: 'tools' },
    ],
  },
  {
    id: 'tools',
    title: 'Tools',
    entries: [
      { kind: 'shell', id: 'shell', label: 'Shell' },
      { kind: 'settings', id: 'config', label: 'Settings' },
      { kind: 'network-test', id: 'net', label: 'Network' },
      { kind: 'serial-test', id: 'serial', label: 'Which serial port am I' },
      { kind: 'reboot', id: 'reboot', label: 'Reboot' },
      { kind: 'poweroff', id: 'off', label: 'Power off' },
    ],
  },
]

describe('compiled menus', () => {
  for (const path of ['boot.ipxe', 'menus/tools.ipxe']) {
    it(`are as in test/golden/model/${path.replace('/', '-')}`, () => {
      const file = new URL(`../golden/model/${path.replace('/', '-')}`, import.meta.url)
      const text = textOf(all, path)
      if (process.env.UPDATE_GOLDEN) writeFileSync(file, text)
      assert.equal(text, readFileSync(file, 'utf8'))
    })
  }

  it('are clean under every rule', () => {
    for (const { script, path } of compile(all).scripts) {
      const problems = runRules(script, { path }).filter(({ ruleId }) => ruleId !== 'undefined-variable')
      assert.deepEqual(
        problems.map(({ ruleId, reason }) => `${path} ${ruleId} ${reason}`),
        [],
      )
    }
  })

  it('name every initrd for UEFI', () => {
    const text = textOf(main({ ...linux, initrd: ['http://x/a.img', 'http://y/a.img', 'http://x/q?${mac}'] }))
    assert.match(text, /kernel http:\/\/x\/vmlinuz initrd=a\.img initrd=a\.img-2 initrd=q \$\{args\}/)
    assert.match(text, /initrd --name a\.img-2 http:\/\/y\/a\.img/)
  })

  it('hide an entry where its files are not for the machine', () => {
    const text = textOf(main({ ...linux, kernel: { arm64: 'http://x/k' } }))
    assert.match(text, /^iseq \$\{arch\} arm64 && item --key a a A \|\|$/m)
  })

  it('hide a chain and a memory test where there is nothing for the machine', () => {
    const uefi = { kind: 'chain', id: 'c', label: 'C', url: { uefi: { arm64: 'http://x/a.efi' } } }
    assert.match(
      textOf(main(uefi)),
      /^iseq \$\{arch\} arm64 && iseq \$\{platform\} efi && item --key c c C \|\|$/m,
    )
    const memtest = {
      kind: 'memtest',
      id: 'm',
      label: 'M',
      image: { x86_64: 'http://x/64', i386: 'http://x/32' },
    }
    assert.match(textOf(main(memtest)), /^iseq \$\{arch\} x86_64 \|\| iseq \$\{arch\} i386 && item /m)
  })

  it('take arguments and consoles by architecture', () => {
    const text = textOf(
      main({
        ...linux,
        kernel: { x86_64: 'http://x/k', arm64: 'http://x/k64' },
        args: { x86_64: ['pc'], arm64: ['board'] },
        console: { x86_64: 'ttyS1,9600', arm64: false },
      }),
    )
    assert.match(text, /^set args pc console=ttyS1,9600$/m)
    assert.match(text, /^set args board$/m)
  })

  it('write one block for architectures that do not differ', () => {
    const text = textOf(main({ ...linux, needs: { architecture: ['x86_64', 'i386'] } }))
    assert.equal(text.match(/^kernel /gm)?.length, 1)
  })

  it('keep a label in a comment from speaking to ipxetool', () => {
    const text = textOf(main({ ...linux, label: 'ipxetool include secret.ipxe' }))
    assert.doesNotMatch(text, /^# ipxetool/m)
  })

  it('say nothing of failures where nothing can fail', () => {
    const text = textOf(main({ kind: 'shell', id: 'sh', label: 'Shell' }))
    assert.doesNotMatch(text, /problem|failed/)
  })

  it('go to a serial console by architecture unless told otherwise', () => {
    assert.match(textOf(main(linux)), /console=tty0 console=ttyS0,115200/)
    assert.match(textOf(main({ ...linux, kernel: { arm64: 'http://x/k' } })), /console=ttyAMA0,115200/)
    assert.doesNotMatch(textOf(main({ ...linux, console: false })), /console=/)
  })

  it('take keys that do not clash', () => {
    const text = textOf(main({ ...linux, label: 'Edit' }, { ...linux, id: 'b', label: 'Edit too', key: 'e' }))
    const keys = [...text.matchAll(/item --key (.) (\S+)/g)].map((match) => `${match[2]!}=${match[1]!}`)
    assert.deepEqual(new Set(keys), new Set(['a=d', 'b=e', 'edit=i']))
  })

  const mistakes: [title: string, menus: object[], expected: RegExp][] = [
    ['two entries with one id', main(linux, linux), /two entries `a`/],
    [
      'a default that is no entry',
      [{ id: 'main', title: 'M', default: 'aa', entries: [{ ...linux, id: 'ab' }] }],
      /default entry.*`aa`.*did you mean `ab`/,
    ],
    ['a submenu that is no menu', main({ kind: 'submenu', menu: 'nope' }), /menu `nope` does not exist/],
    [
      'a key that is taken',
      main({ ...linux, key: 'x' }, { ...linux, id: 'b', key: 'x' }),
      /key `x` already picks `a`/,
    ],
    ['an id that the script needs', main({ ...linux, id: 'failed' }), /cannot be called `failed`/],
    ['an operator in a label', main({ ...linux, label: 'A || B' }), /`\|\|` is an operator/],
    ['a comment in a title', [{ id: 'main', title: 'Lab # 3', entries: [linux] }], /`#` starts a comment/],
    ['a backslash at the end', main({ ...linux, label: 'A \\' }), /backslash/],
    [
      'a menu that nobody reaches',
      [...main(linux), { id: 'lost', title: 'L', entries: [linux] }],
      /Nobody can reach the menu `lost`/,
    ],
    ['two menus with one id', [...main(linux), ...main(linux)], /two menus `main`/],
  ]
  for (const [title, menus, expected] of mistakes) {
    it(`report ${title}`, () => {
      const { problems } = compile(menus)
      assert.equal(problems.filter(({ reason }) => expected.test(reason)).length, 1, JSON.stringify(problems))
    })
  }

  it('takes a path from the top of the tree, wherever the script is', () => {
    const entries = [
      {
        kind: 'linux',
        id: 'a',
        label: 'A',
        kernel: ['os/k', 'http://x/k'],
        initrd: ['menus/os/i', '/abs/i'],
      },
      { kind: 'iso', id: 'b', label: 'B', url: 'os/x.iso' },
      { kind: 'chain', id: 'c', label: 'C', url: '${next}/x' },
      { kind: 'chain', id: 'd', label: 'D', url: '$<base>/x' },
      { kind: 'wimboot', id: 'e', label: 'E', wimboot: './w', files: 'pe' },
    ]
    const menus = [
      { id: 'main', title: 'Main', entries: [...entries, { kind: 'submenu', menu: 'other' }] },
      { id: 'other', title: 'Other', entries },
    ] as Input
    const urls = (path: string): string[] =>
      [...textOf(menus, path).matchAll(/^(?:kernel|initrd|sanboot|chain) .*$/gm)]
        .flatMap(([line]) => line.split(' '))
        .filter((word) => word.includes('/'))
    const first = urls('boot.ipxe')
    const other = urls('menus/other.ipxe')
    assert.deepEqual(first.slice(0, 4), ['os/k', 'http://x/k', 'menus/os/i', '/abs/i'])
    assert.deepEqual(other.slice(0, 4), ['../os/k', 'http://x/k', 'os/i', '/abs/i'])
    assert.deepEqual(other.slice(4, 9), ['../os/x.iso', '${next}/x', '$<base>/x', './w', '../pe/bootmgr'])
  })

  it('spells kernel arguments given as words, pairs or objects', () => {
    const args = ['quiet', ['root', '/dev/sda1'], { a: 1, 'b.c': 'd' }]
    assert.match(textOf(main({ ...linux, args })), /^set args quiet root=\/dev\/sda1 a=1 b\.c=d /m)
    const { problems } = compile(main({ ...linux, args: [{ '#a': 'b' }] }))
    assert.match(problems[0]!.reason, /`#a` starts a comment/)
  })
})

describe('leaving iPXE from a menu that another one opened', () => {
  const disk = (method = 'auto'): object => ({ kind: 'local', id: 'disk', label: 'Disk', method })
  const menus = (entry: object): object[] => [
    {
      id: 'main',
      title: 'Main',
      entries: [
        { kind: 'submenu', menu: 'a' },
        { kind: 'submenu', menu: 'other' },
      ],
    },
    { id: 'a', title: 'A', entries: [{ kind: 'submenu', menu: 'b' }] },
    { id: 'b', title: 'B', entries: [entry] },
    { id: 'other', title: 'Other', entries: [{ kind: 'reboot', id: 'reboot', label: 'Reboot' }] },
  ]
  const after = (path: string, text: string): string =>
    new RegExp(`^chain --autofree ${path} .*\\n((?:.*\\n){2})`, 'm').exec(text)?.[1] ?? ''

  it('every menu on the way is left, too, and only those', () => {
    for (const method of ['auto', 'exit']) {
      const main = textOf(menus(disk(method)))
      assert.equal(after('menus/a.ipxe', main), 'isset ${own-disk} && exit ||\ngoto menu\n')
      assert.equal(after('menus/other.ipxe', main), 'goto menu\n\n')
      const a = textOf(menus(disk(method)), 'menus/a.ipxe')
      assert.equal(after('b.ipxe', a), 'isset ${own-disk} && exit ||\ngoto menu\n')
      assert.match(textOf(menus(disk(method)), 'menus/b.ipxe'), /^set own-disk yes\n(iseq .*\n)?exit$/m)
    }
  })

  it('the first menu just ends; what starts a disk by itself comes back to its menu', () => {
    assert.doesNotMatch(textOf(main(disk())), /own-disk/)
    assert.doesNotMatch(textOf(menus(disk('disk'))), /own-disk/)
  })
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { check, heads, problems, targets } from './support.js'

describe('links of a tree', () => {
  it('are found in every command that names a file', () => {
    const report = check(
      {
        'boot.ipxe': [
          'chain menus/a.ipxe',
          'boot b.efi',
          'kernel --name k os/vmlinuz initrd=i',
          'initrd os/initrd.img',
          'imgfetch os/x',
          'module os/x',
          'imgargs k quiet',
          'imgverify k os/vmlinuz.sig',
          'shim shim.efi',
          'fdt board.dtb',
          'sanboot http://10.0.0.1/disk.iso',
          'sanhook iscsi:10.0.0.1::::iqn.x',
          'console --picture=logo.png',
          'console -p logo.png',
          'certstore ca.pem',
          'time chain timed.ipxe',
          'imgstat os/x',
          'echo chain nothing.ipxe',
          'sanboot --drive 0x80',
          'boot',
        ].join('\n'),
      },
      { 'os/vmlinuz': {}, 'logo.png': {} },
    )
    assert.deepEqual(targets(report), [
      'chain missing menus/a.ipxe',
      'boot missing b.efi',
      'kernel file os/vmlinuz',
      'initrd missing os/initrd.img',
      'imgfetch missing os/x',
      'module missing os/x',
      'imgargs image k',
      'imgverify image k',
      'imgverify missing os/vmlinuz.sig',
      'shim missing shim.efi',
      'fdt missing board.dtb',
      'sanboot outside http://10.0.0.1/disk.iso',
      'sanhook outside iscsi:10.0.0.1::::iqn.x',
      'console file logo.png',
      'console file logo.png',
      'certstore missing ca.pem',
      'chain missing timed.ipxe',
    ])
  })

  it('are found in kernel arguments, also in those that a setting holds', () => {
    const report = check(
      {
        'boot.ipxe': [
          'set args inst.ks=${base}/ks/a.ks quiet inst.repo=http://h/os/ inst.stage2=hd:LABEL=x',
          'kernel http://h/vmlinuz ${args} ds=nocloud-net;s=http://me/seed/ root=live:http://h/live.squashfs',
          'imgargs vmlinuz url=http://me/x.iso ks=cdrom:/ks.cfg ip=dhcp preseed/url=http://me/p.cfg',
        ].join('\n'),
      },
      { 'ks/a.ks': {}, 'seed/user-data': {}, 'seed/meta-data': {}, 'p.cfg': {} },
      { treeUrls: ['http://me/'] },
    )
    assert.deepEqual(targets(report), [
      'inst.ks dynamic ks/a.ks -> ks/a.ks',
      'inst.repo outside http://h/os/',
      'kernel outside http://h/vmlinuz',
      'ds file seed/user-data',
      'ds file seed/meta-data',
      'root outside http://h/live.squashfs',
      'imgargs image vmlinuz',
      'url missing x.iso',
      'preseed/url file p.cfg',
    ])
    assert.deepEqual(problems(report).length, 1)
    assert.match(problems(report)[0]!, /^boot\.ipxe:4:21 warning missing-target: .*x\.iso/)
  })

  it('follow settings: the last sure value, each that may be, those of other scripts', () => {
    const report = check({
      'boot.ipxe': [
        'set dir one',
        'set from ${dir}/a',
        'chain ${from}',
        'set from b',
        'iseq ${platform} efi && set from c ||',
        'chain ${from}',
        ':later',
        'chain sub/${dir}',
        'chain ${remote}/x',
        'chain ${other}',
      ].join('\n'),
      'other.ipxe': 'set remote http://h/dir\nset other far\n',
    })
    assert.deepEqual(targets(report), [
      'chain missing one/a',
      'chain missing c',
      'chain missing b',
      'chain missing sub/one',
      'chain outside http://h/dir/x',
      'chain missing far',
    ])
  })

  it('match what is unknown against the tree', () => {
    const report = check({
      'boot.ipxe': [
        'chain machines/${net0/mac:hexhyp}.ipxe || goto menu',
        'chain groups/${group}.ipxe',
        'chain ${base}/menus/x.ipxe?mac=${mac}',
        'chain http://${next-server}:8080/pxe/menus/x.ipxe',
        'chain http://${next-server}/nothing.ipxe',
        'chain http://${mirror}/nothing.ipxe',
        'chain ${anything}',
        'chain ./${anything}',
      ].join('\n'),
      'machines/a.ipxe': 'exit',
      'machines/b.ipxe': 'exit',
      'menus/x.ipxe': 'exit',
    })
    assert.deepEqual(targets(report), [
      'chain dynamic machines/*.ipxe -> machines/a.ipxe machines/b.ipxe',
      'chain dynamic groups/*.ipxe ->',
      'chain dynamic menus/x.ipxe -> menus/x.ipxe',
      'chain dynamic menus/x.ipxe -> menus/x.ipxe',
      'chain dynamic nothing.ipxe ->',
      'chain dynamic http://*/nothing.ipxe ->',
    ])
    assert.deepEqual(problems(report), [
      'boot.ipxe:3:7 warning missing-target: No file of the tree fits `groups/${group}.ipxe`',
      'boot.ipxe:6:7 warning missing-target: The tree has no `nothing.ipxe` for `http://${next-server}/nothing.ipxe`',
    ])
  })

  it('are relative to the script, or to where the loader came from', () => {
    const report = check({
      'boot.ipxe': 'chain menus/a/b.ipxe',
      'menus/a/b.ipxe': 'chain ../c.ipxe\nchain /boot.ipxe\nchain ../../../boot.ipxe\nchain c%2eipxe',
      'menus/c.ipxe': 'exit',
      'menus/a/c.ipxe': 'exit',
      'embed/e.ipxe': 'chain boot.ipxe',
    })
    assert.deepEqual(targets(report), [
      'chain file menus/a/b.ipxe',
      'chain file menus/c.ipxe',
      'chain file boot.ipxe',
      'chain file boot.ipxe',
      'chain file menus/a/c.ipxe',
      'chain file boot.ipxe',
    ])
    assert.deepEqual(problems(report), [
      'menus/a/b.ipxe:4:7 warning missing-target: `../../../boot.ipxe` leads out of the tree',
    ])
  })

  it('say what was probably meant', () => {
    const report = check(
      {
        'boot.ipxe': [
          'kernel os/Vmlinuz',
          'kernel os/vmlinux',
          'kernel initrd.img',
          'kernel /vmlinuz',
          'kernel os',
          'kernel maybe ||',
          'kernel first || kernel os/vmlinuz || goto failed',
        ].join('\n'),
      },
      { 'os/vmlinuz': {}, 'os/initrd.img': {} },
      { orphans: 'none' },
    )
    assert.deepEqual(problems(report), [
      'boot.ipxe:2:8 error missing-target: `os/Vmlinuz` is not there; there is `os/vmlinuz`, which differs in upper and lower case',
      'boot.ipxe:3:8 error missing-target: `os/vmlinux` is not there; did you mean `os/vmlinuz`?',
      'boot.ipxe:4:8 error missing-target: `initrd.img` is not there; there is `os/initrd.img` in another folder',
      'boot.ipxe:5:8 warning missing-target: `/vmlinuz`, that is `vmlinuz` in the tree, is not there; there is `os/vmlinuz` in another folder',
      'boot.ipxe:6:8 error missing-target: `os` leads to the folder `os/`, not to a file',
      'boot.ipxe:7:8 info missing-target: `maybe` is not there',
      'boot.ipxe:8:8 info missing-target: `first` is not there',
    ])
  })

  it('can be silenced', () => {
    const report = check({ 'boot.ipxe': 'chain a.ipxe # ipxetool disable=missing-target\nchain b.ipxe\n' })
    assert.deepEqual(problems(report), ['boot.ipxe:3:7 error missing-target: `b.ipxe` is not there'])
  })

  it('name images that other commands have loaded', () => {
    const report = check(
      { 'boot.ipxe': 'imgfetch --name k a/b\nkernel k\nimgfetch http://h/c\nkernel c\nkernel d\nkernel d\n' },
      { 'a/b': {} },
    )
    assert.deepEqual(targets(report), [
      'imgfetch file a/b',
      'kernel image k',
      'imgfetch outside http://h/c',
      'kernel image c',
      'kernel missing d',
      'kernel missing d',
    ])
  })
})

describe('what nothing leads to', () => {
  it('is reported: scripts, and files that the user has not put there', () => {
    const report = check(
      {
        'boot.ipxe': 'chain a.ipxe\nkernel assets/k',
        'a.ipxe': 'exit',
        'b.ipxe': 'chain c.ipxe',
        'c.ipxe': 'exit',
        'autoexec.ipxe': 'chain d.ipxe',
        'd.ipxe': 'exit',
        'embed/e.ipxe': 'chain f.ipxe',
        'f.ipxe': 'exit',
      },
      {
        'assets/k': { origin: 'fetch' },
        'assets/old': { origin: 'fetch', size: 9 },
        'ipxe.efi': { origin: 'compile' },
        'manifest.json': {},
        'logo.png': { origin: 'static' },
      },
    )
    assert.deepEqual(problems(report), [
      'b.ipxe warning unreachable-script: Nothing leads from `boot.ipxe` to `b.ipxe`',
      'c.ipxe warning unreachable-script: Nothing leads from `boot.ipxe` to `c.ipxe`',
      'boot.ipxe info orphan-file: Nothing in the tree leads to `assets/old` (9 bytes)',
    ])
    assert.match(report.diagnostics[1]!.note!, /Only `b\.ipxe` names it/)
  })

  it('may be reached by what only the machine knows', () => {
    const report = check({ 'boot.ipxe': 'read x\nchain ${x}', 'a.ipxe': 'exit' })
    assert.deepEqual(problems(report), [
      'a.ipxe info unreachable-script: Nothing leads from `boot.ipxe` to `a.ipxe`',
    ])
  })

  it('includes static files when asked; folders of arguments are reached', () => {
    const files = { 'os/a': { origin: 'static' }, 'os/b/c': { origin: 'static' }, x: { origin: 'static' } }
    const report = check({ 'boot.ipxe': 'kernel http://h/k inst.repo=http://me/os/ ' }, files, {
      treeUrls: ['http://me'],
      orphans: 'all',
      configFile: 'ipxetool.yaml',
    })
    assert.deepEqual(problems(report), [
      'ipxetool.yaml info orphan-file: Nothing in the tree leads to `x` (1 bytes)',
    ])
  })

  it('a guessed URL of the tree counts when a link below it leads to a file that is there', () => {
    const options = { guessedTreeUrls: ['http://m.example/os'] }
    const mirror = check({ 'boot.ipxe': 'kernel http://m.example/os/vmlinuz' }, {}, options)
    assert.deepEqual(targets(mirror), ['kernel outside http://m.example/os/vmlinuz'])
    assert.deepEqual(problems(mirror), [])
    const own = 'kernel http://m.example/os/vmlinuz\ninitrd http://m.example/os/inird'
    const tree = check({ 'boot.ipxe': own }, { vmlinuz: {}, initrd: {} }, options)
    assert.deepEqual(targets(tree), ['kernel file vmlinuz', 'initrd missing inird'])
    const pattern = 'chain http://m.example/os/m/${mac}.ipxe'
    const dynamic = check({ 'boot.ipxe': pattern, 'm/a.ipxe': 'exit' }, {}, options)
    assert.deepEqual(targets(dynamic), ['chain dynamic m/*.ipxe -> m/a.ipxe'])
  })

  it('scripts that only chain each other are a loop', () => {
    const loop = check({ 'boot.ipxe': 'chain a.ipxe', 'a.ipxe': 'chain boot.ipxe' })
    assert.deepEqual(problems(loop), [
      'a.ipxe info chain-loop: These scripts only chain each other: `a.ipxe`, `boot.ipxe`',
    ])
    const self = check({ 'boot.ipxe': 'chain boot.ipxe' })
    assert.deepEqual(problems(self), [
      'boot.ipxe info chain-loop: `boot.ipxe` chains itself and nothing else',
    ])
    for (const wayOut of [
      'exit',
      'shell',
      'boot',
      'sanboot --drive 0x80',
      'chain http://h/x',
      'chain b.ipxe',
    ]) {
      const report = check({
        'boot.ipxe': 'chain a.ipxe',
        'a.ipxe': `chain boot.ipxe\n${wayOut}`,
        'b.ipxe': 'exit',
      })
      assert.ok(!problems(report).some((line) => line.includes('chain-loop')), wayOut)
    }
  })
})

describe('the kind of a file', () => {
  const cases: [body: string, head: keyof typeof heads, expected: RegExp | undefined][] = [
    ['kernel f', 'bzImage', undefined],
    ['kernel f', 'arm64', undefined],
    ['kernel f', 'zimg', undefined],
    ['kernel f', 'efi', undefined],
    ['kernel f', 'gzip', undefined],
    ['kernel f', 'text', undefined],
    ['kernel f', 'html', /error wrong-kind: `f` is an HTML page, not a kernel/],
    ['kernel f', 'xml', /error wrong-kind: `f` is an XML document/],
    ['kernel f', 'lfs', /error wrong-kind: `f` is a git-lfs pointer/],
    ['kernel f', 'script', /warning wrong-kind: `f` is an iPXE script, not a kernel/],
    ['kernel f', 'cpio', /error wrong-kind: `f` is a cpio archive, not a kernel/],
    ['kernel f', 'xz', /error wrong-kind/],
    ['initrd f', 'bzImage', undefined],
    [
      'kernel http://h/vmlinuz\ninitrd f',
      'bzImage',
      /error wrong-kind: `f` is a Linux kernel for x86, not an initrd/,
    ],
    ['kernel http://h/vmlinuz\ninitrd f', 'gzip', undefined],
    ['kernel http://h/vmlinuz\ninitrd f', 'zstd', undefined],
    ['kernel http://h/vmlinuz\ninitrd f', 'cpio', undefined],
    ['kernel http://h/vmlinuz\ninitrd f', 'text', /warning wrong-kind/],
    ['kernel http://h/vmlinuz\ninitrd f /etc/motd', 'text', undefined],
    ['kernel http://h/wimboot\ninitrd f', 'text', undefined],
    ['initrd f', 'html', /error wrong-kind/],
    ['initrd f', 'script', /warning wrong-kind/],
    ['chain f', 'efi', undefined],
    ['chain f', 'script', undefined],
    ['chain f', 'html', /error wrong-kind/],
    [':os-arm64\nkernel f', 'bzImage', /error wrong-kind: `f` is for x86_64, and `:os-arm64` is for arm64/],
    [':os-i386\nkernel f', 'bzImage', undefined],
    [':os-x86_64\nkernel f', 'arm64', /error wrong-kind/],
    ['imgfetch f', 'html', undefined],
  ]
  for (const [body, head, expected] of cases) {
    it(`${JSON.stringify(body)}: ${head} is ${expected ? 'reported' : 'fine'}`, () => {
      const found = problems(check({ 'boot.ipxe': body }, { f: { size: 5000, head: heads[head] } }))
      if (expected) assert.match(found.join('\n'), expected)
      else assert.deepEqual(found, [])
    })
  }

  it('knows an empty file, and a script without its magic', () => {
    const files = { e: { size: 0, head: new Uint8Array() }, 's.ipxe': { size: 9, head: heads.text } }
    assert.deepEqual(problems(check({ 'boot.ipxe': 'kernel e\nchain s.ipxe' }, files)), [
      'boot.ipxe:2:8 error wrong-kind: `e` is an empty file, not a kernel',
      'boot.ipxe:3:7 error wrong-kind: `s.ipxe` is no format that is known here, not an iPXE script',
    ])
  })

  it('is read only of files that are loaded, once each', () => {
    const read: string[] = []
    const lazy = (name: string) => ({
      size: 1,
      head: () => {
        read.push(name)
        return heads.bzImage
      },
    })
    check({ 'boot.ipxe': 'kernel a\nchain a\nimgfetch http://h/c' }, { a: lazy('a'), b: lazy('b') })
    assert.deepEqual(read, ['a'])
  })
})

describe('URLs for DHCP', () => {
  it('are measured', () => {
    const base = (length: number): string => `http://h/${'x'.repeat(length - 'http://h//boot.ipxe'.length)}`
    const lengths = (length: number): string[] =>
      problems(check({ 'boot.ipxe': 'exit' }, {}, { baseUrls: [base(length)] }))
    assert.deepEqual(lengths(127), [])
    assert.match(lengths(128)[0]!, /^boot\.ipxe warning url-length: The URL of `boot\.ipxe` has 128 bytes/)
    const long = check({ 'boot.ipxe': 'exit' }, {}, { baseUrls: [base(256)] })
    assert.match(long.diagnostics[0]!.note!, /A DHCP option holds 255 bytes/)
  })
})

describe('laws of the link check', () => {
  const word = fc.string({
    unit: fc.constantFrom(
      ...Array.from('ab/.:?#%$<>{}-= \t\\'),
      '${a}',
      '${b:hex}',
      'http://',
      '##params',
      '../',
    ),
    maxLength: 12,
  })
  const command = fc.tuple(
    fc.constantFrom(
      'chain',
      'kernel',
      'initrd --name x',
      'set a',
      'set b',
      'imgverify',
      'console --picture',
      ':l\n',
    ),
    word,
    fc.constantFrom('', ' ||', ' || goto x', ' inst.ks=${a}'),
  )
  const body = fc
    .array(command, { maxLength: 12 })
    .map((all) => all.map((parts) => parts.join(' ')).join('\n'))

  it('nothing throws, every diagnostic has a file, and what is reached is there', () => {
    fc.assert(
      fc.property(body, body, (a, b) => {
        const files = { a: {}, 'a/b': {}, 'b.ipxe': { head: heads.html } }
        const report = check({ 'boot.ipxe': a, 'm/x.ipxe': b }, files, { treeUrls: ['http://a'] })
        for (const { file } of report.diagnostics) assert.ok(['boot.ipxe', 'm/x.ipxe'].includes(file))
        for (const path of report.reached) assert.ok(report.tree.files.has(path))
      }),
      { numRuns: 300 },
    )
  })

  it('a link that is there is no problem, whatever its name', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}$/)
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 3 }), (parts) => {
        const path = parts.join('/')
        fc.pre(path !== 'boot.ipxe')
        const report = check({ 'boot.ipxe': `imgfetch ${path}` }, { [path]: {} })
        assert.deepEqual(problems(report), [])
        assert.ok(report.reached.has(path))
      }),
    )
  })

  it('settings that hold each other end', () => {
    const sets = Array.from({ length: 40 }, (_, i) => `set v${i} \${v${(i + 1) % 40}}\${v${(i + 1) % 40}}`)
    const report = check({ 'boot.ipxe': `${sets.join('\n')}\nchain \${v0}\nchain x\${v1}y` })
    assert.ok(report.links.length < 50)
  })
})

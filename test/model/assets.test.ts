import assert from 'node:assert/strict'
import { asset, coreos, linux, memtest, menu } from '../../src/model/dsl.js'
import { compileMenus } from '../../src/model/compile.js'
import { type LockedSet, mergeSets, printLock } from '../../src/model/lock.js'
import { menusSchema } from '../../src/model/schema.js'
import { parseLock } from '../../src/project/lock-file.js'
import { stringify } from '../../src/syntax/stringify.js'

const set = (architecture: LockedSet['architecture'], more: Partial<LockedSet> = {}): LockedSet => ({
  distribution: 'coreos',
  channel: 'stable',
  version: '44.1',
  architecture,
  arguments: ['coreos.live.rootfs_url={rootfs}'],
  files: (['kernel', 'initrd', 'rootfs'] as const).map((role) => ({
    role,
    name: `live-${role}.img`,
    url: `https://builds.test/${architecture}/live-${role}.img`,
    size: 3,
    sha256: 'ab'.repeat(32),
    tier: 'signed',
    signedBy: 'A1'.repeat(20),
  })),
  ...more,
})

function lines(entry: object, locked: readonly LockedSet[], base?: string): string[] {
  const menus = menusSchema.parse(
    JSON.parse(JSON.stringify([{ id: 'main', title: 'Lab', entries: [entry] }])),
  )
  const { scripts, problems } = compileMenus(menus, {
    locked,
    first: { menu: 'main', path: 'boot.ipxe' },
    ...(base !== undefined && { base }),
  })
  assert.deepEqual(problems, [])
  return new TextDecoder('latin1').decode(stringify(scripts[0]!.script)).split('\n')
}

function problem(entry: object, locked: readonly LockedSet[]): string {
  const menus = menusSchema.parse([{ id: 'main', title: 'Lab', entries: [entry] }])
  const { problems } = compileMenus(menus, { locked })
  return problems.map(({ rule, reason, note }) => `${rule}: ${reason}. ${note}`).join('\n')
}

const entry = { kind: 'coreos', id: 'fcos', label: 'FCOS', use: 'coreos stable' }

describe('entries that use what was fetched', () => {
  it('load from the tree, else from the publisher; the booted system gets an absolute URL', () => {
    const script = lines(entry, [set('x86_64')])
    const own = 'assets/coreos/44.1/x86_64/live'
    for (const line of [
      '# coreos stable is 44.1 (ipxetool.lock)',
      `set rootfs \${cwduri}${own}-rootfs.img`,
      'isset ${cwduri} || set rootfs https://builds.test/x86_64/live-rootfs.img',
      `kernel ${own}-kernel.img initrd=main \${args} || kernel https://builds.test/x86_64/live-kernel.img initrd=main \${args} || goto failed`,
      `initrd --name main ${own}-initrd.img || initrd --name main https://builds.test/x86_64/live-initrd.img || goto failed`,
    ]) {
      assert.ok(script.includes(line), `${line}\n---\n${script.join('\n')}`)
    }
    assert.ok(script.some((line) => line.startsWith('set args coreos.live.rootfs_url=${rootfs} ')))
  })

  it('name the tree by its URL where the project says it', () => {
    const script = lines(entry, [set('x86_64')], '$<base>').join('\n')
    assert.match(script, /rootfs_url=\$<base>\/assets\/coreos\/44\.1\/x86_64\/live-rootfs\.img/)
    assert.doesNotMatch(script, /cwduri/)
  })

  it('come in both spellings to the same script', () => {
    const typed = coreos({
      id: 'fcos',
      label: 'FCOS',
      use: asset('coreos', 'stable'),
    })
    delete typed.source
    for (const other of [typed, { ...entry, use: { distribution: 'coreos' } }]) {
      const first = lines(entry, [set('x86_64')]).filter((line) => !line.startsWith('# coreos'))
      assert.deepEqual(
        lines(other, [set('x86_64')]).filter((line) => !line.startsWith('# coreos')),
        first,
      )
    }
  })

  it('are there for every architecture that is locked', () => {
    const script = lines(entry, [set('x86_64'), set('arm64', { version: '44.2' }), set('riscv64')])
    assert.ok(script.includes(':fcos-x86_64'))
    assert.ok(script.includes(':fcos-arm64'))
    assert.ok(script.includes('# coreos stable is 44.1 and 44.2 (ipxetool.lock)'))
    assert.ok(script.some((line) => line.startsWith('kernel assets/coreos/44.2/arm64/live-kernel.img')))
  })

  it('of kind linux get the arguments of the lock, with URLs in them; of other kinds their own files win', () => {
    const plain = { kind: 'linux', id: 'a', label: 'A', use: 'coreos', args: ['quiet'], editArgs: false }
    assert.match(
      lines(plain, [set('x86_64')]).join('\n'),
      /initrd=live-initrd\.img coreos\.live\.rootfs_url=\$\{rootfs\} quiet/,
    )
    assert.match(
      lines({ ...entry, kernel: 'http://own/vmlinuz' }, [set('x86_64')]).join('\n'),
      /kernel http:\/\/own\/vmlinuz initrd=main \S+ \|\| goto failed/,
    )
    const test = { kind: 'memtest', id: 'm', label: 'M', use: 'coreos' }
    assert.match(
      lines(test, [set('x86_64')]).join('\n'),
      /kernel assets\/coreos\/44\.1\/x86_64\/live-kernel\.img \|\|/,
    )
  })

  it('say what to run when the lock has no such name, and what the set lacks', () => {
    assert.equal(
      problem(entry, []),
      'asset-not-locked: `coreos stable` is not in ipxetool.lock. Run: ipxetool fetch coreos stable',
    )
    const two = [set('x86_64'), set('x86_64', { channel: 'next' })]
    assert.match(problem({ ...entry, use: 'coreos' }, two), /may be `coreos stable` or `coreos next`/)
    assert.match(problem({ ...entry, kind: 'anaconda' }, [set('x86_64')]), /has no repo .*Add `repo`/)
  })

  it('must name their files without it', () => {
    const without = { kind: 'coreos', id: 'fcos', label: 'FCOS' }
    const result = menusSchema.safeParse([{ id: 'main', title: 'Lab', entries: [without] }])
    assert.deepEqual(
      result.error?.issues.map(({ path }) => path.at(-1)),
      ['kernel', 'initrd', 'rootfs'],
    )
    // the types of the helpers say the same
    const typed = () => [
      // @ts-expect-error no files are named
      linux({ id: 'a', label: 'A' }),
      // @ts-expect-error no files are named
      memtest({ id: 'a', label: 'A' }),
      linux({ id: 'a', label: 'A', kernel: 'vmlinuz' }),
      menu({ id: 'a', title: 'A', entries: [memtest({ id: 'a', label: 'A', use: 'memtest86plus' })] }),
    ]
    assert.equal(typed().length, 4)
  })
})

describe('ipxetool.lock', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  const parse = (text: string) => parseLock('ipxetool.lock', bytes(text))

  it('is the same for the same sets in any order, and reads back', () => {
    const sets = [set('x86_64'), set('arm64'), set('x86_64', { channel: 'next', version: '45' })]
    const text = printLock(sets)
    assert.equal(printLock([...sets].reverse()), text)
    const { sets: read, diagnostics } = parse(text)
    assert.deepEqual(diagnostics, [])
    assert.equal(printLock(read), text)
    assert.equal(read.length, 3)
  })

  it('keeps other sets when one is replaced', () => {
    const merged = mergeSets([set('x86_64'), set('arm64')], [set('x86_64', { version: '44.2' })])
    assert.deepEqual(
      merged.map(({ architecture, version }) => `${architecture} ${version}`),
      ['arm64 44.1', 'x86_64 44.2'],
    )
  })

  const good = printLock([set('x86_64')])
  const broken: [string, string, RegExp, string?][] = [
    ['half of it', good.slice(0, 200), /not YAML/],
    ['a conflict of git', good.replace('{', '<<<<<<< HEAD\n{'), /./],
    ['nothing', '', /empty/],
    [
      'a short digest',
      good.replace(/"sha256": "ab/, '"sha256": "'),
      /`sets\[0\]\.files\[0\]\.sha256` is not/,
      '16:21',
    ],
    ['a name that leads out', good.replace('live-initrd.img"', '../../x"'), /files\[0\]\.name` is not/],
    ['a version that leads out', good.replace('"44.1"', '".."'), /version` is not/],
    ['another scheme', good.replace('https://', 'file:///'), /url` is not/],
    [
      'an operator among the arguments',
      good.replace('coreos.live.rootfs_url={rootfs}', '||'),
      /arguments\[0\]` is not/,
    ],
    ['a key that is not known', good.replace('"tier"', '"tear"'), /tear|tier/],
    ['a newer form', good.replace('"lock": 1', '"lock": 2'), /newer ipxetool/, '2:11'],
    ['a set that is there twice', good.replace(/"sets": \[(.*)\n {2}\]/s, '"sets": [$1,$1]'), /a set twice/],
  ]
  for (const [what, text, reason, place] of broken) {
    it(`with ${what} is one error with its place`, () => {
      const { sets, diagnostics } = parse(text)
      assert.deepEqual(sets, [])
      assert.equal(diagnostics.length, 1)
      assert.match(diagnostics[0]!.reason, reason)
      const { start } = diagnostics[0]!.place ?? {}
      if (place !== undefined) assert.equal(`${start?.line}:${start?.column}`, place)
      assert.match(diagnostics[0]!.note ?? '', /ipxetool fetch|Use that one/)
    })
  }
})

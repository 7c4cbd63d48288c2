import assert from 'node:assert/strict'
import { checkProject } from '../../src/project/check.js'
import type { Overrides } from '../../src/project/variables.js'
import { lines, type MemoryEntry, memoryHost } from './memory-host.js'

async function check(
  files: Record<string, MemoryEntry>,
  overrides: Overrides = {},
  root = '.',
): Promise<string[]> {
  const { diagnostics, sources } = await checkProject(root, memoryHost(files), overrides)
  for (const { file, place } of diagnostics) if (place) assert.ok(sources.has(file), `${file} has no source`)
  return lines(diagnostics)
}

const boot = '#!ipxe\necho x\n'
const yaml = 'entry: boot.ipxe\n'

describe('checkProject', () => {
  it('is content with the least project', async () => {
    assert.deepEqual(await check({ 'ipxetool.yaml': yaml, 'boot.ipxe': boot }), [])
  })

  it('names files as the user would', async () => {
    const found = await check(
      { 'm/e/ipxetool.yaml': yaml, 'm/e/boot.ipxe': '#!ipxe\necho $<x>\n' },
      {},
      'm/e',
    )
    assert.deepEqual(found, ['m/e/boot.ipxe:2:6 undefined-variable: Variable `$<x>` is not declared'])
  })

  it('points into the file that a line came from, once', async () => {
    const found = await check({
      'ipxetool.yaml': 'variables:\n  repo: {type: string, value: x}\n',
      'boot.ipxe': '#!ipxe\necho $<repo>\n# ipxetool include _p.ipxe\n',
      'b.ipxe': '#!ipxe\n# ipxetool include _p.ipxe\n',
      '_p.ipxe': 'echo a\necho $<rep>\nfoo\n',
    })
    assert.deepEqual(found.length, 2, found.join('\n'))
    assert.equal(
      found[0],
      '_p.ipxe:2:6 undefined-variable: Variable `$<rep>` is not declared; did you mean `$<repo>`?',
    )
    assert.match(found[1]!, /^_p.ipxe:3:1 unknown-command: /)
  })

  it('checks what variables make of a script', async () => {
    const found = await check({
      'ipxetool.yaml': 'variables:\n  target: {type: string, value: nowhere}\n',
      'boot.ipxe': '#!ipxe\ngoto $<target>\n',
    })
    assert.match(found.join(), /^boot.ipxe:2:6 missing-label: .*`nowhere`/)
  })

  it('says a mistake in a value once for a file', async () => {
    const { diagnostics } = await checkProject(
      '.',
      memoryHost({
        'ipxetool.yaml': 'variables:\n  v: {type: string, value: "a b"}\n',
        'boot.ipxe': '#!ipxe\nchain $<v>\nchain $<v>\nchain $<v>\n',
      }),
      {},
    )
    assert.deepEqual(lines(diagnostics), [
      'boot.ipxe:2:7 variable-use: The value of `$<v>` cannot stand here: it holds a blank',
    ])
    assert.match(
      diagnostics[0]?.note ?? '',
      /`\$<v>` is `a b` \(ipxetool.yaml:2:28\)\. Also in lines 3, 4\.$/,
    )
  })

  it('keeps $<x> as text where the rule is switched off', async () => {
    const script = '#!ipxe\necho $<x> # ipxetool disable=undefined-variable\n'
    assert.deepEqual(await check({ 'ipxetool.yaml': yaml, 'boot.ipxe': script }), [])
  })

  it('warns of variables and partials that nobody uses', async () => {
    const found = await check({
      'ipxetool.yaml':
        'variables:\n  a: {type: string, value: $<b>}\n  b: {type: string, value: x}\n  c: {type: string, value: $<d>}\n  d: {type: string, value: x}\n  con: {type: console, value: "ttyS0,9600"}\n',
      'boot.ipxe': '#!ipxe\necho $<a> $<con.port>\n',
      '_p.ipxe': 'echo\n',
    })
    assert.deepEqual(found, [
      'ipxetool.yaml:4:3 unused-variable: No script uses variable `c`',
      'ipxetool.yaml:5:3 unused-variable: No script uses variable `d`',
      '_p.ipxe unused-partial: No script includes `_p.ipxe`',
    ])
  })

  it('knows the settings that other scripts set', async () => {
    const found = await check({
      'ipxetool.yaml': yaml,
      'boot.ipxe': '#!ipxe\nset where here\nchain menu.ipxe\n',
      'menu.ipxe': '#!ipxe\necho ${where}\n',
    })
    assert.deepEqual(found, [])
  })

  it('finds scripts, but not in what is no source', async () => {
    const broken = 'foo\n'
    const found = await check({
      'ipxetool.yaml': 'out: tree\n',
      'boot.ipxe': boot,
      'embed/x.ipxe': '#!ipxe\nfoo\n',
      'tree/a.ipxe': broken,
      'static/a.ipxe': broken,
      'node_modules/a/a.ipxe': broken,
      '.git/a.ipxe': broken,
      'old/manifest.json': '{"manifest": 1, "generator": "ipxetool 0.1.0", "files": {}}',
      'old/a.ipxe': broken,
      'x.txt': broken,
    })
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0]!, /^embed\/x.ipxe:2:1 unknown-command/)
  })

  const wrong: Record<string, [files: Record<string, MemoryEntry>, expected: RegExp[]]> = {
    'no entry': [
      { 'bot.ipxe': boot },
      [/^ipxetool.yaml:1:8 project-entry: There is no entry script `boot.ipxe`; did you mean `bot.ipxe`\?/],
    ],
    'an entry elsewhere': [{ 'menus/boot.ipxe': boot }, [/did you mean `menus\/boot.ipxe`/]],
    'a binary script': [
      { 'boot.ipxe': Uint8Array.from([0x7f, 0x45, 0x4c, 0x46, 0, 0, 1, 0]) },
      [/^boot.ipxe:1:1 missing-magic/],
    ],
    'an empty script': [{ 'boot.ipxe': '' }, [/^boot.ipxe:1:1 missing-magic/]],
    'a folder called like a script': [
      { 'boot.ipxe': boot, 'x.ipxe/y.ipxe': boot },
      [/project-unreadable: `x.ipxe` is a folder, not a script/],
    ],
    'an entry that is a folder': [{ 'boot.ipxe/y.ipxe': boot }, [/is a folder/, /project-entry/]],
    'a script that cannot be read': [{ 'boot.ipxe': { error: 'denied' } }, [/^boot.ipxe project-unreadable/]],
    'a 50 MB script': [
      { 'boot.ipxe': new Uint8Array(50 * 2 ** 20) },
      [/^boot.ipxe script-size: The script cannot be read: it has 52428800 bytes/],
    ],
    'a link out of the project': [
      { 'boot.ipxe': boot, 'x.ipxe': { link: '/etc/x' }, '/etc/x': 'x' },
      [/project-link: `x.ipxe` is a link that leads out/],
    ],
    'a link to nothing': [
      { 'boot.ipxe': boot, 'x.ipxe': { link: 'nothing' } },
      [/project-link: `x.ipxe` is a link that leads nowhere/],
    ],
    'static links out of the project': [
      { 'boot.ipxe': boot, 'static/x': { link: '/etc/x' }, '/etc/x': 'x' },
      [/project-link: `static\/x` is a link that leads out/],
    ],
    'a static folder that is a link out of it': [
      { 'boot.ipxe': boot, static: { link: '/etc' }, '/etc/x': 'x' },
      [/project-link: `static` is a link/],
    ],
    'a static link in a circle': [
      { 'boot.ipxe': boot, 'static/a/b': { link: '..' } },
      [/project-link: `static\/a\/b` is a link to a folder that it is in/],
    ],
    'names that differ in case': [
      { 'boot.ipxe': boot, 'Boot.ipxe': boot },
      [/^boot.ipxe project-collision: `boot.ipxe` differs from `Boot.ipxe` only in upper and lower case/],
    ],
    'folders that differ in case': [
      { 'boot.ipxe': boot, 'm/a.ipxe': boot, 'M/b.ipxe': boot },
      [/project-collision: `m` differs from `M\/`/],
    ],
    'a static file in the place of a script': [
      { 'boot.ipxe': boot, 'static/boot.ipxe': 'x' },
      [/^static\/boot.ipxe project-collision: `boot.ipxe` in the output tree would also be `boot.ipxe`/],
    ],
    'a static manifest': [
      { 'boot.ipxe': boot, 'static/manifest.json': '{}' },
      [/project-collision: `manifest.json`/],
    ],
  }
  for (const [name, [files, expected]] of Object.entries(wrong)) {
    it(`finds ${name}`, async () => {
      const found = await check({ 'ipxetool.yaml': yaml, ...files })
      assert.equal(found.length, expected.length, found.join('\n'))
      for (const [index, pattern] of expected.entries()) assert.match(found[index]!, pattern)
    })
  }

  it('finds an entry that will not be in the tree', async () => {
    assert.match(
      (await check({ 'ipxetool.yaml': 'entry: _b.ipxe\n', '_b.ipxe': boot })).join(),
      /is a partial/,
    )
    assert.match(
      (await check({ 'ipxetool.yaml': 'entry: embed/b.ipxe\n', 'embed/b.ipxe': boot })).join(),
      /embedded/,
    )
  })

  it('finds a static folder that is not there when it is asked for', async () => {
    const found = await check({ 'ipxetool.yaml': 'static: files\n', 'boot.ipxe': boot })
    assert.match(
      found.join(),
      /^ipxetool.yaml:1:9 project-static: The folder of static files `files` cannot be read/,
    )
  })

  it('stops where there is no project file', async () => {
    assert.match(
      (await check({ 'boot.ipxe': boot })).join(),
      /^ipxetool.yaml project-file: The project file cannot be read/,
    )
    assert.match((await check({ 'ipxetool.yaml/x': '' })).join(), /it is a folder/)
    assert.match((await check({ 'ipxetool.yaml': 'x'.repeat(9_000_000) })).join(), /it has 9000000 bytes/)
  })
})

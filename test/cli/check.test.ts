import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { type CheckCommandOptions, runCheck } from '../../src/cli/check.js'
import type { JsonReport } from '../../src/diagnostics/reporters/json.js'
import { allRules } from '../../src/rules/index.js'
import type { Rule } from '../../src/rules/rule.js'
import type { BootNumbers } from '../../src/links/preflight-boots.js'

interface Result {
  code: number
  out: string
  err: string
}

describe('ipxetool check', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-check-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  const write = (path: string, text: string | Uint8Array): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const check = async (
    paths: string[],
    options: CheckCommandOptions & {
      cwd?: string
      stdin?: string
      isTTY?: boolean
      env?: Record<string, string>
    } = {},
  ): Promise<Result> => {
    const result = { code: 0, out: '', err: '' }
    const { cwd = '', stdin = '', isTTY = false, env = {}, ...rest } = options
    result.code = await runCheck(paths, rest, {
      cwd: join(folder, cwd),
      env,
      stdin: Readable.from([Buffer.from(stdin)]),
      stdout: { write: (text) => (result.out += String(text)), isTTY, columns: 100 },
      stderr: { write: (text) => (result.err += String(text)) },
      signal: new AbortController().signal,
    })
    return result
  }
  /** `path:line rule` of every diagnostic. */
  const found = async (paths: string[], options: Parameters<typeof check>[1] = {}): Promise<string[]> => {
    const { out } = await check(paths, { ...options, json: true })
    return (JSON.parse(out) as JsonReport).diagnostics.map(
      ({ file, line, rule }) => `${file}${line ? `:${line}` : ''} ${rule}`,
    )
  }

  it('prints diagnostics to stdout and the summary to stderr', async () => {
    write('a.ipxe', '#!ipxe\nehco hi\n')
    assert.deepEqual(await check(['a.ipxe']), {
      code: 1,
      out: [
        'a.ipxe:2:1 error unknown-command',
        '  iPXE has no command `ehco`; did you mean `echo`?',
        '  2 | ehco hi',
        '    | ^~~~',
        '    = expected: echo',
        '    = help: The line fails with "command not found", and so does the script unless `||` follows.',
        '',
      ].join('\n'),
      err: '\n1 error in 1 file\n',
    })
  })

  it('is content with a good script, and with information', async () => {
    write('a.ipxe', '#!ipxe\necho hi\n')
    assert.deepEqual(await check(['a.ipxe']), { code: 0, out: '', err: 'no problems in 1 file\n' })
    assert.deepEqual(await check(['a.ipxe'], { quiet: true }), { code: 0, out: '', err: '' })
    write('b.ipxe', '#!ipxe\necho $<x>\n')
    const { code, out } = await check(['b.ipxe'])
    assert.equal(code, 0)
    assert.match(out, /info undefined-variable/)
  })

  it('exits 1 for warnings', async () => {
    write('a.ipxe', '#!ipxe\necho ${hostnam}\n')
    assert.equal((await check(['a.ipxe'])).code, 1)
  })

  it('reads folders, without node_modules, hidden ones and output trees', async () => {
    for (const path of [
      'b/x.ipxe',
      'a.ipxe',
      'node_modules/y.ipxe',
      '.git/z.ipxe',
      'out/o.ipxe',
      'web/w.ipxe',
    ])
      write(path, 'x\n')
    write('out/manifest.json', '{ "generator": "ipxetool 0.1.0" }')
    write('web/manifest.json', '{ "name": "a web page" }')
    write('notes.txt', 'x\n')
    const expected = ['a.ipxe', 'b/x.ipxe', 'web/w.ipxe'].flatMap((path) => [
      `${path}:1 missing-magic`,
      `${path}:1 unknown-command`,
    ])
    assert.deepEqual(await found([]), expected)
    assert.deepEqual(await found(['.']), expected)
    assert.deepEqual(await found(['b/']), ['b/x.ipxe:1 missing-magic', 'b/x.ipxe:1 unknown-command'])
    assert.deepEqual(await found(['out/o.ipxe']), [
      'out/o.ipxe:1 missing-magic',
      'out/o.ipxe:1 unknown-command',
    ])
  })

  it('reads standard input', async () => {
    assert.deepEqual(await found(['-'], { stdin: '#!ipxe\ngoto nowhere\n' }), ['-:2 missing-label'])
    assert.equal((await check(['-'], { stdin: '#!ipxe\n' })).code, 0)
  })

  it('follows includes and checks an included file in its place only', async () => {
    write('boot.ipxe', '#!ipxe\n# ipxetool include parts/common.ipxe\ngoto there\n')
    write('parts/common.ipxe', ':there\ngoto back\n')
    assert.deepEqual(await found(['.']), ['parts/common.ipxe:2 missing-label'])
    assert.deepEqual(await found(['parts/common.ipxe']), [
      'parts/common.ipxe:1 missing-magic',
      'parts/common.ipxe:2 missing-label',
    ])
    write('loop.ipxe', '#!ipxe\n# ipxetool include loop.ipxe\n')
    assert.equal((await check(['loop.ipxe'])).code, 1)
  })

  it('knows settings that another script of the run sets', async () => {
    write('boot.ipxe', '#!ipxe\nset base_url http://10.0.0.1\nset x ${base_ulr}\n')
    write('menu.ipxe', '#!ipxe\nchain ${base_url}/x\n')
    assert.deepEqual(await found(['.']), ['boot.ipxe:3 unset-setting'])
    assert.deepEqual(await found(['menu.ipxe']), [])
    assert.deepEqual(await found(['menu.ipxe'], { preset: 'strict' }), ['menu.ipxe:2 chain-without-fallback'])
  })

  describe('in a project', () => {
    beforeEach(() => {
      write(
        'p/ipxetool.yaml',
        'entry: boot.ipxe\nvariables:\n  repo: { type: url, value: "http://10.0.0.1/os/x86_64/" }\n',
      )
      write('p/boot.ipxe', '#!ipxe\nkernel $<repo>vmlinuz\nset here 1\nfoo\n')
      write('p/menus/tools.ipxe', '#!ipxe\necho ${here}\nbar\n')
    })
    it('checks all of it', async () => {
      const all = ['p/boot.ipxe:4 unknown-command', 'p/menus/tools.ipxe:3 unknown-command']
      assert.deepEqual(await found(['p']), all)
      assert.deepEqual(await found(['.']), all)
      assert.deepEqual(await found([], { project: 'p' }), all)
      assert.deepEqual(await found([], { cwd: 'p/menus' }), [
        '../boot.ipxe:4 unknown-command',
        '../menus/tools.ipxe:3 unknown-command',
      ])
    })
    it('shows only what concerns the files that were named', async () => {
      assert.deepEqual(await found(['p/boot.ipxe']), ['p/boot.ipxe:4 unknown-command'])
      assert.deepEqual(await found(['p/menus']), ['p/menus/tools.ipxe:3 unknown-command'])
      assert.deepEqual(await found(['tools.ipxe'], { cwd: 'p/menus' }), [
        '../menus/tools.ipxe:3 unknown-command',
      ])
      const full = join(folder, 'p/boot.ipxe')
      assert.deepEqual(await found([full]), [`${full}:4 unknown-command`])
    })
    it('knows the values that scripts of the project hand to each other', async () => {
      write('p/ipxetool.yaml', 'entry: boot.ipxe\n')
      write('p/boot.ipxe', '#!ipxe\nset target instal\nchain menus/tools.ipxe\n')
      write('p/menus/tools.ipxe', '#!ipxe\ngoto ${target}\n:install\nshell\n')
      assert.deepEqual(await found(['p']), [
        'p/menus/tools.ipxe:2 computed-goto',
        'p/menus/tools.ipxe:3 unused-label',
      ])
      write('p/boot.ipxe', '#!ipxe\nset target install\nchain menus/tools.ipxe\n')
      assert.deepEqual(await found(['p']), [])
      write(
        'p/boot.ipxe',
        '#!ipxe\nset target instal\nisset ${ip} && read target ||\nchain menus/tools.ipxe\n',
      )
      assert.deepEqual(await found(['p']), [])
    })
    it('takes variables', async () => {
      const { code, out } = await check(['p'], { var: ['repo=http://10.0.0.1/os/x86/'] })
      assert.equal(code, 1)
      assert.match(out, /x86_64/)
      await assert.rejects(check(['p'], { var: ['repo'] }), { exitCode: 2 })
    })
    it('says what is wrong with the project when a file of it is asked for', async () => {
      write('p/ipxetool.yaml', 'entry: [\n')
      const files = (await found(['p/boot.ipxe'])).map((line) => line.replace(/:.*| .*/, ''))
      assert.ok(
        files.length > 0 && files.every((file) => file === 'p/ipxetool'.concat('.yaml')),
        files.join(),
      )
    })
    it('checks files that the project does not use as loose ones', async () => {
      write('p/out/manifest.json', '{ "generator": "ipxetool 0.1.0" }')
      write('p/out/boot.ipxe', '#!ipxe\nbaz\n')
      assert.deepEqual(await found(['p/out/boot.ipxe']), ['p/out/boot.ipxe:2 unknown-command'])
    })
  })

  describe('bad input', () => {
    const line = async (path: string): Promise<[number, string]> => {
      const { code, out, err } = await check([path])
      return [code, out + err]
    }
    it('no such file: usage', async () => {
      assert.deepEqual(await line('nope.ipxe'), [2, 'ipxetool: nope.ipxe: there is no such file\n'])
      write('a.ipxe', '#!ipxe\nfoo\n')
      const { code, out } = await check(['nope.ipxe', 'a.ipxe'])
      assert.equal(code, 2)
      assert.match(out, /unknown-command/, 'the other paths are checked all the same')
    })
    it('a folder without scripts', async () => {
      mkdirSync(join(folder, 'empty'))
      assert.deepEqual(await line('empty'), [1, 'ipxetool: empty: there is no *.ipxe file in it\n'])
    })
    it('an empty file', async () => {
      write('a.ipxe', '')
      const [code, text] = await line('a.ipxe')
      assert.equal(code, 1)
      assert.match(text, /a\.ipxe:1:1 error missing-magic\n {2}The file is empty/)
    })
    it('binary data: one diagnostic', async () => {
      write('a.ipxe', Buffer.from(Array.from({ length: 60_000 }, (_, index) => (index * 7919) % 256)))
      assert.deepEqual(await found(['a.ipxe']), ['a.ipxe:1 missing-magic'])
      write('b.ipxe', Buffer.from('\ufeff#!ipxe\necho hi\n', 'utf16le'))
      assert.deepEqual(await found(['b.ipxe']), ['b.ipxe:1 missing-magic'])
    })
    it('50 MB, said and not read', async () => {
      write('a.ipxe', Buffer.alloc(50 * 2 ** 20, '#!ipxe\n'))
      const [code, text] = await line('a.ipxe')
      assert.equal(code, 1)
      assert.match(text, /^ipxetool: a\.ipxe: it has 50 MiB, more than the 16 MiB/)
      assert.deepEqual(await found(['a.ipxe']), ['a.ipxe unreadable'])
    })
    it('a file that may not be read', async () => {
      write('a.ipxe', '#!ipxe\n')
      chmodSync(folder, 0o755)
      chmodSync(join(folder, 'a.ipxe'), 0)
      const isRoot = process.geteuid?.() === 0
      if (isRoot) process.seteuid?.(65534) // root may read everything
      try {
        assert.deepEqual(await line('a.ipxe'), [
          1,
          'ipxetool: a.ipxe: this user has no permission to read it\n',
        ])
      } finally {
        if (isRoot) process.seteuid?.(0)
      }
    })
    it('a pipe, a device, a link that leads nowhere', async () => {
      execFileSync('mkfifo', [join(folder, 'pipe.ipxe')])
      assert.deepEqual(await line('pipe.ipxe'), [1, 'ipxetool: pipe.ipxe: it is not a regular file\n'])
      assert.equal((await line('/dev/zero'))[0], 1)
      symlinkSync('gone', join(folder, 'link.ipxe'))
      assert.equal((await line('link.ipxe'))[0], 2)
    })
    it('a name that steers terminals', async () => {
      assert.deepEqual(await line('a\x1b[2J'), [2, 'ipxetool: a\\x1b[2J: there is no such file\n'])
    })
  })

  it('writes GitHub commands and JSON, and nothing else to stdout', async () => {
    write('a.ipxe', '#!ipxe\nfoo\n')
    const { out, err } = await check(['a.ipxe'], { format: 'github' })
    assert.match(
      out,
      /^::error file=a\.ipxe,line=2,endLine=2,col=1,endColumn=3,title=unknown-command::[^\n]*\n$/,
    )
    assert.equal(err, '')
    write('b.ipxe', '#!ipxe\n')
    assert.deepEqual(JSON.parse((await check(['b.ipxe'], { format: 'json' })).out), {
      diagnostics: [],
      boots: [],
      summary: { errors: 0, warnings: 0, infos: 0, files: 0 },
    })
  })

  it('--strict: information is a problem, too', async () => {
    write('b.ipxe', '#!ipxe\necho $<x>\n')
    assert.equal((await check(['b.ipxe'])).code, 0)
    assert.equal((await check(['b.ipxe'], { strict: true })).code, 1)
  })

  it('--fail-on and --max', async () => {
    write('a.ipxe', '#!ipxe\necho ${hostnam}\necho $<x>\n')
    assert.equal((await check(['a.ipxe'], { failOn: 'error' })).code, 0)
    assert.equal((await check(['a.ipxe'], { failOn: 'warning' })).code, 1)
    assert.equal((await check(['a.ipxe'], { failOn: 'info' })).code, 1)
    const { out, err } = await check(['a.ipxe'], { max: '1' })
    assert.match(out, /unset-setting[^]*\n… and 1 more\n$/)
    assert.match(err, /1 warning, 1 info/)
    const { diagnostics, summary } = JSON.parse(
      (await check(['a.ipxe'], { max: '1', json: true })).out,
    ) as JsonReport
    assert.deepEqual([diagnostics.length, summary.infos], [1, 1])
    await assert.rejects(check(['a.ipxe'], { max: '0' }), { exitCode: 2 })
  })

  describe('--fix', () => {
    const broken =
      '#!ipxe\r\nset base http://x\nset Base y\nchain ${BASE}/x ||shell # ipxetool disable=bad-url\nfoo\n'
    const repaired = broken.replace(' # ipxetool disable=bad-url', '').replace('||shell', '|| shell')
    it('repairs, and reports what is left', async () => {
      write('a.ipxe', broken)
      chmodSync(join(folder, 'a.ipxe'), 0o640)
      const { code, out, err } = await check(['a.ipxe'], { fix: true })
      const text = readFileSync(join(folder, 'a.ipxe'), 'utf8')
      assert.equal(text.replace(/\$\{base\}/i, '${BASE}'), repaired)
      assert.equal(code, 1)
      assert.match(out, /unknown-command/)
      assert.doesNotMatch(out, /glued-operator|unused-directive/)
      assert.match(err, /^\d places repaired in 1 file\n/)
      assert.equal(statSync(join(folder, 'a.ipxe')).mode & 0o777, 0o640)
      assert.deepEqual(readdirSync(folder), ['a.ipxe'])
      assert.doesNotMatch((await check(['a.ipxe'], { fix: true })).err, /repaired/)
    })
    it('--diff prints what would change', async () => {
      write('a.ipxe', broken)
      const { code, out } = await check(['a.ipxe'], { fix: true, diff: true })
      assert.equal(code, 1)
      assert.match(out, /^--- a\/a.ipxe\n\+\+\+ b\/a.ipxe\n@@ -1,5 \+1,5 @@\n/)
      assert.match(out, /\n\+chain .* \|\| shell\n/)
      assert.equal(readFileSync(join(folder, 'a.ipxe'), 'utf8'), broken)
      execFileSync('patch', ['-p1', '-s'], { cwd: folder, input: out })
      assert.match(readFileSync(join(folder, 'a.ipxe'), 'utf8'), /\|\| shell\n/)
      assert.deepEqual(await check(['a.ipxe'], { fix: true, diff: true }), { code: 0, out: '', err: '' })
      const stdin = await check(['-'], { fix: true, diff: true, stdin: broken, stdinFilename: 'b.ipxe' })
      assert.match(stdin.out, /^--- a\/b.ipxe\n/)
    })
    it('writes to no standard input; --diff alone is a mistake', async () => {
      await assert.rejects(check(['-'], { fix: true, stdin: broken }), { exitCode: 2 })
      await assert.rejects(check(['a.ipxe'], { diff: true }), { exitCode: 2 })
    })
    it('takes back a repair that brings an error', async () => {
      write('a.ipxe', '#!ipxe\necho a\n')
      const worse: Rule = {
        ...allRules[0]!,
        id: 'worse-rule',
        create: ({ report, fix }) => ({
          command({ line, nameWord, name }) {
            if (name !== 'echo') return
            const edits = [{ span: nameWord.span, text: 'ehco' }]
            report({ line, reason: 'x', note: '', fix: fix(line, 'x', edits) })
          },
        }),
      }
      const { err, out } = await check(['a.ipxe'], { fix: true, rules: [worse, ...allRules] })
      assert.match(err, /a.ipxe: left as it is, because a repair would bring a new error/)
      assert.match(out, /worse-rule/)
      assert.equal(readFileSync(join(folder, 'a.ipxe'), 'utf8'), '#!ipxe\necho a\n')
    })
    it('repairs the files of a project, included ones too', async () => {
      write('ipxetool.yaml', 'title: Lab\n')
      write('boot.ipxe', '#!ipxe\n# ipxetool include _a.ipxe\ninitrd x ||shell\n')
      write('menus/b.ipxe', '#!ipxe\n# ipxetool include ../_a.ipxe\n')
      write('_a.ipxe', 'initrd y ||shell\n')
      await check([], { fix: true })
      assert.equal(readFileSync(join(folder, '_a.ipxe'), 'utf8'), 'initrd y || shell\n')
      assert.match(readFileSync(join(folder, 'boot.ipxe'), 'utf8'), /\ninitrd x \|\| shell\n/)
    })
  })

  it('--stdin-filename names what is on standard input, and where its includes are', async () => {
    write('menus/part.ipxe', 'foo\n')
    const stdin = '#!ipxe\n# ipxetool include part.ipxe\nbar\n'
    assert.deepEqual(await found(['-'], { stdin, stdinFilename: 'menus/new.ipxe' }), [
      'menus/new.ipxe:3 unknown-command',
      'menus/part.ipxe:1 unknown-command',
    ])
  })

  it('a rule that fails: exit code 3, and what the others found', async () => {
    write('a.ipxe', '#!ipxe\nfoo\n')
    const broken: Rule = {
      ...allRules[0]!,
      id: 'broken-rule',
      create() {
        throw new Error('no')
      },
    }
    const { code, out } = await check(['a.ipxe'], { rules: [broken, ...allRules], format: 'gnu' })
    assert.equal(code, 3)
    assert.match(out, /a.ipxe: error: The rule `broken-rule` failed on this file: no \[internal-failure\]/)
    assert.match(out, /unknown-command/)
    const sarif = (await check(['a.ipxe'], { rules: [broken], format: 'sarif' })).out
    assert.match(sarif, /"executionSuccessful": false/)
  })

  it('tells what nothing leads to as information', async () => {
    write('ipxetool.yaml', 'title: Lab\n')
    write('boot.ipxe', '#!ipxe\nexit\n')
    write('out/manifest.json', '{"manifest":1,"generator":"ipxetool 0","files":{}}')
    write('out/assets/a', 'a')
    assert.deepEqual(await found([]), ['ipxetool.yaml orphan-file'])
    assert.equal((await check([])).code, 0)
  })

  it('takes no mirror for the own tree; dhcp: says where that is', async () => {
    write('ipxetool.yaml', 'variables: { base: { type: url, value: "http://m.example/os" } }\n')
    write('boot.ipxe', '#!ipxe\nkernel $<base>/vmlinuz || shell\n')
    assert.deepEqual(await found([]), [])
    write('ipxetool.yaml', 'dhcp: { http: "http://m.example/os/" }\n')
    write('boot.ipxe', '#!ipxe\nkernel http://m.example/os/vmlinuz || shell\n')
    assert.deepEqual(await found([]), ['boot.ipxe:2 missing-target'])
  })

  it('compares machines with what they boot, and gives the numbers in JSON', async () => {
    write(
      'ipxetool.yaml',
      `menus:
  - id: main
    title: Lab
    entries:
      - kind: linux
        id: fcos
        label: CoreOS
        kernel: http://h/k
        args: ['coreos.live.rootfs_url=http://h/r']
groups:
  - { id: old, memory: 1GiB }
machines:
  - { id: a, match: { mac: '52:54:00:00:00:01' }, group: old, entry: fcos }
  - { id: b, match: { mac: '52:54:00:00:00:02' }, group: old }
  - { id: c, match: { mac: '52:54:00:00:00:03' }, memory: 4 GiB, entry: fcos }
`,
    )
    const { out, code } = await check([], { json: true })
    const { diagnostics, boots } = JSON.parse(out) as JsonReport & { boots: BootNumbers[] }
    assert.deepEqual(
      diagnostics.map(({ line, severity, rule, message }) => `${line} ${severity} ${rule}: ${message}`),
      [
        '13 warning memory-too-small: The machine `a` has 1 GiB of memory, and `fcos` needs 2 GiB ' +
          '(Fedora CoreOS with its root file system by URL)',
        '14 info memory-too-small: The machine `b` has 1 GiB of memory, and `fcos` needs 2 GiB ' +
          '(Fedora CoreOS with its root file system by URL)',
      ],
    )
    assert.equal(code, 1)
    assert.deepEqual(
      boots.map(({ entry, memory, machines }) => ({ entry, needed: memory.needed, machines })),
      [
        {
          entry: 'fcos',
          needed: 2 ** 31,
          machines: [
            { id: 'a', memory: 2 ** 30, fits: false },
            { id: 'b', memory: 2 ** 30, fits: false },
            { id: 'c', memory: 2 ** 32, fits: true },
          ],
        },
      ],
    )
  })

  it('has colours on a terminal only, and not against NO_COLOR and --no-color', async () => {
    write('a.ipxe', '#!ipxe\nfoo\n')
    const colored = async (options: Parameters<typeof check>[1]): Promise<boolean> =>
      (await check(['a.ipxe'], options)).out.includes('\x1b[')
    assert.equal(await colored({ isTTY: true }), true)
    assert.equal(await colored({ isTTY: true, color: true }), true)
    assert.equal(await colored({}), false)
    assert.equal(await colored({ isTTY: true, color: false }), false)
    assert.equal(await colored({ isTTY: true, env: { NO_COLOR: '1' } }), false)
    assert.equal(await colored({ isTTY: true, env: { NO_COLOR: '' } }), true)
    assert.equal(await colored({ isTTY: true, env: { TERM: 'dumb' } }), false)
  })

  it('says the same of scripts that are too many to be kept', async () => {
    const scripts = (): void => {
      write('b.ipxe', '#!ipxe\n# ipxetool include c.txt\nsett x ${seldom}\nset often 1\n')
      write('c.txt', 'echo ${oftn}\n')
      write('d.ipxe', '#!ipxe\n# ipxetool disable=unknown-command\nsett y\nset seldom 1\n')
    }
    scripts()
    const few = await check(['.'], { json: true })
    write('a.ipxe', `#!ipxe\n${'# more\n'.repeat(61_000)}`)
    assert.deepEqual(await check(['.'], { json: true }), few)
    assert.deepEqual(
      (JSON.parse(few.out) as JsonReport).diagnostics.map(({ file, rule }) => [file, rule]),
      [
        ['b.ipxe', 'unknown-command'],
        ['c.txt', 'unset-setting'],
      ],
    )
  })

  it('explains a rule with its examples', async () => {
    const { code, out } = await check([], { explain: 'glued-operator' })
    assert.equal(code, 0)
    assert.match(out, /^glued-operator \(warning\)\n/)
    assert.match(out, /Not ok:\n {4}#!ipxe\n {4}dhcp\|\|shell\n\nexample\.ipxe:2:5 error glued-operator/)
    assert.match(out, /Ok:\n/)
    await assert.rejects(check([], { explain: 'glued-operater' }), {
      exitCode: 2,
      hint: 'did you mean glued-operator?',
    })
  })
})

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ranCli } from '../support/cli.js'

let folder: string

function put(path: string, content: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), content)
}

const ran = (...args: string[]) => ranCli(['test', ...args], { cwd: folder })
const menu = (...lines: string[]) => ['#!ipxe', ':start', 'menu Lab', ...lines, ''].join('\n')

describe('ipxetool test', function () {
  this.timeout(60_000)

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-test-'))
    put('ipxetool.yaml', 'title: Lab\n')
    put(
      'boot.ipxe',
      menu(
        'item a A',
        'item b B',
        'choose --timeout 1000 x',
        'goto ${x}',
        ':a',
        'kernel k one=${serial}',
        'boot',
        ':b',
        'echo b',
        'exit 4',
      ),
    )
    put('static/k', 'MZ')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('passes what is as expected', async () => {
    put(
      'menus/a.test.yaml',
      '- name: nobody\n  machine: {serial: X1}\n  expect: {boots: {kernel: "*/k", arguments: [one=X1], initrds: []}, fetches: ["*/k"]}\n' +
        '- name: b\n  choose: [b]\n  expect: {fails: exit 4, prints: b}\n' +
        '- name: the menu\n  choose: []\n  expect: {menu: L*, settings: {x: ""}}\n',
    )
    assert.deepEqual(await ran(), {
      code: 0,
      stdout:
        'ok     menus/a.test.yaml: nobody\nok     menus/a.test.yaml: b\nok     menus/a.test.yaml: the menu\n' +
        '9 of 9 lines of 1 scripts ran\n3 passed, 0 failed\n',
      stderr: '',
    })
  })

  it('says what is not', async () => {
    put(
      'a.test.yaml',
      '- name: wrong\n  choose: [a, z]\n  expect: {boots: {kernel: other, arguments: [two], without: [one=*], initrds: [i]}, menu: M, ends: exit, fails: x, prints: [y], fetches: [], settings: {x: b}}\n',
    )
    const { code, stdout } = await ran('--quiet')
    assert.equal(code, 1)
    assert.deepEqual(
      stdout.split('\n').map((line) => line.trim()),
      [
        'FAILED a.test.yaml: wrong',
        'it must boot other, and boots http://192.0.2.1:8080/k',
        'the argument two is missing in: one=',
        'the argument one=* must not be in: one=',
        'the initrds must be i, and are none',
        'it must end in the menu "M", and it boots http://192.0.2.1:8080/k',
        'it must end with "exit", and it boots http://192.0.2.1:8080/k',
        'it must fail, and it boots http://192.0.2.1:8080/k',
        'the console must show "y"',
        'http://192.0.2.1:8080/k is downloaded, which is not in the list',
        'the setting x must be "b", and is "a"',
        'nobody asked for: z',
        '0 passed, 1 failed',
        '',
      ],
    )
  })

  it('reads tests in TypeScript', async () => {
    put(
      'menus/b.test.ts',
      `const entries: string[] = ['a', 'b']\nexport default entries.map((entry) => ({ name: entry, choose: [entry], expect: { ends: 'waits' } }))\n`,
    )
    const { code, stdout } = await ran()
    assert.equal(code, 1)
    assert.match(stdout, /FAILED menus\/b.test.ts: a\n.*it must end with "waits", and it boots/)
  })

  it('finds what is wrong on any path', async () => {
    put(
      'boot.ipxe',
      menu(
        ...[
          'item fine F',
          'item gone G',
          'item silent S',
          'item nothing N',
          'item circle C',
          'item key K',
          'item said E',
        ],
        ...[
          'choose x',
          'goto ${x}',
          ':fine',
          'reboot',
          ':gone',
          'chain gone.ipxe ||',
          'goto start',
          ':silent',
          'isset ${no}',
        ],
        ...[
          ':nothing',
          'goto start',
          ':circle',
          'set l circle',
          'goto ${l}',
          ':key',
          'prompt Press',
          'exit',
          ':said',
          'exit 1',
        ],
      ),
    )
    const { code, stdout, stderr } = await ran('--all-paths', '--json')
    assert.equal(code, 1)
    assert.equal(stderr, '')
    const { scenarios } = JSON.parse(stdout) as {
      scenarios: { paths: { picks: string[]; verdict: string }[] }[]
    }
    assert.equal(scenarios.length, 4)
    assert.deepEqual(
      Object.fromEntries(scenarios[0]!.paths.map(({ picks, verdict }) => [picks.join(), verdict])),
      {
        fine: 'fine',
        gone: 'missing',
        silent: 'silent',
        nothing: 'dead-end',
        circle: 'loop',
        key: 'keyboard',
        said: 'silent',
      },
    )
    const text = await ran('--all-paths')
    assert.match(text.stdout, /FAILED {3}gone: misses a file: there is no gone.ipxe in the tree/)
    assert.match(text.stdout, /20 bad paths$/m)
  })

  const wrong: [name: string, content: string, says: RegExp][] = [
    ['no list', 'name: x', /a.test.yaml: .*array/],
    ['an unknown field', '- name: x\n  expekt: {}\n', /a.test.yaml, test "x"/],
    ['no YAML', '- [', /a.test.yaml is no YAML/],
    [
      'a script that is not there',
      '- name: x\n  script: y.ipxe\n  expect: {}\n',
      /there is no y.ipxe in the tree/,
    ],
    ['a machine that is none', '- name: x\n  machine: {mac: z}\n  expect: {}\n', /"z" is no mac/],
  ]
  for (const [name, content, says] of wrong) {
    it(`refuses a file with ${name}`, async () => {
      put('a.test.yaml', content)
      const { code, stderr } = await ran()
      assert.ok(code === 1 || code === 2)
      assert.match(stderr, says)
    })
  }

  it('exits with 2 when there is nothing to test', async () => {
    const { code, stderr } = await ran()
    assert.equal(code, 2)
    assert.match(stderr, /there are no tests/)
  })

  it('finds nothing wrong with the shipped example', async () => {
    const root = fileURLToPath(new URL('../..', import.meta.url))
    const { code, stdout, stderr } = await ranCli(['test', 'menus/example', '--all-paths'], { cwd: root })
    assert.equal(code, 0, stdout + stderr)
    assert.match(stdout, /7 passed, 0 failed; 0 bad paths/)
  })
})

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Io } from '../../src/cli/io.js'
import { run } from '../../src/cli/main.js'

let folder: string

function put(content: string): void {
  writeFileSync(join(folder, 'ipxetool.yaml'), content)
}

async function machines(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const out = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    write: (text: string | Uint8Array): void => {
      out[name] += typeof text === 'string' ? text : new TextDecoder().decode(text)
    },
    isTTY: true,
  })
  const io: Io = {
    cwd: folder,
    env: { NO_COLOR: '1' },
    stdin: Readable.from([]),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    signal: new AbortController().signal,
  }
  return { code: await run(['machines', ...argv], io), ...out }
}

const menus =
  'menus: [{ id: main, title: Main, entries: [{ kind: linux, id: a, label: A, kernel: "$<base>/k" }] }]\n'
const variables = 'variables: { base: { type: url, value: "http://x.example" } }\n'

describe('ipxetool machines', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-machines-'))
    put(`${variables}${menus}groups: [{ id: web, console: ttyS1, memory: 8 GiB }]
machines:
  - { id: node1, group: web, match: { mac: '52:54:00:AB:cd:01' }, entry: a, variables: { base: 'http://y.example' } }
  - { id: node2, match: { uuid: 4c4c4544-0042-4d10-8031-b4c04f4d4232 } }
`)
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('that TypeScript made, with the groups of both spellings', async () => {
    put(`${variables}${menus}groups: [{ id: web, console: ttyS1 }]\n`)
    mkdirSync(join(folder, 'menus'))
    writeFileSync(
      join(folder, 'menus/inventory.ts'),
      `import { group, machine } from 'ipxetool/menu'
export default async () => ({
  groups: [group({ id: 'db', extends: 'web', memory: '8 GiB' })],
  machines: [1, 2].map((n) =>
    machine({ id: 'node' + n, match: { mac: '52:54:00:00:00:0' + n }, group: 'db', variables: { base: 'http://n' + n + '.example' } }),
  ),
})
`,
    )
    const { code, stdout, stderr } = await machines('--json')
    assert.equal(code, 0, stderr)
    const report = JSON.parse(stdout) as { machines: { id: string; groups: string[]; console: unknown }[] }
    assert.deepEqual(
      report.machines.map(({ id, groups }) => [id, ...groups]),
      [
        ['node1', 'db', 'web'],
        ['node2', 'db', 'web'],
      ],
    )
    assert.match(stdout, /http:\/\/n2\.example/)
  })

  it('that TypeScript made, with mistakes at its lines', async () => {
    put(`${variables}${menus}`)
    mkdirSync(join(folder, 'menus'))
    const cases: [string, RegExp][] = [
      [
        "machines: [\n  machine({ id: 'a', match: { mac: '52:54:00:00:00:01' }, variables: { base: 'no url' } }),\n]",
        /menus\/m\.ts:3:3 error variable-value/,
      ],
      [
        "machines: [\n  machine({ id: 'a', match: { mac: '52:54:00:00:00:01' }, variables: { bass: 'x' } }),\n]",
        /menus\/m\.ts:3:3 error unknown-override\n {2}There is no variable bass; did you mean `base`\?/,
      ],
      [
        "machines: [\n  machine({ id: 'a', match: { mac: '52:54:00:00:00:01' }, entry: 'b' }),\n]",
        /menus\/m\.ts:3:3 error machine-boot\n {2}The menu `main` has no entry `b`/,
      ],
      ['machine: []', /menus\/m\.ts:1:1 error menu-file/],
      ["machines: [{ id: 'a', match: { mac: 'x' } }]", /menus\/m\.ts:2:\d+ error menu-schema/],
    ]
    for (const [content, expected] of cases) {
      writeFileSync(
        join(folder, 'menus/m.ts'),
        `import { machine } from 'ipxetool/menu'; void machine\nexport default { ${content} }\n`,
      )
      const { code, stderr } = await machines()
      assert.equal(code, 1, content)
      assert.match(stderr, expected)
    }
  })

  it('exported as menus are is told how to', async () => {
    put(`${variables}${menus}`)
    mkdirSync(join(folder, 'menus'))
    writeFileSync(
      join(folder, 'menus/m.ts'),
      "import { machine } from 'ipxetool/menu'\nexport default [machine({ id: 'a', match: { mac: '52:54:00:00:00:01' } })]\n",
    )
    const { code, stderr } = await machines()
    assert.equal(code, 1)
    assert.match(stderr, /exports a machine, not a menu/)
  })

  it('lists who gets what, and why', async () => {
    assert.deepEqual(await machines(), {
      code: 0,
      stdout: [
        'node1',
        '  match    mac 52:54:00:AB:cd:01',
        '  groups   web',
        '  menu     main                 as all machines',
        '  entry    a                    its own (node1)',
        '  console  ttyS1                from the group web',
        '  memory   8 GiB                from the group web',
        '  $<base>  http://y.example     its own (node1)',
        '  script   machines/node1.ipxe  found by machines/index.ipxe',
        '',
        'node2',
        '  match   uuid 4c4c4544-0042-4d10-8031-b4c04f4d4232',
        '  menu    main                 as all machines',
        '  script  machines/node2.ipxe  found by machines/index.ipxe',
        '',
        'all others: the menu main (boot.ipxe)',
        '',
      ].join('\n'),
      stderr: '',
    })
  })

  it('answers for one machine, in any spelling of its key', async () => {
    for (const mac of ['52:54:00:ab:cd:01', '5254.00ab.cd01', '525400ABCD01', ' 52-54-00-ab-cd-01 ']) {
      const { code, stdout } = await machines('--mac', mac)
      assert.equal(code, 0)
      assert.match(stdout, /^matched by mac 52:54:00:AB:cd:01\nnode1\n/)
    }
    for (const uuid of ['{4C4C4544-0042-4D10-8031-B4C04F4D4232}', '4c4c454400424d108031b4c04f4d4232']) {
      assert.match((await machines('--uuid', uuid)).stdout, /^matched by uuid .*\nnode2\n/)
    }
    const other = await machines('--mac', '52:54:00:00:00:99', '--hostname', 'x')
    assert.deepEqual([other.code, other.stdout], [0, 'no machine matches: the menu main (boot.ipxe)\n'])
  })

  it('is read by programs with --json', async () => {
    const all = JSON.parse((await machines('--json')).stdout) as { machines: { id: string }[] }
    assert.deepEqual(
      all.machines.map(({ id }) => id),
      ['node1', 'node2'],
    )
    const one = JSON.parse((await machines('--json', '--mac', '525400abcd01')).stdout) as object
    assert.deepEqual(one, {
      machine: {
        id: 'node1',
        groups: ['web'],
        boot: { value: 'always', from: { kind: 'project' } },
        menu: { value: 'main', from: { kind: 'project' } },
        entry: { value: 'a', from: { kind: 'machine', id: 'node1' } },
        console: { value: 'ttyS1', from: { kind: 'group', id: 'web' } },
        memory: { value: '8 GiB', from: { kind: 'group', id: 'web' } },
        variables: { base: { value: 'http://y.example', from: { kind: 'machine', id: 'node1' } } },
        script: 'machines/node1.ipxe',
        keys: [{ kind: 'mac', value: '52:54:00:AB:cd:01' }],
        by: { kind: 'mac', value: '52:54:00:AB:cd:01' },
      },
    })
    const none = JSON.parse((await machines('--json', '--serial', 'S')).stdout) as object
    assert.deepEqual(none, { machine: null, menu: 'main', script: 'boot.ipxe' })
  })

  it('says so without machines, and where the first script is the user’s own', async () => {
    put(`${variables}${menus}`)
    assert.deepEqual(await machines(), {
      code: 0,
      stdout: 'no machines; all get the menu main (boot.ipxe)\n',
      stderr: '',
    })
    writeFileSync(join(folder, 'boot.ipxe'), '#!ipxe\nchain menus/main.ipxe\n')
    assert.equal((await machines()).stdout, 'no machines; all get the script boot.ipxe\n')
  })

  const impossible: [argv: string[], says: RegExp][] = [
    [['--mac', 'zz'], /--mac "zz" is not possible\n {2}for example --mac 52:54:00/],
    [['--mac', '52:54:00:12:34'], /not possible/],
    [['--uuid', '4c4c4544'], /not possible/],
    [['--serial', ''], /not possible/],
    [['--var', 'base'], /does not say NAME=VALUE/],
    [['--project', 'elsewhere'], /elsewhere is not a boot project/],
  ]
  for (const [argv, says] of impossible) {
    it(`${argv.join(' ')}: exit code 2`, async () => {
      const { code, stderr, stdout } = await machines(...argv)
      assert.deepEqual([code, stdout], [2, ''], stderr)
      assert.match(stderr, says)
    })
  }

  it('has the complaints of check about values of machines', async () => {
    const node = (id: number, values: string): string =>
      `  - { id: node${id}, match: { mac: '52:54:00:00:00:0${id}' }, variables: ${values} }\n`
    put(`${variables}${menus}machines:\n${node(1, '{ bsae: x }')}${node(2, '{ base: "no url" }')}`)
    const { code, stdout, stderr } = await machines()
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^ipxetool\.yaml:4:\d+ error unknown-override\n.*did you mean `base`/)
    assert.match(stderr, /\n2 errors in 1 file\n$/)
  })

  it('shows what is wrong with a project, without colours where they are not wanted', async () => {
    put(`${variables}${menus}machines: [{ id: node1, match: { mac: '52:54:00:00:00:01' }, entry: b }]\n`)
    const { code, stdout, stderr } = await machines()
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^ipxetool\.yaml:3:\d+ error machine-boot\n[^]*\n1 error in 1 file\n$/)
    assert.ok(!stderr.includes('\x1b'))
    const json = JSON.parse((await machines('--json')).stdout) as object
    assert.ok('diagnostics' in json)
  })

  it('tells and changes what `serve` remembers of machines that boot once', async () => {
    put(`servedBy: ipxetool
${variables}${menus}groups: [{ id: web, boot: once }]
machines:
  - { id: node1, group: web, match: { mac: '52:54:00:ab:cd:01' }, entry: a }
  - { id: node2, match: { mac: '52:54:00:ab:cd:02' } }
`)
    assert.match((await machines()).stdout, /^ +boot +once: to be installed +from the group web$/m)
    const { code, stdout } = await machines('--installed', 'node1')
    assert.equal(code, 0)
    assert.match(stdout, /^ +boot +once: installed \d{4}-\d\d-\d\d \d\d:\d\d UTC +from the group web$/m)
    const one = JSON.parse((await machines('--json', '--mac', '525400abcd01')).stdout) as {
      machine: { installed: string }
    }
    assert.match(one.machine.installed, /^\d{4}-.*Z$/)
    assert.match((await machines('--install', 'node1')).stdout, /once: to be installed/)
    const wrong = await machines('--install', 'node2')
    assert.equal(wrong.code, 2)
    assert.match(wrong.stderr, /no machine of that id has `boot: once`[\s\S]*node1/)
  })
})

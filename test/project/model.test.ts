import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { checkProject } from '../../src/project/check.js'
import { projectJsonSchema, projectSchema } from '../../src/project/schema.js'
import { parse } from 'yaml'
import { lines, memoryHost } from './memory-host.js'

interface Found {
  yaml: string[]
  typescript: string[]
}

/** The same menus and machines in both spellings; in TypeScript without places, as an object of a plain export. */
async function both(yaml: string): Promise<Found> {
  const { menus, groups, machines, ...rest } = parse(yaml) as Record<string, unknown>
  const host = memoryHost({ 'ipxetool.yaml': JSON.stringify(rest), 'menus/a.ts': 'export default []\n' })
  const value = groups === undefined && machines === undefined ? menus : { menus, groups, machines }
  host.loadMenuFile = () => Promise.resolve({ value: JSON.parse(JSON.stringify(value)) as unknown })
  const [first, second] = [
    await checkProject('.', memoryHost({ 'ipxetool.yaml': yaml }), {}),
    await checkProject('.', host, {}),
  ]
  return { yaml: lines(first.diagnostics), typescript: second.diagnostics.map(({ reason }) => reason) }
}

const menu = (entries: string, rest = ''): string =>
  `menus:\n  - id: main\n    title: Lab\n    entries:\n${entries}${rest}`
const disk = '      - { kind: local, id: disk, label: Disk }\n'
const linux = (fields: string): string => `      - kind: linux\n        id: k\n        label: K\n${fields}`
const raw = (script: string): string =>
  `      - kind: raw\n        id: k\n        label: K\n        script: ${script}\n`

describe('menus in ipxetool.yaml', () => {
  describe('a mistake has its line and column, and the words that it has in TypeScript', () => {
    const cases: Record<string, [string, string]> = {
      'a key that is not there': [
        menu('      - kind: local\n        id: disk\n        lable: Disk\n'),
        '7:9 project-schema: There is no key `lable` in entry `disk`; did you mean `label`?',
      ],
      'below a key': [
        menu(linux('        kernel: k\n        needs: { memroy: 1 GiB }\n')),
        '9:18 project-schema: There is no key `memroy` in `needs` of entry `k`; did you mean `memory`?',
      ],
      'of a menu': [
        menu(disk, '    timeuot: 30s\n'),
        '6:5 project-schema: There is no key `timeuot` in menu `main`; did you mean `timeout`?',
      ],
      'a wrong type': [
        menu('      - kind: local\n        id: disk\n        label: 5\n'),
        '7:16 project-schema: `label` of entry `disk` is a number, expected text',
      ],
      'a wrong kind': [
        menu('      - { kind: lokal, id: disk, label: L }\n'),
        '5:17 project-schema: Entry `disk` has the kind `lokal`; did you mean `local`?',
      ],
      'a key that is missing': [menu(linux('')), '5:9 project-schema: `kernel` of entry `k` is missing'],
      'two entries with one name': [
        menu(disk.replace('disk', 'other') + disk + disk),
        '7:28 duplicate-entry: The menu `main` has two entries `disk`; the other is at ipxetool.yaml:6:9',
      ],
      'two menus with one name': [
        menu(disk, `  - id: main\n    title: B\n    entries:\n${disk}`),
        '6:9 duplicate-menu: There are two menus `main`; the other is at ipxetool.yaml:2:5',
      ],
      'a menu that nobody can reach': [
        menu(disk, `  - id: lost\n    title: B\n    entries:\n${disk}`),
        '6:5 unreachable-menu: Nobody can reach the menu `lost`',
      ],
      'a submenu that is not there': [
        menu('      - { kind: submenu, menu: mian }\n'),
        '5:32 missing-entry: The menu `mian` does not exist; did you mean `main`?',
      ],
      'a default entry that is not there': [
        menu(disk, '    default: dosk\n'),
        '6:14 missing-entry: The default entry of the menu `main`, `dosk` does not exist; did you mean `disk`?',
      ],
      'a template that does not parse': [
        menu('      - { kind: local, id: disk, label: "on ${net0/mac now" }\n'),
        '5:41 menu-text: `label` of `disk`: a setting reference cannot hold a blank',
      ],
      'no kernel for an architecture that is asked for': [
        menu(linux('        kernel: { x86_64: k }\n        needs: { architecture: arm64 }\n')),
        '8:17 missing-architecture: The entry `k` has no `kernel` for arm64',
      ],
      'no kernel where there is an initrd': [
        menu(linux('        kernel: { x86_64: k }\n        initrd: { x86_64: [i], arm64: [j] }\n')),
        '8:17 missing-architecture: The entry `k` has no `kernel` for arm64',
      ],
      'a command that is not there, which the script shows': [
        menu(disk + raw('ehco hi')),
        '9:17 unknown-command: iPXE has no command `ehco`; did you mean `echo`?',
      ],
      'an option that is not there, in the second line of a block': [
        menu(raw('|\n          echo hi\n          chain --nope http://m.example/x')),
        '10:11 unknown-option: `chain` has no option `--nope`; did you mean `--name`?',
      ],
      'a label that is not there': [
        menu(disk + raw('goto nowhere')),
        '9:17 missing-label: There is no label `nowhere` in this script',
      ],
      'a setting that nothing sets': [
        menu(disk + linux('        kernel: http://m.example/k\n        args: ["ks=${reop}"]\n')),
        '6:9 unset-setting: Nothing sets `reop`, and iPXE has no such setting',
      ],
    }
    for (const [name, [yaml, expected]] of Object.entries(cases)) {
      it(name, async () => {
        const found = await both(yaml)
        assert.deepEqual(found.yaml, [`ipxetool.yaml:${expected}`])
        const reason = (line: string): string => line.replace(/^\S+ \S+ /, '').replace(/; the other.*/, '')
        assert.deepEqual(
          found.typescript.map((text) => text.replace(/; the other.*/, '')),
          [reason(expected)],
        )
      })
    }
  })

  it('one MAC address of two machines, however it is written', async () => {
    for (const mac of ['52-54-00-ab-cd-01', '525400ABCD01', '5254.00ab.cd01', '52:54:00:aB:Cd:01']) {
      const machines = `machines:\n  - id: a\n    match: { mac: 52:54:00:AB:cd:01 }\n  - id: b\n    match: { mac: ${mac} }\n`
      const result = await checkProject('.', memoryHost({ 'ipxetool.yaml': menu(disk, machines) }), {})
      assert.deepEqual(
        lines(result.diagnostics),
        [
          `ipxetool.yaml:10:19 duplicate-machine: The mac \`${mac}\` of \`b\` already belongs to \`a\` (ipxetool.yaml:7:5)`,
        ],
        mac,
      )
    }
  })

  it('a console that has no effect, at the machine', async () => {
    const node = (id: string, more: string): string =>
      `  - { id: ${id}, match: { hostname: ${id} }, entry: k${more} }\n`
    const { yaml } = await both(
      menu(
        linux('        kernel: http://x/k\n        console: [ttyS3, tty0]\n'),
        `groups: [{ id: g, console: ttyS2 }]\nmachines:\n${node('a', ', console: ttyS1')}` +
          `${node('b', ', group: g')}${node('c', ', console: ttyS3')}${node('d', '')}`,
      ),
    )
    assert.deepEqual(yaml, [
      'ipxetool.yaml:12:57 console-not-used: The console `ttyS1` of `a` has no effect: its entry `k` says `ttyS3`, `tty0` itself',
      'ipxetool.yaml:13:5 console-not-used: The console `ttyS2` of `b` has no effect: its entry `k` says `ttyS3`, `tty0` itself',
    ])
  })

  it('default and timeout may be variables, whose values are checked', async () => {
    const values = (id: string, wait: string): string =>
      `variables: { d: { type: string, value: ${id} }, t: { type: string, value: ${wait} } }\n`
    const text = menu(disk, '    default: $<d>\n    timeout: $<t>\n')
    assert.deepEqual(await both(values('disk', '"3000"') + text), { yaml: [], typescript: [] })
    const wrong = await both(values('dusk', '30s') + text)
    assert.deepEqual(wrong.yaml, [
      'ipxetool.yaml:3:5 missing-entry: The default entry of the menu `main`, `$<d>`, is `dusk`, which does not exist',
      'ipxetool.yaml:3:5 menu-text: The timeout of the menu `main`, `$<t>`, is `30s`',
      'ipxetool.yaml:3:5 default-names-no-item: No item of this menu is called `dusk`; did you mean `disk`?',
    ])
    assert.deepEqual(
      wrong.typescript,
      wrong.yaml.map((line) => line.replace(/^\S+ \S+ /, '')),
    )
  })

  it('what machines name and nobody has, at the line that names it', async () => {
    const machines = `machines:\n  - id: a\n    match: { serial: x }\n    group: lba\n  - id: b\n    match: { serial: y }\n    menu: mian\ngroups:\n  - id: lab\n`
    const result = await checkProject('.', memoryHost({ 'ipxetool.yaml': menu(disk, machines) }), {})
    assert.deepEqual(lines(result.diagnostics), [
      'ipxetool.yaml:9:12 missing-group: There is no group `lba`; did you mean `lab`?',
      'ipxetool.yaml:12:11 machine-boot: The menu `mian` of `b` does not exist; did you mean `main`?',
    ])
  })
})

describe('the published JSON Schema', () => {
  it('is what the run-time schema is, and has an entry for every kind', () => {
    const file = fileURLToPath(new URL('../../src/project/ipxetool.schema.json', import.meta.url))
    const published = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    assert.deepEqual(published, JSON.parse(JSON.stringify(projectJsonSchema())))
    assert.equal(published['additionalProperties'], false)
    assert.doesNotMatch(JSON.stringify(published), /"source"/)
  })

  it('takes the examples, and refuses a wrong field', () => {
    for (const name of ['example', 'example-yaml', 'example-ts', 'catalog']) {
      const file = fileURLToPath(new URL(`../../menus/${name}/ipxetool.yaml`, import.meta.url))
      const data = parse(readFileSync(file, 'utf8')) as object
      assert.equal(projectSchema.safeParse(data).success, true, name)
      assert.equal(projectSchema.safeParse({ ...data, titel: 'x' }).success, false)
    }
  })
})

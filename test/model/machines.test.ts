import assert from 'node:assert/strict'
import { stringify } from '../../src/index.js'
import { compileMachines, keyLabel, resolveMachines } from '../../src/model/machines.js'
import { groupSchema, machineSchema } from '../../src/model/machine-schema.js'
import { menusSchema } from '../../src/model/schema.js'
import { runRules } from '../../src/rules/run.js'

const menus = menusSchema.parse([
  {
    id: 'main',
    title: 'Main',
    entries: [
      { kind: 'anaconda', id: 'centos', label: 'CentOS', repo: '$<repo>' },
      { kind: 'local', id: 'disk', label: 'Disk' },
    ],
  },
])
const options = { first: { menu: 'main', path: 'boot.ipxe' }, machines: true }

function compile(machines: object[], groups: object[] = [], more: { remembers?: true } = {}) {
  return compileMachines(
    machines.map((machine) => machineSchema.parse(machine)),
    groups.map((group) => groupSchema.parse(group)),
    menus,
    { ...options, ...more },
  )
}

function texts(machines: object[], groups: object[] = []): Map<string, string> {
  const { scripts, problems } = compile(machines, groups)
  assert.deepEqual(problems, [])
  return new Map(scripts.map(({ path, script }) => [path, new TextDecoder().decode(stringify(script))]))
}

describe('machines', () => {
  it('have a label per key, spelt as the settings of the machine', () => {
    assert.equal(keyLabel('mac', '52:54:00:AB:cd:01'), 'mac-52-54-00-ab-cd-01')
    assert.equal(keyLabel('mac', '525400abcd01'), 'mac-52-54-00-ab-cd-01')
    assert.equal(keyLabel('mac', '5254.00ab.cd01'), 'mac-52-54-00-ab-cd-01')
    assert.equal(
      keyLabel('uuid', '4C4C4544-0042-4D10-8031-B4C04F4D4232'),
      'uuid-4c4c4544-0042-4d10-8031-b4c04f4d4232',
    )
    assert.equal(
      keyLabel('uuid', '4c4c454400424d108031b4c04f4d4232'),
      'uuid-4c4c4544-0042-4d10-8031-b4c04f4d4232',
    )
    assert.equal(keyLabel('serial', 'A b#1'), 'serial-4120622331')
  })

  it('get a script of their own that starts their entry, and the index finds it', () => {
    const files = texts([
      {
        id: 'node1',
        match: { mac: '52:54:00:00:00:01', serial: 'S || 1' },
        entry: 'centos',
        console: 'ttyS1,57600',
      },
    ])
    assert.deepEqual([...files.keys()], ['machines/node1.ipxe', 'machines/index.ipxe'])
    const index = files.get('machines/index.ipxe')!
    assert.match(index, /^:mac-52-54-00-00-00-01\nset matched mac 52:54:00:00:00:01\ngoto machine-node1$/m)
    assert.match(index, /^:serial-53207c7c2031\nset matched serial S \? 1$/m)
    assert.match(index, /^chain --autofree node1\.ipxe /m)
    const own = files.get('machines/node1.ipxe')!
    assert.match(own, /\ngoto centos\n\n:menu\n/)
    assert.match(own, /console=ttyS1,57600/)
  })

  it('inherit from groups, the nearest first', () => {
    const { machines } = resolveMachines(
      [
        machineSchema.parse({
          id: 'a',
          match: { mac: '52:54:00:00:00:01' },
          group: 'web',
          variables: { x: 1 },
        }),
      ],
      [
        groupSchema.parse({
          id: 'all',
          menu: 'main',
          entry: 'disk',
          variables: { x: 'all', y: 'all', z: 'all' },
        }),
        groupSchema.parse({ id: 'web', extends: 'all', entry: 'centos', variables: { x: 'web', y: 'web' } }),
      ],
    )
    const [machine] = machines
    assert.deepEqual(machine?.groups, ['web', 'all'])
    assert.equal(machine.menu, 'main')
    assert.equal(machine.entry, 'centos')
    assert.deepEqual(machine.variables, { x: '1', y: 'web', z: 'all' })
  })

  it('write scripts that are clean under every rule', () => {
    const { scripts } = compile([
      { id: 'node1', match: { mac: '52:54:00:00:00:01', hostname: 'n' }, entry: 'disk' },
    ])
    for (const { script, path } of scripts) {
      const problems = runRules(script, { path }).filter(({ ruleId }) => ruleId !== 'undefined-variable')
      assert.deepEqual(
        problems.map(({ ruleId, reason }) => `${path} ${ruleId} ${reason}`),
        [],
      )
    }
  })

  const node = { id: 'node1', match: { mac: '52:54:00:00:00:01' } }
  const mistakes: [title: string, machines: object[], groups: object[], expected: RegExp][] = [
    [
      'one MAC in two spellings',
      [node, { id: 'b', match: { mac: '525400000001' } }],
      [],
      /mac `525400000001` of `b` already belongs to `node1`/,
    ],
    [
      'two machines with one name',
      [node, { id: 'node1', match: { serial: 'x' } }],
      [],
      /two machines `node1`/,
    ],
    ['a machine that nothing matches', [{ id: 'b', match: {} }], [], /Nothing says which machine `b` is/],
    [
      'a group that does not exist',
      [{ ...node, group: 'wbe' }],
      [{ id: 'web' }],
      /no group `wbe`; did you mean `web`/,
    ],
    [
      'groups in a circle',
      [{ ...node, group: 'a' }],
      [
        { id: 'a', extends: 'b' },
        { id: 'b', extends: 'a' },
      ],
      /a -> b -> a/,
    ],
    [
      'an entry that does not exist',
      [{ ...node, entry: 'cento' }],
      [],
      /no entry `cento`; did you mean `centos`/,
    ],
    ['a menu that does not exist', [{ ...node, menu: 'mian' }], [], /did you mean `main`/],
    ['boot: once in a tree of files', [{ ...node, boot: 'once' }], [], /boots once/],
  ]
  for (const [title, machines, groups, expected] of mistakes) {
    it(`report ${title}`, () => {
      const { problems, scripts } = compile(machines, groups)
      assert.equal(problems.filter(({ reason }) => expected.test(reason)).length, 1, JSON.stringify(problems))
      assert.deepEqual(scripts, [])
    })
  }

  it('boot once where the server remembers: the script asks it first, and without an answer it is the disk', () => {
    const two = [
      { ...node, boot: 'once', entry: 'centos' },
      { id: 'node2', match: { serial: 'x' }, entry: 'centos' },
    ]
    const { scripts, problems } = compile(two, [], { remembers: true })
    assert.deepEqual(problems, [])
    const [one, other] = scripts.map(({ script }) => new TextDecoder().decode(stringify(script)))
    assert.match(
      one!,
      /chain --autofree \.\.\/_\/once\/node1\.ipxe \|\|\niseq \$\{once\} install \|\| goto own_disk\n\ngoto centos\n/,
    )
    assert.match(one!, /\n:own_disk\n(.+\n){2}set own-disk yes\niseq .* sanboot .*0x80 \|\|\nexit\n$/)
    assert.doesNotMatch(other!, /once/)
    for (const { script, path } of scripts) {
      const known = runRules(script, { path }).filter(({ ruleId }) => ruleId !== 'undefined-variable')
      assert.deepEqual(known.map(String), [], path)
    }
  })

  it('are quick: 1,000 of them resolve and compile, each script once', () => {
    const machines = Array.from({ length: 1000 }, (_, index) => ({
      id: `node${index}`,
      match: {
        mac: `52:54:00:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}`,
      },
      entry: 'centos',
    }))
    const { scripts, problems } = compile(machines)
    assert.deepEqual(problems, [])
    assert.equal(scripts.length, 1001)
  })
})

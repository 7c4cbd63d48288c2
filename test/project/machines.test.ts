import assert from 'node:assert/strict'
import { findMachine, machineReports, type MachineReport } from '../../src/project/machines.js'
import { loadProject } from '../../src/project/project.js'
import { memoryHost } from './memory-host.js'

const yaml = `
console: ttyS0,115200
variables:
  rack: { type: string, value: none }
  role: { type: string, value: none }
menus:
  - id: main
    title: Main
    entries:
      - { kind: linux, id: a, label: A, kernel: 'http://x/k', args: ['rack=$<rack>', 'role=$<role>'] }
      - { kind: linux, id: screen, label: Screen, kernel: 'http://x/k', console: [tty0, { port: ttyS3, speed: 9600 }] }
      - { kind: linux, id: mute, label: Mute, kernel: 'http://x/k', console: false }
      - { kind: linux, id: both, label: Both, kernel: 'http://x/k', console: { x86_64: ttyS2, arm64: ttyAMA1 } }
      - { kind: submenu, menu: other }
  - { id: other, title: Other, entries: [{ kind: local, id: disk, label: Disk }] }
groups:
  - { id: all, memory: 64 GiB, console: { port: ttyS1, speed: 57600 }, variables: { rack: r0, role: all } }
  - { id: web, extends: all, entry: a, variables: { role: web } }
machines:
  - id: node1
    group: web
    match: { mac: ['52:54:00:AB:cd:01', 5254.00ab.cd02], serial: 'S 1' }
    variables: { rack: 7 }
  - { id: node2, match: { uuid: 4C4C4544-0042-4D10-8031-B4C04F4D4232, mac: '52:54:00:00:00:02' } }
  - { id: node3, match: { asset: A1 }, menu: other, console: ttyS9 }
  - { id: screen, group: all, match: { hostname: screen }, entry: screen }
  - { id: mute, group: all, match: { hostname: mute }, entry: mute }
  - { id: both, group: all, match: { hostname: both }, entry: both }
`

async function reportsOf(text: string): Promise<MachineReport[]> {
  const { project, diagnostics } = await loadProject('.', memoryHost({ 'ipxetool.yaml': text }), {})
  assert.deepEqual(
    diagnostics.filter(({ ruleId }) => ruleId !== 'console-not-used').map(({ reason }) => reason),
    [],
  )
  return machineReports(project!.model)
}

describe('who gets what', () => {
  let reports: MachineReport[]
  before(async () => {
    reports = await reportsOf(yaml)
  })
  const of = (id: string): MachineReport => reports.find((report) => report.id === id)!

  it('is what the machine says, else its groups from the nearest on, else the project; each with who said it', () => {
    const group = (id: string): object => ({ kind: 'group', id })
    assert.deepEqual(of('node1').groups, ['web', 'all'])
    assert.deepEqual(of('node1').menu, { value: 'main', from: { kind: 'project' } })
    assert.deepEqual(of('node1').entry, { value: 'a', from: group('web') })
    assert.deepEqual(of('node1').console, { value: 'ttyS1,57600', from: group('all') })
    assert.deepEqual(of('node1').variables, {
      rack: { value: '7', from: { kind: 'machine', id: 'node1' } },
      role: { value: 'web', from: group('web') },
    })
    assert.equal(of('node1').script, 'machines/node1.ipxe')
    assert.deepEqual(of('node2').console, { value: 'ttyS0,115200', from: { kind: 'project' } })
    assert.equal(of('node2').entry, undefined)
    assert.deepEqual(of('node1').memory, { value: '64 GiB', from: group('all') })
    assert.equal(of('node2').memory, undefined)
    assert.deepEqual(of('node3').menu, { value: 'other', from: { kind: 'machine', id: 'node3' } })
    assert.deepEqual(of('node3').console, { value: 'ttyS9', from: { kind: 'machine', id: 'node3' } })
  })

  it('has the console of the entry where that has one of its own, as the script has', () => {
    const values = ['screen', 'mute', 'both'].map((id) => of(id).console)
    assert.deepEqual(values, [
      { value: 'tty0 ttyS3,9600', from: { kind: 'entry', id: 'screen' } },
      { value: 'none', from: { kind: 'entry', id: 'mute' } },
      { value: 'one for each architecture', from: { kind: 'entry', id: 'both' } },
    ])
  })

  it('finds a machine by any of its keys in any spelling, MAC addresses first', () => {
    const found = (facts: Parameters<typeof findMachine>[1]): string | undefined => {
      const result = findMachine(reports, facts)
      return result && `${result.report.id} by ${result.key.kind}`
    }
    for (const mac of ['52:54:00:ab:cd:01', '52-54-00-AB-CD-01', '525400abcd01', '5254.00AB.cd02']) {
      assert.equal(found({ mac }), 'node1 by mac')
    }
    assert.equal(found({ uuid: '4c4c454400424d108031b4c04f4d4232' }), 'node2 by uuid')
    assert.equal(found({ serial: 'S 1', mac: '52:54:00:00:00:02' }), 'node2 by mac')
    assert.equal(found({ serial: 'S 1', mac: '52:54:00:00:00:99' }), 'node1 by serial')
    assert.equal(found({ serial: 's 1' }), undefined)
    assert.equal(found({ asset: 'A1' }), 'node3 by asset')
    assert.equal(found({ hostname: 'mute' }), 'mute by hostname')
    assert.equal(found({}), undefined)
  })

  it('is empty without machines', async () => {
    const text = 'menus: [{ id: m, title: M, entries: [{ kind: shell, id: s, label: S }] }]\n'
    assert.deepEqual(await reportsOf(text), [])
  })
})

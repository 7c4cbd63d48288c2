import assert from 'node:assert/strict'
import { simulateSync } from '../../src/simulate/index.js'
import { bios, host, run, says, uefi } from './support.js'

describe('the simulator', () => {
  const table: [script: string, prints: string][] = [
    ['echo a  b', 'a b\n'],
    ['echo a || echo b && echo c', 'a\nc\n'],
    ['nope || echo b', 'nope: command not found\nb\n'],
    ['isset ${x} || echo unset', 'unset\n'],
    ['set a:int8 300\necho ${a} ${a:uint8}', '44 0x2c\n'],
    ['set a b\nset b c\necho ${${a}}', 'c\n'],
    ['goto x\necho no\n:x echo yes', 'yes\n'],
    [
      'echo ${hostname} ${12} ${net0/hostname} ${netX/hostname} ${net0.dhcp/12:hex}',
      'box box box box 62:6f:78\n',
    ],
    ['echo ${ip} ${netmask} ${next-server}', '10.0.0.5 255.255.255.0 10.0.0.1\n'],
    ['echo ${username} ${175.190} ${net0.dhcp/175.176:int8}', 'me me 1\n'],
    ['set hostname mine\necho ${hostname}\nclear hostname\necho ${hostname}', 'mine\nbox\n'],
    ['echo ${mac} ${net0/mac:hexhyp} ${mac:hexraw}', '52:54:00:12:34:56 52-54-00-12-34-56 525400123456\n'],
    [
      'echo ${platform} ${buildarch} ${cwuri} ${cwduri}',
      'pcbios i386 http://10.0.0.1/menus/a.ipxe http://10.0.0.1/menus/\n',
    ],
    [
      'set net0.dhcp/nosuch x || echo no',
      'Could not store "nosuch": Error 0x3d0c2001 (https://ipxe.org/3d0c2001)\nno\n',
    ],
    ['show hostname', 'net0.dhcp/hostname:string = box\n'],
    ['sleep 3600\necho up', 'up\n'],
    ['set x:hex 24:7b:79:7d\nset y deep\necho ${x:string}', 'deep\n'],
  ]
  for (const [script, prints] of table) {
    it(`prints ${JSON.stringify(prints)} for ${JSON.stringify(script)}`, () => {
      assert.equal(says(script), prints)
    })
  }

  it('has the commands of the platform', () => {
    assert.equal(says('params && echo yes || echo no', uefi), 'yes\n')
    assert.equal(says('params && echo yes || echo no', bios), 'params: command not found\nno\n')
    assert.equal(says('params && echo yes', { ...bios, with: new Set(['params']) }), 'yes\n')
    assert.equal(
      says('cpuid 29 && echo yes', { ...uefi, without: new Set(['cpuid']) }),
      'cpuid: command not found\n',
    )
  })

  it('reads SMBIOS, and turns the uuid round where iPXE does', () => {
    const uuid = Uint8Array.from({ length: 16 }, (_, index) => index)
    const machine = { ...bios, uuid, smbios: { serial: 'S1', '4.7.0': 'cpu' } }
    assert.equal(
      says('echo ${uuid} ${serial} ${smbios/4.7.0}\necho ${smbios/1.8.16:hexraw}', machine),
      '00010203-0405-0607-0809-0a0b0c0d0e0f S1 cpu\n030201000504070608090a0b0c0d0e0f\n',
    )
  })

  it('ends with the number of exit, and with the error of the line that failed', () => {
    assert.deepEqual(run('exit 3').ending, { kind: 'exit', status: 3 })
    const failed = run('echo one\n\nset x:int8 y\necho two')
    assert.equal(failed.place?.line, 4)
    assert.equal(failed.lastFailure?.said, true)
    assert.deepEqual(failed.ending, { kind: 'exit', status: -0x1c0c2002 })
    assert.equal(run('goto nowhere').lastFailure?.said, false)
  })

  it('counts lines', () => {
    const { lines } = run('echo a\ngoto b\necho no\n:b\necho c')
    assert.deepEqual(
      [...lines.values()].map((set) => [...set]),
      [[2, 3, 5, 6]],
    )
  })

  describe('stops', () => {
    const endless: [name: string, script: string, limit: string][] = [
      ['a circle', ':a\ngoto a', 'steps'],
      [
        'a setting that holds itself',
        'set x:hex 24:7b:78:3a:73:74:72:69:6e:67:7d\necho ${x:string}',
        'expansion',
      ],
      ['a script that chains itself', 'chain a.ipxe', 'depth'],
      [
        'a flood',
        ':a\necho xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\ngoto a',
        'output',
      ],
      ['years', ':a\nsleep 86400\ngoto a', 'time'],
    ]
    for (const [name, script, limit] of endless) {
      it(name, () => {
        const source = `#!ipxe\n${script}`
        const { ending } = simulateSync({
          machine: bios,
          host: host({ 'http://10.0.0.1/a.ipxe': source }),
          script: source,
          uri: 'http://10.0.0.1/a.ipxe',
          limits: { output: 10_000 },
        })
        assert.equal(ending.kind, 'stopped')
        assert.equal(ending.limit, limit)
      })
    }
  })

  it('tells what a host threw, and refuses a promise in a run that cannot wait', () => {
    const broken = host({}, { fetch: () => { throw new Error('cable eaten') } }) // prettier-ignore
    assert.throws(() => run('imgfetch x', bios, broken), /cable eaten/)
    assert.throws(
      () => run('imgfetch x', bios, host({}, { fetch: () => Promise.resolve({ data: new Uint8Array() }) })),
      /simulate\(\)/,
    )
  })
})

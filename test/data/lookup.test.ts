import assert from 'node:assert/strict'
import {
  commandNames,
  findArchitecture,
  findCommand,
  findOption,
  findSetting,
  findSettingBlock,
  findSettingType,
  findUriScheme,
  helpOption,
} from '../../src/data/lookup.js'

describe('data look-up', () => {
  it('finds commands by name and by alias', () => {
    assert.equal(findCommand('imgexec')?.spec.name, 'imgexec')
    assert.equal(findCommand('chain')?.spec.name, 'imgexec')
    assert.equal(findCommand('chain')?.name, 'chain')
    assert.equal(findCommand('dhcp')?.spec.name, 'ifconf')
    for (const name of ['Chain', '', 'constructor', '__proto__']) assert.equal(findCommand(name), undefined)
    assert.equal(commandNames.length, 85 + 7)
  })

  it('finds options by long and short name', () => {
    const { spec } = findCommand('param')!
    assert.equal(findOption(spec, 'header')?.short, 'H')
    assert.equal(findOption(spec, '-H')?.long, 'header')
    assert.equal(findOption(spec, 'H')?.long, 'header')
    assert.equal(findOption(spec, '--H'), undefined)
    assert.equal(findOption(spec, '-header'), undefined)
    assert.equal(findOption(spec, '--'), undefined)
    assert.equal(findOption(spec, '-'), undefined)
    assert.equal(findOption(spec, '-h'), helpOption)
    assert.equal(findOption(spec, '--help'), helpOption)
    assert.equal(findOption(findCommand('echo')!.spec, '--n')?.short, 'n')
  })

  it('finds settings and types', () => {
    assert.equal(findSetting('mac')?.type, 'hex')
    assert.equal(findSetting('next-server')?.tag, '175.3')
    assert.deepEqual(findSetting('dns6')?.scopes, ['dhcpv6', 'ndp'])
    assert.equal(findSetting('macaddr'), undefined)
    assert.equal(findSettingType('hexhyp')?.parse, true)
    assert.equal(findSettingType('busdevfn')?.parse, false)
    assert.equal(findSettingType('int64'), undefined)
  })

  it('finds settings blocks for any interface', () => {
    const note = (path: string) => findSettingBlock(path)?.note.split(/[ ;,]/)[0]
    assert.equal(note('smbios'), 'tag')
    assert.equal(note('net7'), 'one')
    assert.equal(note('net12.dhcp'), 'DHCPv4')
    assert.equal(note('netX.dhcpv6'), 'DHCPv6')
    assert.equal(note('netX'), 'alias')
    assert.equal(note('net3-7'), 'VLAN')
    assert.equal(note('net3.ndp.2'), 'router')
    assert.equal(note('proxydhcp'), 'ProxyDHCP')
    assert.equal(note(''), 'generic')
    assert.equal(note('network'), undefined)
    assert.equal(note('mine'), undefined)
  })

  it('finds URI schemes and architectures', () => {
    assert.equal(findUriScheme('https')?.defaultByPlatform?.pcbios, false)
    assert.equal(findUriScheme('HTTP')?.needs, 'DOWNLOAD_PROTO_HTTP')
    assert.equal(findUriScheme('gopher'), undefined)
    assert.deepEqual([findArchitecture(7)?.cpu, findArchitecture(9)?.cpu], ['x86_64', 'x86_64'])
    assert.equal(findArchitecture(16)?.firmware, 'http')
    assert.equal(findArchitecture(99), undefined)
  })
})

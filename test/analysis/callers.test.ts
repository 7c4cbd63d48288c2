import assert from 'node:assert/strict'
import { Callers } from '../../src/analysis/callers.js'
import { parse } from '../../src/syntax/parse.js'

function callersOf(files: Record<string, string>, entry = 'boot.ipxe') {
  const scripts = Object.entries(files).map(([path, text]) => ({
    path,
    script: parse(`#!ipxe\n${text}`),
    isEntry: path === entry,
  }))
  const callers = new Callers(scripts, new Set(['target', 'menu', 'other', 'base']))
  return (path: string, name = 'target'): readonly string[] | undefined => {
    const values = callers.of(scripts.find((one) => one.path === path)!.script)(name)
    return values && [...values].sort()
  }
}

describe('values that scripts hand to each other', () => {
  it('are those at every chain of the script', () => {
    const at = callersOf({
      'boot.ipxe':
        'set target a\nchain menus/x.ipxe ||\nset target b\nchain http://${next-server}/menus/x.ipxe\n',
      'menus/x.ipxe': 'goto ${target}\n',
    })
    assert.deepEqual(at('menus/x.ipxe'), ['a', 'b'])
    const replaced = callersOf({
      'boot.ipxe':
        'isset ${ip} && goto b ||\nset target a\nchain --replace menus/x.ipxe\n:b\nset target b\nchain http://${next-server}/menus/x.ipxe\n',
      'menus/x.ipxe': 'goto ${target}\n',
    })
    assert.deepEqual(replaced('menus/x.ipxe'), ['a', 'b'])
    assert.equal(replaced('menus/x.ipxe', 'other'), undefined)
    assert.equal(replaced('boot.ipxe'), undefined)
  })

  it('are known two scripts away, and through menus', () => {
    const at = callersOf({
      'boot.ipxe': 'menu M\nitem one One\nitem two Two\nchoose target || exit\nchain menus/x.ipxe\n',
      'menus/x.ipxe': 'set other 1\nchain y.ipxe\n',
      'menus/y.ipxe': 'goto ${target}\n',
    })
    assert.deepEqual(at('menus/y.ipxe'), ['one', 'two'])
    assert.deepEqual(at('menus/y.ipxe', 'other'), ['1'])
  })

  it('a computed name may be any script that it fits', () => {
    const files = { 'menus/x.ipxe': 'boot\n', 'menus/y.ipxe': 'boot\n', 'z.ipxe': 'boot\n' }
    const at = callersOf({ ...files, 'boot.ipxe': 'set target a\nset menu x\nchain menus/${menu}.ipxe\n' })
    assert.deepEqual(at('menus/x.ipxe'), ['a'])
    assert.equal(at('menus/y.ipxe'), undefined)
    const any = callersOf({ ...files, 'boot.ipxe': 'set target a\nchain menus/${net0/mac}.ipxe\n' })
    assert.deepEqual(any('menus/y.ipxe'), ['a'])
    assert.equal(any('z.ipxe'), undefined)
  })

  it('an entry, a script that nobody chains and one that is only loaded may be given anything', () => {
    const at = callersOf({
      'boot.ipxe': 'set target a\nimgfetch menus/x.ipxe\nchain menus/x.ipxe\n',
      'menus/x.ipxe': 'set target b\nchain boot.ipxe\n',
      'alone.ipxe': 'boot\n',
    })
    assert.equal(at('menus/x.ipxe'), undefined)
    assert.equal(at('boot.ipxe'), undefined)
    assert.equal(at('alone.ipxe'), undefined)
  })

  it('circles and long rows of scripts end', () => {
    const row: Record<string, string> = { 'boot.ipxe': 'set target a\nchain s0.ipxe\n' }
    for (let index = 0; index < 200; index++) row[`s${index}.ipxe`] = `chain s${index + 1}.ipxe\n`
    const at = callersOf({ ...row, 's200.ipxe': 'boot\n' })
    assert.equal(at('s200.ipxe'), undefined)
    assert.deepEqual(at('s3.ipxe'), ['a'])
    const circle = callersOf({
      'boot.ipxe': 'set target a\nchain a.ipxe\n',
      'a.ipxe': 'chain b.ipxe\n',
      'b.ipxe': 'chain a.ipxe\n',
    })
    assert.equal(circle('b.ipxe'), undefined)
  })
})

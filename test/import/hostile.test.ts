import assert from 'node:assert/strict'
import fc from 'fast-check'
import { importNetbootxyz } from '../../src/import/netbootxyz.js'
import { importPxelinux } from '../../src/import/pxelinux.js'
import { toYaml } from '../../src/import/to-yaml.js'
import { memoryHost } from '../project/memory-host.js'
import { assertUsable } from './usable.js'

const words = [
  ...'label kernel append initrd= menu title begin end include default timeout localboot com32 chain.c32'.split(
    ' ',
  ),
  ...'menu.c32 vesamenu.c32 memdisk goto exit separator hide disable ui prompt ontimeout config text help'.split(
    ' ',
  ),
  ...'pxelinux.cfg/default pxelinux.cfg/b pxelinux.cfg/c a ^b || && ; # ${x} $<y> \\ - -- 0x80 2 || ../x :: :'.split(
    ' ',
  ),
]
const line = fc.array(fc.constantFrom(...words), { maxLength: 5 }).map((parts) => parts.join(' '))
const config = fc.array(line, { maxLength: 25 }).map((lines) => lines.join('\n'))
const anyBytes = fc.uint8Array({ maxLength: 300 })

describe('imports of anything', () => {
  it('take any bytes as a PXELINUX configuration', async () => {
    await fc.assert(
      fc.asyncProperty(anyBytes, async (bytes) => {
        toYaml(await importPxelinux('p', memoryHost({ 'p/pxelinux.cfg/default': bytes })))
      }),
      { numRuns: 200 },
    )
  })

  it('make clean scripts of any configuration', async () => {
    await fc.assert(
      fc.asyncProperty(config, config, config, async (a, b, c) => {
        const files = {
          'p/pxelinux.cfg/default': a,
          'p/pxelinux.cfg/b': b,
          'p/pxelinux.cfg/c': c,
          'p/pxelinux.cfg/01-52-54-00-12-34-56': b,
        }
        const result = await importPxelinux('p', memoryHost(files))
        if (result.menus.length > 0) assertUsable(result)
      }),
      { numRuns: 150 },
    )
  })

  it('take any bytes and any data as endpoints', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        toYaml(importNetbootxyz('e', bytes))
      }),
      { numRuns: 200 },
    )
    const text = fc.constantFrom(
      'debian',
      'ubuntu',
      'oracle',
      'vmlinuz',
      'initrd',
      '/x/',
      '',
      '${x}',
      '; #',
      'netboot',
      'arm64',
    )
    const value = fc.oneof(text, fc.integer(), fc.array(text), fc.constant(null))
    const names = ['path', 'files', 'os', 'version', 'flavor', 'kernel', 'arch', 'codename']
    const endpoint = fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] })
    fc.assert(
      fc.property(fc.dictionary(text, endpoint), (endpoints) => {
        const result = importNetbootxyz('e', new TextEncoder().encode(JSON.stringify({ endpoints })))
        if (result.menus.length > 0) assertUsable(result)
      }),
      { numRuns: 200 },
    )
  })

  it('stop at includes without end', async () => {
    const files: Record<string, string> = { 'p/pxelinux.cfg/default': 'include f0\n'.repeat(10) }
    for (let level = 0; level < 40; level++) {
      files[`p/f${level}`] = `include f${level + 1}\n`.repeat(10) + `label x${level}\nlinux x\n`
    }
    const result = await importPxelinux('p', memoryHost(files))
    assert.ok(result.diagnostics.some(({ ruleId }) => ruleId === 'import-too-large'))
    assert.ok(result.diagnostics.length < 50)
  })

  it('stop at lines without end', async () => {
    const files: Record<string, string> = { 'p/pxelinux.cfg/default': 'include big\n'.repeat(1000) }
    files['p/big'] = 'label a\nlinux b\n'.repeat(10_000)
    for (let number = 10; number < 60; number++)
      files[`p/pxelinux.cfg/01-52-54-00-12-34-${number}`] = 'include big\n'
    const result = await importPxelinux('p', memoryHost(files))
    assert.ok(result.diagnostics.some(({ ruleId }) => ruleId === 'import-too-large'))
  })

  it('follow menus that open each other without end', async () => {
    const files: Record<string, string> = { 'p/pxelinux.cfg/default': 'label a\nconfig m0\n' }
    for (let menu = 0; menu < 200; menu++) {
      files[`p/m${menu}`] =
        `label up\nconfig m${(menu * 7) % 200}\nlabel next\nconfig m${menu + 1}\nlabel l\nlinux m${menu}\n`
    }
    const result = await importPxelinux('p', memoryHost(files))
    assertUsable(result)
    assert.ok(result.diagnostics.some(({ reason }) => reason.includes('open each other')))
  })

  it('read two thousand machines', async () => {
    const files: Record<string, string> = { 'p/pxelinux.cfg/default': 'label a\nlinux a\n' }
    for (let number = 0; number < 2000; number++) {
      const mac = `52-54-00-00-${(number >> 8).toString(16).padStart(2, '0')}-${(number & 255).toString(16).padStart(2, '0')}`
      files[`p/pxelinux.cfg/01-${mac}`] = `default i\nlabel i\nlinux a\nappend host=n${number % 50}\n`
    }
    const result = await importPxelinux('p', memoryHost(files))
    assert.equal(result.machines.length, 2000)
    assert.equal(result.menus.length, 51)
  })
})

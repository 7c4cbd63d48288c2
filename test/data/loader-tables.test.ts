import assert from 'node:assert/strict'
import {
  buildOptions,
  findBuildOption,
  optionConflicts,
  optionNeeds,
  sourceEras,
} from '../../src/data/build-options.js'
import { commands } from '../../src/data/commands.js'
import { findArchitecture } from '../../src/data/lookup.js'
import { loaderTargets } from '../../src/data/loader-targets.js'
import { uriSchemes } from '../../src/data/uri-schemes.js'

describe('the table of loaders', () => {
  it('has each once', () => {
    for (const key of ['make', 'output'] as const) {
      const all = loaderTargets.map((target) => target[key])
      assert.deepEqual(
        all.filter((name, index) => all.indexOf(name) !== index),
        [],
      )
    }
  })

  it('names the machines of option 93 that can start it', () => {
    const codes = Object.fromEntries(
      loaderTargets.map(({ make, dhcpArchitectures }) => [make, dhcpArchitectures]),
    )
    assert.deepEqual(codes['bin/undionly.kpxe'], [0])
    assert.deepEqual(codes['bin-x86_64-efi/snponly.efi'], [7, 9])
    assert.deepEqual(codes['bin-i386-efi/ipxe.efi'], [6])
    assert.deepEqual(codes['bin-arm64-efi/ipxe.efi'], [11])
    assert.deepEqual(codes['bin/ipxe.usb'], [])
    for (const { dhcpArchitectures } of loaderTargets) {
      assert.ok(dhcpArchitectures.every((code) => findArchitecture(code)))
    }
  })
})

describe('the table of build options', () => {
  it('has each once, with a sane history', () => {
    assert.equal(new Set(buildOptions.map(({ name }) => name)).size, buildOptions.length)
    for (const { name, header, kind, defaults, meaning } of buildOptions) {
      assert.match(name, /^[A-Z][A-Z0-9_]*$/)
      assert.match(header, /^[a-z]+\.h$/)
      assert.ok(meaning.length > 0 && !meaning.endsWith('.'), name)
      assert.ok(defaults.pcbios ?? defaults.efi, `${name} is for no platform`)
      for (const history of [defaults.pcbios, defaults.efi]) {
        for (const [era, value] of Object.entries(history ?? {})) {
          assert.ok(
            sourceEras.some((known) => known === era),
            `${name} ${era}`,
          )
          if (value === null) continue
          const word = value === 'x86 only' || value === 'non-x86 only' || typeof value === 'boolean'
          assert.equal(word, kind === 'flag', `${name} ${era} ${String(value)}`)
        }
      }
    }
  })

  it('knows what commands and URLs name', () => {
    // FDT is a device tree matter; the rest of the names are in the table
    const named = [
      ...commands.flatMap(({ buildOption }) => buildOption?.split(/ or | \+ /) ?? []),
      ...uriSchemes.flatMap(({ needs }) => (needs === null ? [] : [needs])),
      ...optionConflicts.flatMap(({ options }) => options),
      ...optionNeeds.flatMap(([name, needs]) => [name, needs]),
    ]
    assert.deepEqual(
      [...new Set(named)].filter((name) => !findBuildOption(name)),
      [],
    )
  })
})

import assert from 'node:assert/strict'
import { architectures } from '../../src/data/architectures.js'
import { commands } from '../../src/data/commands.js'
import { settingBlocks } from '../../src/data/setting-blocks.js'
import { settingTypes } from '../../src/data/setting-types.js'
import { settings } from '../../src/data/settings.js'
import {
  optionArgKinds,
  platforms,
  positionalKinds,
  settingGroups,
  settingScopes,
  settingTypeNames,
} from '../../src/data/types.js'
import { uriSchemes } from '../../src/data/uri-schemes.js'

function duplicates(words: readonly (string | number)[]): (string | number)[] {
  return words.filter((word, index) => words.indexOf(word) !== index)
}

describe('data tables', () => {
  it('have no name twice', () => {
    assert.deepEqual(duplicates(commands.flatMap((command) => [command.name, ...command.aliases])), [])
    assert.deepEqual(duplicates(settings.map((setting) => setting.name)), [])
    assert.deepEqual(duplicates(settingTypes.map((type) => type.name)), [])
    assert.deepEqual(duplicates(settingBlocks.flatMap((block) => block.paths)), [])
    assert.deepEqual(duplicates(uriSchemes.map((scheme) => scheme.scheme)), [])
    assert.deepEqual(duplicates(architectures.map((architecture) => architecture.code)), [])
  })

  it('hold what the reference holds', () => {
    assert.deepEqual(
      [commands, settings, settingTypes, settingBlocks, architectures].map((table) => table.length),
      [85, 74, 18, 20, 42],
    )
  })

  for (const command of commands) {
    it(`${command.name} is sane`, () => {
      assert.ok(command.minArgs >= 0)
      assert.ok(command.maxArgs === null || command.minArgs <= command.maxArgs)
      assert.deepEqual(duplicates(command.options.map((option) => option.long)), [])
      assert.deepEqual(duplicates(command.options.map((option) => option.short)), [])
      for (const option of command.options) {
        assert.match(option.long, /^[a-z][a-z-]*$/)
        assert.match(option.short, /^[a-zA-Z]$/)
        assert.ok(option.long !== 'help' && option.short !== 'h')
        assert.ok(option.arg === null || optionArgKinds.includes(option.arg))
      }
      for (const [index, argument] of command.positional.entries()) {
        assert.ok(positionalKinds.includes(argument.kind))
        assert.ok(!argument.repeats || index === command.positional.length - 1, 'only the last one repeats')
      }
      const repeats = command.positional.at(-1)?.repeats ?? false
      if (command.maxArgs !== null) assert.equal(command.positional.length, command.maxArgs)
      // help takes any words and looks at none
      else assert.ok(repeats || command.name === 'help')
      assert.deepEqual(Object.keys(command.defaultByPlatform), [...platforms])
      assert.ok(command.summary && command.exitStatus && command.since && command.source)
    })
  }

  it('use known types, groups and scopes', () => {
    for (const setting of settings) {
      assert.ok(settingTypeNames.includes(setting.type), setting.name)
      assert.ok(settingGroups.includes(setting.group), setting.name)
      for (const scope of setting.scopes) assert.ok(settingScopes.includes(scope), setting.name)
      if (setting.tag !== null) assert.match(setting.tag, /^(?:0x[0-9a-f]{8}|\d+(?:\.\d+){0,2})$/)
    }
    assert.deepEqual([...settingTypes.map((type) => type.name)].sort(), [...settingTypeNames].sort())
    for (const { defaultScope } of settingBlocks) {
      assert.ok(defaultScope === null || settingScopes.includes(defaultScope))
    }
  })

  it('number the architectures from 0 without a gap', () => {
    assert.deepEqual(
      architectures.map((architecture) => architecture.code),
      architectures.map((_, index) => index),
    )
  })
})

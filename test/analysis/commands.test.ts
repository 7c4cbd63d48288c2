/** Options and arguments as `core/getopt.c` reads them. */
import assert from 'node:assert/strict'
import { analyse } from '../../src/analysis/analyse.js'
import type { ParsedCommand } from '../../src/analysis/commands.js'
import { isTag, parseSettingName } from '../../src/analysis/settings.js'
import { hole, mayBecome } from '../../src/analysis/text.js'
import { Constants } from '../../src/analysis/constants.js'
import { parse } from '../../src/syntax/parse.js'

const command = (text: string): ParsedCommand => analyse(parse(text)).commands[0]!
const shape = (text: string): string => {
  const { options, positionals, problem } = command(text)
  const named = options.map(({ spec, value }) => `--${spec.long}${value === undefined ? '' : `=${value}`}`)
  const rest = positionals.map((argument) => argument.text.replaceAll(hole, '$'))
  return [...named, ...(problem ? [`!${problem.kind} ${problem.option}`] : []), '|', ...rest].join(' ')
}

describe('interpretCommand', () => {
  const cases: [text: string, shape: string][] = [
    ['chain --autofree --name k URL a', '--autofree --name=k | URL a'],
    ['chain --name=k URL', '--name=k | URL'],
    ['chain --name= URL', '--name= | URL'],
    ['chain -nk URL', '--name=k | URL'],
    ['chain -n k URL', '--name=k | URL'],
    ['chain -n=k URL', '--name==k | URL'],
    ['chain -arn k URL', '--autofree --replace --name=k | URL'],
    ['chain URL --name k', '| URL --name k'],
    ['chain -- --name', '| --name'],
    ['chain --name -- URL', '!dash-value --name |'],
    ['chain --nam k URL', '!unknown --nam |'],
    ['chain --autofree=1 URL', '!flag-with-value --autofree |'],
    ['chain --name', '!missing-value --name |'],
    ['chain -az URL', '--autofree !unknown -z |'],
    ['chain - URL', '!unknown - |'],
    ['chain ${a} b', '| $ b'],
    ['chain --${a} b', '|'],
    ['chain --name ${a} b', '--name=' + hole + ' | b'],
    ['echo -n x', '--n | x'],
    ['echo --n x', '--n | x'],
    ['help -x --y', '| -x --y'],
    ['goto --help', '--help |'],
  ]
  for (const [text, expected] of cases) {
    it(text, () => {
      assert.equal(shape(text), expected)
    })
  }

  it('knows where it is not certain', () => {
    assert.equal(command('chain ${a} b').certain, false)
    assert.equal(command('iseq ${a} b').certain, true)
    assert.equal(command('chain --${a} b').certain, false)
  })

  it('follows time', () => {
    const { commands } = analyse(parse('time -h\ntime dhcp --timeout 5 net0\n'))
    assert.deepEqual(
      commands.map(({ name }) => name),
      ['time', 'time', 'dhcp'],
    )
    assert.equal(commands[2]!.options[0]!.value, '5')
  })
})

describe('parseSettingName', () => {
  it('splits at the first slash and the first colon after it', () => {
    const split = (text: string) => {
      const { scope, name, type } = parseSettingName(text)
      return [scope, name, type]
    }
    assert.deepEqual(split('net0.dhcp/43.1:hex'), ['net0.dhcp', '43.1', 'hex'])
    assert.deepEqual(split('a:b:c'), [undefined, 'a', 'b:c'])
    assert.deepEqual(split('a:b/c'), ['a:b', 'c', undefined])
    assert.deepEqual(split('a/b/c:'), ['a', 'b/c', ''])
    assert.deepEqual(split(''), [undefined, '', undefined])
  })
  it('knows tags', () => {
    for (const tag of ['6', '43.1', '0xe0', '175.0x10', '1.8.16']) assert.ok(isTag(tag), tag)
    for (const name of ['1a', '', '.', '1.', 'a.1', '0x']) assert.ok(!isTag(name), name)
  })
})

describe('mayBecome', () => {
  it('matches holes with anything', () => {
    assert.ok(mayBecome(`a${hole}b${hole}`, 'axxbyy') && mayBecome(`a${hole}b`, 'ab') && mayBecome(hole, ''))
    assert.ok(
      !mayBecome(`a${hole}b`, 'a') && !mayBecome(`aa${hole}aa`, 'aaa') && !mayBecome(`${hole}x${hole}`, 'y'),
    )
  })
})

describe('Constants', () => {
  const expand = (script: string): string => {
    const analysis = analyse(parse(script))
    const last = analysis.commands[analysis.commands.length - 1]!
    const constants = new Constants(analysis)
    return constants.expand(last.positionals[0]!.word, constants.sectionOf(last)).replaceAll(hole, '$')
  }
  it('puts values in, several levels deep', () => {
    assert.equal(expand('set a x\nset b ${a}/y\nchain ${b}/z${c}\n'), 'x/y/z$')
    assert.equal(expand('set a one  two\nchain ${a}\n'), 'one two')
    assert.equal(expand('set a ${a}\nchain ${a}\n'), '$')
  })
  it('takes one of several values only from its own section', () => {
    assert.equal(expand('set a 1\nset a 2\nchain ${a}\n'), '2')
    assert.equal(expand('set a 1\n:x\nset a 2\n:y\nchain ${a}\n'), '$')
    assert.equal(expand('set a 1\nread a\nchain ${a}\n'), '$')
  })
})

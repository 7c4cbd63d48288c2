import assert from 'node:assert/strict'
import { type Machine, walk } from './walk.js'

const pc: Machine = { platform: 'pcbios', arch: 'x86_64' }

function run(lines: readonly string[], choices: readonly string[] = [], machine = pc) {
  return walk(new Map([['boot.ipxe', lines.join('\n')]]), 'boot.ipxe', machine, choices)
}

describe('the walk through generated menus', () => {
  it('takes the commands of a line from the left, by the last result', () => {
    const { kernel } = run([
      'iseq a b || iseq a a && set x 1 ||',
      'iseq a a || iseq a a && set y 2 ||',
      'iseq a b && set x 3 ||',
      'kernel http://a/k x=${x} y=${y}',
      'boot',
    ])
    assert.equal(kernel?.tail, 'x=1 y=2')
  })

  it('expands a whole line before its first command runs', () => {
    const { kernel } = run(['set x 1', 'set x 2 && set y ${x}', 'kernel http://a/k ${x} ${y}', 'boot'])
    assert.equal(kernel?.tail, '2 1')
  })

  it('knows the processor behind a 32-bit loader', () => {
    const lines = [
      'set arch ${buildarch}',
      'iseq ${platform} pcbios && cpuid --ext 29 && set arch x86_64 ||',
      'chain http://a/${arch}',
    ]
    assert.equal(run(lines).url, 'http://a/x86_64')
    assert.equal(run(lines, [], { platform: 'pcbios', arch: 'i386' }).url, 'http://a/i386')
    assert.equal(run(lines, [], { platform: 'efi', arch: 'arm64' }).url, 'http://a/arm64')
  })

  it('picks only what is shown', () => {
    const lines = ['menu M', 'iseq a b && item hidden H ||', 'item --key s shown S', 'choose x', 'boot']
    assert.deepEqual(run(lines, ['shown']).screens, [['shown']])
    assert.throws(() => run(lines, ['hidden']), /hidden is not shown/)
  })

  const mistakes: [title: string, lines: string[], expected: RegExp][] = [
    ['an unset setting in a URL', ['kernel http://a/${nothing}', 'boot'], /nothing.* is unset/],
    ['a label that is missing', ['goto nowhere'], /no label nowhere/],
    ['a command that fails', ['iseq a b'], /fails: iseq a b/],
    ['a circle', [':a', 'goto a'], /never ends/],
    ['no end', ['set a b'], /runs off its end/],
    ['a command that it does not know', ['frobnicate'], /does not know frobnicate/],
  ]
  for (const [title, lines, expected] of mistakes) {
    it(`complains about ${title}`, () => {
      assert.throws(() => run(lines), expected)
    })
  }
})

import assert from 'node:assert/strict'
import { checkScript } from '../../src/rules/check-script.js'
import { textToBytes } from '../../src/syntax/bytes.js'

/** What the reports of one rule advise, in the order of the lines. */
function advice(ruleId: string, script: string): (string | undefined)[] {
  return checkScript(textToBytes(`#!ipxe\n${script}`), {})
    .filter((diagnostic) => diagnostic.ruleId === ruleId)
    .map(({ note }) => note)
}

describe('advice of reports', () => {
  it('unknown-command says that an operator ends a text', () => {
    assert.match(advice('unknown-command', 'menu Tom && Jerry\n')[0]!, /After `&&` a new command starts/)
    assert.match(advice('unknown-command', 'dhcp || jerry\n')[0]!, /command not found/)
  })

  it('condition-ends-script does not ask for a `||` that is there', () => {
    const script = 'isset ${x} && echo x is set||\necho more\n'
    assert.match(advice('condition-ends-script', script)[0]!, /put a blank between them/)
    const [found] = checkScript(textToBytes(`#!ipxe\n${script}`), {})
    assert.equal(found!.ruleId, 'condition-ends-script')
    assert.equal(found!.fix, undefined)
  })

  it('glued-operator does not speak of what follows where nothing does', () => {
    assert.match(advice('glued-operator', 'imgfetch a.img||\n')[0]!, /the script ends\.$/)
    assert.match(advice('glued-operator', 'isset ${x}&& goto a\n:a\n')[0]!, /what follows is not run\.$/)
  })
})

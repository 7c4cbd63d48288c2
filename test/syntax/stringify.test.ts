import assert from 'node:assert/strict'
import { commandsOf, encodeText, linesOf, parse, stringify, wordsOf } from '../../src/index.js'
import { command, comment, label, line, operator, script, text, variable, word } from '../../src/ast/build.js'

const print = (tree: Parameters<typeof stringify>[0]): string => new TextDecoder().decode(stringify(tree))

describe('stringify', () => {
  it('prints fields: one edited word changes only its own bytes', () => {
    const source = '#!ipxe\r\n\tkernel  http://a/vmlinuz \\\r\n  quiet || goto x # why\r\n:x\r\n'
    const tree = parse(source)
    const kernel = commandsOf(linesOf(tree)[1]!)[0]!
    wordsOf(kernel)[1]!.children = [text('http://b/linux')]
    assert.equal(print(tree), source.replace('http://a/vmlinuz', 'http://b/linux'))
  })

  it('keeps the other bytes of a word that a continuation cuts', () => {
    const tree = parse('echo long\\\nword end\n')
    const words = wordsOf(commandsOf(linesOf(tree)[0]!)[0]!)
    words[1]!.children = [text('lo')]
    assert.equal(print(tree), 'echo lo\\\n end\n')
  })

  it('prints what a program built', () => {
    const tree = script([
      line(comment('!ipxe')),
      line(label('start')),
      line(command('kernel', word(variable('repo'), '/vmlinuz'), 'quiet'), operator('||'), command('shell')),
    ])
    assert.equal(print(tree), '#!ipxe\n:start\nkernel $<repo>/vmlinuz quiet||shell\n')
  })

  it('refuses characters that are no bytes, and says what to do', () => {
    const tree = script([line(command('echo', '机'))])
    assert.throws(() => stringify(tree), /U\+673A .* encodeText/)
    assert.equal(print(script([line(command('echo', encodeText('机')))])), 'echo 机\n')
  })
})

import assert from 'node:assert/strict'
import { analyse } from '../../src/analysis/analyse.js'
import { imagesBefore, imagesUntilBoot, nameOfUri } from '../../src/analysis/images.js'
import { hole } from '../../src/analysis/text.js'
import { parse } from '../../src/syntax/parse.js'

describe('the name of an image', () => {
  it('is the last part of the path, without query, parameters and escapes (core/image.c)', () => {
    const names: Record<string, string | undefined> = {
      'http://x/a/vmlinuz?b=/c': 'vmlinuz',
      'http://x/a/b%20c#frag': 'b c',
      'http://x/a##params': 'a',
      vmlinuz: 'vmlinuz',
      '../os/vmlinuz': 'vmlinuz',
      'http://x/': undefined,
      'http://x': undefined,
      'tftp:a/b': 'b',
    }
    for (const [uri, name] of Object.entries(names)) assert.equal(nameOfUri(uri), name, uri)
  })
})

describe('the images at a command', () => {
  const there = (body: string, command = 'boot'): string[][] => {
    const { flow } = analyse(parse(`#!ipxe\n${body}`, { positions: false }))
    const number = flow.graph.commands.findIndex(({ name }) => name === command)
    const before = imagesBefore(number, flow.graph, flow.values)
    const after = imagesUntilBoot(number, flow.graph, flow.values, 'imgfetch')
    return [before, after].map(({ names }) => [...names].map((name) => name.replaceAll(hole, '?')).sort())
  }

  it('are those of all ways to it, since the last `imgfree`', () => {
    assert.deepEqual(there('kernel http://x/k\ninitrd --name main http://x/i\nboot\n'), [['k', 'main'], []])
    assert.deepEqual(there('initrd http://x/i\nimgfree\nkernel http://x/k\nboot\n'), [['k'], []])
    assert.deepEqual(there('ifopen && goto a ||\ninitrd http://x/i\n:a\nkernel http://x/k\nboot\n'), [
      ['i', 'k'],
      [],
    ])
  })

  it('have names that settings give them', () => {
    assert.deepEqual(there('set f http://x/root.img\ninitrd ${f}\nboot\n'), [['root.img'], []])
    assert.deepEqual(there('initrd ${f}\nboot\n'), [['?'], []])
  })

  it('are loaded until something is started', () => {
    const body = 'kernel http://x/k\ninitrd http://x/i\nboot\n:b\ninitrd http://x/j\n'
    assert.deepEqual(there(body, 'kernel'), [[], ['i']])
  })
})

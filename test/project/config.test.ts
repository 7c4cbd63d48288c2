import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { parseConfig } from '../../src/project/config.js'
import { projectJsonSchema } from '../../src/project/schema.js'
import { lines } from './memory-host.js'

function errorsOf(text: string | Uint8Array): string[] {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  return lines(parseConfig('ipxetool.yaml', bytes).diagnostics)
}

describe('ipxetool.yaml', () => {
  it('takes a whole project', () => {
    const text = `
title: Lab
entry: ./menus//main.ipxe
out: ../tree
static: files/
variables:
  repo: { type: url, value: "http://m/x86_64/os", architecture: x86_64, description: d, allow: [settings] }
  n: { type: int, value: 5, min: 1, max: 10, env: N }
  b: { type: bool, value: true }
  e: { type: enum, values: ["a", "b"], value: a }
  p: { type: path, value: images/vmlinuz }
  c: { type: console, value: { port: ttyS1, speed: 9600 } }
  r: { type: string, required: true }
`
    const { config, diagnostics } = parseConfig('ipxetool.yaml', new TextEncoder().encode(text))
    assert.deepEqual(lines(diagnostics), [])
    assert.equal(config?.entry, 'menus/main.ipxe')
    assert.equal(config.out, '../tree')
    assert.equal(config.static, 'files')
    assert.deepEqual([...config.variables.keys()], ['repo', 'n', 'b', 'e', 'p', 'c', 'r'])
  })

  const wrong: Record<string, [text: string | Uint8Array, expected: RegExp]> = {
    'binary garbage': [new Uint8Array([0x7f, 0x45, 0, 1]), /ipxetool.yaml:1:3 project-yaml: .*NUL/],
    'bytes that are not UTF-8': [
      new Uint8Array([0x61, 0x3a, 0x0a, 0x62, 0xff]),
      /:2:2 project-yaml: .*UTF-8/,
    ],
    'an empty file': ['', /project-yaml: The file is empty/],
    'only a comment': ['# nothing\n', /The file is empty/],
    null: ['~\n', /The file is empty/],
    'a list': ['- a\n', /:1:1 project-yaml: .*by a mapping, not by a list/],
    'a word': ['hello\n', /:1:1 .*not by a single value/],
    'duplicate keys': [
      'entry: a.ipxe\nout: x\nentry: b.ipxe\n',
      /:3:1 project-yaml: This key stands there twice/,
    ],
    'duplicate keys deep down': [
      'variables:\n  a: {type: int, value: 1}\n  a: {type: int, value: 1}\n',
      /:3:3 .*twice/,
    ],
    'an anchor': ['title: &x Lab\n', /:1:\d+ project-yaml: Anchors are not supported: `&x`/],
    'an alias': ['title: &x Lab\nentry: *x\n', /:2:8 project-yaml: Aliases are not supported: `\*x`/],
    'an alias of nothing': ['title: *x\n', /Aliases are not supported/],
    'a merge key': ['<<: {title: x}\n', /:1:1 project-yaml: Merge keys/],
    'a tag': ['title: !!str 5\n', /Tags are not supported: `!!str`/],
    'an unknown tag': ['title: !secret 5\n', /Tags are not supported: `!secret`/],
    'two documents': ['title: a\n---\ntitle: b\n', /:2:1 project-yaml: .*more than one YAML document/],
    'a TAB': ['variables:\n\ta: 1\n', /:2:1 project-yaml: .*TAB/],
    'a directive': ['%YAML 1.1\n---\ntitle: x\n', /%YAML/],
    'a key that is no text': ['1: 2\n', /:1:1 project-yaml: A key has to be text; `1` is not/],
    'a key that is a list': ['? [a]\n: b\n', /A key has to be text/],
    __proto__: ['variables:\n  __proto__: {type: int, value: 1}\n', /:2:3 .*`__proto__`/],
    'an open bracket': ['variables: [\n', /This is not YAML/],
    'deep nesting': ['a: ' + '['.repeat(20_000), /not YAML|too deeply/],
    'an unknown key': [
      'entri: x.ipxe\n',
      /:1:1 project-schema: There is no key `entri` here; did you mean `entry`\?/,
    ],
    'an unknown key of a variable': [
      'variables:\n  a: {type: string, valeu: x}\n',
      /:2:21 .*`valeu` here; did you mean `value`\?/,
    ],
    'a key of another type': [
      'variables:\n  a: {type: url, value: "http://a/", min: 1}\n',
      /:2:\d+ .*`min` is for variables of type int; this one is of type url/,
    ],
    'a variable that is text': [
      'variables:\n  a: hello\n',
      /:2:6 .*Variable `a` is text, expected a mapping/,
    ],
    'a variable that is empty': ['variables:\n  a:\n', /:2:3 .*Variable `a` is empty/],
    'variables that are a list': ['variables: [a]\n', /:1:12 .*`variables` is a list, expected a mapping/],
    'no type': ['variables:\n  a: {value: x}\n', /:2:3 .*Variable `a` has no `type`/],
    'a wrong type': [
      'variables:\n  a: {type: strin, value: x}\n',
      /:2:13 .*`strin`; did you mean `string`\?/,
    ],
    'no value': ['variables:\n  a: {type: string}\n', /:2:3 .*Variable `a` has no value/],
    'a number as text': [
      'variables:\n  a: {type: string, value: 1.10}\n',
      /:2:28 .*`value` of `a` is a number, expected text/,
    ],
    'a list as number': [
      'variables:\n  a: {type: int, value: [1]}\n',
      /:2:25 .*is a list, expected a number or text/,
    ],
    'a fraction': ['variables:\n  a: {type: int, value: 1.5}\n', /:2:25 .*expected a whole number/],
    'numbers in an enum': [
      'variables:\n  a: {type: enum, values: [9], value: "9"}\n',
      /:2:28 .*`values\[0\]` of `a` is a number, expected text/,
    ],
    'an empty enum': ['variables:\n  a: {type: enum, values: [], value: "9"}\n', /`values` of `a` is empty/],
    'an enum without values': ['variables:\n  a: {type: enum, value: "9"}\n', /`values` of `a` is missing/],
    'a wrong part of a console': [
      'variables:\n  a: {type: console, value: {prot: ttyS0}}\n',
      /There is no key `prot` here; did you mean `port`\?/,
    ],
    'a wrong permission': [
      'variables:\n  a: {type: string, value: x, allow: [word]}\n',
      /:2:\d+ .*`word`; did you mean `words`\?/,
    ],
    'a wrong name': [
      'variables:\n  "a b": {type: string, value: x}\n',
      /:2:3 .*`a b` cannot be the name of a variable/,
    ],
    'min above max': ['variables:\n  a: {type: int, value: 1, min: 5, max: 2}\n', /`min` of `a` is above/],
    'two names, one in the environment': [
      'variables:\n  a-b: {type: int, value: 1}\n  a.b: {type: int, value: 1}\n',
      /:3:3 .*`a-b` and `a.b` would both be set by IPXETOOL_VAR_A_B/,
    ],
    'a part of a console': [
      'variables:\n  c: {type: console, value: ttyS0}\n  c.port: {type: int, value: 1}\n',
      /:3:3 .*already a part of the console `c`/,
    ],
    'an absolute entry': [
      'entry: /etc/x.ipxe\n',
      /:1:8 .*`entry` is not a path in the project: it is absolute/,
    ],
    'an entry outside': ['entry: ../x.ipxe\n', /:1:8 .*leaves the folder/],
    'an entry that is no script': ['entry: x.txt\n', /:1:8 .*has to end in `.ipxe`/],
    'an empty entry': ['entry: ""\n', /:1:8 .*`entry` is empty/],
    'an empty title': ['title:\n', /:1:1 .*`title` is empty, expected text/],
  }
  for (const [name, [text, expected]] of Object.entries(wrong)) {
    it(`points at ${name}`, () => {
      const found = errorsOf(text)
      assert.ok(
        found.some((line) => expected.test(line)),
        found.join('\n'),
      )
      assert.ok(!found.some((line) => /ZodError|undefined|\[object/.test(line)), found.join('\n'))
    })
  }

  it('counts columns in bytes', () => {
    assert.match(errorsOf('variables: {ä: 1}\n').join(), /:1:13 /)
    assert.match(
      errorsOf('variables: {a: {type: string, description: "ä", valu: x}}\n').join(),
      /:1:50 .*`valu`/,
    )
  })

  it('never throws', () => {
    const words = fc.constantFrom(
      'variables',
      'type',
      'url',
      'value',
      ':',
      ' ',
      '\n',
      '  ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      ',',
      '&a',
      '*a',
      '!!',
      '"',
      "'",
      '|',
      '>',
      '#',
      '? ',
      '<<',
      '1',
      'a',
      '\t',
      '---',
      'ä',
      '\0',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 60 }),
          fc.array(words, { maxLength: 30 }).map((parts) => new TextEncoder().encode(parts.join(''))),
        ),
        (bytes) => {
          const { config, diagnostics } = parseConfig('x', bytes)
          assert.ok(config !== undefined || diagnostics.length > 0)
        },
      ),
      { numRuns: 1500 },
    )
  })

  it('check: names rules that there are', () => {
    assert.deepEqual(
      errorsOf('check: { preset: strict, rules: { unset-setting: off, bad-url: { severity: info } } }\n'),
      [],
    )
    const wrong = errorsOf('check:\n  preset: stric\n  rules: { unset-seting: error, bad-url: of }\n').join(
      '\n',
    )
    assert.match(wrong, /:2:11 .*`stric`/)
    assert.match(wrong, /:3:42 .*`of`/)
    assert.match(
      errorsOf('check: { rules: { unset-seting: error } }\n').join(),
      /:1:19 .*did you mean `unset-setting`/,
    )
    assert.match(
      errorsOf('check: { rules: { bad-url: { maximum: 1 } } }\n').join(),
      /:1:30 .*no option `maximum`/,
    )
    assert.match(errorsOf('check: { target: "" }\n').join(), /target/)
  })

  it('has a JSON Schema, of which the committed copy is current', () => {
    const file = new URL('../../src/project/ipxetool.schema.json', import.meta.url)
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), JSON.parse(JSON.stringify(projectJsonSchema())))
  })
})

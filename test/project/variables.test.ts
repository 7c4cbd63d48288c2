import assert from 'node:assert/strict'
import { parseConfig } from '../../src/project/config.js'
import { type Overrides, resolveVariables, type Variables } from '../../src/project/variables.js'
import { lines } from './memory-host.js'

/** @param declarations lines below `variables:` */
function resolve(declarations: string[], overrides: Overrides = {}): Variables {
  const text = ['variables:', ...declarations.map((line) => `  ${line}`), ''].join('\n')
  const { config, diagnostics } = parseConfig('p/ipxetool.yaml', new TextEncoder().encode(text))
  assert.deepEqual(lines(diagnostics), [])
  return resolveVariables(config!, overrides)
}

function valuesOf({ values, diagnostics }: Variables): Record<string, string> {
  assert.deepEqual(lines(diagnostics), [])
  return Object.fromEntries([...values].map(([name, { text }]) => [name, text]))
}

function errorsOf(variables: Variables): string[] {
  return lines(variables.diagnostics)
}

describe('variables', () => {
  it('are what their types make of them', () => {
    const values = valuesOf(
      resolve([
        'i: {type: int, value: 0x10}',
        'b: {type: bool, value: true}',
        'b0: {type: bool, value: false}',
        'c: {type: console, value: "ttyS1,115200n8"}',
        'c2: {type: console, value: {port: ttyAMA0, speed: 9600}}',
        'screen: {type: console, value: tty0}',
        'e: {type: enum, values: [x, y], value: y}',
        'p: {type: path, value: images/vmlinuz}',
        's: {type: string, value: ""}',
      ]),
    )
    assert.deepEqual(values, {
      i: '16',
      b: '1',
      b0: '0',
      c: 'ttyS1,115200n8',
      'c.port': 'ttyS1',
      'c.speed': '115200',
      c2: 'ttyAMA0,9600',
      'c2.port': 'ttyAMA0',
      'c2.speed': '9600',
      screen: 'tty0',
      'screen.port': 'tty0',
      e: 'y',
      p: 'images/vmlinuz',
      s: '',
    })
  })

  it('may refer to each other, in any order', () => {
    const values = valuesOf(
      resolve([
        'url: {type: url, value: "http://$<host>/$<arch>/os"}',
        'host: {type: string, value: m.example}',
        'arch: {type: enum, values: [x86_64], value: x86_64}',
        'args: {type: string, value: "console=$<c> $<c.speed>"}',
        'c: {type: console, value: {port: ttyS0, speed: $<speed>}}',
        'speed: {type: int, value: 9600}',
      ]),
    )
    assert.equal(values['url'], 'http://m.example/x86_64/os')
    assert.equal(values['args'], 'console=ttyS0,9600 9600')
  })

  it('are overridden by --var, then by the environment', () => {
    const declarations = ['a.b-c: {type: string, value: file, env: OTHER}']
    const environment = { IPXETOOL_VAR_A_B_C: 'environment', OTHER: 'other' }
    const value = (overrides: Overrides): unknown => {
      const found = resolve(declarations, overrides).values.get('a.b-c')
      return [found?.text, found?.from]
    }
    const variables = new Map([['a.b-c', 'option']])
    assert.deepEqual(value({ variables, environment }), ['option', '--var a.b-c'])
    assert.deepEqual(value({ environment }), ['environment', 'the environment (IPXETOOL_VAR_A_B_C)'])
    assert.deepEqual(value({ environment: { OTHER: 'x' } }), ['x', 'the environment (OTHER)'])
    assert.deepEqual(value({}), ['file', 'p/ipxetool.yaml:2:32'])
  })

  it('that are required say how to give them', () => {
    const missing = resolve(['disk: {type: string, required: true, description: the disk to erase}'])
    assert.deepEqual(errorsOf(missing), [
      'p/ipxetool.yaml:2:3 variable-required: Variable `disk` (the disk to erase) has no value',
    ])
    assert.match(missing.diagnostics[0]?.note ?? '', /--var disk=VALUE.*IPXETOOL_VAR_DISK/)
    const given = resolve(['disk: {type: string, required: true}'], { variables: new Map([['disk', 'sda']]) })
    assert.equal(given.values.get('disk')?.text, 'sda')
  })

  it('in a circle show the chain, once', () => {
    const circle = [
      'a: {type: string, value: $<b>}',
      'b: {type: string, value: x$<c>}',
      'c: {type: string, value: $<a>}',
    ]
    assert.deepEqual(errorsOf(resolve(circle)), [
      'p/ipxetool.yaml:4:28 variable-cycle: Variables refer to each other in a circle: `a` -> `b` -> `c` -> `a`',
    ])
    assert.deepEqual(errorsOf(resolve(['a: {type: string, value: $<a>/x}'])), [
      'p/ipxetool.yaml:2:28 variable-cycle: Variable `a` refers to itself',
    ])
  })

  it('cannot grow without end', () => {
    const doubling = Array.from(
      { length: 60 },
      (_, i) => `v${i}: {type: string, value: "$<v${i + 1}>$<v${i + 1}>"}`,
    )
    assert.match(
      errorsOf(resolve([...doubling, 'v60: {type: string, value: xxxx}'])).join('\n'),
      /longer than 65536/,
    )
    const long = Array.from({ length: 3000 }, (_, i) => `v${i}: {type: string, value: "$<v${i + 1}>"}`)
    assert.match(
      errorsOf(resolve([...long, 'v3000: {type: string, value: x}'])).join('\n'),
      /reached through 100 others/,
    )
  })

  const wrong: [declaration: string, expected: RegExp][] = [
    ['u: {type: url, value: "http://m/9-stream/BaseOS/x86/os"}', /variable-value: .*did you mean `x86_64`/],
    ['u: {type: url, value: "http://m/os/x86/", architecture: x86_64}', /`x86`/],
    ['u: {type: url, value: "http://m/aarch64/", architecture: x86_64}', /no folder `x86_64` in its path/],
    ['u: {type: url, value: "http:/m/x"}', /:2:25 variable-value: Variable `u`.*two slashes/],
    ['u: {type: url, value: "htp://m/x"}', /no scheme `htp:`.*did you mean `http:`/],
    ['u: {type: url, value: "m.example/x"}', /has no scheme/],
    ['u: {type: url, value: "http://"}', /no host/],
    ['i: {type: int, value: "1x"}', /not a whole number/],
    ['i: {type: int, value: 1e300}', /too large/],
    ['i: {type: int, value: 5, max: 4}', /out of range/],
    ['b: {type: bool, value: maybe}', /neither true nor false/],
    ['e: {type: enum, values: [alpha, beta], value: alhpa}', /did you mean `alpha`/],
    ['p: {type: path, value: ../x}', /leaves the folder/],
    ['p: {type: path, value: /x}', /absolute/],
    ['p: {type: path, value: "a\\\\b"}'.replace('"a\\\\b"', "'a\\b'"), /backslash/],
    ['c: {type: console, value: "ttyS0,11520"}', /did you mean `115200`/],
    ['c: {type: console, value: "ttys0,9600"}', /did you mean `ttyS0`/],
    ['c: {type: console, value: "COM1"}', /`ttyS0` to Linux/],
    ['c: {type: console, value: "COM0"}', /names no console port/],
    ['c: {type: console, value: "/dev/ttyS0"}', /bare name/],
    ['c: {type: console, value: "ttyS32"}', /names `ttyS32`/],
    ['c: {type: console, value: "ttyS"}', /without a number/],
    ['c: {type: console, value: "tty0,9600"}', /has none/],
    ['c: {type: console, value: "ttyS0,"}', /no speed after the comma/],
    ['c: {type: console, value: "ttyS0,9600 x"}', /after the speed/],
    ['c: {type: console, value: ""}', /names no port/],
    [
      's: {type: string, value: $<other>}',
      /undefined-variable: The value of `s` refers to `\$<other>`, which is not declared/,
    ],
  ]
  for (const [declaration, expected] of wrong) {
    it(`refuses ${declaration}`, () => {
      const text = `variables:\n  ${declaration}\n`
      const { config, diagnostics } = parseConfig('p/ipxetool.yaml', new TextEncoder().encode(text))
      const found = [
        ...lines(diagnostics),
        ...(config ? lines(resolveVariables(config, {}).diagnostics) : []),
      ]
      assert.equal(found.length, 1, found.join('\n'))
      assert.match(found[0]!, expected)
    })
  }

  it('names the part of a console that is missing', () => {
    const variables = resolve(['c: {type: console, value: tty0}', 's: {type: string, value: $<c.speed>}'])
    assert.match(errorsOf(variables).join(), /:3:28 undefined-variable: .*`c` is given without a speed/)
  })

  it('that fail are said once, not at each reference', () => {
    const variables = resolve(['a: {type: int, value: x}', 'b: {type: string, value: $<a>}'])
    assert.equal(errorsOf(variables).length, 1)
    assert.deepEqual([...variables.failed].sort(), ['a', 'b'])
  })

  it('that nobody declared cannot be overridden', () => {
    const variables = new Map([
      ['repp', 'x'],
      ['c.port', 'ttyS0'],
    ])
    const found = resolve(['repo: {type: string, value: x}', 'c: {type: console, value: tty0}'], {
      variables,
      environment: { IPXETOOL_VAR_REPPO: 'x', IPXETOOL_OTHER: 'x', PATH: '/bin' },
    })
    assert.deepEqual(errorsOf(found), [
      'p/ipxetool.yaml:1:1 unknown-override: --var repp: the project has no such variable; did you mean `repo`?',
      'p/ipxetool.yaml:1:1 unknown-override: --var c.port: the project has no such variable',
      'p/ipxetool.yaml:1:1 unknown-override: The environment has IPXETOOL_VAR_REPPO, but the project has no such variable; did you mean IPXETOOL_VAR_REPO?',
    ])
    assert.deepEqual(
      found.diagnostics.map(({ severity }) => severity),
      ['error', 'error', 'warning'],
    )
  })

  it('that come from --var are placed at their declaration', () => {
    const found = resolve(['i: {type: int, value: 1}'], { variables: new Map([['i', 'x']]) })
    assert.deepEqual(errorsOf(found), [
      'p/ipxetool.yaml:2:3 variable-value: Variable `i`: `x` is not a whole number',
    ])
    assert.match(found.diagnostics[0]?.note ?? '', /comes from --var i/)
  })
})

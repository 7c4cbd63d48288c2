import assert from 'node:assert/strict'
import fc from 'fast-check'
import { renderConfig } from '../../src/project/config-files.js'

const values: Record<string, string> = {
  host: 'node1',
  quote: 'a"b\\c',
  lines: 'a\nb',
  key: 'ssh-ed25519 AAAA me',
}

function render(path: string, text: string) {
  const { bytes, kind, used, diagnostics } = renderConfig(path, path, new TextEncoder().encode(text), {
    look: (name) => values[name],
    names: Object.keys(values),
  })
  const found = diagnostics.map(
    ({ ruleId, severity, reason, place }) =>
      `${place!.start.line}:${place!.start.column} ${severity} ${ruleId} ${reason}`,
  )
  return { text: new TextDecoder().decode(bytes), kind, used: [...used], found }
}

describe('files under configs/', () => {
  it('get the values of variables', () => {
    const { text, kind, used, found } = render('ks.cfg', 'network --hostname=$<host>\nsshkey $<key>\n')
    assert.equal(text, 'network --hostname=node1\nsshkey ssh-ed25519 AAAA me\n')
    assert.deepEqual([kind, used, found], ['text', ['host', 'key'], []])
  })

  it('keep bytes that are not UTF-8', () => {
    const { bytes } = renderConfig('x', 'x', Uint8Array.from([0xff, 0xc4, 0x0a]), {
      look: () => undefined,
      names: [],
    })
    assert.deepEqual([...bytes], [0xff, 0xc4, 0x0a])
  })

  it('escape values in JSON, so that they stay texts', () => {
    const { text, found } = render('a.json', '{ "x": "$<quote>" }')
    assert.deepEqual(JSON.parse(text), { x: 'a"b\\c' })
    assert.deepEqual(found, [])
  })

  const mistakes: [title: string, path: string, text: string, found: RegExp[]][] = [
    [
      'an undefined variable',
      'ks.cfg',
      'lang en\nhost $<hots>\n',
      [/^2:6 error undefined-variable .*did you mean `host`/],
    ],
    ['a value with a line break', 'ks.cfg', '$<lines>', [/^1:1 error variable-use /]],
    [
      'broken JSON, at its place',
      'a.json',
      '{\n  "x": "$<host>",\n  "y": [1, 2\n}\n',
      [/^[34]:\d+ error config-syntax This is not JSON/],
    ],
    [
      'broken YAML, at its place',
      'network-config',
      'a: 1\nb: [1, $<host>\nc: 2\n',
      [/^[23]:\d+ error config-syntax This is not YAML/],
    ],
    ['an Ignition config without a version', 'a.ign', '{}', [/config-ignition .*needs `ignition.version`/]],
    [
      'an Ignition version that does not exist',
      'a.ign',
      '{"ignition":{"version":"3.44.0"}}',
      [/^1:24 error config-ignition .*did you mean `3.4.0`/],
    ],
    [
      'an Ignition version of Container Linux',
      'a.ign',
      '{"ignition":{"version":"2.3.0"}}',
      [/warning config-ignition .*Flatcar only/],
    ],
    [
      'a private key',
      'ks.cfg',
      'x\n-----BEGIN OPENSSH PRIVATE KEY-----\n',
      [/^2:1 warning config-secret A private key/],
    ],
    [
      'a root password in a kickstart',
      'ks.cfg',
      'rootpw secret\n',
      [/^1:1 warning config-secret A password in plain text/],
    ],
    ['a password in a preseed', 'preseed.cfg', 'd-i passwd/root-password password r00t\n', [/config-secret/]],
    [
      'a password in a cloud-config',
      'user-data',
      '#cloud-config\nusers:\n  - name: a\n    plain_text_passwd: s3cret\n',
      [/^4:5 warning config-secret/],
    ],
  ]
  for (const [title, path, text, expected] of mistakes) {
    it(`report ${title}`, () => {
      const { found } = render(path, text)
      assert.equal(found.length, expected.length, JSON.stringify(found))
      for (const [index, pattern] of expected.entries()) assert.match(found[index]!, pattern)
    })
  }

  const fine: [path: string, text: string][] = [
    ['ks.cfg', 'rootpw --iscrypted $6$abc\nrootpw --lock\n'],
    ['preseed.cfg', 'd-i passwd/root-password-crypted password $6$x\n'],
    ['user-data', '#cloud-config\npassword: $6$rounds=4096$x\npasswd: "!"\nssh_authorized_keys: [x]\n'],
    ['a.ign', '{"ignition":{"version":"3.4.0"},"passwd":{"users":[{"name":"core","passwordHash":"$y$x"}]}}'],
  ]
  for (const [path, text] of fine) {
    it(`say nothing about ${path} as it should be`, () => {
      assert.deepEqual(render(path, text).found, [])
    })
  }

  it('never throw, whatever is in them', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('a.ign', 'a.json', 'a.yaml', 'user-data', 'ks.cfg'),
        fc.uint8Array({ maxLength: 120 }),
        (path, bytes) => {
          renderConfig(path, path, bytes, { look: (name) => values[name], names: [] })
        },
      ),
      { numRuns: 1500 },
    )
  })
})

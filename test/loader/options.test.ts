import assert from 'node:assert/strict'
import fc from 'fast-check'
import { buildOptions } from '../../src/data/build-options.js'
import { defaultOptions, eraOf } from '../../src/loader/eras.js'
import { headersOf } from '../../src/loader/headers.js'
import { type OptionPlace, parseDefine, resolveOptions } from '../../src/loader/options.js'
import { parsePresets } from '../../src/loader/presets.js'
import type { PresetName } from '../../src/loader/types.js'

const place = (
  platform: 'pcbios' | 'efi',
  version = '2.0.0+',
  architecture: OptionPlace['architecture'] = 'x86_64',
): OptionPlace => ({ platform, architecture, source: eraOf(version) })

function resolve(
  where: OptionPlace,
  defines: string[],
  presets: PresetName[] = [],
): { changes: Record<string, unknown>; problems: string[] } {
  const problems: string[] = []
  const { changes } = resolveOptions(
    { defines: defines.map((text) => parseDefine(text, '--define')), presets },
    where,
    ({ ruleId, severity, reason, note }) => problems.push(`${severity} ${ruleId} ${reason} ${note ?? ''}`),
  )
  return { changes: Object.fromEntries(changes), problems }
}

describe('eraOf', () => {
  const versions: [version: string, era: string, between: boolean][] = [
    ['1.0.0+', '1.0.0', true],
    ['1.20.1', '1.20.1', false],
    ['1.21.1', '1.21.1', false],
    ['1.21.1+', '1.21.1', true],
    ['2.0.0', '2.0.0', false],
    ['v2.0.0+', '2.0.0+', false],
    ['2.1.0', '2.0.0+', false],
    ['0.9.7', '1.0.0', true],
  ]
  for (const [version, era, between] of versions) {
    it(`${version} is judged as ${era}`, () => {
      const found = eraOf(version)
      assert.deepEqual([found.era, found.between], [era, version === '0.9.7' ? found.between : between])
    })
  }
  it('refuses what is no version', () => {
    assert.throws(() => eraOf('yesterday'), /"yesterday" is no version of iPXE/)
  })
})

describe('defaults of options', () => {
  it('are those of the real headers', () => {
    const old = defaultOptions('1.0.0', 'efi', 'x86_64')
    const bios = defaultOptions('2.0.0', 'pcbios', 'i386')
    const efi = defaultOptions('2.0.0+', 'efi', 'x86_64')
    const arm = defaultOptions('2.0.0+', 'efi', 'arm64')
    assert.equal(old.get('DOWNLOAD_PROTO_HTTPS'), false)
    assert.equal(bios.get('DOWNLOAD_PROTO_HTTPS'), false)
    assert.equal(efi.get('DOWNLOAD_PROTO_HTTPS'), true)
    assert.equal(defaultOptions('1.21.1', 'efi', 'x86_64').get('NET_PROTO_IPV6'), true)
    assert.equal(efi.get('KEYBOARD_MAP'), 'dynamic')
    assert.equal(bios.get('KEYBOARD_MAP'), 'us')
    assert.equal(efi.has('IMAGE_COMBOOT'), false)
    assert.equal(bios.has('DOWNLOAD_PROTO_FILE'), false)
    assert.equal(bios.has('IMAGE_SET_CMD'), false)
    assert.deepEqual([efi.get('IMAGE_GZIP'), arm.get('IMAGE_GZIP')], [false, true])
    assert.deepEqual([arm.has('CPUID_CMD'), arm.get('FDT_CMD'), efi.has('FDT_CMD')], [false, true, false])
    assert.equal(efi.get('PRODUCT_SHORT_NAME'), 'iPXE')
  })
})

describe('resolveOptions', () => {
  const wrong: [name: string, where: OptionPlace, define: string, problem: RegExp][] = [
    [
      'a misspelt name',
      place('efi'),
      'CONSOL_SERIAL',
      /unknown-build-option .*did you mean `CONSOLE_SERIAL`\? $/,
    ],
    [
      'a foreign option',
      place('efi'),
      'IMAGE_COMBOOT',
      /foreign-build-option .*only for BIOS.*bios:IMAGE_COMBOOT/,
    ],
    ['a foreign processor', place('efi', '2.0.0', 'arm64'), 'CPUID_CMD', /only for x86 processors/],
    ['an option that is too new', place('efi', '1.21.1'), 'SHIM_CMD', /1\.21\.1 has no option.*2\.0\.0 on/],
    ['a flag with a value', place('efi'), 'PING_CMD=maybe', /build-option-value .*it is on or off/],
    ['a value without one', place('efi'), 'BANNER_TIMEOUT', /it needs a value\. $/],
    ['a value that is off', place('efi'), 'BANNER_TIMEOUT=', /it needs a value/],
    ['no number', place('efi'), 'BANNER_TIMEOUT=soon', /"soon" is no number/],
    ['a wrong COM port', place('pcbios'), 'COMCONSOLE=0x3f8', /serial-port-value .*did you mean COM1\?/],
    ['a tty', place('pcbios'), 'COMCONSOLE=ttyS1', /did you mean COM2\?/],
    ['a wrong speed', place('pcbios'), 'COMSPEED=115000', /serial-port-value .*did you mean 115200\? $/],
    ['no keyboard', place('pcbios'), 'KEYBOARD_MAP=xx', /is none of its values/],
    [
      'dynamic keyboards before their time',
      place('efi', '2.0.0'),
      'KEYBOARD_MAP=dynamic',
      /is none of its values/,
    ],
    ['TLS 1.3', place('efi'), 'TLS_VERSION_MAX=TLS_VERSION_TLS_1_3', /did you mean TLS_VERSION_TLS_1_[12]/],
    ['https on an old source', place('pcbios', '1.21.1'), 'DOWNLOAD_PROTO_HTTPS', /old-https .*too old/],
    ['a format string', place('efi'), 'PRODUCT_ERROR_URI=http://x/%n', /must hold %08x once/],
    ['a line end', place('efi'), 'PRODUCT_NAME=a\n#error', /line ends cannot be in it/],
    [
      'a console without pictures',
      place('pcbios'),
      'CONSOLE_CMD',
      /warning build-option-needs .*CONSOLE_FRAMEBUFFER/,
    ],
    ['a speed without a port', place('pcbios'), 'COMSPEED=9600', /warning serial-without-console/],
    ['serial on UEFI', place('efi'), 'CONSOLE_SERIAL', /warning serial-on-efi/],
    ['no network', place('pcbios'), 'NET_PROTO_IPV4=off', /error build-option-conflict .*no network/],
    ['a newer option in a snapshot', place('efi', '1.21.1+'), 'SHIM_CMD', /warning maybe-build-option/],
  ]
  for (const [name, where, define, problem] of wrong) {
    it(`tells of ${name}: ${define}`, () => {
      assert.match(resolve(where, [define]).problems.join('\n').replaceAll('\n', ' '), problem)
    })
  }

  it('refuses two that exclude each other', () => {
    const { problems } = resolve(place('pcbios'), ['CONSOLE_SERIAL', 'GDBSERIAL'])
    assert.match(problems.join(), /error build-option-conflict `CONSOLE_SERIAL` and `GDBSERIAL`/)
  })

  it('takes what is right, and only what differs', () => {
    const defines = [
      'PING_CMD',
      'HTTP_AUTH_NTLM=off',
      'KEYBOARD_MAP=de',
      'DOWNLOAD_PROTO_HTTP',
      'IMAGE_COMBOOT=off',
    ]
    assert.deepEqual(resolve(place('efi'), defines), {
      changes: { HTTP_AUTH_NTLM: false, PING_CMD: true, KEYBOARD_MAP: 'de' },
      problems: [],
    })
  })

  it('takes options for one platform', () => {
    assert.deepEqual(resolve(place('efi'), ['bios:IMAGE_COMBOOT', 'efi:PING_CMD']).changes, {
      PING_CMD: true,
    })
    assert.deepEqual(resolve(place('pcbios'), ['bios:IMAGE_COMBOOT']).changes, { IMAGE_COMBOOT: true })
  })

  it('lets one insist on https in an old source', () => {
    const { changes, problems } = resolve(place('efi', '1.21.1'), ['DOWNLOAD_PROTO_HTTPS=force'])
    assert.deepEqual([changes, problems], [{ DOWNLOAD_PROTO_HTTPS: true }, []])
  })
})

describe('presets', () => {
  it('leave UEFI’s serial console alone, and say so', () => {
    const { changes, problems } = resolve(place('efi'), [], ['serial'])
    assert.deepEqual(changes, {})
    assert.match(problems.join(), /info serial-on-efi/)
    assert.deepEqual(resolve(place('pcbios'), [], ['serial']), {
      changes: { CONSOLE_SERIAL: true },
      problems: [],
    })
  })

  it('fit each platform and version without a word', () => {
    for (const version of ['1.0.0+', '1.20.1', '1.21.1', '2.0.0', '2.0.0+']) {
      for (const where of [place('pcbios', version), place('efi', version), place('efi', version, 'arm64')]) {
        for (const preset of ['debug', 'full', 'small'] as const) {
          assert.deepEqual(
            resolve(where, [], [preset]).problems,
            [],
            `${version} ${where.platform} ${preset}`,
          )
        }
      }
    }
  })

  it('give way to what is written', () => {
    const { changes } = resolve(place('pcbios'), ['DOWNLOAD_PROTO_NFS=off', 'NTP_CMD=off'], ['full'])
    assert.deepEqual(
      [changes['DOWNLOAD_PROTO_NFS'], changes['NTP_CMD'], changes['PING_CMD']],
      [false, false, true],
    )
  })

  it('are found by name', () => {
    assert.deepEqual(parsePresets(['https,full', 'https']), ['https', 'full'])
    assert.throws(() => parsePresets(['htps']), /no preset called "htps"/)
  })
})

describe('headersOf', () => {
  it('undefines before it defines, each in its own file', () => {
    const headers = headersOf(
      new Map<string, string | boolean>([
        ['PING_CMD', true],
        ['HTTP_AUTH_NTLM', false],
        ['KEYBOARD_MAP', 'no-latin1'],
        ['PRODUCT_NAME', 'Lab "3" \\'],
      ]),
    )
    assert.deepEqual([...headers.keys()], ['branding.h', 'console.h', 'general.h'])
    assert.match(headers.get('general.h')!, /#undef PING_CMD\n#define PING_CMD\n#undef HTTP_AUTH_NTLM\n$/)
    assert.match(headers.get('console.h')!, /#undef KEYBOARD_MAP\n#define KEYBOARD_MAP no_latin1\n$/)
    assert.match(headers.get('branding.h')!, /#define PRODUCT_NAME "Lab \\"3\\" \\\\"\n$/)
  })

  it('writes one line of C for any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...buildOptions), (value, { name }) => {
        const { changes } = resolve(place('efi'), [`${name}=${value}`])
        for (const text of headersOf(new Map(Object.entries(changes) as [string, string][])).values()) {
          for (const line of text.split('\n').slice(1, -1)) {
            assert.match(line, /^#(?:undef \w+|define \w+(?: (?:\w+|"(?:[^"\\]|\\.)*"))?)$/)
          }
        }
      }),
    )
  })
})

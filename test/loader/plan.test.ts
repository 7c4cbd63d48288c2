import assert from 'node:assert/strict'
import { parseDefine } from '../../src/loader/options.js'
import { planCompile } from '../../src/loader/plan.js'
import { findSlot } from '../../src/loader/slot.js'
import type { BuildPlan, CompileRequest } from '../../src/loader/types.js'
import { bytes, efiImage, request, script, source, textOf } from './support.js'

const small = script('#!ipxe\n# why\ndhcp || shell\n')
const pem = (name: string, kind = 'CERTIFICATE', count = 1) => ({
  name,
  bytes: bytes(`-----BEGIN ${kind}-----\nAAAA\n-----END ${kind}-----\n`.repeat(count)),
})

function buildsOf(wanted: CompileRequest): readonly BuildPlan[] {
  const { plan, diagnostics } = planCompile(wanted)
  assert.ok(plan, diagnostics.map(({ reason }) => reason).join('\n'))
  return plan.builds
}

const problemsOf = (wanted: CompileRequest): string =>
  planCompile(wanted)
    .diagnostics.map(({ severity, file, ruleId, reason, note }) =>
      [severity, file, ruleId, reason, note].join(' '),
    )
    .join('\n')

describe('planCompile', () => {
  it('makes one run of make for each bindir', () => {
    const builds = buildsOf(request('ipxe.efi,undionly.kpxe,snponly.efi', { embeds: [small] }))
    assert.deepEqual(
      builds.map(({ bindir, outputs }) => [bindir, outputs.map(({ path }) => path)]),
      [
        ['bin-x86_64-efi', ['bin-x86_64-efi/ipxe.efi', 'bin-x86_64-efi/snponly.efi']],
        ['bin', ['bin/undionly.kpxe']],
      ],
    )
    const [, bios] = builds
    assert.deepEqual(bios!.arguments.slice(-2), ['EMBED=ipxetool-inputs/embed.ipxe', 'bin/undionly.kpxe'])
    assert.deepEqual(bios!.warmArguments, [...bios!.arguments.slice(0, -2), 'bin/blib.a'])
    assert.deepEqual([...bios!.inputs.keys()], ['ipxetool-inputs/embed.ipxe'])
    assert.equal(textOf(bios!.inputs.get('ipxetool-inputs/embed.ipxe')!), '#!ipxe\ndhcp || shell\n')
    assert.deepEqual(bios!.remove, ['bin/undionly.kpxe', 'bin/undionly.kpxe.tmp'])
    assert.ok(bios!.has.has('DHCP_CMD') && !bios!.has.has('PING_CMD'))
  })

  it('patches EFI loaders and links all others', () => {
    const [efi, bios] = buildsOf(request('ipxe.efi,undionly.kpxe', { embeds: [small] }))
    const [patched] = efi!.outputs
    assert.equal(patched!.embed, 'patched')
    assert.equal(textOf(patched!.patch!), '#!ipxe\ndhcp || shell\n')
    assert.equal(findSlot(efiImage(efi!.inputs.get('ipxetool-inputs/embed.ipxe')!))?.size, 16_384)
    assert.deepEqual([bios!.outputs[0]!.embed, bios!.outputs[0]!.patch], ['linked', undefined])
    const linked = (wanted: CompileRequest): string => buildsOf(wanted)[0]!.outputs[0]!.embed
    assert.equal(linked(request('ipxe.efi', { embeds: [small], slot: 0 })), 'linked')
    assert.equal(linked(request('ipxe.efi', { embeds: [small, script('x', 'y')] })), 'linked')
    assert.equal(linked(request('ipxe.efi,efi/ipxe.iso', { embeds: [small] })), 'linked')
    assert.equal(linked(request('ipxe.efi')), 'none')
    const long = script(`#!ipxe\n${'echo a\n'.repeat(3000)}`)
    assert.equal(linked(request('ipxe.efi', { embeds: [long] })), 'linked')
  })

  it('names results by all that goes in, and warm trees by all but the script', () => {
    const keys = (more: Partial<CompileRequest>, targets = 'undionly.kpxe'): string[] => {
      const [build] = buildsOf(request(targets, { embeds: [small], ...more }))
      return [build!.warmKey, build!.outputs[0]!.key, build!.outputs[0]!.resultKey]
    }
    const other = script('#!ipxe\nshell\n')
    assert.deepEqual(keys({}), keys({}))
    assert.deepEqual(keys({}), keys({ embeds: [{ ...small, name: 'elsewhere' }] }), 'its name does not count')
    assert.equal(keys({})[0], keys({ embeds: [other] })[0])
    assert.notEqual(keys({})[1], keys({ embeds: [other] })[1])
    const changes: Partial<CompileRequest>[] = [
      { source: { ...source, id: 'git:else' } },
      { source: { ...source, time: 5 } },
      { defines: [parseDefine('PING_CMD', 'x')] },
      { debug: 'dhcp' },
      { trust: [pem('ca.pem')] },
      { crossCompile: { i386: 'i386-linux-gnu-' } },
    ]
    const all = [keys({}), ...changes.map((change) => keys(change))]
    assert.equal(new Set(all.map(([warm]) => warm)).size, all.length)
    assert.equal(new Set(all.map(([, , result]) => result)).size, all.length)
    // in a slot, make does not see the script
    const [one, two] = [keys({}, 'ipxe.efi'), keys({ embeds: [other] }, 'ipxe.efi')]
    assert.deepEqual([one[0], one[1], one[2] === two[2]], [two[0], two[1], false])
  })

  it('pins version and date, as each source wants it', () => {
    const [now] = buildsOf(request('ipxe.efi'))
    assert.deepEqual(now!.environment, {
      SOURCE_DATE_EPOCH: '1780000000',
      EXTRA_CFLAGS: '-g0',
      LC_ALL: 'C',
      TZ: 'UTC',
    })
    assert.ok(now!.arguments.includes(`GITVERSION=${source.commit!}`))
    assert.ok(now!.arguments.includes('EXTRAVERSION=+'))
    assert.ok(!now!.arguments.some((text) => text.startsWith('BUILD_ID_CMD')))
    const [old] = buildsOf(request('ipxe.efi', { source: { ...source, version: '1.21.1' } }))
    assert.ok(old!.arguments.includes('GITVERSION=g01234'))
    assert.ok(old!.arguments.includes('EXTRAVERSION='))
    assert.ok(old!.arguments.includes('VERSION_MINOR=21'))
    assert.ok(old!.arguments.some((text) => text.startsWith('BUILD_ID_CMD=cat $^ | cksum')))
    assert.ok(old!.arguments.includes('NO_WERROR=1') && !now!.arguments.includes('NO_WERROR=1'))
    const [bare] = buildsOf(request('ipxe.efi', { source: { ...source, commit: undefined } }))
    assert.ok(bare!.arguments.includes('GITVERSION='))
  })

  it('copies certificates under safe names', () => {
    const [build] = buildsOf(
      request('ipxe.efi', {
        trust: [pem('my ca.pem'), pem('other/my ca.pem')],
        certificates: [pem('chain,1.pem', 'CERTIFICATE', 2)],
        key: pem('k.pem', 'RSA PRIVATE KEY'),
      }),
    )
    const found = build!.arguments.filter((text) => /^(TRUST|CERT|PRIVKEY|KEY)=/.test(text))
    assert.deepEqual(found, [
      'TRUST=ipxetool-inputs/trust/my-ca.pem,ipxetool-inputs/trust/my-ca-2.pem',
      // what is trusted is a digest: few servers send their root
      'CERT=ipxetool-inputs/cert/my-ca.pem,ipxetool-inputs/cert/my-ca-2.pem,ipxetool-inputs/cert/chain-1.pem',
      'PRIVKEY=ipxetool-inputs/key/k.pem',
      'KEY=ipxetool-inputs/key/k.pem',
    ])
    assert.equal(build!.inputs.size, 6)
  })

  it('adds https to BIOS loaders whose script wants it, and tells', () => {
    const https = script('#!ipxe\nchain https://h/x\n')
    const wanted = request('undionly.kpxe,ipxe.efi', { embeds: [https] })
    const [bios, efi] = buildsOf(wanted)
    assert.deepEqual([bios!.options, efi!.options], [{ DOWNLOAD_PROTO_HTTPS: true }, {}])
    assert.match(bios!.headers.get('general.h')!, /#define DOWNLOAD_PROTO_HTTPS\n/)
    assert.match(problemsOf(wanted), /^info a b\/my script\.ipxe added-protocol .*https:\/\/h\/x/)
    const off = [parseDefine('DOWNLOAD_PROTO_HTTPS=off', '--define')]
    assert.match(
      problemsOf(request('ipxe.efi', { embeds: [https], defines: off })),
      /error .* missing-protocol/,
    )
    const old = { ...source, version: '1.21.1' }
    assert.match(problemsOf(request('undionly.kpxe', { embeds: [https], source: old })), /error .* old-https/)
    const file = script('#!ipxe\nchain file://x\n')
    assert.match(
      problemsOf(request('undionly.kpxe', { embeds: [file] })),
      /error .* missing-protocol .*cannot have/,
    )
  })

  const refused: [name: string, wanted: CompileRequest, problem: RegExp][] = [
    [
      'a misspelt option',
      request('ipxe.efi', { defines: [parseDefine('PIN_CMD', '--define')] }),
      /error --define unknown-build-option .*PING_CMD/,
    ],
    [
      'a command that is off',
      request('ipxe.efi', { embeds: [script('#!ipxe\nping h\n')] }),
      /error .*missing-command .*--define PING_CMD/,
    ],
    [
      'a script that does not parse',
      request('ipxe.efi', { embeds: [script('dhcp\n')] }),
      /error .*missing-magic/,
    ],
    [
      'an unknown version',
      request('ipxe.efi', { source: { ...source, version: '?' } }),
      /error source unknown-source-version/,
    ],
    [
      'a bundle to trust',
      request('ipxe.efi', { trust: [pem('ca.pem', 'CERTIFICATE', 3)] }),
      /error ca\.pem certificate 3 certificates/,
    ],
    [
      'a certificate in DER',
      request('ipxe.efi', { trust: [{ name: 'ca.der', bytes: Uint8Array.of(0x30, 0x82) }] }),
      /looks like DER/,
    ],
    ['an encrypted key', request('ipxe.efi', { key: pem('k', 'ENCRYPTED PRIVATE KEY') }), /is encrypted/],
    [
      'a debug list with a command in it',
      request('ipxe.efi', { debug: 'dhcp; rm -rf /' }),
      /error --debug debug-list/,
    ],
    ['a tiny slot', request('ipxe.efi', { slot: 10 }), /error compile slot-size/],
    [
      'no scripts in the loader',
      request('ipxe.efi', { embeds: [small], defines: [parseDefine('IMAGE_SCRIPT=off', '--define')] }),
      /IMAGE_SCRIPT/,
    ],
  ]
  for (const [name, wanted, problem] of refused) {
    it(`refuses ${name}`, () => {
      assert.match(problemsOf(wanted), problem)
      assert.equal(planCompile(wanted).plan, undefined)
    })
  }

  it('tells a thing once, though several loaders have it', () => {
    const wanted = request('ipxe.efi,arm64/ipxe.efi,undionly.kpxe', {
      defines: [parseDefine('PIN_CMD', '--define')],
    })
    assert.equal(planCompile(wanted).diagnostics.length, 1)
  })

  it('writes no argument that a blank could split', () => {
    const [build] = buildsOf(request('undionly.kpxe', { embeds: [small, script('x', 'a b, c.png')] }))
    for (const path of build!.inputs.keys()) assert.match(path, /^[A-Za-z0-9._/-]+$/)
    assert.ok(build!.arguments.includes('EMBED=ipxetool-inputs/embed.ipxe,ipxetool-inputs/a-b-c.png'))
  })
})

import assert from 'node:assert/strict'
import { loaderTargets } from '../../src/data/loader-targets.js'
import { defaultTargets, parseTargets } from '../../src/loader/targets.js'

describe('parseTargets', () => {
  const found: [text: string, make: string][] = [
    ['undionly.kpxe', 'bin/undionly.kpxe'],
    ['ipxe.efi', 'bin-x86_64-efi/ipxe.efi'],
    ['arm64/ipxe.efi', 'bin-arm64-efi/ipxe.efi'],
    ['bin-x86_64-efi/ipxe.efi', 'bin-x86_64-efi/ipxe.efi'],
    ['ipxe-i386.efi', 'bin-i386-efi/ipxe.efi'],
    ['ipxe.usb', 'bin/ipxe.usb'],
    ['efi/ipxe.iso', 'bin-x86_64-efi/ipxe.iso'],
    ['bin-x86_64-pcbios/undionly.kpxe', 'bin-x86_64-pcbios/undionly.kpxe'],
  ]
  for (const [text, make] of found) {
    it(`${text} is ${make}`, () => {
      assert.deepEqual(
        parseTargets([text]).map((target) => target.make),
        [make],
      )
    })
  }

  it('knows every loader by its path and by its name in the output tree', () => {
    for (const target of loaderTargets) {
      assert.deepEqual(parseTargets([target.make]), [target])
      assert.deepEqual(parseTargets([target.output]), [target])
    }
  })

  it('takes lists, each loader once', () => {
    const names = parseTargets(['ipxe.efi, undionly.kpxe', 'bin-x86_64-efi/ipxe.efi,']).map(
      ({ output }) => output,
    )
    assert.deepEqual(names, ['ipxe.efi', 'undionly.kpxe'])
    assert.equal(parseTargets(defaultTargets).length, defaultTargets.length)
  })

  const refused: [text: string, message: RegExp, hint: RegExp][] = [
    ['undionly.kpx', /no loader called "undionly.kpx"/, /Did you mean undionly\.kpxe\?/],
    ['amr64/ipxe.efi', /"amr64" is no architecture/, /Did you mean arm64\/ipxe\.efi\?/],
    ['arm64/undionly.kpxe', /starts on BIOS machines only/, /made in bin/],
    ['bin/snponly.efi', /starts on UEFI machines only/, /bin-x86_64-efi/],
    ['nothing', /no loader called "nothing"/, /--list/],
    ['', /no loader is named/, /undionly/],
    ['\u001b[2J', /^there is no loader called "[ -~\u2400-\u243f]*"$/, /--list/],
  ]
  for (const [text, message, hint] of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseTargets([text]),
        (error: Error & { hint?: string }) => message.test(error.message) && hint.test(error.hint ?? ''),
      )
    })
  }
})

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { bootErrors } from '../../src/data/boot-errors.js'
import { errorFileGroups } from '../../src/data/error-files.js'
import { posixErrors } from '../../src/data/errors.js'
import { decodeError, explainBootText } from '../../src/diagnostics/boot-error.js'
import { errorFiles, errors } from '../../src/simulate/errors.js'

const ids = (text: string): string[] =>
  explainBootText(text).map(({ found, error }) => `${found} ${error?.id ?? '?'}`)

describe('numbers of iPXE', () => {
  it('are split into their fields', () => {
    assert.deepEqual(decodeError(0x3c092083), {
      hex: '3c092083',
      posix: 'ENOTSUP',
      file: 'open',
      point: 0,
      platform: 'EFI_UNSUPPORTED',
    })
    assert.deepEqual(decodeError(0x2d0c613b), {
      hex: '2d0c613b',
      posix: 'ENOENT',
      file: 'httpcore',
      point: 1,
      platform: '0x3b of a BIOS or Linux build',
    })
    assert.equal(decodeError(0x7f048283).posix, 'EPLATFORM')
    assert.equal(decodeError(0x7effe0ff).posix, undefined)
  })
  it('have the names that the simulator gives them', () => {
    for (const [name, { posix }] of Object.entries(errors)) assert.equal(posixErrors[posix], name)
    const others: Record<string, string> = {
      imageCommand: 'image_cmd',
      param: 'param_cmd',
      form: 'form_ui',
      cpuid: 'cpuid_settings',
    }
    const differing = Object.entries(errorFiles).filter(([name, number]) => {
      const { file } = decodeError(number)
      return file !== name && file !== others[name] && file !== `${name}_cmd` && file !== `${name}_ui`
    })
    // `unknown` is the simulator's own name for none; cpuid has its number in the list of x86
    assert.deepEqual(
      differing.map(([name]) => name).filter((name) => name !== 'unknown' && name !== 'cpuid'),
      [],
    )
  })
})

describe('explainBootText', () => {
  it('finds numbers however they are written', () => {
    for (const text of [
      '0x3c092083',
      '3c092083',
      '3C092083',
      'https://ipxe.org/3c092083',
      'ipxe.org/err/3c0920',
    ]) {
      assert.match(ids(text).join(), /open|enotsup|\?/, text)
    }
    assert.deepEqual(ids('Could not boot: Error 0x2e008081 (http://ipxe.org/2e008081)'), [
      '0x2e008081 ipxe-enoexec-image',
    ])
    assert.deepEqual(ids('No such file or directory (https://ipxe.org/2d0c613b)'), [
      '0x2d0c613b ipxe-enoent-httpcore-1',
    ])
    assert.deepEqual(ids('20261121 at 0x1f and deadbeefcafe'), [])
  })
  it('finds codes and lines of a log, in their order', () => {
    const log =
      '>>Start PXE over IPv4.\n  PXE-E18: Server response timeout.\n[ 1.2] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n'
    assert.deepEqual(ids(log), ['PXE-E18 pxe-e18', 'VFS: Unable to mount root fs kernel-no-root'])
    assert.deepEqual(ids('pxe-e53'), ['pxe-e53 pxe-e53'])
  })
  it('never throws, and takes linear time', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => explainBootText(text).length >= 0))
    for (const unit of ['a', '0x3c092083 ', '/', 'PXE-E', ' ', 'Out of memory ', '3c09208'])
      explainBootText(unit.repeat(20_000))
  })
})

describe('the table of boot errors', () => {
  it('has ids once, whole sentences, and files that iPXE has', () => {
    const all = bootErrors.map(({ id }) => id)
    assert.deepEqual(
      all.filter((id, index) => all.indexOf(id) !== index),
      [],
    )
    const files = new Set(errorFileGroups.flatMap(({ names }) => names))
    for (const { id, title, cause, check, code, versions, text } of bootErrors) {
      assert.ok(code ?? text, id)
      assert.match(cause, /^(iPXE |[A-Z`]).*\.$/, id)
      assert.doesNotMatch(title, /^[A-Z][a-z].*\.$/, id)
      assert.ok(check.length > 0)
      for (const line of [...check, ...(versions === undefined ? [] : [versions])])
        assert.match(line, /[.?`]$/, line)
      if (code) assert.ok(posixErrors.includes(code.posix) || code.posix === 'EPLATFORM', id)
      if (code?.file !== undefined) assert.ok(files.has(code.file), code.file)
    }
  })
  it('names the particular before the general', () => {
    for (const [index, { id, code }] of bootErrors.entries()) {
      if (!code) continue
      const hiding = bootErrors
        .slice(0, index)
        .find(
          ({ code: other }) =>
            other?.posix === code.posix &&
            (other.file === undefined || (other.file === code.file && other.point === undefined)),
        )
      assert.equal(hiding?.id, undefined, id)
    }
  })
})

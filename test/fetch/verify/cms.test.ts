import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyCms } from '../../../src/fetch/verify/cms.js'
import { notRun } from '../../support/not-run.js'

describe('CMS signatures', () => {
  let folder: string
  let certificate: string
  let stranger: string
  const at = (name: string): string => join(folder, name)
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  }

  before(function () {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-test-'))
    try {
      for (const name of ['root', 'stranger']) {
        const request = [
          'req',
          '-x509',
          '-newkey',
          'rsa:2048',
          '-nodes',
          '-days',
          '30',
          '-subj',
          `/CN=${name}`,
        ]
        openssl(...request, '-keyout', `${name}.key`, '-out', `${name}.pem`)
      }
    } catch {
      notRun(this, 'needs the program openssl')
    }
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=signer',
      '-keyout',
      'signer.key',
      '-out',
      'signer.csr',
    )
    writeFileSync(at('extensions'), 'extendedKeyUsage=codeSigning\n')
    const sign = [
      'x509',
      '-req',
      '-in',
      'signer.csr',
      '-CA',
      'root.pem',
      '-CAkey',
      'root.key',
      '-CAcreateserial',
    ]
    openssl(...sign, '-days', '20', '-extfile', 'extensions', '-out', 'signer.pem')
    writeFileSync(at('vmlinuz'), 'a kernel')
    writeFileSync(at('initrd'), 'an initrd')
    const cms = [
      'cms',
      '-sign',
      '-binary',
      '-noattr',
      '-outform',
      'DER',
      '-signer',
      'signer.pem',
      '-inkey',
      'signer.key',
    ]
    openssl(...cms, '-in', 'vmlinuz', '-out', 'vmlinuz.ipxe.sig')
    certificate = readFileSync(at('root.pem'), 'utf8')
    stranger = readFileSync(at('stranger.pem'), 'utf8')
  })
  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const signature = (): Uint8Array => readFileSync(at('vmlinuz.ipxe.sig'))

  it('are good over the file that was signed, up to the pinned root', async () => {
    const outcome = await verifyCms(signature(), at('vmlinuz'), { certificate, subject: 'vmlinuz' })
    assert.deepEqual(outcome, { kind: 'good' })
  })

  it('are bad over another file, and under another root', async () => {
    await assert.rejects(verifyCms(signature(), at('initrd'), { certificate, subject: 'x' }), {
      code: 'bad-signature',
    })
    await assert.rejects(verifyCms(signature(), at('vmlinuz'), { certificate: stranger, subject: 'x' }), {
      code: 'bad-signature',
    })
  })

  it('are told from what is none', async () => {
    const page = new TextEncoder().encode('<html>404</html>')
    await assert.rejects(verifyCms(page, at('vmlinuz'), { certificate, subject: 'x' }), {
      code: 'malformed-signature',
    })
  })

  it('are not checked where openssl is missing, which is said', async () => {
    const options = { certificate, subject: 'x', openssl: at('no-openssl') }
    const outcome = await verifyCms(signature(), at('vmlinuz'), options)
    assert.equal(outcome.kind, 'unchecked')
  })
})

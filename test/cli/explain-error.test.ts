import assert from 'node:assert/strict'
import { ranCli } from '../support/cli.js'

const explain = (...words: string[]) => ranCli(['explain', ...words], { cwd: '.' })

describe('ipxetool explain', () => {
  it('decodes a number and says what to check', async () => {
    const { code, stdout } = await explain('0x3c092083')
    assert.equal(code, 0)
    assert.match(
      stdout,
      /^0x3c092083: no such protocol in this loader\n {2}ENOTSUP from open.c, reason 0; EFI_UNSUPPORTED\n/,
    )
  })
  it('takes what stands on the screen, quoted or not', async () => {
    const { stdout } = await explain('PXE-E53:', 'No', 'boot', 'filename', 'received')
    assert.match(stdout, /^PXE-E53: no boot file name\n/)
  })
  it('knows the codes of the trace', async () => {
    const { stdout } = await explain('loader-silent')
    assert.match(stdout, /^loader-silent: /)
    assert.match(stdout, /Secure Boot/)
  })
  it('gives JSON', async () => {
    const { stdout } = await explain('--json', '2d0c613b')
    const { explained } = JSON.parse(stdout) as { explained: [{ id: string; decoded: { file: string } }] }
    assert.deepEqual([explained[0].id, explained[0].decoded.file], ['ipxe-enoent-httpcore-1', 'httpcore'])
  })
  it('explains rules, too', async () => {
    assert.match((await explain('glued-operator')).stdout, /^glued-operator \(warning\)/)
  })
  it('says when nothing is known, and when nothing was asked', async () => {
    const { code, stderr } = await explain('all', 'is', 'well')
    assert.equal(code, 1)
    assert.match(stderr, /nothing in this text is known/)
    assert.equal((await explain(' ')).code, 2)
    assert.equal((await explain()).code, 2)
  })
})

import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Files, Scratch, serve, type Running } from '../support.js'
import { check } from '../../../src/index.js'

describe('the first script of a tree that has none', () => {
  const scratch = new Scratch()
  const running: Running[] = []
  afterEach(async () => {
    for (const one of running.splice(0)) await one.close()
    await scratch.clean()
  })
  const ask = async (
    files: Files,
    path: string,
    gone: readonly string[] = [],
  ): Promise<{ status: number; text: string; one: Running }> => {
    const root = await scratch.folder({ other: 'x', ...files })
    const one = await serve(root, { tftp: false })
    running.push(one)
    for (const name of gone) await rm(join(root, name), { recursive: true })
    const answer = await fetch(`http://127.0.0.1:${one.httpPort}/${path}`)
    return { status: answer.status, text: await answer.text(), one }
  }

  const manifest = '{"manifest":1,"generator":"ipxetool 0","files":{}}'
  for (const [title, files, gone, reason] of [
    ['empty', {}, ['other'], 'its folder of files is empty'],
    ['gone', {}, ['.'], 'its folder of files is gone'],
    ['built, and its first script deleted', { 'manifest.json': manifest }, [], 'its boot.ipxe is missing'],
    ['with an empty one', { 'boot.ipxe': '' }, [], 'its boot.ipxe is empty'],
  ] as const) {
    it(`says why: ${title}`, async () => {
      const { status, text, one } = await ask(files, 'boot.ipxe', gone)
      assert.equal(status, 200)
      assert.ok(text.startsWith('#!ipxe\n') && text.includes(reason), text)
      assert.deepEqual(check(text).map(String), [])
      const { reason: logged } = await one.event('refused')
      assert.equal(logged, `${reason}: a script that says so was sent`)
    })
  }

  it('every other file that is missing stays missing, and so does a first script of another name', async () => {
    for (const [files, path] of [
      [{ 'manifest.json': manifest }, 'autoexec.ipxe'],
      [{ 'manifest.json': manifest }, 'machines/boot.ipxe'],
      [{ 'start.ipxe': '#!ipxe\n' }, 'boot.ipxe'],
      [{}, 'boot.ipxe'],
    ] as const) {
      assert.equal((await ask(files, path)).status, 404, path)
    }
  })
})

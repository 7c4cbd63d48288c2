import assert from 'node:assert/strict'
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OnceState } from '../../../src/serve/once/index.js'
import { type Running, Scratch, serve } from '../support.js'

const script = '#!ipxe\nchain --autofree ../_/once/node1.ipxe ||\n'

describe('machines that boot once', () => {
  const scratch = new Scratch()
  const running: Running[] = []
  afterEach(async () => {
    for (const one of running.splice(0)) await one.close()
    await scratch.clean()
  })
  async function tree(): Promise<{ root: string; file: string }> {
    const folder = await scratch.folder({
      'out/machines/node1.ipxe': script,
      'out/machines/node2.ipxe': '#!ipxe\n',
    })
    return { root: join(folder, 'out'), file: join(folder, 'out.once.json') }
  }
  async function begin(root: string): Promise<(path: string, init?: RequestInit) => Promise<string>> {
    const one = await serve(root, { tftp: false, pages: false })
    running.push(one)
    return async (path, init) => {
      const answer = await fetch(new URL(path, `http://127.0.0.1:${one.httpPort}`), init)
      return `${answer.status} ${await answer.text()}`
    }
  }
  const urlIn = (text: string): string => /set once-url (\S+)\n/.exec(text)![1]!

  it('get their script until the installer calls, and then their disk, also after the server was restarted', async () => {
    const { root } = await tree()
    let ask = await begin(root)
    const first = await ask('/_/once/node1.ipxe')
    assert.match(
      first,
      /^200 #!ipxe\nset once-url http:\/\/127\.0\.0\.1:\d+\/_\/once\/node1\/[0-9a-f]{32}\nset once install\n$/,
    )
    // a power cut: another boot before the installer of the first is through
    const second = await ask('/_/once/node1.ipxe')
    assert.notEqual(urlIn(first), urlIn(second))
    await running.splice(0)[0]!.close()
    ask = await begin(root)
    const { pathname } = new URL(urlIn(first))
    assert.match(await ask(pathname, { method: 'HEAD' }), /^405/)
    assert.match(await ask('/_/once/node1.ipxe'), /set once install/)
    assert.match(await ask(pathname, { method: 'POST', body: 'log' }), /^200 node1 is installed/)
    assert.match(await ask(pathname), /^200/, 'the answer may have been lost')
    assert.match(await ask(new URL(urlIn(second)).pathname), /^404/, 'one call is enough')
    const after = /^200 #!ipxe\nset once-since \d{4}-\d\d-\d\d \d\d:\d\d UTC\nset once done\n$/
    assert.match(await ask('/_/once/node1.ipxe'), after)
    await running.splice(0)[0]!.close()
    ask = await begin(root)
    assert.match(await ask('/_/once/node1.ipxe'), after)
  })

  it('only those of the project, and only with their own token', async () => {
    const { root, file } = await tree()
    const ask = await begin(root)
    for (const path of [
      'node2.ipxe',
      'node3.ipxe',
      '..%2fnode1.ipxe',
      'node1',
      '',
      `node1/${'0'.repeat(32)}`,
    ]) {
      assert.match(await ask(`/_/once/${path}`), /^404/, path)
    }
    const url = new URL(urlIn(await ask('/_/once/node1.ipxe')))
    assert.match(await ask(url.pathname.replace('node1', 'node2')), /^404/)
    const text = await readFile(file, 'utf8')
    assert.ok(!text.includes(url.pathname.slice(-32)), 'whoever reads the file cannot end the installation')
  })

  it('are told in the trace and the log, without the token', async () => {
    const { root } = await tree()
    const ask = await begin(root)
    const { pathname } = new URL(urlIn(await ask('/_/once/node1.ipxe')))
    await ask(pathname)
    await ask('/_/once/node1.ipxe')
    const told = running[0]!.events.filter((event) => event.type === 'once')
    assert.deepEqual(
      told.map(({ machine, outcome }) => [machine, outcome]),
      [
        ['node1', 'install'],
        ['node1', 'done'],
        ['node1', 'own-disk'],
      ],
    )
    assert.ok(!JSON.stringify(running[0]!.events).includes(pathname.slice(-32)))
  })

  it('start from their disk when nobody can remember: a damaged file, or one that cannot be written', async () => {
    const { root, file } = await tree()
    await writeFile(file, '{"version":1,"machines":{"node1":')
    const ask = await begin(root)
    assert.match(await ask('/_/once/node1.ipxe'), /^500 (?!#!ipxe)/)
    const { reason } = await running[0]!.event('server-problem')
    assert.match(reason, /out\.once\.json is damaged/)
    assert.equal(await readFile(file, 'utf8'), '{"version":1,"machines":{"node1":', 'it is left as it is')
  })

  it('many at a time are all remembered, and no other file is left', async () => {
    const folder = await scratch.folder()
    const state = new OnceState(join(folder, 'deep/once.json'))
    const ids = Array.from({ length: 300 }, (_, index) => `node${index}`)
    const begun = await Promise.all(ids.map((id) => state.begin(id)))
    const ended = begun.map((one, index) => state.finish(ids[index]!, 'token' in one ? one.token : '', '::1'))
    assert.deepEqual([...new Set(await Promise.all(ended))], ['done'])
    const records = await new OnceState(state.file).records()
    assert.equal([...records.values()].filter((record) => record.state === 'done').length, 300)
    assert.deepEqual(await readdir(join(folder, 'deep')), ['once.json'])
  })

  it('the word of the operator counts, while the server runs', async () => {
    const { root, file } = await tree()
    const ask = await begin(root)
    const { pathname } = new URL(urlIn(await ask('/_/once/node1.ipxe')))
    const operator = new OnceState(file)
    await operator.set(['node1'], 'done')
    assert.match(await ask('/_/once/node1.ipxe'), /set once done/)
    await operator.set(['node1'], 'waiting')
    assert.match(await ask(pathname), /^404/, 'a URL of before')
    assert.match(await ask('/_/once/node1.ipxe'), /set once install/)
  })
})

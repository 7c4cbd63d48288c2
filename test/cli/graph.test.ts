import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runGraph, type GraphOptions } from '../../src/cli/graph.js'
import { isIpxetoolError } from '../../src/diagnostics/error.js'
import { type Ran, ran } from '../support/cli.js'

let folder: string

function put(path: string, content: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), content)
}

function graph(options: GraphOptions = {}): Promise<Ran> {
  return ran(
    async (io) => {
      try {
        return await runGraph(options, io)
      } catch (error) {
        if (!isIpxetoolError(error)) throw error
        io.stderr.write(`${error.message}\n`)
        return error.exitCode
      }
    },
    { cwd: folder },
  )
}

describe('ipxetool graph', () => {
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-graph-'))
    put('ipxetool.yaml', 'title: Lab\nvariables:\n  base: {type: string, value: .}\n')
    put('boot.ipxe', '#!ipxe\nchain $<base>/menus/a.ipxe\nkernel os/k\nkernel assets/k\n')
    put('menus/a.ipxe', '#!ipxe\nexit\n')
    put('static/os/k', 'kernel')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('prints the tree, and says that something is wrong', async () => {
    assert.deepEqual(await graph(), {
      code: 0,
      stdout: [
        'boot.ipxe',
        '├─ chain  menus/a.ipxe',
        '├─ kernel os/k (6 bytes)',
        '└─ kernel assets/k (missing)',
        '',
      ].join('\n'),
      stderr: 'ipxetool: something is wrong with 1 link; `ipxetool check` says what\n',
    })
  })

  it('knows what others have put into the tree', async () => {
    const entry = { size: 3, sha256: '0'.repeat(64), origin: 'fetch' }
    const files = { 'assets/k': entry }
    put('out/manifest.json', JSON.stringify({ manifest: 1, generator: 'ipxetool 0.1.0', files }))
    put('out/assets/k', 'abc')
    const { stdout, stderr } = await graph({ json: true })
    assert.equal(stderr, '')
    const { nodes } = JSON.parse(stdout) as { nodes: { name: string; sha256?: string; kind: string }[] }
    const asset = nodes.find(({ name }) => name === 'assets/k')
    assert.deepEqual([asset?.kind, asset?.sha256], ['file', '0'.repeat(64)])
  })

  it('follows variables, and where the tree is published', async () => {
    const { stdout } = await graph({ var: ['base=http://192.0.2.1:8080'], quiet: true })
    assert.match(stdout, /chain {2}menus\/a\.ipxe\n/)
    const other = await graph({ var: ['nothing'] })
    assert.equal(other.code, 2)
  })

  it('writes a file, whose ending says the format', async () => {
    const { stdout } = await graph({ out: 'g.svg', quiet: false })
    assert.equal(stdout, 'g.svg\n')
    assert.match(
      readFileSync(join(folder, 'g.svg'), 'utf8'),
      /^<svg .*<title id="title">What leads where: Lab/s,
    )
    await graph({ out: 'g.txt', format: 'dot', quiet: true })
    assert.match(readFileSync(join(folder, 'g.txt'), 'utf8'), /^digraph/)
    const { code, stderr } = await graph({ out: 'no/g.svg' })
    assert.deepEqual([code, stderr], [1, 'no/g.svg cannot be written: its folder is not there\n'])
    assert.ok(!existsSync(join(folder, 'no')))
  })

  it('without a project says so, with a broken one shows why', async () => {
    put('ipxetool.yaml', 'entry: [')
    const { code, stderr, stdout } = await graph()
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /ipxetool\.yaml:1/)
    rmSync(join(folder, 'ipxetool.yaml'))
    assert.equal((await graph({ project: 'x' })).code, 2)
  })
})

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { buildTree, hasErrors, type BuiltTree } from '../../src/build/tree.js'
import { printManifest } from '../../src/build/manifest.js'
import { loadProject } from '../../src/project/project.js'
import { lines, type MemoryEntry, memoryHost } from '../project/memory-host.js'

async function build(files: Record<string, MemoryEntry>, root = '.'): Promise<BuiltTree> {
  const { project, diagnostics } = await loadProject(root, memoryHost(files), {})
  assert.ok(project, lines(diagnostics).join('\n'))
  return buildTree(project)
}

const latin1 = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('latin1')

const yaml = 'variables:\n  greeting: {type: string, value: hello}\n'
const files: Record<string, MemoryEntry> = {
  'ipxetool.yaml': yaml,
  'boot.ipxe': '#!ipxe\necho $<greeting>\n# ipxetool include _b.ipxe\n',
  '_b.ipxe': 'echo b',
  'menus/Z.ipxe': '#!ipxe\nexit\n',
  'menus/a.ipxe': '#!ipxe\nexit\n',
  'embed/e.ipxe': '#!ipxe\nexit\n',
  'static/sub/k': 'kernel',
  'static/.hidden': 'x',
}

describe('buildTree', () => {
  it('makes scripts, lists copies, and says where everything came from', async () => {
    const tree = await build(files)
    assert.deepEqual(lines(tree.diagnostics), [])
    assert.deepEqual([...tree.files.keys()], ['boot.ipxe', 'menus/Z.ipxe', 'menus/a.ipxe'])
    assert.equal(latin1(tree.files.get('boot.ipxe')), '#!ipxe\necho hello\necho b\n')
    assert.deepEqual([...tree.copies], [['sub/k', 'static/sub/k']])
    assert.deepEqual(tree.manifest.files['boot.ipxe'], {
      size: 25,
      sha256: createHash('sha256').update('#!ipxe\necho hello\necho b\n').digest('hex'),
      origin: 'build',
      sources: ['_b.ipxe', 'boot.ipxe'],
    })
    assert.deepEqual(tree.manifest.files['sub/k']?.sources, ['static/sub/k'])
    assert.equal(tree.manifest.files['sub/k'].origin, 'static')
  })

  it('is the same from wherever it is called', async () => {
    const here = await build(files)
    const moved = Object.fromEntries(Object.entries(files).map(([path, entry]) => [`m/e/${path}`, entry]))
    const there = await build(moved, 'm/e')
    assert.equal(latin1(printManifest(there.manifest)), latin1(printManifest(here.manifest)))
    assert.deepEqual([...there.files], [...here.files])
    assert.doesNotMatch(latin1(printManifest(here.manifest)), /time|date/i)
  })

  it('passes on every byte that is not text', async () => {
    const bytes = Uint8Array.from([...Buffer.from('#!ipxe\necho '), 0xc4, 0xe3, 0xff, 0x80, 0x0d, 0x0a])
    const tree = await build({ ...files, 'menus/a.ipxe': bytes })
    assert.deepEqual(tree.files.get('menus/a.ipxe'), bytes)
  })

  it('does not hash what will not be copied', async () => {
    const tree = await build({ ...files, 'boot.ipxe': '#!ipxe\nfoo\n', 'static/sub/k': { error: 'denied' } })
    assert.ok(hasErrors(tree.diagnostics))
    assert.equal(tree.copies.size, 0)
  })

  it('reports static files that cannot be read', async () => {
    const tree = await build({ ...files, 'static/sub/k': { error: 'denied' } })
    assert.match(
      lines(tree.diagnostics).join('\n'),
      /static\/sub\/k project-static: The file cannot be copied/,
    )
  })

  it('goes on after warnings', async () => {
    const tree = await build({
      ...files,
      'ipxetool.yaml': `${yaml}  x: {type: int, value: 1}\n`,
    })
    assert.equal(tree.diagnostics.length, 1)
    assert.ok(!hasErrors(tree.diagnostics))
    assert.equal(tree.files.size, 3)
  })
})

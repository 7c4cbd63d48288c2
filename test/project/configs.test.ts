import assert from 'node:assert/strict'
import { buildTree } from '../../src/build/tree.js'
import { loadProject } from '../../src/project/project.js'
import { memoryHost } from './memory-host.js'

async function build(files: Record<string, string>) {
  const { project } = await loadProject('.', memoryHost(files), {})
  assert.ok(project)
  const tree = await buildTree(project)
  return {
    text: (path: string) => new TextDecoder().decode(tree.files.get(path)),
    entry: (path: string) => tree.manifest.files[path],
    found: tree.diagnostics.map(({ file, ruleId, severity }) => `${file} ${severity} ${ruleId}`),
  }
}

const base = {
  'ipxetool.yaml': 'variables:\n  host: {type: string, value: node1}\n',
  'boot.ipxe': '#!ipxe\nexit\n',
}

describe('configs/ of a project', () => {
  it('is in the tree with variables filled in, which then count as used', async () => {
    const { text, entry, found } = await build({
      ...base,
      'configs/ks/a.cfg': 'network --hostname=$<host>\n',
    })
    assert.deepEqual(found, [])
    assert.equal(text('configs/ks/a.cfg'), 'network --hostname=node1\n')
    assert.equal(entry('configs/ks/a.cfg')?.origin, 'build')
    assert.deepEqual(entry('configs/ks/a.cfg')?.sources, ['configs/ks/a.cfg'])
  })

  it('stops the build when a file is broken, and warns of a secret', async () => {
    const { found } = await build({
      ...base,
      'configs/a.ign': '{ "ignition": { "version": "$<hots>" } }',
      'configs/ks.cfg': 'rootpw secret $<host>\n',
    })
    assert.deepEqual(found.sort(), [
      'configs/a.ign error undefined-variable',
      'configs/ks.cfg warning config-secret',
    ])
  })
})

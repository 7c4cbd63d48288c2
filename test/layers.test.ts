import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkLayers, type LayerRules } from './support/layers.js'

const bottom = ['data', 'ast']
const language = [...bottom, 'syntax', 'diagnostics']
const meaning = [...language, 'analysis', 'model']
const project = [...meaning, 'rules', 'project']
const machines = ['data', 'diagnostics', 'model', 'files']

/** CONTRIBUTING.md, "Layers". */
const rules: LayerRules = {
  mayImport: {
    data: [],
    ast: [],
    syntax: bottom,
    diagnostics: bottom,
    // folders and locks, for all that writes
    files: ['diagnostics'],
    analysis: language,
    model: language,
    rules: meaning,
    simulate: meaning,
    'dhcp-config': meaning,
    project: [...meaning, 'rules'],
    links: project,
    build: [...project, 'links', 'files'],
    preview: [...project, 'links'],
    import: [...project, 'files'],
    lsp: project,
    fetch: machines,
    initrd: [...machines, 'fetch'],
    // It checks the script that it embeds.
    loader: [...machines, 'ast', 'syntax', 'analysis', 'rules'],
    serve: machines,
    boot: machines,
    cli: '*',
    // The public API: it only passes on, and never what reads argv or exits.
    index: [
      ...project,
      'links',
      'build',
      'preview',
      'import',
      'simulate',
      'dhcp-config',
      'fetch',
      'loader',
      'serve',
      'boot',
    ],
  },
  portable: ['ast', 'data', 'syntax', 'diagnostics', 'analysis', 'rules', 'model', 'simulate'],
  outside: {
    layer: 'cli',
    mentions: [
      'process',
      'process.argv',
      'process.env',
      'process.exit',
      'process.exitCode',
      'process.stdin',
      'process.stdout',
      'process.stderr',
      'process.cwd',
      'process.chdir',
      'console',
    ],
  },
}

function sources(): Map<string, string> {
  const root = fileURLToPath(new URL('../src', import.meta.url))
  const files = new Map<string, string>()
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name)
    const path = relative(root, file).split(sep).join('/')
    if (!entry.isFile() || !path.endsWith('.ts') || path.startsWith('syntax/generated/')) continue
    files.set(path, readFileSync(file, 'utf8'))
  }
  return files
}

describe('layers', () => {
  it('hold in src', () => {
    const files = sources()
    assert.ok(files.has('data/lookup.ts'), 'the sources were read')
    assert.deepEqual(checkLayers(files, rules), [])
  })

  const planted: [path: string, text: string, complaint: string | undefined][] = [
    ['data/a.ts', `import { x } from './b.js'`, undefined],
    ['data/a.ts', `import { x } from '../ast/nodes.js'`, 'data may not import ast'],
    ['syntax/a.ts', `import type { Line } from '../ast/nodes.js'`, undefined],
    ['syntax/a.ts', `import type { Rule } from '../rules/rule.js'`, 'syntax may not import rules'],
    ['syntax/a.ts', `export { x } from '../analysis/x.js'`, 'syntax may not import analysis'],
    ['syntax/a.ts', `export * from '../model/x.js'`, 'syntax may not import model'],
    ['syntax/a.ts', `type T = import('../model/x.js').X`, 'syntax may not import model'],
    ['rules/a.ts', `const x = await import('../simulate/run.js')`, 'rules may not import simulate'],
    ['simulate/a.ts', `import '../dhcp-config/kea.js'`, 'simulate may not import dhcp-config'],
    ['rules/deep/a.ts', `import { parse } from '../../syntax/parse.js'`, undefined],
    ['build/a.ts', `import { main } from '../cli/main.js'`, 'build may not import cli'],
    ['index.ts', `export { main } from './cli/main.js'`, 'index may not import cli'],
    ['serve/a.ts', `import { build } from '../build/write.js'`, 'serve may not import build'],
    ['serve/a.ts', `import { boot } from '../boot/run.js'`, 'serve may not import boot'],
    ['cli/a.ts', `import { boot } from '../boot/run.js'`, undefined],
    ['model/a.ts', `import { parse } from '../index.js'`, 'model may not import index'],
    ['model/a.ts', `import { parse } from 'ipxetool'`, 'imports itself'],
    ['model/a.ts', `import { parse } from '../../test/x.js'`, 'outside of src'],
    ['ast/a.ts', `import { join } from 'node:path'`, 'imports node:path'],
    ['ast/a.ts', `import { join } from 'path'`, 'imports path'],
    ['ast/a.ts', `import { z } from 'zod'`, undefined],
    ['project/a.ts', `import { join } from 'node:path'`, undefined],
    ['ast/a.ts', `export const x = Buffer.from('a')`, 'mentions Buffer'],
    ['ast/a.ts', `export const x = globalThis.Buffer.from('a')`, 'mentions Buffer'],
    ['ast/a.ts', `export let x: Buffer`, 'mentions Buffer'],
    ['ast/a.ts', `// Buffer and console.log and process.exit\nexport const x = 'Buffer'`, undefined],
    ['ast/a.ts', `export const x = { Buffer: 1, process: 2 }.process`, undefined],
    ['ast/a.ts', `process.nextTick(() => {})`, 'mentions process.nextTick'],
    ['project/a.ts', `process.nextTick(() => {})`, undefined],
    ['project/a.ts', `if (process.env['CI']) f()`, 'only cli may mention process.env'],
    ['project/a.ts', `const { argv } = process`, 'only cli may mention process'],
    ['project/a.ts', `process['exit'](1)`, 'only cli may mention process.exit'],
    ['serve/a.ts', `f()\nconsole.log('up')`, 'src/serve/a.ts:2: only cli may mention console'],
    ['project/a.ts', `const console = s()\nexport const all = { console, x: console.port }`, undefined],
    ['project/a.ts', `const f = ({ console }: X) => console.port`, undefined],
    ['project/a.ts', `const f = (console: X) => console.log(1)`, 'only cli may mention console'],
    ['project/a.ts', `const c = console`, 'only cli may mention console'],
    ['cli/a.ts', `process.stdout.write(process.argv[1]!)`, undefined],
    ['helpers/a.ts', ``, 'helpers is not in the table'],
  ]
  for (const [path, text, complaint] of planted) {
    it(`${complaint ? 'refuses' : 'accepts'} ${JSON.stringify(text)} in ${path}`, () => {
      const violations = checkLayers(new Map([[path, text]]), rules)
      assert.equal(violations.length, complaint ? 1 : 0, violations.join('\n'))
      if (complaint) assert.ok(violations[0]!.includes(complaint), violations[0])
    })
  }
})

import assert from 'node:assert/strict'
import { runInNewContext } from 'node:vm'
import { build } from 'esbuild'

describe('the simulator in a browser', () => {
  it('bundles without node: modules and plays a script', async () => {
    const result = await build({
      stdin: {
        contents: `export { simulateSync } from './src/simulate/index.js'\nexport { analyse } from './src/analysis/analyse.js'\nexport { parse } from './src/syntax/parse.js'`,
        resolveDir: process.cwd(),
        loader: 'ts',
      },
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'iife',
      globalName: 'simulator',
      logLevel: 'silent',
    })
    const code = result.outputFiles[0]!.text
    const script = `simulator.simulateSync({
      machine: { platform: 'efi', arch: 'x86_64', version: '2', interfaces: [] },
      host: { fetch() {}, menu: () => ({ pick: 'b' }), key() {}, line() {}, dhcp() {} },
      script: '#!ipxe\\nmenu T\\nitem a A\\nitem b B\\nchoose x && echo \${x}',
    }).output`
    const context = { TextDecoder, TextEncoder }
    assert.equal(runInNewContext(`${code}\n${script}`, context), 'b\n')
  })
})

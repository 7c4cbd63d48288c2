import assert from 'node:assert/strict'
import ts from 'typescript'
import { clientScript } from '../../src/preview/client.js'

describe('the script of the page', () => {
  it('is right by its JSDoc types', function () {
    this.timeout(60_000)
    const name = '/preview.js'
    const options: ts.CompilerOptions = {
      allowJs: true,
      checkJs: true,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
      types: [],
    }
    const host = ts.createCompilerHost(options)
    const base = ts.createCompilerHost(options)
    host.getSourceFile = (file, ...rest) =>
      file === name
        ? ts.createSourceFile(name, clientScript, ts.ScriptTarget.ES2023, true, ts.ScriptKind.JS)
        : base.getSourceFile(file, ...rest)
    host.fileExists = (file) => file === name || base.fileExists(file)
    const program = ts.createProgram([name], options, host)
    const found = ts.getPreEmitDiagnostics(program).map(({ messageText, start, file }) => {
      const line = file && start !== undefined ? file.getLineAndCharacterOfPosition(start).line + 1 : 0
      return `${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
    })
    assert.deepEqual(found, [])
  })

  it('makes no HTML from text', () => {
    assert.doesNotMatch(
      clientScript,
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|new Function/,
    )
  })
})

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type {
  CodeAction,
  CompletionItem,
  DocumentSymbol,
  Hover,
  Location,
  Range,
  SemanticTokens,
  TextEdit,
  WorkspaceEdit,
} from 'vscode-languageserver'
import { Editor } from './client.js'

const range = (line: number, from: number, to: number): Range => ({
  start: { line, character: from },
  end: { line, character: to },
})
const text = `#!ipxe
# Größe 😀
set base http://10.0.0.1/ö
set größe 1 && ehco \${base}
:start
menu Größe
item --key a start  Again
choose --default start target ||
isset \${target} && goto \${target} ||
goto start
  echo   \${größe} \${net0/mac:hexhyp}
`

describe('ipxetool lsp', function () {
  this.timeout(60_000)
  let folder: string
  let editor: Editor
  let uri: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-lsp-'))
    mkdirSync(join(folder, 'menus'))
    writeFileSync(
      join(folder, 'ipxetool.yaml'),
      'variables: { repo: { type: string, value: x } }\ncheck: { rules: { bad-url: off } }\n',
    )
    writeFileSync(
      join(folder, 'boot.ipxe'),
      '#!ipxe\nset elsewhere 1\necho $<repo>\nchain menus/a.ipxe || shell\n',
    )
    writeFileSync(join(folder, 'menus/a.ipxe'), '#!ipxe\n')
    uri = pathToFileURL(join(folder, 'loose', 'a.ipxe')).href.replace(/^.*$/, 'untitled:a.ipxe')
    editor = new Editor(folder)
    await editor.start()
    await editor.open(uri, text)
  })
  after(async () => {
    const timer = setTimeout(() => {
      editor.kill()
    }, 20_000)
    assert.equal(
      await editor.stop().finally(() => {
        clearTimeout(timer)
      }),
      0,
    )
    rmSync(folder, { recursive: true })
  })

  it('reports as one types, in UTF-16', async () => {
    const { diagnostics } = await editor.diagnostics(uri, (found) => found.includes('3 unknown-command'))
    const found = diagnostics.find(({ code }) => code === 'unknown-command')!
    assert.deepEqual([found.range, found.severity, found.source], [range(3, 15, 19), 1, 'ipxetool'])
    assert.match(found.message, /did you mean `echo`/)
    await editor.change(uri, range(3, 15, 19), 'echo')
    await editor.diagnostics(uri, (now) => !now.includes('3 unknown-command'))
    await editor.change(uri, range(9, 5, 10), 'strat')
    await editor.diagnostics(uri, (now) => now.includes('9 missing-label'))
  })

  it('offers repairs', async () => {
    const { diagnostics } = await editor.diagnostics(uri, (found) => found.includes('9 missing-label'))
    const actions = await editor.ask<CodeAction[]>('textDocument/codeAction', {
      textDocument: { uri },
      range: range(9, 6, 6),
      context: { diagnostics },
    })
    assert.ok(
      actions.some(({ title }) => title === 'Silence missing-label here'),
      JSON.stringify(actions),
    )
    const edit = actions.find(({ title }) => title.startsWith('Silence'))!.edit!.changes![uri]
    assert.deepEqual(edit, [{ range: range(9, 0, 0), newText: '# ipxetool disable=missing-label\n' }])
    await editor.change(uri, range(9, 5, 10), 'start')
    await editor.diagnostics(uri, (found) => !found.includes('9 missing-label'))
  })

  it('shows what the tables know', async () => {
    const hover = async (line: number, character: number): Promise<string> => {
      const found = await editor.ask<Hover | null>('textDocument/hover', editor.at(uri, line, character))
      return (found?.contents as { value: string } | undefined)?.value ?? ''
    }
    assert.match(await hover(7, 2), /^```ipxe\nchoose .*--timeout/)
    assert.match(await hover(6, 7), /`--key`/)
    assert.match(await hover(10, 25), /link-layer address/)
    assert.match(await hover(3, 25), /is set in line 3/)
    assert.equal(await hover(1, 3), '')
  })

  it('completes commands, options, settings, labels and variables', async () => {
    const complete = async (line: string): Promise<string[]> => {
      const other = `untitled:${line}`
      await editor.open(other, `#!ipxe\n:there\nset mine 1\nmenu\nitem one One\n${line}`)
      const found = await editor.ask<CompletionItem[]>(
        'textDocument/completion',
        editor.at(other, 5, line.length),
      )
      return found.map(({ label }) => label)
    }
    assert.ok((await complete('ch')).includes('chain'))
    assert.ok((await complete('echo a && ')).includes('goto'))
    assert.ok((await complete('choose --')).includes('--timeout'))
    assert.deepEqual(await complete('goto '), ['there'])
    assert.deepEqual(await complete('choose --default '), ['one'])
    const settings = await complete('echo ${')
    assert.ok(settings.includes('mine') && settings.includes('net0/mac'.slice(5)), settings.join())
    assert.ok((await complete('echo ${mac:')).includes('hexhyp'))
    assert.ok((await complete('# ipxetool disable=')).includes('unset-setting'))
    assert.deepEqual(await complete('# a comment '), [])
  })

  it('finds and renames labels and settings', async () => {
    const definition = await editor.ask<Location[]>('textDocument/definition', editor.at(uri, 9, 7))
    assert.deepEqual(definition, [{ uri, range: range(4, 1, 6) }])
    const references = await editor.ask<Location[]>('textDocument/references', {
      ...editor.at(uri, 4, 3),
      context: { includeDeclaration: true },
    })
    assert.deepEqual(references.map((one) => one.range.start.line).sort(), [4, 6, 7, 9])
    const rename = async (line: number, character: number, newName: string): Promise<TextEdit[]> =>
      (
        await editor.ask<WorkspaceEdit>('textDocument/rename', {
          ...editor.at(uri, line, character),
          newName,
        })
      ).changes![uri]!
    assert.equal((await rename(4, 2, 'begin')).length, 4)
    assert.deepEqual(
      (await rename(3, 6, 'size')).sort((a, b) => a.range.start.line - b.range.start.line),
      [
        { range: range(3, 4, 9), newText: 'size' },
        { range: range(10, 11, 16), newText: 'size' },
      ],
    )
    await assert.rejects(rename(4, 2, 'two words'), /blanks/)
    assert.deepEqual(
      await editor.ask('textDocument/prepareRename', editor.at(uri, 10, 12)),
      range(10, 11, 16),
    )
  })

  it('lists labels, formats, and colours', async () => {
    const symbols = await editor.ask<DocumentSymbol[]>('textDocument/documentSymbol', {
      textDocument: { uri },
    })
    assert.deepEqual(
      symbols.map(({ name, selectionRange }) => [name, selectionRange]),
      [['start', range(4, 0, 6)]],
    )
    const options = { tabSize: 2, insertSpaces: true }
    const edits = await editor.ask<TextEdit[]>('textDocument/formatting', { textDocument: { uri }, options })
    assert.match(edits[0]!.newText, /\n\n:start\n[^]*\necho \$\{größe\} \$\{net0\/mac:hexhyp\}\n$/)
    assert.match(edits[0]!.newText, /# Größe 😀\n/)
    const { data } = await editor.ask<SemanticTokens>('textDocument/semanticTokens/full', {
      textDocument: { uri },
    })
    assert.equal(data.length % 5, 0)
    assert.deepEqual(data.slice(0, 15), [0, 0, 6, 4, 0, 1, 0, 10, 4, 0, 1, 0, 3, 0, 0])
  })

  it('knows the project: its settings, variables and rules', async () => {
    const own = pathToFileURL(join(folder, 'menus/a.ipxe')).href
    await editor.open(own, '#!ipxe\necho ${elsewhere} $<repo> ${unheard}\nchain htp://x/ || shell\n')
    const { diagnostics } = await editor.diagnostics(own, (found) => found.includes('1 unset-setting'))
    const codes = diagnostics.map(({ code, message }) => [code, message.includes('unheard')])
    assert.deepEqual(
      codes.filter(([code]) => code !== 'unused-setting'),
      [['unset-setting', true]],
    )
    writeFileSync(join(folder, 'boot.ipxe'), '#!ipxe\nset unheard 1\nset elsewhere 1\n')
    await editor.save(own)
    await editor.diagnostics(own, (found) => !found.includes('1 unset-setting'))
  })
})

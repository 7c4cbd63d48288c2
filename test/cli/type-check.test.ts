import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { type CheckCommandOptions, runCheck } from '../../src/cli/check.js'
import { TypeChecker } from '../../src/cli/type-check.js'
import type { JsonReport } from '../../src/diagnostics/reporters/json.js'

describe('types of menus/*.ts', function () {
  // TypeScript takes seconds where nothing else runs
  this.timeout(180_000)
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ipxetool-types-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  const write = (files: Record<string, string>): void => {
    for (const [path, text] of Object.entries({ 'ipxetool.yaml': 'title: x\n', ...files })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
  }
  const check = async (
    paths: string[] = [],
    options: CheckCommandOptions = { json: true },
  ): Promise<{ found: string[]; out: string; err: string }> => {
    let out = ''
    let err = ''
    await runCheck(paths, options, {
      cwd: folder,
      env: {},
      stdin: Readable.from([]),
      stdout: { write: (text) => (out += String(text)) },
      stderr: { write: (text) => (err += String(text)) },
      signal: new AbortController().signal,
    })
    const found =
      options.json === true
        ? (JSON.parse(out) as JsonReport).diagnostics.map(
            ({ file, line, column, rule, message }) => `${file}:${line}:${column} ${rule}: ${message}`,
          )
        : []
    return { found, out, err }
  }
  const menu = (entries: string, before = ''): string =>
    `import { linux, local, menu } from 'ipxetool/menu'\n${before}export default menu({ id: 'main', title: 'Lab', entries: [\n  ${entries}\n] })\n`
  const disk = "local({ id: 'disk', label: 'Disk' }),"

  it('what only types show, at its line, column and in a helper; nothing else is said', async () => {
    write({
      'menus/a.ts': menu(
        disk,
        "import { two } from './_two'\nconst n: number = 'ä' + two(1); const m: number = 'ö'\nexport const all = [n, m]\n",
      ),
      'menus/_two.ts': 'export const two = (a) => String(a)\nconst x: string = 3\nexport default x\n',
    })
    assert.deepEqual((await check()).found, [
      "menus/_two.ts:2:7 typescript: Type 'number' is not assignable to type 'string'",
      "menus/a.ts:3:7 typescript: Type 'string' is not assignable to type 'number'",
      "menus/a.ts:3:39 typescript: Type 'string' is not assignable to type 'number'",
    ])
    const { out } = await check(['menus/_two.ts'], {})
    assert.doesNotMatch(out, /const n/)
    assert.match(out, /2 \| const x: string = 3\n/)
  })

  it('what the schema sees too is said once', async () => {
    write({
      'menus/a.ts': menu(
        "local({ id: 'a', lable: 'A' }),\n  linux({ id: 'b',\n    label: 5,\n    kernel: 'k' }),",
      ),
    })
    assert.deepEqual((await check()).found, [
      'menus/a.ts:3:20 menu-schema: There is no key `lable` in entry `a`; did you mean `label`?',
      'menus/a.ts:5:5 menu-schema: `label` of entry `b` is a number, expected text',
    ])
  })

  it('what is no TypeScript is said once, and so is a name that is not there', async () => {
    write({
      'menus/a.ts': menu(disk, "const a = {\n  b: 1\n  c: 2\n}\nconst d: number = 'x'\n"),
      'menus/b.ts': menu("local({ id: 'a', label: `${net0}` }),"),
    })
    assert.deepEqual((await check()).found, [
      'menus/a.ts:4:3 menu-syntax: This is not TypeScript: unexpected token, expected ","',
      'menus/b.ts:3:30 menu-error: The menu file fails: ReferenceError: net0 is not defined',
    ])
  })

  it('nothing about what runs: Node.js, JSON, all spellings of a helper, top-level await', async () => {
    write({
      'menus/a.ts': menu(
        disk,
        "import { basename } from 'node:path'\nimport { a } from './_b'\nimport { a as b } from './_b.js'\nimport { a as c } from './_b.ts'\nimport list from './list.json'\nawait Promise.resolve([a, b, c, list[0], basename('x'), process.version])\nconsole.log(new URL('http://a/').href)\n",
      ),
      'menus/_b.ts': 'export const a: string = "a"\n',
      'menus/list.json': '["a"]\n',
    })
    const { found, err } = await check()
    assert.deepEqual({ found, err }, { found: [], err: 'http://a/\n' })
  })

  it('the project’s own tsconfig.json counts, with paths of its own; package.json does not', async () => {
    write({
      'menus/a.ts': menu(disk, "import { lib } from '#lib/x'\nexport const a = (b) => lib(b)\n").replace(
        "'#lib/x'",
        "'lab/x'",
      ),
      'lib/x.ts': 'export const lib = (a: number): number => a\n',
      'node_modules/lab/package.json': '{ "name": "lab", "exports": { "./x": "./x.js" } }',
      'node_modules/lab/x.js': 'exports.lib = (a) => a\n',
      'tsconfig.json':
        '{\n  // as editors see it\n  "compilerOptions": { "strict": true, "module": "nodenext", "verbatimModuleSyntax": true, "types": [], "paths": { "lab/*": ["./lib/*"] } },\n}\n',
    })
    assert.deepEqual((await check()).found, [
      "menus/a.ts:3:19 typescript: Parameter 'b' implicitly has an 'any' type",
    ])
    write({ 'tsconfig.json': '{ "compilerOptions": { "strict": "maybe" } }\n' })
    assert.deepEqual((await check()).found.slice(-1), [
      "tsconfig.json:1:34 typescript: Compiler option 'strict' requires a value of type boolean",
    ])
  })

  it('a TypeScript of the project that cannot be used is passed over', async () => {
    write({
      'menus/a.ts': menu(disk, "export const n: number = 'x'\n"),
      'node_modules/typescript/package.json': '{ "name": "typescript", "main": "index.js" }',
      'node_modules/typescript/index.js': 'module.exports = { version: "9.0.0" }\n',
    })
    assert.deepEqual((await check()).found, [
      "menus/a.ts:2:14 typescript: Type 'string' is not assignable to type 'number'",
    ])
  })

  it('without TypeScript, or without menu files, there is nothing to say', async () => {
    write({ 'menus/a.ts': menu(disk) })
    const elsewhere = join(folder, 'x.js')
    const none = await new TypeChecker('.', folder, elsewhere).result([])
    assert.deepEqual(none, { diagnostics: [], skipped: 'TypeScript is not installed' })
    write({ 'b/ipxetool.yaml': '', 'b/menus/boot.ipxe': '#!ipxe\n', 'b/menus/a.d.ts': 'x\n' })
    assert.deepEqual(await new TypeChecker('b', folder).result([]), { diagnostics: [] })
  })

  it('stops when it is told to', async () => {
    write({ 'menus/a.ts': menu(disk, "export const n: number = 'x'\n") })
    const checker = new TypeChecker('.', folder)
    await checker.stop()
    assert.deepEqual((await checker.result([])).diagnostics, [])
  })
})

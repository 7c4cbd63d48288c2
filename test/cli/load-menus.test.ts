import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { runCheck } from '../../src/cli/check.js'
import { menuLoader } from '../../src/cli/load-menus.js'
import { nodeHost } from '../../src/cli/node-host.js'
import type { JsonReport } from '../../src/diagnostics/reporters/json.js'
import type { ProjectHost } from '../../src/project/host.js'
import { loadProject, type Loaded } from '../../src/project/project.js'
import { lines } from '../project/memory-host.js'

const imports =
  "import { linux, local, menu, raw, separator, shell, submenu, variable } from 'ipxetool/menu'\n"

describe('menus in TypeScript, in the worker', () => {
  let top: string
  let folder: string
  beforeEach(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'ipxetool-menus-')))
    folder = top
  })
  afterEach(() => {
    rmSync(top, { recursive: true })
  })

  interface Result extends Loaded {
    /** `file:line:column rule: reason` */
    found: string[]
    notes: string[]
    printed: string
    /** `menu: entry entry` */
    menus: string[]
  }

  /** A project of these files; what has no folder is in menus/. */
  const write = (files: Record<string, string>): void => {
    const all = { 'ipxetool.yaml': 'title: test\n', ...files }
    for (const [name, text] of Object.entries(all)) {
      const path = join(folder, name.includes('/') || name === 'ipxetool.yaml' ? name : `menus/${name}`)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    }
  }
  const load = async (files: Record<string, string>, limit = 60_000): Promise<Result> => {
    write(files)
    let printed = ''
    const stderr = { write: (text: string | Uint8Array) => (printed += String(text)) }
    const host: ProjectHost = {
      ...nodeHost(folder),
      loadMenuFile: menuLoader({ cwd: folder, stderr, limit }),
    }
    const loaded = await loadProject('.', host, {})
    return {
      ...loaded,
      found: lines(loaded.diagnostics),
      notes: loaded.diagnostics.map(({ note }) => note ?? ''),
      printed,
      menus: (loaded.project?.model.menus ?? []).map(
        ({ id, entries }) =>
          `${id}: ${entries.map((entry) => ('id' in entry ? entry.id : entry.kind)).join(' ')}`,
      ),
    }
  }
  const main = (entries: string, rest = ''): string =>
    `${imports}export default menu({\n  id: 'main',\n  title: 'Lab',\n  entries: [\n    ${entries}\n  ],\n${rest}})\n`
  const fine = main("local({ id: 'disk', label: 'Local disk' }),")

  describe('that are fine', () => {
    const works = async (files: Record<string, string>, menus: string[]): Promise<Result> => {
      const result = await load(files)
      assert.deepEqual({ found: result.found, menus: result.menus }, { found: [], menus })
      return result
    }
    it('a menu', () => works({ 'a.ts': fine }, ['main: disk']))
    it('made from an array by a function', () =>
      works(
        {
          'a.ts':
            'const versions: number[] = [9, 10]\nconst centos = (version: number) =>\n  linux({ id: `centos-${version}`, label: `CentOS ${version}`, kernel: `http://m.example/${version}/k` })\n' +
            main('...versions.map(centos), separator()'),
        },
        ['main: centos-9 centos-10 separator'],
      ))
    it('a list of them, and those of several files', () =>
      works(
        {
          'a.ts': `${imports}const tools = menu({ id: 'tools', title: 'Tools', entries: [shell({ id: 'shell', label: 'Shell' })] })\nexport default [menu({ id: 'main', title: 'Lab', entries: [submenu('tools'), submenu('more')] }), tools]\n`,
          'b.ts': fine.replace("'main'", "'more'"),
        },
        ['main: submenu submenu', 'tools: shell', 'more: disk'],
      ))
    it('of an async function, a promise, a function that returns a function', async () => {
      const made = "menu({ id: 'main', title: 'x', entries: [local({ id: 'disk', label: 'd' })] })"
      for (const value of [
        `async () => {\n  await new Promise((done) => setTimeout(done, 1))\n  return ${made}\n}`,
        `Promise.resolve([${made}])`,
        `() => async () => ${made}`,
        `await Promise.resolve(${made})`,
      ]) {
        await works({ 'a.ts': `${imports}export default ${value}\n` }, ['main: disk'])
      }
    })
    it('from a helper beside it, in all spellings, from JSON, and from a folder below', () =>
      works(
        {
          'a.ts':
            "import { one } from './_help.js'\nimport { one as two } from './_help.ts'\nimport { one as three } from './_help'\nimport list from '../lib/list.json' with { type: 'json' }\nimport four from '../lib/four.js'\n" +
            main("one('a'), two('b'), three('c'), ...list.map((id: string) => one(id)), four"),
          '_help.ts': `${imports}export const one = (id: string) => shell({ id, label: id })\n`,
          'lib/list.json': '["d", "e"]',
          'lib/four.ts': `${imports}export default shell({ id: 'f', label: 'F' })\n`,
        },
        ['main: a b c d e f'],
      ))
    it('what the catalog has, in a menu of one’s own', async () => {
      const catalog = JSON.stringify(new URL('../../menus/catalog/menus/tools.ts', import.meta.url).pathname)
      const { menus, found } = await load({
        'a.ts': `import catalog from ${catalog}\n${main("...[catalog].flat()[0]!.entries.filter((entry) => entry.kind === 'memtest' || entry.kind === 'shell'),")}`,
      })
      assert.deepEqual(found, [])
      assert.match(menus[0]!, /^main: \w/)
    })
    it('in a folder whose path has blanks, brackets and letters beyond ASCII', async () => {
      folder = join(top, 'Größe (alt) 100% café', 'お')
      await works({ 'a.ts': fine }, ['main: disk'])
      const { found } = await load({ 'a.ts': main("local({ id: 'disk', lable: 'Local disk' }),") })
      assert.deepEqual(found.slice(0, 1), [
        'menus/a.ts:6:25 menu-schema: There is no key `lable` in entry `disk`; did you mean `label`?',
      ])
      assert.match(
        (await load({ 'a.ts': "\nthrow new Error('x')\n" })).found[0]!,
        /^menus\/a\.ts:2:7 menu-error/,
      )
    })
    it('and there, too, a loop has its line', async () => {
      folder = join(top, 'Größe (alt) 100% café')
      const { found } = await load({ 'a.ts': '\nfor (;;) {}\n' }, 3000)
      assert.match(found.join(), /^menus\/a\.ts:2:\d+ menu-timeout/)
    })
    it('leave nothing behind', async () => {
      await works({ 'a.ts': fine }, ['main: disk'])
      assert.deepEqual(readdirSync(folder), ['ipxetool.yaml', 'menus'])
      assert.deepEqual(readdirSync(join(folder, 'menus')), ['a.ts'])
    })
    it('give texts to the reader of `--json` only where they belong', async () => {
      write({
        'a.ts': `console.log('to', 'stdout')\nprocess.stdout.write('more\\n')\nconsole.error('no')\n${fine}`,
      })
      let out = ''
      let err = ''
      await runCheck(
        [],
        { json: true },
        {
          cwd: folder,
          env: {},
          stdin: Readable.from([]),
          stdout: { write: (text) => (out += String(text)) },
          stderr: { write: (text) => (err += String(text)) },
          signal: new AbortController().signal,
        },
      )
      assert.equal((JSON.parse(out) as JsonReport).summary.errors, 0)
      assert.equal(err, 'to stdout\nmore\nno\n')
    })
  })

  const wrong = (
    name: string,
    files: Record<string, string>,
    expected: string[],
    note?: RegExp,
    limit?: number,
  ): void => {
    it(name, async () => {
      const { found, notes, project } = await load(files, limit)
      // where in the line it is just then may differ
      const isStuck = found.some((line) => /within|MiB of memory/.test(line))
      const exact = isStuck ? found.map((line) => line.replace(/:\d+ /, ' ')) : found
      assert.deepEqual(exact, expected)
      if (note) assert.match(notes[0]!, note)
      // nothing is said about menus that may be there
      if (expected.some((line) => / menu-(error|timeout|syntax|file|schema)/.test(line)))
        assert.equal(project?.model.isIncomplete, true)
    })
  }

  describe('that never end', () => {
    const late = 'menu-timeout: The menu file did not finish within 3 s'
    const never = 'menu-timeout: The menu file waits for a promise that nothing can settle'
    wrong(
      'a loop at the top',
      { 'a.ts': `${imports}\n\nfor(;;){}\n` },
      [`menus/a.ts:4 ${late}`],
      /loop never end/,
      3000,
    )
    wrong(
      'a loop in a function that another file has',
      {
        'a.ts': "import { spin } from '../lib/help.js'\nexport default () => spin({ turns: 1 })\n",
        'lib/help.ts':
          'interface Options {\n  turns: number\n}\nexport function spin({ turns }: Options) {\n  for (;;) turns = turns + 1 - 1\n}\n',
      },
      [`lib/help.ts:5 ${late}`],
      /loop never end/,
      3000,
    )
    wrong(
      'a promise that nobody settles, at the top',
      { 'a.ts': `${imports}\nawait new Promise(() => {})\n${fine.replace(imports, '')}` },
      [`menus/a.ts:3:1 ${never}`],
      /wait for ever/,
    )
    wrong(
      'and in a function',
      { 'a.ts': 'export default async function () {\n  return await new Promise(() => {})\n}\n' },
      [`menus/a.ts:2:10 ${never}`],
    )
    wrong(
      'a timer that repeats',
      { 'a.ts': 'setInterval(() => undefined, 50)\nexport default new Promise(() => {})\n' },
      [`menus/a.ts:2 ${late}`],
      /waits for something/,
      3000,
    )
    wrong(
      'objects without end',
      {
        'a.ts':
          'const all: unknown[] = []\nexport default () => {\n  for (;;) all.push(new Array(1000).fill(all.length))\n}\n',
      },
      ['menus/a.ts:3 menu-error: The menu file takes more than 512 MiB of memory'],
    )
    wrong(
      'bytes without end',
      { 'a.ts': 'const all: unknown[] = []\nfor (;;) {\n  all.push(new Uint8Array(2 ** 24).fill(1))\n}\n' },
      ['menus/a.ts:3 menu-error: The menu file takes more than 512 MiB of memory'],
    )
    it('do not take others with them', async () => {
      const { found, menus } = await load({ 'a.ts': 'process.exit()\n', 'b.ts': fine })
      assert.deepEqual(found, ['menus/a.ts:1:9 menu-error: The menu file ends the process (exit code 0)'])
      assert.deepEqual(menus, ['main: disk'])
    })
  })

  describe('that fail', () => {
    const fails = 'menu-error: The menu file fails:'
    wrong('throw', { 'a.ts': "type A = {\n  a: 1\n}\nthrow new Error('no list')\n" }, [
      `menus/a.ts:4:7 ${fails} no list`,
    ])
    wrong(
      'throw in a helper’s function',
      {
        'a.ts': "import { list } from './_list.js'\nexport default async () => list()\n",
        '_list.ts':
          'export const list = () => {\n  const none = undefined as unknown as { a: string }\n  return none.a\n}\n',
      },
      [`menus/_list.ts:3:15 ${fails} TypeError: Cannot read properties of undefined (reading 'a')`],
    )
    wrong('throw what is no error', { 'a.ts': "\nexport default () => {\n  throw 'no list'\n}\n" }, [
      `menus/a.ts:3:3 ${fails} no list`,
    ])
    wrong('call themselves', { 'a.ts': 'const f = (): unknown => f()\nexport default f\n' }, [
      `menus/a.ts:1:26 ${fails} RangeError: Maximum call stack size exceeded`,
    ])
    wrong(
      'refuse a promise that nobody waits for',
      { 'a.ts': `${fine}\nvoid Promise.reject(new Error('late'))\n` },
      [`menus/a.ts:10:21 ${fails} late`],
      /in the background/,
    )
    wrong(
      'throw in a timer',
      {
        'a.ts': `setTimeout(() => {\n  throw new Error('late')\n})\nawait new Promise((done) => setTimeout(done, 20))\n${fine}`,
      },
      [`menus/a.ts:2:9 ${fails} late`],
      /in the background/,
    )
    wrong('end the process', { 'a.ts': '\nexport default () => process.exit(3)\n' }, [
      'menus/a.ts:2:30 menu-error: The menu file ends the process (exit code 3)',
    ])
    wrong(
      'import a file that is not there',
      { 'a.ts': "// about './gone.js'\nimport { a } from './gone.js'\nexport default a\n" },
      [`menus/a.ts:2:1 ${fails} Cannot find module './gone.js'`],
      /Paths begin at the file that imports/,
    )
    wrong(
      'import a package that is not there',
      { 'a.ts': "import './_b.js'\n", '_b.ts': "\nimport a from '@gone/package/part'\nconsole.log(a)\n" },
      [`menus/_b.ts:2:1 ${fails} Cannot find module '@gone/package/part'`],
      /npm install @gone\/package$/,
    )
    wrong(
      'import a name that ipxetool/menu has not',
      { 'a.ts': "import { menus } from 'ipxetool/menu'\nexport default menus({ id: 'main' })\n" },
      [`menus/a.ts:2:16 ${fails} TypeError: menus is not a function`],
      /has a `menu`/,
    )
  })

  describe('that are no TypeScript', () => {
    wrong('a comma is missing', { 'a.ts': "const a = {\n  id: 'main'\n  title: 'x',\n}\n" }, [
      'menus/a.ts:3:3 menu-syntax: This is not TypeScript: unexpected token, expected ","',
    ])
    wrong('in a helper', { 'a.ts': "import './_b.js'\n", '_b.ts': '\n\nconst = 1\n' }, [
      'menus/_b.ts:3:7 menu-syntax: This is not TypeScript: unexpected token',
    ])
  })

  describe('with settings between backquotes', () => {
    const backquotes = /Between backquotes `\$\{…\}` is JavaScript/
    const url = (text: string): Record<string, string> => ({
      'a.ts': main(`raw({ id: 'a', label: 'A', script: \`chain ${text}\` }),`),
    })
    for (const [text, name] of [
      ['http://${net0}/', 'net0'],
      ['http://${next-server}/', 'next'],
      ['http://${net0/mac}/', 'net0'],
    ] as const) {
      wrong(
        text,
        url(text),
        [
          `menus/a.ts:6:${48 + text.indexOf('{')} menu-error: The menu file fails: ReferenceError: ${name} is not defined`,
        ],
        backquotes,
      )
    }
    wrong(
      'http://${mac:hexhyp}/',
      url('http://${mac:hexhyp}/'),
      ['menus/a.ts:6:59 menu-syntax: This is not TypeScript: unexpected token, expected "}"'],
      backquotes,
    )
    it('the lines of a script have their places', async () => {
      const text = '\n  echo one\n\n  reboot\n'
      const { project } = await load({ 'a.ts': main(`raw({ id: 'a', label: 'A', script: \`${text}\` }),`) })
      const { source } = project!.model.menus[0]!.entries[0]!
      const places = source?.lines?.map(({ line, column }) => `${line}:${column}`)
      assert.deepEqual(places, ['6:1', '7:3', '8:1', '9:3'])
    })
    it('escaped they are settings', async () => {
      const { project, found } = await load(url('http://\\${next-server}/'))
      assert.deepEqual(found, [])
      const [entry] = project!.model.menus[0]!.entries
      assert.equal(entry?.kind === 'raw' && entry.script, 'chain http://${next-server}/')
    })
  })

  describe('that are no menus', () => {
    wrong(
      'nothing is exported',
      { 'a.ts': 'export const a = 1\n' },
      ['menus/a.ts:1:1 menu-file: `menus/a.ts` exports no menu'],
      /export default menu/,
    )
    wrong('a text', { 'a.ts': "export default 'main'\n" }, [
      'menus/a.ts:1:1 menu-file: `menus/a.ts` exports text, not a menu',
    ])
    wrong('a circle', { 'a.ts': 'const a: { b?: unknown } = {}\na.b = a\nexport default a\n' }, [
      'menus/a.ts:3:1 menu-file: `menus/a.ts` exports something that is no plain data: Converting circular structure to JSON',
    ])
    wrong(
      'a wrong field',
      {
        'a.ts': main(
          "local({ id: 'a', label: 'A' }),\n    linux({\n      id: 'b',\n      label: 'kernle: x', // kernle: y\n      kernle: 'http://m.example/k',\n    }),",
        ),
      },
      ['menus/a.ts:10:7 menu-schema: There is no key `kernle` in entry `b`; did you mean `kernel`?'],
    )
    wrong(
      'a wrong type',
      {
        'a.ts': main(
          "local({ id: 'a', label: 'A' }),\n    local({ id: 'b',\n      label: 5 as never,\n    }),",
        ),
      },
      ['menus/a.ts:8:7 menu-schema: `label` of entry `b` is a number, expected text'],
      /^Put quotes around it\.$/,
    )
    wrong(
      'a wrong field of a menu, and below a key',
      {
        'a.ts': main(
          "linux({ id: 'a', label: 'A', kernel: 'k', needs: { memroy: '1 GiB' } }),",
          "  timeuot: '30s',\n",
        ),
      },
      [
        'menus/a.ts:6:56 menu-schema: There is no key `memroy` in `needs` of entry `a`; did you mean `memory`?',
        'menus/a.ts:8:3 menu-schema: There is no key `timeuot` in menu `main`; did you mean `timeout`?',
      ],
    )
    wrong('a field that is missing', { 'a.ts': main("linux({ id: 'a', label: 'A' }),") }, [
      'menus/a.ts:6:5 menu-schema: `kernel` of entry `a` is missing',
    ])
    wrong(
      'entries without helpers',
      {
        'a.ts': main(
          "{ kind: 'local', id: 'a', label: 'A' },\n    { kind: 'local', id: 'b', lable: 'B' },\n    { kind: 'lokal', id: 'c', label: 'C' },",
        ),
      },
      [
        'menus/a.ts:7:31 menu-schema: There is no key `lable` in entry `b`; did you mean `label`?',
        'menus/a.ts:2:16 menu-schema: Entry `c` has the kind `lokal`; did you mean `local`?',
      ],
    )
  })

  describe('that do not fit together', () => {
    wrong(
      'two entries with one name',
      { 'a.ts': main("shell({ id: 'a', label: 'A' }),\n    local({ id: 'a', label: 'B' }),") },
      ['menus/a.ts:7:5 duplicate-entry: The menu `main` has two entries `a`; the other is at menus/a.ts:6:5'],
    )
    wrong('two menus with one name', { 'a.ts': fine, 'b.ts': fine }, [
      'menus/b.ts:2:16 duplicate-menu: There are two menus `main`; the other is at menus/a.ts:2:16',
    ])
    wrong('a menu that nobody can reach', { 'a.ts': fine, 'b.ts': `\n${fine.replace("'main'", "'lost'")}` }, [
      'menus/b.ts:3:16 unreachable-menu: Nobody can reach the menu `lost`',
    ])
    wrong(
      'a submenu that is not there',
      { 'a.ts': main("submenu('toosl'),"), 'b.ts': fine.replace("'main'", "'tools'") },
      [
        'menus/a.ts:6:5 missing-entry: The menu `toosl` does not exist; did you mean `tools`?',
        'menus/b.ts:2:16 unreachable-menu: Nobody can reach the menu `tools`',
      ],
    )
  })

  describe('that give something else another time', () => {
    const uses = 'menu-not-deterministic: The menu file'
    const label = (code: string): Record<string, string> => ({
      'a.ts': main(`local({ id: 'a', label: String(${code}) }),`),
    })
    for (const [code, name, at] of [
      ['Math.random()', 'takes a random number: `Math.random`, and gives other menus each time', 41],
      ['Date.now() > 0', 'asks the clock: `Date.now`', 41],
      ['new Date().getFullYear() > 0', 'asks the clock: `new Date()`', 36],
      ['process.hrtime()', 'asks the clock: `process.hrtime`, and gives other menus each time', 44],
      ['performance.now()', 'asks the clock: `performance.now`, and gives other menus each time', 48],
      [
        'crypto.randomUUID()',
        'takes a random number: `crypto.randomUUID`, and gives other menus each time',
        43,
      ],
    ] as const) {
      wrong(code, label(code), [`menus/a.ts:6:${at} ${uses} ${name}`], /disable=menu-not-deterministic/)
    }
    wrong(
      'the network, for which nobody answers',
      {
        'a.ts': `import { get } from 'node:http'\nconst answer = await fetch('http://127.0.0.1:1/').catch(() => 'none')\n${main("local({ id: 'a', label: String(answer) }),")}`,
        'b.ts': `import { connect } from 'node:net'\nconnect(1, '127.0.0.1').on('error', () => undefined)\n\nexport default []\n`,
        'c.ts': `import * as http from 'node:http'\n\nhttp.get('http://127.0.0.1:1/').on('error', () => undefined)\nexport default []\n`,
      },
      [
        `menus/a.ts:2:22 ${uses} asks the network: \`fetch\``,
        `menus/b.ts:2:1 ${uses} asks the network: \`net.connect\``,
        `menus/c.ts:3:6 ${uses} asks the network: \`http.get\``,
      ],
    )
    wrong(
      'another program, random bytes of a helper',
      {
        'a.ts': `import { execFileSync } from 'node:child_process'\nimport { id } from './_id.js'\nexecFileSync(process.execPath, ['--version'])\n${main("local({ id: 'a' + id().length, label: 'x' }),")}`,
        '_id.ts': "import { randomBytes } from 'node:crypto'\nexport const id = () => randomBytes(2)\n",
      },
      [
        `menus/a.ts:3:1 ${uses} starts another program: \`child_process.execFileSync\``,
        `menus/_id.ts:2:25 ${uses} takes a random number: \`crypto.randomBytes\``,
      ],
    )
    wrong(
      'what is counted up',
      {
        'a.ts': `const all = globalThis as { n?: number }\nall.n = (all.n ?? 0) + 1\n${main("local({ id: 'a' + all.n, label: 'x' }),")}`,
      },
      ['menus/a.ts:1:1 menu-not-deterministic: `menus/a.ts` gives other menus when it runs again'],
    )
    wrong(
      'a given time is no clock',
      label("new Date(0).toISOString() + new Date('2026-01-01').getTime()"),
      [],
    )
    wrong(
      'unless a comment says that it does no harm',
      {
        'a.ts': `// ipxetool disable=menu-not-deterministic\nconst now = Date.now()\nconst lot = Math.random() // ipxetool disable=menu-not-deterministic\nexport const x = [now, lot]\n${fine}`,
      },
      [],
    )
  })
})

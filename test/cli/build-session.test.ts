import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { type BuildOutcome, BuildSession } from '../../src/cli/build-session.js'
import { nodeHost } from '../../src/cli/node-host.js'

/** What an edit may change. */
interface Lab {
  title: string
  site: string
  entries: string[]
  machines: { id: string; host?: string }[]
  script: string
  partial: string
  /** Ends `ipxetool.yaml` with something that is no YAML, or that no schema takes. */
  broken: '' | 'menus: [' | 'colour: red\n'
}

const start: Lab = {
  title: 'Lab',
  site: 'north',
  entries: ['one', 'two', 'three'],
  machines: [{ id: 'a', host: 'a.example' }, { id: 'b', host: 'b.example' }, { id: 'c' }],
  script: 'echo by hand\nchain ../boot.ipxe\n',
  partial: 'echo a part\n',
  broken: '',
}

function filesOf({ title, site, entries, machines, script, partial, broken }: Lab): Map<string, string> {
  const entry = (id: string): string =>
    `      - { kind: linux, id: ${id}, label: Start ${id}, kernel: 'http://m.example/${id}', args: [[site, $<site>], [hostname, $<host>]] }\n`
  const machine = ({ id, host }: Lab['machines'][number], index: number): string =>
    `  - { id: ${id}, match: { mac: '52:54:00:00:00:0${index}' }, group: rack${host === undefined ? '' : `, variables: { host: ${host} }`} }\n`
  const yaml = `title: Rebuilt
variables:
  site: { type: string, value: '${site}' }
  host: { type: string, value: unknown }
menus:
  - id: main
    title: '${title}'
    entries:
      - { kind: submenu, menu: more }
${entries.map(entry).join('')}  - id: more
    title: More
    entries:
      - { kind: raw, id: part, label: A part, script: '# ipxetool include parts/_part.ipxe' }
groups:
  - { id: rack, menu: main, entry: one, console: 'ttyS0,115200' }
machines:${machines.length === 0 ? ' []\n' : `\n${machines.map(machine).join('')}`}${broken}`
  return new Map([
    ['ipxetool.yaml', yaml],
    ['menus/own.ipxe', `#!ipxe\n${script}`],
    ['parts/_part.ipxe', `#!ipxe\n${partial}`],
  ])
}

type Edit = (lab: Lab) => Lab

const edits: Record<string, Edit> = {
  'another title': (lab) => ({ ...lab, title: `${lab.title}!` }),
  'a title with a variable': (lab) => ({ ...lab, title: 'In $<site>' }),
  'an undeclared variable': (lab) => ({ ...lab, title: 'In $<nowhere>' }),
  'one more entry': (lab) => ({ ...lab, entries: [...lab.entries, `new-${lab.entries.length}`] }),
  'one entry less': (lab) => ({ ...lab, entries: lab.entries.slice(0, -1) }),
  'entries turned round': (lab) => ({ ...lab, entries: [...lab.entries].reverse() }),
  'one more machine': (lab) => ({
    ...lab,
    machines:
      lab.machines.length > 8
        ? lab.machines
        : [...lab.machines, { id: `m${lab.machines.length}`, host: 'new.example' }],
  }),
  'one machine less': (lab) => ({ ...lab, machines: lab.machines.slice(1) }),
  'a machine renamed': (lab) => ({
    ...lab,
    machines: lab.machines.map((machine, at) => (at === 0 ? { ...machine, id: 'renamed' } : machine)),
  }),
  'another host': (lab) => ({
    ...lab,
    machines: lab.machines.map((machine, at) => (at === 0 ? { ...machine, host: 'other.example' } : machine)),
  }),
  'another site': (lab) => ({ ...lab, site: lab.site === 'north' ? 'a b' : 'north' }),
  'a script edited': (lab) => ({ ...lab, script: `${lab.script}echo more\n` }),
  'a script with a mistake': (lab) => ({ ...lab, script: 'goto nowhere\n' }),
  'a script with a dead link': (lab) => ({ ...lab, script: 'chain missing.ipxe\n' }),
  'a script mended': (lab) => ({ ...lab, script: start.script }),
  'a part edited': (lab) => ({ ...lab, partial: `${lab.partial}set answer 42\n` }),
  'a part with a mistake': (lab) => ({ ...lab, partial: 'ecko a part\n' }),
  'a part mended': (lab) => ({ ...lab, partial: start.partial }),
  'broken YAML': (lab) => ({ ...lab, broken: 'menus: [' }),
  'a key of no schema': (lab) => ({ ...lab, broken: 'colour: red\n' }),
  'YAML mended': (lab) => ({
    ...lab,
    broken: '',
    title: 'Lab',
    entries: lab.entries.length === 0 ? ['one'] : lab.entries,
  }),
  nothing: (lab) => lab,
}

async function write(root: string, lab: Lab): Promise<void> {
  for (const [path, text] of filesOf(lab)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
}

function sessionFor(root: string, out: string): BuildSession {
  return new BuildSession({
    cwd: root,
    root: '.',
    host: nodeHost(root, { write: () => true }),
    out,
    variables: new Map(),
    environment: {},
    home: root,
  })
}

async function treeOf(out: string): Promise<Map<string, string>> {
  const files = (await readdir(out, { recursive: true, withFileTypes: true })).filter((file) => file.isFile())
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort()
  return new Map(
    await Promise.all(
      paths.map(async (path) => [path.slice(out.length), await readFile(path, 'latin1')] as const),
    ),
  )
}

function saidBy({ diagnostics, result }: BuildOutcome): unknown {
  return { isBuilt: result !== undefined, diagnostics: diagnostics.map((one) => JSON.stringify(one)).sort() }
}

/** Builds with one session after each edit, and every time with a new one into another place. */
async function compare(names: readonly string[]): Promise<void> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'ipxetool-session-')))
  try {
    const session = sessionFor(root, 'out')
    let lab = start
    for (const [index, name] of ['nothing', ...names].entries()) {
      lab = edits[name]!(lab)
      await write(root, lab)
      const again = await session.build('late')
      await session.latePreview()
      const fresh = await sessionFor(root, `fresh-${index}`).build()
      const where = `after ${names.slice(0, index).join(', ') || 'the start'}`
      if (index === 0) assert.ok(fresh.result, JSON.stringify(fresh.diagnostics))
      assert.deepEqual(saidBy(again), saidBy(fresh), where)
      if (fresh.result) {
        assert.deepEqual(await treeOf(join(root, 'out')), await treeOf(join(root, `fresh-${index}`)), where)
        await rm(join(root, `fresh-${index}`), { recursive: true })
      }
    }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

describe('a build session', function () {
  this.timeout(120_000)

  it('builds after each of many edits what a new session builds', () => compare(Object.keys(edits)))

  it('does so after a mistake is made and mended at once', () =>
    compare([
      'a script with a dead link',
      'a script mended',
      'an undeclared variable',
      'another site',
      'YAML mended',
      'a part with a mistake',
      'another title',
      'a part mended',
    ]))

  it('does so after edits in any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...Object.keys(edits)), { minLength: 1, maxLength: 6 }),
        compare,
      ),
      { numRuns: 6 },
    )
  })
})

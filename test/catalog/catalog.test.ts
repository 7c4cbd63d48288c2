import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { checkBootUrl } from '../../src/analysis/boot-url.js'
import type { Entry } from '../../src/model/schema.js'
import { runRules } from '../../src/rules/run.js'
import { facts, type Fact, machineNames, type MachineName, machines } from './facts.js'
import { type Catalog, loadCatalog, root } from './load.js'
import { catalogPage, urlsIn } from './page.js'
import { type Outcome, walk } from './walk.js'

const systems = Object.entries(facts).flatMap(([menu, family]) =>
  Object.entries(family).map(([id, fact]) => ({ menu, id, fact })),
)
/** Kinds that boot nothing of the network. */
const notSystems = new Set<Entry['kind']>([
  'separator',
  'submenu',
  'local',
  'settings',
  'shell',
  'reboot',
  'poweroff',
  'network-test',
  'serial-test',
])

describe('the catalog', () => {
  let catalog: Catalog
  /** By system and machine; hidden ones are absent. */
  const outcomes = new Map<string, Map<MachineName, Outcome>>()

  before(async () => {
    catalog = await loadCatalog()
    for (const { menu, id, fact } of systems) {
      const found = new Map(fact.on.map((name) => [name, pick(menu, id, name)]))
      outcomes.set(id, found)
    }
  })

  function pick(menu: string, id: string, machine: MachineName): Outcome {
    return walk(catalog.texts, catalog.config.entry, machines[machine], [menu, id])
  }

  function each(check: (outcome: Outcome, where: string, machine: MachineName, fact: Fact) => void): void {
    for (const { id, fact } of systems) {
      for (const [machine, outcome] of outcomes.get(id)!) check(outcome, `${id} on ${machine}`, machine, fact)
    }
  }

  it('is a project without a problem: nothing undefined, unused or unreachable', () => {
    assert.deepEqual(catalog.problems, [])
  })

  it('is clean under every rule, also script by script', () => {
    for (const [path, script] of catalog.scripts) {
      const found = runRules(script, { path })
      assert.deepEqual(
        found.map(({ ruleId, reason }) => `${path} ${ruleId} ${reason}`),
        [],
      )
    }
  })

  it('replaces every variable', () => {
    for (const [path, text] of catalog.texts) assert.doesNotMatch(text, /^[^#\n].*\$</m, path)
  })

  it('has at least 25 systems, each with its facts', () => {
    const inMenus = catalog.menus.flatMap(({ id: menu, entries }) =>
      entries.flatMap((entry) =>
        'id' in entry && !notSystems.has(entry.kind) ? `${menu}/${entry.id!}` : [],
      ),
    )
    assert.deepEqual(inMenus.sort(), systems.map(({ menu, id }) => `${menu}/${id}`).sort())
    assert.ok(systems.length >= 25)
  })

  it('says how much memory a system needs, exactly where that has a source', () => {
    for (const { menu, id, fact } of systems) {
      const entries = catalog.menus.find((one) => one.id === menu)!.entries
      const entry = entries.find((one) => 'id' in one && one.id === id)!
      const memory = 'needs' in entry ? entry.needs?.memory : undefined
      assert.equal(memory !== undefined, fact.memory !== undefined, id)
    }
  })

  it('fits on a screen of 80 columns and 25 lines', () => {
    for (const [path, text] of catalog.texts) {
      const items = [...text.matchAll(/ item (?:--\S+ (?:\S )?)*(?:\S+)(?: (.*?))?(?: \|\|)?$/gm)]
      for (const [, label = ''] of items) assert.ok(label.length <= 70, `${path}: ${label}`)
    }
    for (const machine of machineNames) {
      for (const { menu } of systems) {
        if (menu === 'windows' && !machine.endsWith('x86_64')) continue
        const { screens } = walk(catalog.texts, catalog.config.entry, machines[machine], [menu])
        for (const shown of screens) assert.ok(shown.length <= 20, `${menu}: ${shown.length} items`)
      }
    }
  })

  it('is hidden on machines that it has no files for', () => {
    for (const { menu, id, fact } of systems) {
      for (const machine of machineNames) {
        if (fact.on.includes(machine)) continue
        assert.throws(() => pick(menu, id, machine), /is not shown/, `${id} on ${machine}`)
      }
    }
  })

  it('boots, or leaves for another loader', () => {
    each(({ how, kernel, url }, where) => {
      assert.ok(how === 'boot' ? kernel : how === 'chain' && url !== undefined, `${where}: ${how}`)
    })
  })

  it('has absolute URLs without a mistake in them', () => {
    const check = (url: string, where: string): void => {
      assert.deepEqual(checkBootUrl(url), [], `${where}: ${url}`)
      const { protocol, host, pathname } = new URL(url)
      assert.match(protocol, /^https?:$/, where)
      assert.ok(host !== '' && pathname.length > 1 && !pathname.includes('//'), `${where}: ${url}`)
    }
    each(({ urls, kernel }, where) => {
      for (const url of [...urls, ...urlsIn(kernel?.tail ?? '')]) check(url, where)
    })
    // also those that are only tried when another one is missing
    for (const [path, text] of catalog.texts) {
      for (const line of text.split('\n').filter((one) => /^(kernel|initrd|chain|sanboot) /.test(one))) {
        for (const [url] of line.matchAll(/https?:\S+/g))
          check(url.replace('${next-server}', 'a.example'), path)
      }
    }
  })

  it('takes kernel, initrds and root file system from one folder', () => {
    const folder = (url: string): string => url.slice(0, url.lastIndexOf('/'))
    each(({ kernel, initrds }, where) => {
      if (!kernel || /memdisk$|wimboot$/.test(kernel.url)) return
      for (const { url } of initrds) assert.equal(folder(url), folder(kernel.url), where)
      const own = /(?:rootfs_url=|fetch=|modloop=)(\S+)/.exec(kernel.tail)?.[1]
      if (own !== undefined) assert.equal(folder(own), folder(kernel.url), where)
    })
  })

  it('names its initrds to the kernel, in their order', () => {
    each(({ kernel, initrds }, where) => {
      if (!kernel || kernel.url.endsWith('/wimboot')) return
      const named = [...kernel.tail.matchAll(/(?:^| )initrd=(\S+)/g)].map(([, name]) => name!)
      const loaded = initrds.filter(({ tail }) => tail === '').map(({ name }) => name)
      assert.deepEqual(named, loaded, where)
      assert.equal(new Set(named).size, named.length, where)
    })
  })

  it('ends on the serial console of the architecture', () => {
    each(({ kernel }, where, machine, { isGraphical }) => {
      if (!kernel || /\/(wimboot|mt86p_\w+)$/.test(kernel.url)) return
      const last = [...kernel.tail.matchAll(/(?:^| )console=(\S+)/g)].at(-1)?.[1]
      const serial = machine.endsWith('arm64') ? 'ttyAMA0,115200' : 'ttyS0,115200'
      if (isGraphical === true) assert.ok(last === undefined || last === 'tty0', where)
      else assert.equal(last, serial, where)
    })
  })

  it('says one thing once in a command line', () => {
    each(({ kernel }, where) => {
      const names = (kernel?.tail ?? '').split(' ').flatMap((word) => /^([^=]+)=/.exec(word)?.[1] ?? [])
      const once = names.filter((name) => name !== 'console' && name !== 'initrd')
      assert.equal(new Set(once).size, once.length, `${where}: ${once.join(' ')}`)
    })
  })

  for (const menu of Object.keys(facts)) {
    it(`boots as in test/golden/catalog/${menu}.txt`, () => {
      sameAs(`../golden/catalog/${menu}.txt`, familyText(menu))
    })
  }

  it('is listed in docs/catalog.md (UPDATE_GOLDEN=1 writes it)', async () => {
    sameAs('../../docs/catalog.md', await catalogPage(catalog, outcomes))
  })

  it('brings the Ignition config that its variable names', () => {
    const { text } = catalog.variables.values.get('ignition')!
    assert.ok(existsSync(`${root}static${new URL(text.replace('${next-server}', 'a.example')).pathname}`))
  })

  /** Machines that boot a system alike share a paragraph. */
  function familyText(menu: string): string {
    return Object.keys(facts[menu]!)
      .map((id) => {
        const alike = new Map<string, MachineName[]>()
        for (const [machine, outcome] of outcomes.get(id)!) {
          const text = outcomeText(outcome)
          alike.set(text, [...(alike.get(text) ?? []), machine])
        }
        const paragraphs = [...alike].map(([text, on]) => `  ${on.join(', ')}\n${text}`)
        return `${id}\n${paragraphs.join('')}`
      })
      .join('\n')
  }
})

function outcomeText({ how, kernel, initrds, url }: Outcome): string {
  const lines = kernel ? [`kernel ${kernel.url}`] : [`${how} ${url!}`]
  for (const word of kernel?.tail.split(' ') ?? []) if (word !== '') lines.push(`  ${word}`)
  for (const { name, url: from, tail } of initrds) {
    lines.push(`initrd ${name} ${from}${tail === '' ? '' : ` at ${tail}`}`)
  }
  return lines.map((line) => `    ${line}\n`).join('')
}

function sameAs(path: string, text: string): void {
  const file = new URL(path, import.meta.url)
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, text)
  assert.equal(text, readFileSync(file, 'utf8'))
}

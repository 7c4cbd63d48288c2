/** docs/catalog.md: one row per system, made of the menus, of what they boot, and of how that is known. */
import { format, resolveConfig } from 'prettier'
import type { Entry } from '../../src/model/schema.js'
import { facts, machines, type MachineName } from './facts.js'
import { root, type Catalog } from './load.js'
import type { Outcome } from './walk.js'

const introduction = `# The catalog

[menus/catalog](../menus/catalog) is a boot project with menus for the systems below: copy it, throw out what you do not
need, build it. The main menu and the variables are in its \`ipxetool.yaml\`: mirrors, versions, folders; each family is a
TypeScript file in its \`menus/\`. Entries are hidden on machines that they have no files for. This page and the command
lines in \`test/golden/catalog\` are made by its tests (\`UPDATE_GOLDEN=1 npx mocha 'test/catalog/*.test.ts'\`).

Nothing here was downloaded when it was written. The table says where URLs, names and arguments were read, and where the
least memory; what is *to be re-checked* was written from memory. A \`*\` in the name of a file is the processor.

- The serial console is the first port of the architecture, \`ttyS0\` on PCs and \`ttyAMA0\` on arm64, both at 115200.
  \`console:\` in \`ipxetool.yaml\` sets another one for all of them.
- Publishers that speak https only need a loader with https, or their files on a server of your own.
- Folders in the releases of netboot.xyz end in a hash and change with each version; old ones go away. So do the images
  of Arch Linux, after some three months.
- Fedora CoreOS may rename its files: change \`fcos-version\` only together with a look at the stream's metadata.
`

export async function catalogPage(
  { menus, variables }: Catalog,
  outcomes: ReadonlyMap<string, ReadonlyMap<MachineName, Outcome>>,
): Promise<string> {
  const sections = Object.entries(facts).flatMap(([menuId, family]) => {
    const menu = menus.find((one) => one.id === menuId)!
    const rows = Object.entries(family).map(([id, fact]) => {
      const entry = menu.entries.find((candidate) => 'id' in candidate && candidate.id === id)!
      const label = 'label' in entry ? (entry.label ?? id) : id
      const firmware = new Set(fact.on.map((name) => (machines[name].platform === 'efi' ? 'UEFI' : 'BIOS')))
      const architectures = new Set(fact.on.map((name) => machines[name].arch))
      const cells = [
        label.replace(/\$<([^>]+)>/g, (whole, name: string) => variables.values.get(name)?.text ?? whole),
        [...firmware].join(', '),
        [...architectures].join(', '),
        filesOf([...outcomes.get(id)!.values()])
          .map((file) => `\`${file}\``)
          .join(' '),
        fact.files,
        memoryOf(entry),
        fact.memory ?? '',
      ]
      return `| ${cells.join(' | ')} |`
    })
    return [
      `\n## ${menu.title}\n`,
      '| System | Firmware | Architectures | Files | Known from | Memory | Known from |',
      '|---|---|---|---|---|---|---|',
      ...rows,
    ]
  })
  const config = await resolveConfig(`${root}ipxetool.yaml`)
  return format(`${introduction}${sections.join('\n')}\n`, { ...config, parser: 'markdown' })
}

function memoryOf(entry: Entry): string {
  return ('needs' in entry ? entry.needs?.memory : undefined) ?? ''
}

/** Names of all files, also of those that the booted system fetches; `*` for the processor. */
function filesOf(outcomes: readonly Outcome[]): string[] {
  const names = outcomes.flatMap(({ urls, kernel }) => [
    ...urls.map(nameOf),
    // without a dot in it, that is a folder
    ...urlsIn(kernel?.tail ?? '')
      .map(nameOf)
      .filter((name) => /[.]|^modloop/.test(name)),
  ])
  return [...new Set(names.map((name) => name.replace(/x86_64|i[35]86|aarch64|amd64|arm64/, '*')))]
}

function nameOf(url: string): string {
  return new URL(url).pathname.split('/').at(-1)!
}

/** URLs in the words of a command line: `root=live:http://…`. */
export function urlsIn(commandLine: string): string[] {
  return commandLine
    .split(' ')
    .flatMap((word) => /^[^=]+=(?:live:)?((?:https?|tftp):\/\/.*)$/.exec(word)?.[1] ?? [])
}

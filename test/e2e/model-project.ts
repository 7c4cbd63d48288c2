/** A project described with the model alone: no script in it was written by hand. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cliArguments } from './cli.js'
import type { Values } from './example.js'
import { run } from './processes.js'

export const FORM = 'Name the machine, then install'
export const UEFI_ONLY = 'Only for UEFI'
export const SUBMENU = 'Disks'
export const LEAVE = 'What the firmware has next'
export const QUESTION = 'Host name:'

/** @param machines lines of YAML for `machines:`; @param more other lines of the project */
export function buildModel(
  machines: readonly string[],
  more: readonly string[] = [],
): (directory: string, values: Values) => Promise<string> {
  return async (directory, { repo, console }) => {
    const project = join(directory, 'project')
    const tree = join(directory, 'out')
    await mkdir(project)
    await writeFile(join(project, 'ipxetool.yaml'), yaml(machines, more))
    const variables = Object.entries({ repo, console }).flatMap(([name, value]) => [
      '--var',
      `${name}=${value}`,
    ])
    await run(process.execPath, cliArguments(['build', '--project', project, '--out', tree, ...variables]))
    return tree
  }
}

function yaml(machines: readonly string[], more: readonly string[]): string {
  return [
    ...more,
    'variables:',
    '  repo: { type: url, required: true }',
    '  console: { type: console, required: true }',
    '  rack: { type: string, value: none }',
    'menus:',
    '  - id: main',
    '    title: Described, not written',
    '    entries:',
    `      - { kind: form, id: ask, label: "${FORM}", then: centos, fields: [{ name: host, label: Host name, value: node1 }] }`,
    '      - kind: anaconda',
    '        id: centos',
    '        label: CentOS Stream',
    '        repo: $<repo>',
    '        console: $<console>',
    "        args: ['ipxetool.host=${host}', 'ipxetool.rack=$<rack>', 'ipxetool.done=${once-url}']",
    `      - { kind: linux, id: uefi-only, label: "${UEFI_ONLY}", kernel: $<repo>/images/pxeboot/vmlinuz, needs: { firmware: uefi } }`,
    '      - { kind: submenu, menu: disks }',
    '  - id: disks',
    `    title: ${SUBMENU}`,
    `    entries: [{ kind: local, id: next, label: "${LEAVE}", method: exit }]`,
    ...(machines.length > 0 ? ['machines:', ...machines.map((machine) => `  - ${machine}`)] : []),
    '',
  ].join('\n')
}

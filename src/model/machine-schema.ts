/** Machines and groups of machines: who boots what. The shapes of their fields are those of the menu model. */
import * as z from 'zod'
import { consolePort, id, oneLine, size, source } from './schema.js'

const oneOrMore = (schema: z.ZodString) => z.union([schema, z.array(schema).min(1)]).optional()

/** What a machine or a group of machines boots. */
const bootFields = {
  menu: id.optional().describe('The menu that it gets; default: that of its group, else the first menu.'),
  entry: id.optional().describe('Start this entry of the menu at once; a failure shows the menu.'),
  boot: z
    .enum(['always', 'once'])
    .optional()
    .describe(
      'Default always. once: until the installer has asked for ${once-url}, then from its own disk. That needs ' +
        '`servedBy: ipxetool`: files on a server cannot remember who has booted.',
    ),
  console: consolePort
    .optional()
    .describe('The serial console of this machine. An entry that names one itself keeps its own.'),
  memory: size
    .optional()
    .describe('How much memory it has: entries that need more are reported. 4GiB, 512 MiB'),
  variables: z
    .record(z.string(), z.union([z.string(), z.int(), z.boolean()]))
    .optional()
    .describe('Values of build-time variables for this machine.'),
  source: source.optional(),
}

export const machineSchema = z.strictObject({
  id: id.describe('Small letters, digits and hyphens; also the name of its script.'),
  match: z
    .strictObject({
      mac: oneOrMore(z.string().regex(/^([0-9a-fA-F]{2}[:.-]?){5}[0-9a-fA-F]{2}$/)),
      uuid: oneOrMore(z.string().regex(/^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$/)),
      serial: oneOrMore(oneLine),
      asset: oneOrMore(oneLine),
      hostname: oneOrMore(oneLine),
    })
    .describe(
      'Any of these: a MAC address of any of its cards, SMBIOS UUID, serial number, asset tag, DHCP host name.',
    ),
  group: id.optional().describe('Its values count where the machine has none.'),
  ...bootFields,
})
export type Machine = z.infer<typeof machineSchema>

export const groupSchema = z.strictObject({
  id: id.describe('Small letters, digits and hyphens.'),
  extends: id.optional().describe('Another group whose values count where this one has none.'),
  ...bootFields,
})
export type Group = z.infer<typeof groupSchema>

/**
 * `ipxetool.yaml`: the one schema. It validates (`config.ts`) and the published JSON Schema is generated from it, so
 * that editors and ipxetool never disagree. What a schema cannot say (cycles, overrides, whether a URL makes sense)
 * is in `variables.ts` and `value-types.ts`.
 */
import * as z from 'zod'
import { distributionSchema, keySchema } from '../data/catalog/schema.js'
import { groupSchema, machineSchema } from '../model/machine-schema.js'
import { menuSchema } from '../model/schema.js'

/** As in `$<name>`. */
export const variableNamePattern = /^[A-Za-z_][A-Za-z0-9_.-]*$/

const name = z.string().regex(variableNamePattern)
const relativePath = z.string().min(1)

const allowed = z
  .array(z.enum(['words', 'settings', 'options']))
  .describe(
    'What the value may do to a line beyond being text in a word. words: blanks split it into several words, an ' +
      'empty value is no word. settings: it may hold ${...}, which the machine reads. options: it may begin with - ' +
      'where the command reads options.',
  )

const common = {
  description: z.string().optional().describe('What the variable is for; shown when it has no value.'),
  required: z
    .boolean()
    .optional()
    .describe('The value comes from --var NAME=VALUE or from the environment; a build without one fails.'),
  env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
    .optional()
    .describe('One more environment variable to read the value from, after IPXETOOL_VAR_NAME.'),
  allow: allowed.optional(),
}

const text = (about: string) => z.string().optional().describe(about)

const url = z.strictObject({
  type: z.literal('url'),
  value: text('The URL, for example http://mirror.example/centos/9-stream/BaseOS/x86_64/os'),
  architecture: z
    .string()
    .regex(/^[^/\s]+$/)
    .optional()
    .describe('The path must hold exactly this segment, for example x86_64.'),
  ...common,
})
const string = z.strictObject({ type: z.literal('string'), value: text('Any text.'), ...common })
const int = z.strictObject({
  type: z.literal('int'),
  value: z.union([z.int(), z.string()]).optional().describe('A whole number.'),
  min: z.int().optional(),
  max: z.int().optional(),
  ...common,
})
const bool = z.strictObject({
  type: z.literal('bool'),
  value: z.union([z.boolean(), z.string()]).optional().describe('true becomes 1 in a script, false 0.'),
  ...common,
})
const oneOf = z.strictObject({
  type: z.literal('enum'),
  values: z.array(z.string()).min(1).describe('What the value may be.'),
  value: text('One of values.'),
  ...common,
})
const path = z.strictObject({
  type: z.literal('path'),
  value: text('A path in the output tree, relative, without `..`.'),
  ...common,
})
const consolePort = z.strictObject({
  type: z.literal('console'),
  value: z
    .union([
      z.string(),
      z.strictObject({ port: z.string(), speed: z.union([z.int(), z.string()]).optional() }),
    ])
    .optional()
    .describe('As after console=, for example ttyS0,115200. Also gives $<NAME.port> and $<NAME.speed>.'),
  ...common,
})

/** One schema for each type of variable: its keys are what may be written. */
export const variableSchemas = { url, string, int, bool, enum: oneOf, path, console: consolePort } as const
export type VariableType = keyof typeof variableSchemas

export const variableSchema = z.discriminatedUnion('type', [url, string, int, bool, oneOf, path, consolePort])
export type VariableDeclaration = z.infer<typeof variableSchema>

/** What `ipxetool dhcp` would otherwise be told by options of these names; their texts are checked there. */
const dhcpSchema = z.strictObject({
  server: text('IPv4 address of the TFTP server, for example 192.0.2.1'),
  http: text('Where the output tree is served, for example http://192.0.2.1:8080'),
  target: text('The URL that iPXE loads; default: the entry below http.'),
  subnet: text('The network, for example 192.0.2.0/24'),
  range: text('Addresses to hand out, for example 192.0.2.100-192.0.2.199'),
  router: text('Address of the router that machines are told.'),
  dns: text('Addresses of DNS servers, separated by commas.'),
  interface: text('Where the DHCP server listens, for example eth0'),
  option: z
    .union([z.int(), z.string()])
    .optional()
    .describe('The DHCP option that carries the URL too: 224, 129, 175.201 (in quotes) or none.'),
  loaders: text('Files by firmware, for example bios=undionly.kpxe,x86_64=ipxe.efi,i386=none'),
})

const listOrOne = (about: string) =>
  z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe(about)

/** What `ipxetool compile` would otherwise be told by options of these names; their texts are checked there. */
const compileSchema = z.strictObject({
  targets: listOrOne('The loaders, for example [undionly.kpxe, ipxe.efi, arm64/ipxe.efi].'),
  embed: z
    .union([z.boolean(), z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe(
      'The script in them, relative to this file; more files can be named by it. true: the shipped one.',
    ),
  source: text('Source of iPXE: a folder, an archive or a URL of git. Default: upstream at a pinned commit.'),
  ref: text('Commit, tag or branch of the source.'),
  engine: z.enum(['auto', 'podman', 'docker', 'native']).optional().describe('What runs make.'),
  image: text('An image with a compiler, which podman or docker has.'),
  base: text('The Debian image that the toolchain image is made from.'),
  define: z
    .record(z.string().min(1), z.union([z.boolean(), z.string(), z.number()]))
    .optional()
    .describe('Build options of iPXE: true is on, false is off, anything else its value.'),
  preset: listOrOne('serial, https, debug, full or small.'),
  trust: listOrOne('Root certificates (PEM): the loaders then trust only these.'),
  cert: listOrOne('Certificates (PEM) to put in.'),
  key: text('RSA key (PEM) of the client certificate; all who get the loader can read it.'),
  debug: text('Objects of iPXE that say what they do, for example tls,httpcore:3'),
  options: z
    .union([z.int(), z.string(), z.array(z.union([z.int(), z.string()])).min(1)])
    .optional()
    .describe('DHCP options in which the shipped script looks for its target: [224, "175.201"].'),
})

const severity = z.enum(['off', 'info', 'warning', 'error'])

/** Which rules there are, and what options they have, is checked beyond the schema (`src/rules/settings.ts`). */
const checkSchema = z.strictObject({
  preset: z
    .enum(['default', 'strict'])
    .optional()
    .describe('strict: also the rules that are opt-in. Default: those that are almost never wrong.'),
  target: text(
    'What runs the scripts, for example debian12 or 1.21.1, with a platform after a comma: 1.21.1,efi. See docs/check.md.',
  ),
  rules: z
    .record(
      z.string(),
      z.union([
        severity,
        z
          .object({ severity: severity.optional() })
          .catchall(z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
      ]),
    )
    .optional()
    .describe(
      'By the id of a rule: how severe it is, or off, or its options: {severity: error, OPTION: VALUE}.',
    ),
})

export const projectSchema = z.strictObject({
  title: z.string().optional().describe('What the project is called.'),
  entry: relativePath
    .default('boot.ipxe')
    .describe('The script that machines load first, relative to this file.'),
  out: relativePath.default('out').describe('Where the output tree goes, relative to this file.'),
  static: relativePath
    .optional()
    .describe('A folder that is copied into the tree as it is. Default: static, when there is one.'),
  variables: z.record(name, variableSchema).optional().describe('Build-time variables: $<name> in a script.'),
  servedBy: z
    .literal('ipxetool')
    .optional()
    .describe(
      'ipxetool: only `ipxetool serve` serves this tree, so that machines may have `boot: once`. Default: any server.',
    ),
  console: z
    .string()
    .regex(/^\S+$/)
    .optional()
    .describe(
      'Serial console of what the menus boot, as after console=: ttyS1,115200, or $<name>. Default: $<console> when ' +
        'there is a variable of that name and type, else the first serial port of the architecture.',
    ),
  dhcp: dhcpSchema.optional().describe('What the DHCP server of this project is, for `ipxetool dhcp`.'),
  compile: compileSchema.optional().describe('The loaders of this project, for `ipxetool compile`.'),
  check: checkSchema.optional().describe('Which rules `ipxetool check` and `build` run.'),
  menus: z
    .array(menuSchema)
    .optional()
    .describe('What to boot. Each menu becomes a script; menus in menus/*.ts are added to them.'),
  groups: z.array(groupSchema).optional().describe('What several machines share.'),
  machines: z.array(machineSchema).optional().describe('Who boots what.'),
  distributions: z
    .array(distributionSchema)
    .optional()
    .describe(
      'What `ipxetool fetch` can fetch beside the shipped distributions, or instead of one with the same id.',
    ),
  keys: z
    .array(keySchema)
    .optional()
    .describe('OpenPGP keys whose signatures are believed, for any distribution.'),
})

export type DhcpSection = z.infer<typeof dhcpSchema>
export type CheckSection = z.infer<typeof checkSchema>
export type CompileSection = z.infer<typeof compileSchema>

/** The JSON Schema for editors, as `ipxetool/schema.json` publishes it. */
export function projectJsonSchema(): object {
  const schema = z.toJSONSchema(projectSchema, {
    target: 'draft-7',
    io: 'input',
    // where something stands is filled in by the front ends
    override: ({ jsonSchema: { properties } }) => {
      delete properties?.['source']
    },
  })
  return { title: 'ipxetool boot project (ipxetool.yaml)', ...schema }
}

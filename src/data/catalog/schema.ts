/**
 * What a distribution is: where its metadata is, which files it has and how they can be trusted. One schema for the
 * shipped files beside this one, for `--catalog FILE` and for `distributions:` in `ipxetool.yaml`.
 *
 * Texts are templates: `{name}` is a variable, `{document:path}` a value out of a document that an earlier step read.
 */
import * as z from 'zod'

/** As {@link file://../../fetch/types.ts} has them. */
const architectures = ['x86_64', 'i386', 'arm64', 'arm32', 'riscv64', 'loong64'] as const
const roles = ['kernel', 'initrd', 'rootfs', 'modloop', 'iso', 'loader', 'extra'] as const
const archives = ['tar', 'tar.gz', 'tar.xz', 'tar.zst', 'gz', 'xz', 'zst'] as const

/** Entry kinds of the model (src/model/schema.ts) that a distribution can be booted by; `loader` for iPXE programs. */
export const distributionKinds = [
  'linux',
  'coreos',
  'flatcar',
  'anaconda',
  'debian',
  'casper',
  'alpine',
  'memtest',
  'loader',
] as const
export type DistributionKind = (typeof distributionKinds)[number]

const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.+-]{0,39}$/)
  .describe('Small letters, digits, dots, plus signs and hyphens.')
const variable = z.string().regex(/^[a-z][A-Za-z0-9]*$/)
const template = z
  .string()
  .min(1)
  .regex(/^[^\r\n\0]*$/)
  .describe('Text with {name} and {document:path}.')
const templates = z.union([template, z.array(template).min(1)])
const regex = z
  .string()
  .min(1)
  .refine(isRegex, { error: 'a regular expression' })
  .describe('A JavaScript regular expression; {name} in it is the value of a variable, taken literally.')

function isRegex(text: string): boolean {
  try {
    new RegExp(text.replace(/\{[a-z][A-Za-z0-9]*\}/g, 'x'))
    return true
  } catch {
    return false
  }
}

/** 40 hex digits, or 64 for version 6 keys; blanks between them are fine. */
const fingerprint = z
  .string()
  .transform((text) => text.replace(/[\s:]/g, '').toUpperCase())
  .refine((text) => /^([0-9A-F]{40}|[0-9A-F]{64})$/.test(text), {
    error: 'the full fingerprint of the primary key: 40 or 64 hex digits (a key id is too short to trust)',
  })

export const keySchema = z.strictObject({
  fingerprint: fingerprint.describe('Full fingerprint of the primary key.'),
  owner: z.string().min(1).describe('Whose key it is, for people: Fedora 44.').default('added by you'),
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where the owner publishes it, armored or binary, alone or with others.'),
})
export type CatalogKey = z.infer<typeof keySchema>

const setting = z.union([
  template,
  z.strictObject({
    from: template,
    match: regex.optional().describe('Takes the first group, or all of the match.'),
    as: z
      .literal('stamp')
      .optional()
      .describe('A time in seconds, as in .treeinfo, becomes digits that sort: 202607211407.'),
  }),
])

const settings = z.record(variable, setting).describe('Variables for what comes after.')
export type CatalogSettings = z.infer<typeof settings>

const inList = z.strictObject({
  list: variable.describe('A step of format digests, treeinfo, debian-release or github-release.'),
  name: template.describe('As the list spells it; a leading ./ makes no difference.'),
})

export const documentFormats = [
  'json',
  'yaml',
  'keyvalue',
  'treeinfo',
  'debian-release',
  'digests',
  'github-release',
  'listing',
  'text',
] as const

const step = z
  .strictObject({
    id: variable.optional().describe('What templates call the document.'),
    when: z
      .enum(['latest', 'pinned'])
      .optional()
      .describe('Only when the newest version is looked for, or only when a version was asked for.'),
    channels: z.array(id).min(1).optional().describe('Only for these channels.'),
    architectures: z.array(z.enum(architectures)).min(1).optional().describe('Only for these.'),
    url: templates
      .optional()
      .describe('The first that is there is taken. {id:@folder} is its URL without the last part.'),
    format: z.enum(documentFormats).optional(),
    optional: z.boolean().optional().describe('It may be missing; then it is as if the step were not there.'),
    cleartext: z.boolean().optional().describe('The document is clear-signed (OpenPGP).'),
    signature: template
      .optional()
      .describe('URL of the detached OpenPGP signature; {url} is that of the document.'),
    within: inList.optional().describe('The digest of this document is in a list read before.'),
    match: regex
      .optional()
      .describe(
        'For text the first match; for a listing and for the names of a list of digests that whose first group is ' +
          'the newest version. {id:1} is the group.',
      ),
    set: settings.optional(),
  })
  .refine((value) => value.url === undefined || (value.id !== undefined && value.format !== undefined), {
    error: 'a step with `url` has `id` and `format` too',
  })
export type CatalogStep = z.infer<typeof step>

const file = z.strictObject({
  role: z.enum(roles),
  url: templates,
  name: template.optional().describe('Default: the last part of the URL, or of the path in the archive.'),
  architectures: z.array(z.enum(architectures)).min(1).optional().describe('Only for these.'),
  size: template.optional(),
  sha256: template.optional(),
  sha512: template.optional(),
  digest: z
    .union([template, inList])
    .optional()
    .describe('algorithm:hex, or a name in a list of digests that a step read.'),
  signature: template.optional().describe('URL of a detached OpenPGP signature; {url} is that of the file.'),
  cms: template.optional().describe("URL of a detached CMS signature, as iPXE's imgverify reads it."),
  member: z
    .strictObject({ format: z.enum(archives), path: template.optional() })
    .optional()
    .describe('What to take out of the archive at url.'),
})
export type CatalogFile = z.infer<typeof file>

const channel = z.strictObject({
  title: z.string().optional(),
  set: settings.optional(),
  ended: z.string().optional().describe('Since when and why there is nothing new: shown, and a warning.'),
})

const architecture = z.union([
  z.string().min(1).describe("The publisher's name of it."),
  z.strictObject({ name: z.string().min(1), set: settings.optional() }),
])

export const distributionSchema = z.strictObject({
  id,
  title: z.string().min(1),
  aliases: z.array(id).optional(),
  kind: z.enum(distributionKinds).describe('The kind of menu entry that boots it.'),
  homepage: z.url().optional(),
  status: z.enum(['active', 'ended']).default('active'),
  note: z.string().optional().describe('What a person should know; with status: ended, since when.'),
  replacedBy: z.array(id).optional(),
  base: template.optional().describe('What all URLs begin with; --mirror takes its place.'),
  mirrors: z.array(template).optional().describe('Other servers with the same files, for the files alone.'),
  architectures: z.partialRecord(z.enum(architectures), architecture).default({}),
  channels: z.record(id, channel).default({}).describe('Moving names: stable, 9.'),
  default: id.optional().describe('The channel that is meant when none is named; else the first.'),
  endedChannels: z
    .record(id, z.strictObject({ note: z.string(), replacedBy: z.array(id).optional() }))
    .optional()
    .describe('Names that people still use, and what to say to them.'),
  channelOf: z
    .array(z.strictObject({ match: regex, channel: id }))
    .optional()
    .describe('Which channel a version belongs to, where its number says so.'),
  prerelease: z.boolean().optional().describe('1.0-rc1 is older than 1.0 (semantic versions, Alpine).'),
  keys: z.array(keySchema).optional(),
  certificate: z.string().optional().describe('PEM: the root for cms signatures.'),
  steps: z.array(step).default([]),
  version: template.default('{version}'),
  released: template.optional(),
  files: z.array(file).default([]),
  arguments: z
    .array(template)
    .default([])
    .describe('What the kernel needs; {rootfs} is the URL of that file.'),
  modes: z
    .record(id, z.array(template))
    .optional()
    .describe('What is added for one use of it: install, rescue.'),
  fields: z
    .record(variable, template)
    .optional()
    .describe("Fields of the menu entry that are no files: the anaconda entry's repo."),
  memory: z
    .string()
    .regex(/^\d+(\.\d+)?\s?(MiB|GiB)$/)
    .optional(),
  notes: z.array(template).optional(),
})
export type Distribution = z.infer<typeof distributionSchema>
/** As it is written. */
export type DistributionInput = z.input<typeof distributionSchema>

/** A file for `--catalog`: one distribution, or a list of them. */
export const catalogFileSchema = z.union([
  z.strictObject({ distributions: z.array(distributionSchema), keys: z.array(keySchema).optional() }),
  distributionSchema,
])

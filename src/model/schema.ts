/**
 * The menu model: what to boot, as plain data. One schema validates both front ends (TypeScript and YAML) and gives
 * both their types and the published JSON Schema. Values are strings in which `$<name>` is a build-time variable and
 * `${name}` a setting that the machine reads, exactly as in a script.
 */
import * as z from 'zod'

/** As `${buildarch}` spells them (`core/settings.c`). */
export const architectures = ['x86_64', 'i386', 'arm64'] as const
export type Architecture = (typeof architectures)[number]
/** `${platform}` is `pcbios` and `efi`; people say BIOS and UEFI. */
export const firmwares = ['bios', 'uefi'] as const
export type Firmware = (typeof firmwares)[number]

/** An id is an item's name, a label and a part of file names, so it is short and plain. */
export const idPattern = /^[a-z0-9][a-z0-9-]{0,39}$/

export const id = z
  .string()
  .regex(idPattern)
  .meta({ title: 'id' })
  .describe('Small letters, digits and hyphens; unique in its menu.')
export const oneLine = z
  .string()
  .min(1)
  .regex(/^[^\r\n\0]*$/)
  .meta({ title: 'text' })
const uri = z
  .string()
  .min(1)
  .regex(/^\S+$/)
  .meta({ title: 'URL' })
  .describe('An absolute URL, or a path in the output tree. May hold $<variable> and ${setting}.')

/** Several are tried in their order until one can be fetched. */
const uris = z.union([uri, z.array(uri).min(1)])
export type Uris = z.infer<typeof uris>

const duration = z
  .string()
  .regex(/^\d+(ms|s|min)$/)
  .meta({ title: 'duration' })
  .describe('A number and a unit: 500ms, 30s, 5min. 0s waits for ever.')

/** A build-time variable that stands for the whole value. */
const reference = z
  .string()
  .regex(/^\$<[A-Za-z_][A-Za-z0-9_.-]*>$/)
  .meta({ title: '`$<variable>`' })

export const size = z
  .string()
  .regex(/^\d+(\.\d+)?\s?(MiB|GiB)$/)
  .meta({ title: 'size' })
  .describe('512 MiB, 2 GiB')

export const needsSchema = z.strictObject({
  firmware: z.enum(firmwares).optional().describe('The entry is hidden on the other one.'),
  architecture: z
    .union([z.enum(architectures), z.array(z.enum(architectures)).min(1)])
    .optional()
    .describe('One or several. The entry is hidden on others. Default: those that its files are for.'),
  memory: size
    .optional()
    .describe('What the system needs at least; a warning when its files alone need more.'),
  network: z.boolean().optional().describe('The booted system needs the network too.'),
})
const needs = needsSchema
  .meta({ title: 'needs' })
  .describe('What the machine must have or be; see `needs` below.')
export type Needs = z.infer<typeof needs>

export const consolePort = z
  .union([
    z.string().regex(/^\S+$/),
    z.strictObject({
      port: z.string().regex(/^\S+$/),
      speed: z.union([z.int(), z.string().regex(/^\S+$/)]).optional(),
    }),
  ])
  .meta({ title: 'console' })
const consoles = z
  .union([consolePort, z.array(consolePort).min(1), z.literal(false)])
  .meta({ title: 'console' })
  .describe(
    'Serial console of the booted system: ttyS0, ttyS0,115200, {port, speed} or $<console>, or several; false for ' +
      'none. Without it that of the machine, else that of the project, else the first serial port of the architecture.',
  )
export type Consoles = z.infer<typeof consoles>

/** `quiet`, `['inst.repo', url]` for `inst.repo=url`, or `{ 'inst.repo': url }`. */
const argName = z.string().regex(/^[^\s=]+$/)
const argValue = z.union([oneLine, z.int()])
const arg = z.union([oneLine, z.tuple([argName, argValue]), z.record(argName, argValue)])
const args = z
  .array(arg)
  .meta({ title: 'arguments' })
  .describe('Kernel arguments: words, and [name, value] or { name: value } for name=value.')
export type Arg = z.infer<typeof arg>

const byArchitecture = <Schema extends z.ZodType>(schema: Schema) =>
  z.union([schema, z.partialRecord(z.enum(architectures), schema)])

export const initrdSchema = z.strictObject({
  url: uris.describe('Several are tried in their order until one can be fetched.'),
  name: z
    .string()
    .regex(/^\S+$/)
    .optional()
    .describe('Name of the image; default: the last part of its URL.'),
  path: z
    .string()
    .regex(/^\/\S*$/)
    .optional()
    .describe('Put the file at this path in the initrd instead of unpacking it.'),
  mode: z
    .string()
    .regex(/^[0-7]{3,4}$/)
    .optional()
    .describe('Permissions of the file at that path, octal.'),
})
const initrd = z.union([uri, initrdSchema]).meta({ title: 'initrd' })
const initrds = z.array(initrd).describe('A URL, or `{ url, name, path, mode }`; loaded in this order.')
export type InitrdSource = z.infer<typeof initrd>

/** Where the entry stands in the user's source: filled in by the front ends, never written by people. */
const point = { line: z.int(), column: z.int(), offset: z.int() }
export const source = z.strictObject({
  file: z.string(),
  ...point,
  /** Of a raw entry: where each line of its script stands, when the file has them one after the other. */
  lines: z.array(z.strictObject(point)).optional(),
})
export type Source = z.infer<typeof source>

/** What every entry has but a separator and a submenu. */
export const entryFields = {
  id,
  label: oneLine.describe('What the menu shows; at most about 70 characters fit.'),
  key: z
    .string()
    .regex(/^[!-~]$/)
    .optional()
    .describe('One character that picks the entry. Without it a free letter of the label is taken.'),
  needs: needs.optional(),
  source: source.optional(),
}

const kernelFile = uris.describe('Several are tried in their order until one can be fetched.')

const distribution = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,39}$/)
const channel = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+~-]*$/)
const use = z
  .union([
    z.string().regex(/^[a-z0-9][a-z0-9.-]{0,39}( [A-Za-z0-9][A-Za-z0-9._+~-]*)?$/),
    z
      .strictObject({ distribution, channel: channel.optional() })
      .meta({ title: '`{ distribution, channel }`' }),
  ])
  .describe(
    'Files that `ipxetool fetch` has brought: a distribution and a channel, as in `coreos stable`. They stand for the ' +
      'files that are not named here.',
  )

/** The files of an entry must be named, unless `use` stands for them. */
function unlessUsed(fields: readonly string[]) {
  return (entry: object, context: z.RefinementCtx): void => {
    if ((entry as { use?: unknown }).use !== undefined) return
    for (const field of fields) {
      if ((entry as Record<string, unknown>)[field] !== undefined) continue
      context.addIssue({
        code: 'invalid_type',
        expected: 'string',
        input: undefined,
        path: [field],
        message: 'is missing',
      })
    }
  }
}

/** Fields of entries that `use` makes unnecessary. */
export const filesOfKind = {
  linux: ['kernel'],
  coreos: ['kernel', 'initrd', 'rootfs'],
  flatcar: ['kernel', 'initrd'],
  anaconda: ['repo'],
  debian: ['netboot'],
  casper: ['kernel', 'initrd', 'iso'],
  alpine: ['netboot', 'repo'],
  memtest: ['image'],
} as const

/** What every entry that starts a kernel has. */
export const kernelFields = {
  ...entryFields,
  use: use.optional(),
  args: byArchitecture(args).optional(),
  console: byArchitecture(consoles).optional(),
  editArgs: z.boolean().optional().describe('The arguments can be edited on the machine. Default true.'),
  destructive: z
    .boolean()
    .optional()
    .describe('It wipes a disk by itself and may be what a timeout starts. Default false.'),
}

export const linuxSchema = z
  .strictObject({
    kind: z.literal('linux'),
    ...kernelFields,
    kernel: byArchitecture(kernelFile).optional(),
    initrd: byArchitecture(initrds).optional(),
  })
  .superRefine(unlessUsed(filesOfKind.linux))
  .describe('Any Linux kernel.')

const coreosFields = {
  ...kernelFields,
  kernel: byArchitecture(kernelFile).optional(),
  initrd: byArchitecture(initrds.min(1)).optional(),
  ignition: uri.optional().describe('Ignition config: an absolute URL that the booted system can reach.'),
}

export const coreosSchema = z
  .strictObject({
    kind: z.literal('coreos'),
    ...coreosFields,
    rootfs: byArchitecture(uri)
      .optional()
      .describe('The live root file system, an absolute URL for the booted system.'),
    install: oneLine
      .optional()
      .describe('Install to this disk, which is erased; without it the system runs live.'),
  })
  .superRefine(unlessUsed(filesOfKind.coreos))
  .describe('Fedora CoreOS and its like, live or installed to a disk.')

export const flatcarSchema = z
  .strictObject({
    kind: z.literal('flatcar'),
    ...coreosFields,
    autologin: z.boolean().optional().describe('Log in on the serial console without a password.'),
  })
  .superRefine(unlessUsed(filesOfKind.flatcar))
  .describe('Flatcar Container Linux, live.')

export const anacondaSchema = z
  .strictObject({
    kind: z.literal('anaconda'),
    ...kernelFields,
    repo: byArchitecture(uri)
      .optional()
      .describe('Installation tree of CentOS, Fedora, Rocky, AlmaLinux, without a slash at the end.'),
    version: z
      .int()
      .describe(
        'Major version: decides how the installer spells its arguments (CentOS 7 and older: no `inst.`).',
      )
      .optional(),
    kickstart: uri.optional().describe('Answers to the questions of the installer; needs an absolute URL.'),
    text: z.boolean().optional().describe('Install in text mode; needed on a serial line. Default true.'),
  })
  .superRefine(unlessUsed(filesOfKind.anaconda))
  .describe('The installer of CentOS, Fedora, Rocky, AlmaLinux.')

export const debianSchema = z
  .strictObject({
    kind: z.literal('debian'),
    ...kernelFields,
    netboot: byArchitecture(uri)
      .optional()
      .describe('Folder with the linux and initrd.gz of debian-installer.'),
    preseed: uri.optional().describe('Answers to the questions of the installer; needs an absolute URL.'),
  })
  .superRefine(unlessUsed(filesOfKind.debian))
  .describe('debian-installer.')

export const casperSchema = z
  .strictObject({
    kind: z.literal('casper'),
    ...kernelFields,
    kernel: byArchitecture(kernelFile).optional(),
    initrd: byArchitecture(initrds.min(1)).optional(),
    iso: byArchitecture(uri).optional().describe('The live image that the booted system downloads.'),
    autoinstall: uri.optional().describe('Folder with user-data and meta-data.'),
  })
  .superRefine(unlessUsed(filesOfKind.casper))
  .describe('Ubuntu’s live images and their installer.')

export const alpineSchema = z
  .strictObject({
    kind: z.literal('alpine'),
    ...kernelFields,
    netboot: byArchitecture(uri)
      .optional()
      .describe('Folder with vmlinuz-lts, initramfs-lts and modloop-lts.'),
    flavor: z.enum(['lts', 'virt']).optional().describe('The kernel; default lts.'),
    repo: uri.optional().describe('Package repository of the booted system, …/main.'),
    overlay: uri.optional().describe('An apkovl file.'),
  })
  .superRefine(unlessUsed(filesOfKind.alpine))
  .describe('Alpine Linux, live.')

export const memtestSchema = z
  .strictObject({
    kind: z.literal('memtest'),
    ...entryFields,
    use: use.optional(),
    image: byArchitecture(uris.describe('One file is a kernel to a BIOS and a program to UEFI.')).optional(),
  })
  .superRefine(unlessUsed(filesOfKind.memtest))
  .describe('Memtest86+.')

export const wimbootSchema = z
  .strictObject({
    kind: z.literal('wimboot'),
    ...entryFields,
    wimboot: uris.describe('The wimboot loader.'),
    files: uri.describe(
      'Folder of the unpacked Windows image: bootmgr, boot/bcd, boot/boot.sdi, sources/boot.wim.',
    ),
  })
  .describe('Windows PE or the installer of Windows.')

export const isoSchema = z
  .strictObject({
    kind: z.literal('iso'),
    ...entryFields,
    url: uri.describe(
      'The image is attached as a network disk; the booted system must know how to go on from there.',
    ),
  })
  .describe('An image, attached as a network disk.')

export const chainSchema = z
  .strictObject({
    kind: z.literal('chain'),
    ...entryFields,
    url: z
      .union([
        uris,
        z
          .strictObject({ bios: uris.optional(), uefi: byArchitecture(uris).optional() })
          .meta({ title: '`{ bios, uefi }`' }),
      ])
      .describe('With one firmware only, or one architecture, the entry is hidden on others.'),
  })
  .describe('Another loader or script.')

export const localSchema = z
  .strictObject({
    kind: z.literal('local'),
    ...entryFields,
    method: z
      .enum(['auto', 'exit', 'disk', 'efi-file'])
      .optional()
      .describe(
        'auto: the first disk on BIOS, the next boot option on UEFI. exit: back to the firmware. disk: a BIOS drive. ' +
          'efi-file: a file of the EFI partition.',
      ),
    drive: z
      .string()
      .regex(/^0x[0-9a-fA-F]{2}$/)
      .optional()
      .describe('BIOS drive number, default 0x80.'),
    filename: z
      .string()
      .regex(/^\S+$/)
      .optional()
      .describe('EFI file for efi-file, default \\EFI\\BOOT\\BOOTX64.EFI.'),
  })
  .describe('What is installed on the machine.')

const simple = <Kind extends string>(kind: Kind, what: string) =>
  z.strictObject({ kind: z.literal(kind), ...entryFields }).describe(what)
export const shellSchema = simple('shell', 'iPXE’s command line; `exit` comes back.')
export const settingsSchema = simple('settings', 'iPXE’s editor of settings.')
export const networkTestSchema = simple('network-test', 'Shows addresses and routes.')
export const serialTestSchema = simple('serial-test', 'Tells whoever sits at a serial line which port it is.')
export const rebootSchema = simple('reboot', 'Starts the machine again.')
export const poweroffSchema = simple('poweroff', 'Turns the machine off, where the loader can.')

export const submenuSchema = z
  .strictObject({
    kind: z.literal('submenu'),
    menu: id.describe('The id of the menu that opens.'),
    id: id.optional(),
    label: oneLine.optional().describe('Default: the title of that menu.'),
    key: entryFields.key,
    needs: needs.optional(),
    source: source.optional(),
  })
  .describe('Opens another menu of the project.')

export const separatorSchema = z
  .strictObject({
    kind: z.literal('separator'),
    label: oneLine.optional().describe('A heading; without it an empty line.'),
    source: source.optional(),
  })
  .describe('A heading or an empty line.')

export const fieldSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/)
    .describe('The setting that holds the value: ${NAME} in the arguments of the entries of this menu.'),
  label: oneLine.describe('The question.'),
  value: oneLine.optional().describe('What the field starts with, and what counts where nobody is asked.'),
  type: z
    .enum(['text', 'integer', 'ipv4', 'mac', 'uuid'])
    .optional()
    .describe('Checked on the machine; a wrong value is asked for again.'),
  values: z.array(z.string().regex(/^\S+$/)).min(1).optional().describe('What the value may be.'),
  required: z.boolean().optional().describe('Default true.'),
})
export type FormField = z.infer<typeof fieldSchema>

export const formSchema = z
  .strictObject({
    kind: z.literal('form'),
    ...entryFields,
    fields: z
      .array(fieldSchema.meta({ title: 'field' }))
      .min(1)
      .describe('What to ask for, in this order.'),
    then: id
      .optional()
      .describe('The entry of this menu that starts after the questions; without it back to the menu.'),
  })
  .describe('Asks for values on the machine.')

export const rawSchema = z
  .strictObject({
    kind: z.literal('raw'),
    ...entryFields,
    script: z.string().min(1).describe('Lines of iPXE, run when the entry is picked.'),
  })
  .describe('Lines of iPXE that you write.')

export const kernelEntrySchemas = [
  linuxSchema,
  coreosSchema,
  flatcarSchema,
  anacondaSchema,
  debianSchema,
  casperSchema,
  alpineSchema,
] as const

export const entrySchema = z.discriminatedUnion('kind', [
  ...kernelEntrySchemas,
  memtestSchema,
  wimbootSchema,
  isoSchema,
  chainSchema,
  localSchema,
  shellSchema,
  settingsSchema,
  networkTestSchema,
  serialTestSchema,
  rebootSchema,
  poweroffSchema,
  submenuSchema,
  separatorSchema,
  formSchema,
  rawSchema,
])

export const menuSchema = z.strictObject({
  id: id.describe('Small letters, digits and hyphens; also the name of its script.'),
  title: oneLine.describe('The line above the entries.'),
  timeout: z
    .union([duration, reference])
    .optional()
    .describe(
      'Until the default entry starts. Without it the menu waits for ever. `$<variable>`: a number of milliseconds.',
    ),
  default: z
    .union([id, reference])
    .optional()
    .describe('The entry that starts by itself, and the one that is selected first. May be `$<variable>`.'),
  entries: z
    .array(entrySchema.meta({ title: 'entry' }))
    .min(1)
    .describe('In the order of the screen.'),
  source: source.optional(),
})

export const menusSchema = z.array(menuSchema)

export type Entry = z.infer<typeof entrySchema>
export type Menu = z.infer<typeof menuSchema>
export type KernelEntry = z.infer<(typeof kernelEntrySchemas)[number]>
export type EntryOf<Kind extends Entry['kind']> = Extract<Entry, { kind: Kind }>

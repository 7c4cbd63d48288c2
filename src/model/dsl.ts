/**
 * The TypeScript spelling of the menu model, imported as `ipxetool/menu`. Every helper is pure and returns plain data;
 * ids are explicit; what a helper returns can be spread, mapped and put into functions. The schema checks the result.
 *
 * `${…}` in a template literal is JavaScript: write settings in ordinary quotes, `'http://${next-server}/x'`.
 */
import type { AssetUse } from './lock.js'
import type { Group, Machine } from './machine-schema.js'
import type { Entry, EntryOf, filesOfKind, Menu, Source } from './schema.js'

/** What a person writes for an entry of one kind: its files, or `use` for those that were fetched. */
export type Given<Kind extends Entry['kind']> = Kind extends keyof typeof filesOfKind
  ? Fields<Kind> &
      (UsesAsset | Required<Pick<Fields<Kind>, (typeof filesOfKind)[Kind][number] & keyof Fields<Kind>>>)
  : Fields<Kind>
type Fields<Kind extends Entry['kind']> = Omit<EntryOf<Kind>, 'kind' | 'source'>
interface UsesAsset {
  use: string | AssetUse
}

/** Menus, and machines that are made from an inventory: the names are those of `ipxetool.yaml`. */
export interface Described {
  menus?: Menu[]
  groups?: Group[]
  machines?: Machine[]
}

type Exported = Menu | Menu[] | Described
/** Also an async function, for menus that are made from what a server says. */
export type MenuFile = Exported | (() => Exported | Promise<Exported>)

export function menu(fields: Omit<Menu, 'source'>): Menu {
  return { ...fields, ...caller() }
}

/** Who boots what; export it as `{ machines: [machine({ … })] }`. */
export function machine(fields: Omit<Machine, 'source'>): Machine {
  return { ...fields, ...caller() }
}

/** What several machines share. */
export function group(fields: Omit<Group, 'source'>): Group {
  return { ...fields, ...caller() }
}

function entry<Kind extends Entry['kind']>(kind: Kind, fields: Given<Kind>): EntryOf<Kind> {
  return { kind, ...fields, ...caller() } as unknown as EntryOf<Kind>
}

/** Any Linux kernel. */
export const linux = (fields: Given<'linux'>): EntryOf<'linux'> => entry('linux', fields)
/** Fedora CoreOS, live or installed to a disk. */
export const coreos = (fields: Given<'coreos'>): EntryOf<'coreos'> => entry('coreos', fields)
export const flatcar = (fields: Given<'flatcar'>): EntryOf<'flatcar'> => entry('flatcar', fields)
/** The installer of CentOS, Fedora, Rocky, AlmaLinux. */
export const anaconda = (fields: Given<'anaconda'>): EntryOf<'anaconda'> => entry('anaconda', fields)
/** debian-installer. */
export const debian = (fields: Given<'debian'>): EntryOf<'debian'> => entry('debian', fields)
/** Ubuntu's live images. */
export const casper = (fields: Given<'casper'>): EntryOf<'casper'> => entry('casper', fields)
export const alpine = (fields: Given<'alpine'>): EntryOf<'alpine'> => entry('alpine', fields)
export const memtest = (fields: Given<'memtest'>): EntryOf<'memtest'> => entry('memtest', fields)
/** Windows PE. */
export const wimboot = (fields: Given<'wimboot'>): EntryOf<'wimboot'> => entry('wimboot', fields)
/** An image attached as a network disk. */
export const iso = (fields: Given<'iso'>): EntryOf<'iso'> => entry('iso', fields)
/** Another loader or script, by firmware and architecture if need be. */
export const chain = (fields: Given<'chain'>): EntryOf<'chain'> => entry('chain', fields)
/** Boot what is installed on the machine. */
export const local = (fields: Given<'local'>): EntryOf<'local'> => entry('local', fields)
export const shell = (fields: Given<'shell'>): EntryOf<'shell'> => entry('shell', fields)
/** iPXE's settings editor. */
export const settings = (fields: Given<'settings'>): EntryOf<'settings'> => entry('settings', fields)
export const networkTest = (fields: Given<'network-test'>): EntryOf<'network-test'> =>
  entry('network-test', fields)
/** Which serial port am I. */
export const serialTest = (fields: Given<'serial-test'>): EntryOf<'serial-test'> =>
  entry('serial-test', fields)
export const reboot = (fields: Given<'reboot'>): EntryOf<'reboot'> => entry('reboot', fields)
export const poweroff = (fields: Given<'poweroff'>): EntryOf<'poweroff'> => entry('poweroff', fields)
/** Ask for values on the machine; `${name}` in the entries of the same menu. */
export const form = (fields: Given<'form'>): EntryOf<'form'> => entry('form', fields)
/** Lines of iPXE. */
export const raw = (fields: Given<'raw'>): EntryOf<'raw'> => entry('raw', fields)
/** Another menu, by its id. */
export const submenu = (id: string, fields: Omit<Given<'submenu'>, 'menu'> = {}): EntryOf<'submenu'> =>
  entry('submenu', { menu: id, ...fields })
/** A heading, or an empty line. */
export const separator = (label?: string): EntryOf<'separator'> =>
  entry('separator', label === undefined ? {} : { label })

/**
 * Files that `ipxetool fetch` has brought, for `use` of an entry. Without a channel the only one that is locked.
 *
 * @param channel a channel or a version
 */
export const asset = (distribution: string, channel?: string): AssetUse =>
  channel === undefined ? { distribution } : { distribution, channel }

/** A build-time variable that is a URL: `repo` in a template literal is `$<repo>`. */
export type UrlVariable = string & { path: (rest: string) => string }
export type ConsoleVariable = string & { readonly port: string; readonly speed: string }

/** References to variables that `ipxetool.yaml` declares. They are strings; JSON sees `$<name>`. */
export const variable = {
  url: (name: string): UrlVariable =>
    reference(name, { path: (rest: string) => `$<${name}>/${rest.replace(/^\/+/, '')}` }),
  console: (name: string): ConsoleVariable =>
    reference(name, { port: `$<${name}.port>`, speed: `$<${name}.speed>` }),
  string: (name: string): string => `$<${name}>`,
  int: (name: string): string => `$<${name}>`,
  path: (name: string): string => `$<${name}>`,
} as const

function reference<Members extends object>(name: string, members: Members): string & Members {
  return Object.assign(new String(`$<${name}>`), members) as unknown as string & Members
}

/** Where the helper was called, as the run-time tells it; `offset` is filled in by whoever has the file. */
function caller(): { source?: Source } {
  const frames = (new Error().stack ?? '').split('\n').slice(1)
  const own = frameOf(frames[0])?.file
  for (const frame of frames) {
    const found = frameOf(frame)
    if (found && found.file !== own) return { source: { ...found, offset: 0 } }
  }
  return {}
}

function frameOf(frame: string | undefined): { file: string; line: number; column: number } | undefined {
  const text = frame?.replace(/^\s*at (async )?/, '') ?? ''
  // a folder may have brackets in its name
  const bare = text.endsWith(')') ? text.slice(text.indexOf(' (') + 2, -1) : text
  const match = /^(?:file:\/\/)?(\S.*):(\d+):(\d+)$/.exec(bare)
  return match ? { file: match[1]!, line: Number(match[2]), column: Number(match[3]) } : undefined
}

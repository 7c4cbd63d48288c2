/** What each kind of entry that starts a Linux kernel comes down to: kernel, initrds, arguments. */
import { argWords, consolePort, consoleWords } from './arguments.js'
import type { AssetFiles, UrlSetting } from './assets.js'
import { architectures, type Architecture, type InitrdSource, type KernelEntry, type Uris } from './schema.js'

export interface KernelBoot {
  /** Tried in this order. */
  kernel: string[]
  initrds: Initrd[]
  /** Words, without `initrd=`. */
  args: string[]
  /** To be set before. */
  settings?: readonly UrlSetting[]
}

export interface Initrd {
  urls: string[]
  /** Name of the image; `initrd=NAME` on UEFI. Absent for a file that goes to a path. */
  name?: string
  path?: string
  mode?: string
}

/** The parts of an entry that may name files for each architecture. */
const parts = ['kernel', 'initrd', 'rootfs', 'repo', 'netboot', 'iso'] as const
type Part = (typeof parts)[number]

function namedParts(entry: KernelEntry): [Part, Partial<Record<Architecture, unknown>>][] {
  return parts.flatMap((part): [Part, Partial<Record<Architecture, unknown>>][] => {
    const value = part in entry ? (entry as Record<string, unknown>)[part] : undefined
    return isByArchitecture(value) ? [[part, value]] : []
  })
}

/**
 * The architectures that an entry has files for; those that all its parts share.
 *
 * @param sets what its `use` stands for
 */
export function architecturesOf(
  entry: KernelEntry,
  sets?: Partial<Record<Architecture, unknown>>,
): Architecture[] {
  const asked = entry.needs?.architecture
  const wanted: readonly Architecture[] = asked === undefined ? architectures : [asked].flat()
  const named: [unknown, Partial<Record<Architecture, unknown>>][] = namedParts(entry)
  if (sets !== undefined) named.push(['use', sets])
  // files without an architecture are for x86_64: a name in the URL says no more than that
  if (named.length === 0) return asked === undefined ? ['x86_64'] : [...wanted]
  return wanted.filter((architecture) => named.every(([, files]) => architecture in files))
}

/** What an entry lacks for an architecture that it asks for, or that another part of it has files for. */
export function missingFiles(
  entry: KernelEntry,
): { part: Part; architecture: Architecture; because: string }[] {
  const asked = entry.needs?.architecture
  const named = namedParts(entry)
  return architectures.flatMap((architecture) => {
    const other = named.find(([, files]) => architecture in files)?.[0]
    if (asked !== undefined && ![asked].flat().includes(architecture)) return []
    const because =
      asked !== undefined ? '`needs.architecture` asks for it' : `its \`${other ?? ''}\` names that`
    if (asked === undefined && other === undefined) return []
    return named.flatMap(([part, files]) => (architecture in files ? [] : [{ part, architecture, because }]))
  })
}

/** Values by architecture: a record whose keys are nothing else. */
export function isByArchitecture<Value>(
  value: Value | Partial<Record<Architecture, Value>>,
): value is Partial<Record<Architecture, Value>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const keys = Object.keys(value)
  return keys.length > 0 && keys.every((key) => (architectures as readonly string[]).includes(key))
}

/**
 * @param console the project's console, as after `console=`
 * @param assets what `use` stands for on this architecture
 */
export function expandKernel(
  entry: KernelEntry,
  architecture: Architecture,
  console: string | undefined,
  assets?: AssetFiles,
): KernelBoot {
  const expanded = expand(entry, architecture, console, assets)
  return assets === undefined || assets.settings.length === 0
    ? expanded
    : { ...expanded, settings: assets.settings }
}

function expand(
  entry: KernelEntry,
  architecture: Architecture,
  console: string | undefined,
  assets: AssetFiles | undefined,
): KernelBoot {
  const pick = <Value>(value: Value | Partial<Record<Architecture, Value>>): Value =>
    isByArchitecture(value) ? (value[architecture] as Value) : value
  const own = (pick(entry.args) ?? []).flatMap(argWords)
  const asked = pick(entry.console)
  const consoles = consoleWords(asked, architecture, console)
  /** Its own, else that of the set; the schema and `assetProblems` have seen to it that there is one. */
  const given = <Value>(value: Value | undefined, field: string): Value => {
    if (value === undefined) throw new TypeError(`An entry of kind ${entry.kind} has no ${field}.`)
    return value
  }
  const kernelOf = (value: Uris | Partial<Record<Architecture, Uris>> | undefined): Uris =>
    given(pick(value) ?? assets?.urls('kernel'), 'kernel')

  switch (entry.kind) {
    case 'linux':
      return boot(kernelOf(entry.kernel), pick(entry.initrd) ?? assets?.initrds() ?? [], [
        ...(assets?.arguments() ?? []),
        ...own,
        ...consoles,
      ])
    case 'coreos': {
      const image = given(pick(entry.rootfs) ?? assets?.absolute('rootfs'), 'rootfs')
      const rootfs = `coreos.live.rootfs_url=${image}`
      const how =
        entry.install === undefined
          ? [
              'ignition.firstboot',
              'ignition.platform.id=metal',
              ...(entry.ignition === undefined ? [] : [`ignition.config.url=${entry.ignition}`]),
            ]
          : [
              `coreos.inst.install_dev=${entry.install}`,
              entry.ignition === undefined
                ? 'coreos.inst.insecure'
                : `coreos.inst.ignition_url=${entry.ignition}`,
            ]
      const args = [rootfs, ...how, 'ip=dhcp', 'rd.neednet=1', ...own, ...consoles]
      const initrds = given(pick(entry.initrd) ?? assets?.initrds('main'), 'initrd')
      return boot(kernelOf(entry.kernel), initrds, args)
    }
    case 'flatcar': {
      const port = consolePort(asked, architecture, console)
      const args = [
        'flatcar.first_boot=1',
        ...(entry.ignition === undefined ? [] : [`ignition.config.url=${entry.ignition}`]),
        ...(entry.autologin === true
          ? [port === undefined ? 'flatcar.autologin' : `flatcar.autologin=${port}`]
          : []),
      ]
      const initrds = given(pick(entry.initrd) ?? assets?.initrds(), 'initrd')
      return boot(kernelOf(entry.kernel), initrds, [...args, ...own, ...consoles])
    }
    case 'anaconda': {
      const tree = given(pick(entry.repo) ?? assets?.set.fields?.['repo'], 'repo').replace(/\/$/, '')
      // `inst.` came with 7 and is required from 9 on; 7's own spelling is the old one
      const legacy = entry.version !== undefined && entry.version <= 7
      const args = legacy
        ? [
            ...(entry.text === false ? [] : ['text']),
            `method=${tree}/`,
            ...(entry.kickstart === undefined ? [] : [`ks=${entry.kickstart}`]),
          ]
        : [
            ...(entry.text === false ? [] : ['inst.text']),
            `inst.repo=${tree}/`,
            ...(entry.kickstart === undefined ? [] : [`inst.ks=${entry.kickstart}`]),
          ]
      const pxeboot = `${tree}/images/pxeboot`
      return boot(
        assets?.urls('kernel') ?? `${pxeboot}/vmlinuz`,
        assets?.initrds() ?? [`${pxeboot}/initrd.img`],
        [...args, 'ip=dhcp', ...own, ...consoles],
      )
    }
    case 'debian': {
      const folder = pick(entry.netboot)
      const files = folder === undefined ? assets : undefined
      const preseed =
        entry.preseed === undefined ? [] : ['auto=true', 'priority=critical', `preseed/url=${entry.preseed}`]
      return boot(
        files?.urls('kernel') ?? `${given(folder, 'netboot')}/linux`,
        files?.initrds() ?? [`${given(folder, 'netboot')}/initrd.gz`],
        [...preseed, ...own, ...consoles],
      )
    }
    case 'casper': {
      const install =
        entry.autoinstall === undefined
          ? []
          : ['autoinstall', `ds=nocloud-net;s=${withSlash(entry.autoinstall)}`]
      const iso = given(pick(entry.iso) ?? assets?.absolute('iso') ?? assets?.set.fields?.['iso'], 'iso')
      const args = ['ip=dhcp', `iso-url=${iso}`, 'cloud-config-url=/dev/null', ...install]
      const initrds = given(pick(entry.initrd) ?? assets?.initrds(), 'initrd')
      return boot(kernelOf(entry.kernel), initrds, [...args, ...own, ...consoles])
    }
    case 'alpine': {
      const folder = pick(entry.netboot)
      const flavor = entry.flavor ?? 'lts'
      const files = folder === undefined ? assets : undefined
      const args = [
        'ip=dhcp',
        'modules=loop,squashfs',
        `modloop=${files?.absolute('modloop') ?? `${given(folder, 'netboot')}/modloop-${flavor}`}`,
        `alpine_repo=${given(entry.repo ?? assets?.set.fields?.['repo'], 'repo')}`,
        ...(entry.overlay === undefined ? [] : [`apkovl=${entry.overlay}`]),
      ]
      return boot(
        files?.urls('kernel') ?? `${given(folder, 'netboot')}/vmlinuz-${flavor}`,
        files?.initrds() ?? [`${given(folder, 'netboot')}/initramfs-${flavor}`],
        [...args, ...own, ...consoles],
      )
    }
  }
}

function withSlash(uri: string): string {
  return uri.endsWith('/') ? uri : `${uri}/`
}

function boot(kernel: Uris, sources: readonly InitrdSource[], args: string[]): KernelBoot {
  const taken = new Set<string>()
  const initrds = sources.map((source): Initrd => {
    const { url, name, path, mode } = typeof source === 'string' ? { url: source } : source
    const urls = [url].flat()
    if (path !== undefined) return { urls, path, ...(mode === undefined ? {} : { mode }) }
    return { urls, name: freeName(name ?? imageName(urls[0]!), taken) }
  })
  return { kernel: [kernel].flat(), initrds, args }
}

/** As iPXE names an image (last path component), where that is known while building. */
function imageName(url: string): string {
  const last = url
    .replace(/[?#].*/, '')
    .split('/')
    .at(-1)!
  return /^[A-Za-z0-9_.-]+$/.test(last) ? last : 'initrd'
}

function freeName(wanted: string, taken: Set<string>): string {
  let name = wanted
  for (let count = 2; taken.has(name); count++) name = `${wanted}-${count}`
  taken.add(name)
  return name
}

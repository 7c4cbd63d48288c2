/** How live systems are told where their root is: one function for each way. */
import type { Arg, Entry, InitrdSource } from '../../model/schema.js'
import { type Asset, has, oneOf } from './asset.js'

/** What an asset boots; a string says what it lacks; `undefined`: not known. The caller names the entry. */
export type Recipe = (asset: Asset) => Entry | string | undefined

export const unnamed = { id: 'x', label: 'x' }

/** The address of the network card that booted, as the initrds of archiso, miso and dracut read it. */
export const bootif = 'BOOTIF=01-${netX/mac:hexhyp}'

/** A kernel, an initrd and what else is loaded beside it. */
export function linux(
  args: readonly Arg[],
  more: (asset: Asset) => InitrdSource[] = () => [],
): (asset: Asset) => Entry | string {
  return (asset) => {
    const { kernel: home } = asset
    const kernel = oneOf(home, 'vmlinuz', 'vmlinuz-linux')
    const initrd = oneOf(home, 'initrd', 'initrd.lz', 'initrd.img', 'initramfs.img', 'initramfs-linux.img')
    if (kernel === undefined) return 'a kernel'
    if (initrd === undefined) return 'an initrd'
    return boot(home.folder + kernel, [home.folder + initrd, ...more(asset)], args)
  }
}

export function boot(kernel: string, initrd: InitrdSource[], args: readonly Arg[]): Entry {
  const hasConsole = args.some((arg) => typeof arg === 'string' && arg.startsWith('console='))
  return {
    kind: 'linux',
    ...unnamed,
    kernel,
    ...(initrd.length > 0 && { initrd }),
    ...(args.length > 0 && { args: [...args] }),
    ...(hasConsole && { console: false as const }),
  }
}

/** A recipe that needs a file of the asset, besides kernel and initrd. */
function withFile(file: string, args: (url: string, folder: string) => Arg[]): Recipe {
  return (asset) => (has(asset, file) ? linux(args(asset.folder + file, asset.folder))(asset) : `\`${file}\``)
}

const squash = 'filesystem.squashfs'

/** live-boot, Debian's. */
export const liveBoot = (...args: Arg[]): Recipe =>
  withFile(squash, (url) => ['boot=live', ['fetch', url], ...args])

/** casper, Ubuntu's: it mounts what it downloads. */
export const casper = (...args: Arg[]): Recipe =>
  withFile(squash, (url) => ['ip=dhcp', 'boot=casper', ...args, 'netboot=url', ['url', url]])

/** casper before that. */
export const olderCasper = (...args: Arg[]): Recipe =>
  withFile(squash, (url) => ['ip=dhcp', 'boot=casper', ...args, 'netboot=http', ['fetch', url]])

const network = [bootif, 'ip=dhcp', 'net.ifnames=0']

/** archiso, Arch Linux's. The files are found below the folder by themselves. */
export const archiso = (base: string | undefined, ...args: Arg[]): Recipe =>
  withHook((asset) => [
    ...(base === undefined ? [] : [['archisobasedir', base] as [string, string]]),
    ...network,
    ['archiso_http_srv', asset.folder],
    ...args,
  ])

/** A newer hook takes the place of the one in the initrd. */
function withHook(args: (asset: Asset) => Arg[]): Recipe {
  const hook = 'archiso_pxe_http'
  return (asset) =>
    has(asset, 'airootfs.sfs')
      ? linux(args(asset), ({ folder }) =>
          has(asset, hook) ? [{ url: folder + hook, path: `/hooks/${hook}`, mode: '755' }] : [],
        )(asset)
      : '`airootfs.sfs`'
}

/** miso, Manjaro's. */
export const miso = (base: string, ...args: Arg[]): Recipe =>
  withFile('rootfs.sfs', (_url, folder) => [
    ['misobasedir', base],
    ...network,
    ['miso_http_srv', folder],
    ...args,
  ])

/** dracut's live module. */
export const dracutLive = (...args: Arg[]): Recipe =>
  withFile('squashfs.img', (url) => [
    ['root', `live:${url}`],
    'ro',
    'rd.live.image',
    'rd.lvm=0',
    'rd.luks=0',
    'rd.md=0',
    'rd.dm=0',
    ...args,
  ])

/** A file that UEFI starts, by architecture. */
export const efi = (names: Partial<Record<'x86_64' | 'arm64', string>>): Recipe => {
  const wanted = Object.entries(names) as ['x86_64' | 'arm64', string][]
  return (asset) => {
    const found = wanted.filter(([, name]) => has(asset, name))
    if (found.length === 0) return `\`${wanted[0]![1]}\``
    return {
      kind: 'chain',
      ...unnamed,
      url: {
        uefi: Object.fromEntries(found.map(([architecture, name]) => [architecture, asset.folder + name])),
      },
      needs: { firmware: 'uefi', architecture: found.map(([architecture]) => architecture) },
    }
  }
}

/** A kernel that has everything in it. */
export const single =
  (name: string, ...args: Arg[]): Recipe =>
  (asset) =>
    has(asset, name) ? boot(asset.folder + name, [], args) : `\`${name}\``

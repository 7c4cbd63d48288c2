/** Systems that are started in a way of their own. */
import { type Asset, has } from './asset.js'
import { bootif, boot, casper, dracutLive, linux, type Recipe, unnamed } from './styles.js'

/** What may become a part of a URL as it is. */
const plain = /^[\w.-]+$/

/** The whole installer image goes into the initrd. */
export const proxmox: Recipe = (asset) =>
  has(asset, 'proxmox.iso')
    ? linux(
        ['vga=791', 'video=vesafb:ywrap,mtrr', 'ramdisk_size=16777216', 'rw', 'quiet', 'splash=silent'],
        ({ folder }) => [{ url: `${folder}proxmox.iso`, path: '/proxmox.iso' }],
      )(asset)
    : '`proxmox.iso`'

/** Ubuntu's server installer: small files that download the whole image. */
const subiquity: Recipe = (asset) => {
  const { version, codename, architecture } = asset
  if (!plain.test(version) || !plain.test(codename)) return 'its version and code name'
  const iso = (name: string): string => `ubuntu-${version}-live-server-${name}.iso`
  const url =
    architecture === 'arm64'
      ? `http://cdimage.ubuntu.com/releases/${version}/release/${iso('arm64')}`
      : `http://releases.ubuntu.com/${codename}/${iso('amd64')}`
  const made = linux([
    'root=/dev/ram0',
    'ramdisk_size=3500000',
    'cloud-config-url=/dev/null',
    'ip=dhcp',
    ['url', url],
  ])(asset)
  return typeof made === 'string' ? made : { ...made, needs: { memory: '3 GiB', network: true } }
}

export const ubuntu = (asset: Asset): Recipe | undefined => {
  if (asset.flavor.startsWith('netboot')) return subiquity
  // the images after these are in layers, which a single address cannot name
  return asset.version === '20.04' || asset.version === '22.04' ? casper() : undefined
}

export const harvester: Recipe = ({ files, folder }) => {
  const find = (pattern: RegExp): string | undefined => files.find((file) => pattern.test(file))
  const kernel = find(/^harvester-vmlinuz-/)
  const initrd = find(/^harvester-initrd-/)
  const root = find(/^harvester-rootfs-.*\.squashfs$/)
  if (kernel === undefined || initrd === undefined || root === undefined) return 'kernel, initrd and root'
  return boot(
    folder + kernel,
    [folder + initrd],
    ['ip=dhcp', 'net.ifnames=1', 'rd.cos.disable', 'rd.noverifyssl', ['root', `live:${folder}${root}`]],
  )
}

export const oracle = (asset: Asset): Recipe | undefined => {
  if (!/^\d+$/.test(asset.version)) return undefined
  const architecture = asset.architecture === 'arm64' ? 'aarch64' : 'x86_64'
  const repo = `https://yum.oracle.com/repo/OracleLinux/OL${asset.version}/baseos/latest/${architecture}`
  return dracutLive(bootif, 'ip=dhcp', ['inst.repo', repo])
}

export const photon = ({ version, architecture }: Asset): Recipe | undefined => {
  if (!plain.test(version)) return undefined
  const name = `photon_release_${version}_${architecture === 'arm64' ? 'aarch64' : 'x86_64'}`
  return linux([
    'root=/dev/ram0',
    'loglevel=3',
    ['repo', `https://packages.vmware.com/photon/${version}/${name}`],
  ])
}

export const kaspersky: Recipe = (asset) => {
  const { files, folder } = asset
  const modules = files.filter((file) => file.endsWith('.srm'))
  if (modules.length === 0) return 'its modules (`*.srm`)'
  const [first, ...rest] = has(asset, 'initrd.xz') ? ['initrd.xz', 'initrd'] : ['initrd']
  const args = ['net.ifnames=0', 'dodhcp', 'dostartx']
  const list: [string, string][] = [
    ['netboot', folder],
    ['loadsrm', modules.join(',')],
  ]
  return boot(`${folder}vmlinuz`, [folder + first, ...rest.map((name) => folder + name)], [...list, ...args])
}

export const tails: Recipe = (asset) => {
  const iso = asset.files.find((file) => file.endsWith('.iso'))
  if (iso === undefined) return 'its image'
  const helper = '9990-misc-helpers.sh'
  const args =
    'boot=live fromiso=/tails.iso config nopersistence noprompt timezone=Etc/UTC splash noautologin'
  const hardening =
    'module=Tails slab_nomerge slub_debug=FZP mce=0 vsyscall=none page_poison=1 init_on_free=1 mds=full,nosmt'
  return linux([...args.split(' '), ...hardening.split(' ')], ({ folder }) => [
    ...(has(asset, helper) ? [{ url: folder + helper, path: `/usr/lib/live/boot/${helper}` }] : []),
    { url: folder + iso, path: '/tails.iso' },
  ])(asset)
}

export const gentoo: Recipe = (asset) =>
  has(asset, 'image.squashfs')
    ? linux(
        [
          'ip=dhcp',
          'root=/dev/ram0',
          'init=/linuxrc',
          'loop=/image.squashfs',
          'looptype=squashfs',
          'cdroot=1',
        ],
        ({ folder }) => [{ url: `${folder}image.squashfs`, path: '/image.squashfs' }],
      )(asset)
    : '`image.squashfs`'

export const memtest: Recipe = (asset) => {
  const names = { x86_64: 'mt86p_x86_64', i386: 'mt86p_i586' } as const
  const found = Object.entries(names).filter(([, name]) => has(asset, name))
  if (found.length === 0) return '`mt86p_x86_64`'
  const architecture = found.map(([name]) => name as keyof typeof names)
  const image = Object.fromEntries(found.map(([name, file]) => [name, asset.folder + file]))
  return { kind: 'memtest', ...unnamed, image, needs: { architecture } }
}

/** Its kernel arguments name a path that changes with every build, so its own script has to say them. */
export const nixos: Recipe = (asset) =>
  has(asset, 'netboot.ipxe')
    ? { kind: 'chain', ...unnamed, url: `${asset.folder}netboot.ipxe`, needs: { architecture: 'x86_64' } }
    : '`netboot.ipxe`'

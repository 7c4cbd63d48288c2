/** Kernel arguments whose value is known to be a URL that the booted system fetches. */

export interface UrlArgument {
  /** As the command line begins: `inst.repo=`. */
  prefix: string
  /** `folder`: what is fetched lies below the URL. `seed`: `user-data` and `meta-data` do. */
  what: 'file' | 'folder' | 'either' | 'seed'
}

/** From reference/catalog.md, sections 1 to 4, which name the documentation of each system. */
const byPrefix: readonly UrlArgument[] = [
  // Anaconda, with and without the prefix that came later
  { prefix: 'inst.repo=', what: 'either' },
  { prefix: 'inst.stage2=', what: 'either' },
  { prefix: 'inst.ks=', what: 'file' },
  { prefix: 'inst.updates=', what: 'file' },
  { prefix: 'method=', what: 'either' },
  { prefix: 'repo=', what: 'either' },
  { prefix: 'stage2=', what: 'either' },
  { prefix: 'ks=', what: 'file' },
  // dracut
  { prefix: 'root=live:', what: 'file' },
  // Fedora CoreOS, Flatcar, the old CoreOS
  { prefix: 'coreos.live.rootfs_url=', what: 'file' },
  { prefix: 'coreos.inst.ignition_url=', what: 'file' },
  { prefix: 'coreos.inst.image_url=', what: 'file' },
  { prefix: 'coreos.config.url=', what: 'file' },
  { prefix: 'ignition.config.url=', what: 'file' },
  { prefix: 'flatcar.config.url=', what: 'file' },
  { prefix: 'cloud-config-url=', what: 'file' },
  // debian-installer, casper, live-boot, cloud-init
  { prefix: 'preseed/url=', what: 'file' },
  { prefix: 'url=', what: 'file' },
  { prefix: 'iso-url=', what: 'file' },
  { prefix: 'fetch=', what: 'file' },
  { prefix: 'ds=nocloud-net;s=', what: 'seed' },
  { prefix: 'ds=nocloud;s=', what: 'seed' },
  // Alpine, Arch, SystemRescue, openSUSE, Talos, Kairos, Harvester
  { prefix: 'modloop=', what: 'file' },
  { prefix: 'alpine_repo=', what: 'folder' },
  { prefix: 'apkovl=', what: 'file' },
  { prefix: 'archiso_http_srv=', what: 'folder' },
  { prefix: 'install=', what: 'either' },
  { prefix: 'autoyast=', what: 'either' },
  { prefix: 'talos.config=', what: 'file' },
  { prefix: 'config_url=', what: 'file' },
  { prefix: 'harvester.install.config_url=', what: 'file' },
]

/** `inst.repo=http://…`: which argument this word is; its value begins after the prefix. */
export function urlArgument(word: string): UrlArgument | undefined {
  if (!word.includes('=')) return undefined
  return byPrefix.find(({ prefix }) => word.startsWith(prefix))
}

/** Whether a value is a URL at all: `inst.repo=cdrom` and `ks=file:/ks.cfg` lead into the booted system. */
export function isFetched(value: string, isHole: (character: string) => boolean): boolean {
  return /^(https?|tftp|ftp):\/\//i.test(value) || (value.length > 1 && isHole(value[0]!))
}

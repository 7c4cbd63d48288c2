/** Which release of a distribution with the Anaconda installer a URL or an argument names. */

export interface Release {
  family: 'el' | 'fedora'
  version: number
  /** For people: `CentOS Stream 9`. */
  name: string
}

const names: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/stream/i, 'CentOS Stream'],
  [/rocky/i, 'Rocky Linux'],
  [/alma/i, 'AlmaLinux'],
  [/oracle|\/ol\d/i, 'Oracle Linux'],
  [/rhel|redhat/i, 'RHEL'],
  [/centos/i, 'CentOS'],
]

const patterns: readonly (readonly [family: Release['family'], pattern: RegExp])[] = [
  ['fedora', /\/fedora\/(?:[\w.-]+\/){0,4}?(?:releases|development|test)\/(\d{1,2}|rawhide)(?:_[\w.]+)?\//i],
  ['fedora', /\/fedora\/(?:linux\/)?(\d{1,2})\//i],
  ['el', /(?:^|[^\w.])(\d{1,2})-stream(?:\/|$)/i],
  [
    'el',
    /\/(?:centos|centos-vault|rocky|rockylinux|almalinux|alma|rhel|redhat)\/(?:vault\/)?v?(\d{1,2})(?:\.[\w.-]*)?(?:\/|$)/i,
  ],
  ['el', /vault\.centos\.org\/(?:[a-z]+\/)?(\d{1,2})(?:\.[\w.]*)?(?:\/|$)/i],
  ['el', /\/OL(\d{1,2})\//i],
  ['el', /\/(?:centos|rocky|almalinux|alma|rhel)-?(\d{1,2})(?:[._-][\w.-]*)?(?:\/|$)/i],
  ['el', /\/(\d)\.\d{1,2}\.\d{4}\/os\//],
]

/** Most words of a command are nothing of the kind. */
const mayName = /\d.*\/|\/.*\d|\/rawhide|\d-stream$/is

/** Undefined when there is none, or when it stays unknown. A newer name for the same number is the same release. */
export function releaseIn(text: string): Release | undefined {
  if (!mayName.test(text)) return undefined
  for (const [family, pattern] of patterns) {
    const found = pattern.exec(text)?.[1]
    if (found === undefined) continue
    const version = found === 'rawhide' ? 99 : Number(found)
    if (family === 'fedora')
      return { family, version, name: found === 'rawhide' ? 'Fedora rawhide' : `Fedora ${found}` }
    // `centos79` is 7.9
    if (version >= 20)
      return {
        family,
        version: Math.floor(version / 10),
        name: `${nameOf(text)} ${found.split('').join('.')}`,
      }
    return { family, version, name: `${nameOf(text)} ${found}` }
  }
  return undefined
}

function nameOf(text: string): string {
  return names.find(([match]) => match.test(text))?.[1] ?? 'Enterprise Linux'
}

/** Without the prefix `inst.` the installer ignores its arguments. */
export function needsPrefix({ family, version }: Release): boolean {
  return version >= (family === 'el' ? 9 : 34)
}

/** Older than the prefix. */
export function lacksPrefix({ family, version }: Release): boolean {
  return version <= (family === 'el' ? 6 : 16)
}

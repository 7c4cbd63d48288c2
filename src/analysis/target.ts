/** The iPXE that is to run a script: how old it is, and on which firmware. */
import type { LoaderPlatform } from '../data/loader-targets.js'

export interface Target {
  /** As the user wrote it. */
  readonly text: string
  /** As people call it: `1.21.1 on efi`. */
  readonly name: string
  /** The day of its source, `2020-12-31`; what is newer is not in it. `9999-12-31`: the newest that the tables know. */
  readonly date: string
  readonly platforms: readonly LoaderPlatform[]
  /**
   * On UEFI it hands the initial RAM disks to the kernel by itself (2.0.0 and newer), so that a kernel finds them
   * without an argument `initrd=`.
   */
  readonly handsOverInitrds: boolean
}

/** From reference/ipxe-language.md, section 5, and the source packages of the distributions. */
const versions: readonly (readonly [name: string, date: string])[] = [
  ['1.0.0', '2010-02-02'],
  ['debian12', '2019-01-25'],
  ['1.20.1', '2020-01-02'],
  ['1.21.1', '2020-12-31'],
  ['2.0.0', '2026-03-06'],
  ['latest', '9999-12-31'],
]

const initrdDate = '2026-03-06'

export const targetForms = [...versions.map(([name]) => name), 'YYYY-MM-DD', 'pcbios', 'efi'] as const

/**
 * `1.21.1`, `2.0.0/efi`, `debian12 pcbios`, `2023-05-22`: a version or the day of a commit, a platform, or both, with
 * blanks, commas or slashes between. Without a version the newest,
 * without a platform both.
 *
 * @returns undefined when the text names no target that is known: see {@link targetForms}
 */
export function parseTarget(text: string): Target | undefined {
  let version: (typeof versions)[number] | undefined
  const platforms = new Set<LoaderPlatform>()
  for (const word of text
    .toLowerCase()
    .split(/[\s,/]+/)
    .filter((part) => part !== '')) {
    const named = versions.find(([name]) => name === word.replace(/^v(?=\d)|\+$/g, ''))
    if (named) version = named
    else if (/^\d{4}-\d\d-\d\d$/.test(word)) version = [word, word]
    else if (word === 'efi' || word === 'uefi') platforms.add('efi')
    else if (word === 'pcbios' || word === 'bios') platforms.add('pcbios')
    else if (word === 'both') platforms.add('efi').add('pcbios')
    else return undefined
  }
  if (!version && platforms.size === 0) return undefined
  const [name, date] = version ?? versions[versions.length - 1]!
  const list: LoaderPlatform[] = platforms.size === 0 ? ['pcbios', 'efi'] : [...platforms].sort()
  return {
    text: text.trim(),
    name: list.length === 1 ? `${name} on ${list[0]!}` : name,
    date,
    platforms: list,
    handsOverInitrds: date >= initrdDate,
  }
}

/** The day of `since` in the tables: `2013-08-01`, `post-1.21.1 (2024-05-31)`; undefined: older than all that counts. */
export function dateOf(since: string | undefined): string | undefined {
  // aliases of one command may be younger than it: `ifconf`, `imgselect`
  const found =
    since === undefined || since.includes('gPXE') ? undefined : /\d{4}-\d\d(-\d\d)?/.exec(since)?.[0]
  return found?.length === 7 ? `${found}-01` : found
}

/** Whether something is newer than the target. */
export function isNewer(since: string | undefined, target: Target): boolean {
  const date = dateOf(since)
  return date !== undefined && date > target.date
}

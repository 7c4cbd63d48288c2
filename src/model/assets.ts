/** What a name like `coreos stable` gives to an entry: URLs of the files that `ipxetool.lock` says. */
import { assetPath, type LockedFile, type LockedSet, setName, setsFor, showUse } from './lock.js'
import type { ModelProblem } from './problems.js'
import { type Architecture, type Entry, filesOfKind, type InitrdSource, type Menu } from './schema.js'

type UsingEntry = Extract<Entry, { use?: unknown }>
type SetsByArchitecture = Partial<Record<Architecture, LockedSet>>

/** Where a script lies, as its URLs need it. */
export interface ScriptPlace {
  /** From the script to the root of the tree: `` or `../`. */
  up: string
  /** Absolute URL of the tree without a slash at its end; may hold variables and settings. */
  base?: string
}

/** A setting that has to hold an absolute URL before the arguments are put together. */
export interface UrlSetting {
  name: string
  /** Begins with `${cwduri}`. */
  value: string
  /** For loaders that do not have that setting. */
  otherwise: string
}

export class AssetFiles {
  readonly set: LockedSet
  readonly #place: ScriptPlace
  /** What the URLs that were asked for need. */
  readonly settings: UrlSetting[] = []

  constructor(set: LockedSet, place: ScriptPlace) {
    this.set = set
    this.#place = place
  }

  /** That of the tree, then that of the publisher. */
  urls(...roles: LockedFile['role'][]): [string, string] | undefined {
    for (const role of roles) {
      const file = this.set.files.find((one) => one.role === role)
      if (file) return this.#urlsOf(file)
    }
    return undefined
  }

  /** @param name of the first image, instead of that of its file */
  initrds(name?: string): InitrdSource[] | undefined {
    const files = this.set.files.filter(({ role }) => role === 'initrd')
    if (files.length === 0) return undefined
    return files.map((file, index) => ({
      url: this.#urlsOf(file),
      ...(index === 0 && name !== undefined && { name }),
    }))
  }

  /** For the booted system, which knows no relative ones. */
  absolute(role: LockedFile['role']): string | undefined {
    const file = this.set.files.find((one) => one.role === role)
    if (!file) return undefined
    const path = assetPath(this.set, file)
    if (this.#place.base !== undefined) return `${this.#place.base}/${path}`
    if (!this.settings.some(({ name }) => name === role)) {
      this.settings.push({
        name: role,
        value: `\${cwduri}${this.#place.up}${path}`,
        otherwise: file.url,
      })
    }
    return `\${${role}}`
  }

  /** The arguments of the lock with the URLs of files in their places. */
  arguments(): string[] {
    return this.set.arguments.map((word) =>
      word.replace(
        /\{([a-z]+)\}/g,
        (whole, role: string) => this.absolute(role as LockedFile['role']) ?? whole,
      ),
    )
  }

  #urlsOf(file: LockedFile): [string, string] {
    return [assetPath(this.set, file), file.url]
  }
}

export function usesAssets(entry: Entry): entry is UsingEntry & { use: NonNullable<UsingEntry['use']> } {
  return 'use' in entry && entry.use !== undefined
}

/** The sets of an entry by architecture; `undefined` for one that names its files itself. */
export function setsOf(entry: Entry, locked: readonly LockedSet[]): SetsByArchitecture | undefined {
  return usesAssets(entry) ? setsFor(locked, entry.use) : undefined
}

/** Names that the lock does not know, and entries that need more than it has. */
export function assetProblems(menus: readonly Menu[], locked: readonly LockedSet[]): ModelProblem[] {
  const problems: ModelProblem[] = []
  for (const entry of menus.flatMap(({ entries }) => entries)) {
    if (!usesAssets(entry)) continue
    const sets = Object.values(setsFor(locked, entry.use))
    const name = showUse(entry.use)
    if (sets.length === 0) {
      const same = locked.filter(({ distribution }) => distribution === name)
      const names = [...new Set(same.map((set) => `${set.distribution} ${set.channel ?? set.version}`))]
      problems.push({
        rule: 'asset-not-locked',
        severity: 'error',
        source: entry.source,
        reason:
          names.length > 1
            ? `\`${name}\` may be ${names.map((one) => `\`${one}\``).join(' or ')}`
            : `\`${name}\` is not in ipxetool.lock`,
        note: names.length > 1 ? 'Name the channel.' : `Run: ipxetool fetch ${name}`,
        ...(names.length > 1 && { expected: names }),
      })
      continue
    }
    for (const set of sets) {
      const missing = missingIn(set, entry)
      if (missing.length === 0) continue
      problems.push({
        rule: 'asset-incomplete',
        severity: 'error',
        source: entry.source,
        reason: `${setName(set)} has no ${missing.join(', no ')} for an entry of kind \`${entry.kind}\``,
        note: `Add ${missing.map((field) => `\`${field}\``).join(' and ')} to the entry, or give it the kind that this distribution is booted by.`,
      })
      break
    }
  }
  return problems
}

/** Fields of the entry that neither it nor the set has. */
function missingIn(set: LockedSet, entry: UsingEntry): string[] {
  const roles = new Set(set.files.map(({ role }) => role))
  return filesOfKind[entry.kind].filter((field) => {
    if ((entry as Record<string, unknown>)[field] !== undefined || set.fields?.[field] !== undefined)
      return false
    if (field === 'netboot') return !(roles.has('kernel') && roles.has('initrd'))
    if (field === 'image') return !(roles.has('kernel') || roles.has('loader'))
    if (field === 'repo') return true
    return !roles.has(field)
  })
}

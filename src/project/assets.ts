/** The fetched files that menus use: which of them are here, as files of the output tree. */
import { Diagnostic } from '../diagnostics/diagnostic.js'
import { setsOf, usesAssets } from '../model/assets.js'
import {
  assetFolder,
  assetPath,
  assetsName,
  type LockedFile,
  type LockedSet,
  showUse,
} from '../model/lock.js'
import type { Menu } from '../model/schema.js'
import { HostError, type ProjectHost } from './host.js'
import { placeOfSource } from './model.js'
import { byCodeUnit, underRoot } from './paths.js'

export interface ProjectAsset {
  /** In the output tree. */
  path: string
  /** As the user knows it. */
  file: string
  set: LockedSet
  locked: LockedFile
}

/** @returns those that are here; a warning at the entry whose files are not */
export async function findAssets(
  root: string,
  menus: readonly Menu[],
  locked: readonly LockedSet[],
  host: ProjectHost,
  diagnostics: Diagnostic[],
): Promise<ProjectAsset[]> {
  const assets = new Map<string, ProjectAsset>()
  const listings = new Map<string, Promise<ReadonlySet<string>>>()
  for (const entry of menus.flatMap(({ entries }) => entries)) {
    if (!usesAssets(entry)) continue
    const missing: string[] = []
    for (const set of Object.values(setsOf(entry, locked) ?? {})) {
      const folder = assetFolder(set)
      const listing = listings.get(folder) ?? namesIn(host, underRoot(root, folder))
      listings.set(folder, listing)
      const names = await listing
      for (const file of set.files) {
        const path = assetPath(set, file)
        if (names.has(file.name)) {
          assets.set(path, { path, file: underRoot(root, path), set, locked: file })
        } else missing.push(path)
      }
    }
    if (missing.length === 0) continue
    const { source } = entry
    diagnostics.push(
      new Diagnostic({
        ruleId: 'asset-not-here',
        severity: 'warning',
        file: underRoot(root, source?.file ?? 'ipxetool.yaml'),
        reason: `\`${missing[0]!}\`${missing.length > 1 ? ` and ${missing.length - 1} more` : ''} is locked but not here: machines will ask the publisher`,
        note: `Run: ipxetool fetch ${showUse(entry.use)}`,
        ...(source && { place: placeOfSource(source) }),
      }),
    )
  }
  return [...assets.values()].sort((a, b) => byCodeUnit(a.path, b.path))
}

/** Where `ipxetool fetch` puts files: no scripts of the project's. */
export const assetsFolder = assetsName

async function namesIn(host: ProjectHost, folder: string): Promise<ReadonlySet<string>> {
  try {
    const entries = await host.list(folder)
    return new Set(entries.filter(({ kind }) => kind === 'file').map(({ name }) => name))
  } catch (error) {
    if (error instanceof HostError) return new Set()
    throw error
  }
}

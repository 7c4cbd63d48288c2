/** The preview of a project: static pages that show what every menu will look like and do. */
import type { KnownCommands } from '../analysis/analyse.js'
import type { Script } from '../ast/nodes.js'
import type { Diagnostic } from '../diagnostics/diagnostic.js'
import type { Menu } from '../model/schema.js'
import type { CheckedBoot } from '../links/preflight-boots.js'
import { BootIndex } from './boot-index.js'
import { clientScript } from './client.js'
import { DiagnosticIndex } from './diagnostic-index.js'
import { explore } from './explore.js'
import { FileFacts, type FileInfo } from './files.js'
import { page } from './page.js'
import { playFiles } from './play-page.js'
import { style } from './style.js'
import { menuViews } from './view.js'

export interface PreviewScript {
  /** In the output tree. */
  path: string
  /** Composed, its variables substituted. */
  script: Script
  /** What it was made from, when it was not written by hand. */
  menu?: Menu
  /** The machines that start with it, in the order of their paths: this script is that of the first. */
  alike?: readonly { path: string; machine: string }[]
}

export interface PreviewInput {
  title: string
  /** Path of the script that machines run first. */
  entry: string
  scripts: readonly PreviewScript[]
  diagnostics: readonly Diagnostic[]
  /** By path in the output tree. */
  files: ReadonlyMap<string, FileInfo>
  /** What is known of all that is booted. */
  boots?: readonly CheckedBoot[]
  /** Commands as the checks have read them. */
  known?: KnownCommands
  /** What `preview/play.html` needs; without, there is none. */
  play?: {
    /** The simulator for browsers. */
    player: string
    /** Scripts of the tree, by path. */
    scripts: ReadonlyMap<string, Uint8Array>
  }
}

/** Bytes of scripts that a page may hold: with thousands of machines it has no player. */
const playable = 1 << 20

/**
 * The files of the preview by their path in the output tree, all below `preview/`. The same input gives the same
 * bytes. They need no server: `preview/index.html` opens from a disk.
 */
export function previewFiles(input: PreviewInput): Map<string, Uint8Array> {
  const models = new Map(input.scripts.flatMap(({ path, menu }) => (menu ? [[path, menu]] : [])))
  const explored = explore(input.scripts, input.entry, input.known)
  const diagnostics = new DiagnosticIndex(input.diagnostics, [...models.values()])
  const machines = new Map(input.scripts.flatMap(({ path, alike }) => (alike ? [[path, alike]] : [])))
  const menus = menuViews(explored, {
    models,
    machines,
    diagnostics,
    files: new FileFacts(input.files),
    boots: new BootIndex(input.boots ?? []),
  })
  const text = page({
    title: input.title,
    menus,
    diagnostics: diagnostics.rest(),
    played: canPlay(input),
    note: menus.length === 0 ? 'No script of this project shows a menu.' : undefined,
  })
  const encoder = new TextEncoder()
  const played = playedFiles(input)
  return new Map([
    ['preview/index.html', encoder.encode(text)],
    ['preview/preview.css', encoder.encode(style)],
    ['preview/preview.js', encoder.encode(clientScript)],
    ...played.map(([path, content]) => [path, encoder.encode(content)] as const),
  ])
}

function canPlay({ play, entry }: PreviewInput): boolean {
  if (!play?.scripts.has(entry)) return false
  let size = 0
  for (const { length } of play.scripts.values()) size += length
  return size <= playable
}

function playedFiles(input: PreviewInput): [path: string, content: string][] {
  const { play, files, entry, title } = input
  if (!play || !canPlay(input)) return []
  const scripts = new Map([...play.scripts].map(([path, data]) => [path, { data, size: data.length }]))
  const others = [...files]
    .filter(([path]) => !scripts.has(path) && !path.startsWith('preview/'))
    .map(([path, { size }]) => [path, size] as const)
  const made = playFiles({ title, entry, machine: {}, files: scripts, others: new Map(others) }, play.player)
  return [
    ['preview/play.html', made.html],
    ['preview/play.js', made.script],
  ]
}

/** `ipxetool run --page FILE`: one HTML file that plays a tree in a browser, with the same simulator. */
import { readFile } from 'node:fs/promises'
import { IpxetoolError } from '../diagnostics/error.js'
import { playPage } from '../preview/play-page.js'
import type { MachineWish } from '../simulate/index.js'
import { playerFile } from './player-file.js'
import type { SimulatedTree } from './simulated-tree.js'

/** Files that are no scripts are given by their beginning, which tells a kernel from a text. */
const headSize = 1024

/** @param player the simulator for browsers; default: that of this program */
export async function playerPage(
  { title, entry, files: lookup, paths, scripts }: SimulatedTree,
  machine: MachineWish,
  player?: string,
): Promise<string> {
  const files = paths.flatMap((path) => {
    const file = lookup(path)
    if (!file) return []
    const size = file.size ?? file.data.length
    return [
      [path, { size, data: scripts.includes(path) ? file.data : file.data.subarray(0, headSize) }] as const,
    ]
  })
  const page = { title, entry, machine, files: new Map(files), others: new Map<string, number>() }
  return playPage(page, player ?? (await readPlayer()))
}

async function readPlayer(): Promise<string> {
  try {
    return await readFile(playerFile, 'utf8')
  } catch (error) {
    throw new IpxetoolError('no-player', 'the simulator for browsers is not built', {
      hint: 'in a clone of ipxetool, run: npm run build',
      cause: error,
    })
  }
}

/** A distribution's mirror as an installer entry expects it, with a real kernel and our initrd in it. */
import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { kernelImage } from '../../scripts/system-packages.mjs'
import { makeInitrd } from './initrd.js'

/**
 * Below the root of the tree. The architecture is in it as in real mirrors; short, because a menu line shows 74
 * characters and the whole URL of a missing kernel is looked for in one.
 */
export const REPOSITORY_PATH = 'mirror/x86_64/os'

const PXEBOOT = 'images/pxeboot'

export interface Mirror {
  /** E.g. vmlinuz-6.1.0-56-cloud-amd64. */
  readonly kernelName: string
  takeKernelAway(): Promise<void>
  putKernelBack(): Promise<void>
}

export async function makeMirror(tree: string): Promise<Mirror> {
  const image = kernelImage()
  if (image === undefined) throw new Error('no kernel; run node scripts/system-packages.mjs --install')
  const directory = join(tree, REPOSITORY_PATH, PXEBOOT)
  await mkdir(directory, { recursive: true })
  const kernel = join(directory, 'vmlinuz')
  const away = join(directory, 'vmlinuz-taken-away')
  await copyFile(image, kernel)
  await writeFile(join(directory, 'initrd.img'), await makeInitrd())
  return {
    kernelName: basename(image),
    takeKernelAway: () => rename(kernel, away),
    putKernelBack: () => rename(away, kernel),
  }
}

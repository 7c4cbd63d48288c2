/** How an output tree is told from a folder with the user's own files. */
import { HostError, type HostEntry, type ProjectHost, readIfThere } from './host.js'

const manifestLimit = 64 * 2 ** 20

/**
 * Whether a build wrote the folder: its `manifest.json` says so. A manifest that cannot be read says nothing.
 *
 * @param entries of the folder, as the host lists them
 */
export async function isOutputTree(
  host: ProjectHost,
  folder: string,
  entries: readonly HostEntry[],
): Promise<boolean> {
  if (!entries.some(({ name, kind }) => name === 'manifest.json' && kind === 'file')) return false
  try {
    const bytes = await readIfThere(host, `${folder}/manifest.json`, manifestLimit)
    return bytes !== undefined && /"generator":\s*"ipxetool /.test(new TextDecoder().decode(bytes))
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return false
  }
}

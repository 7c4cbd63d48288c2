/** Which folder is the project: `--project`, or the nearest one upward. */
import { readdir, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import { configName } from '../project/config-name.js'

/**
 * The project's root as the user would name it: as typed, or relative to the current folder.
 * @throws IpxetoolError `no-project` (exit code 2)
 */
export async function findProject(cwd: string, project: string | undefined): Promise<string> {
  if (project !== undefined) {
    if (await isProject(resolve(cwd, project))) return tidy(cwd, project)
    throw new IpxetoolError(
      'no-project',
      `${project} is not a boot project: there is no ${configName} in it`,
      {
        exitCode: 2,
        hint: await hint(cwd),
      },
    )
  }
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (await isProject(folder)) return tidy(cwd, folder)
    if (dirname(folder) === folder) break
  }
  throw new IpxetoolError('no-project', `there is no ${configName} in ${cwd} or in a folder above it`, {
    exitCode: 2,
    hint: await hint(cwd),
  })
}

export async function isProject(folder: string): Promise<boolean> {
  try {
    return (await stat(join(folder, configName))).isFile()
  } catch {
    return false
  }
}

/** With `/`, relative to `cwd` when it is below it. */
function tidy(cwd: string, folder: string): string {
  const way = relative(cwd, resolve(cwd, folder))
  const name =
    isAbsolute(folder) && way.startsWith('..') && !cwd.startsWith(folder) ? folder : way === '' ? '.' : way
  return name.split(sep).join('/')
}

async function hint(cwd: string): Promise<string> {
  const found = await projectsBelow(cwd)
  const example =
    'a boot project is a folder with a text file ipxetool.yaml; `entry: boot.ipxe` is enough in it'
  if (found.length === 0) return example
  const more = found.length > 5 ? ` and ${found.length - 5} more` : ''
  return `did you mean ${found
    .slice(0, 5)
    .map((folder) => `--project ${folder}`)
    .join(' or ')}${more}?`
}

const levels = 3

/** Projects up to three levels below a folder. */
export async function projectsBelow(cwd: string): Promise<string[]> {
  const found: string[] = []
  const visit = async (folder: string, depth: number): Promise<void> => {
    const entries = await readdir(join(cwd, folder), { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      if (!entry.isDirectory() || entry.name.startsWith('.') || entry.name === 'node_modules') continue
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (await isProject(join(cwd, path))) found.push(path)
      else if (depth < levels) await visit(path, depth + 1)
    }
  }
  await visit('', 1)
  return found.sort()
}

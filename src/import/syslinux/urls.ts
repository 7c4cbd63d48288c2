/** Names of files as PXELINUX writes them, as URLs. */
import type { At, Report } from '../result.js'
import { urlPath, urlProblem } from '../text.js'

/** The variable under which the files of the tree are found. */
export const tftpVariable = 'tftp'

/**
 * `images/vmlinuz` and `/images/vmlinuz` are `$<tftp>/images/vmlinuz`, `10.0.0.1::vmlinuz` is
 * `tftp://10.0.0.1/vmlinuz`, URLs stay. `undefined`: not usable, and that has been told.
 */
export function urlOf(name: string, at: At, report: Report): string | undefined {
  const server = /^([^:/\\]+|\[[^\]/\\]+\])::(.*)$/.exec(name)
  const absolute = server
    ? `tftp://${server[1]!}/${urlPath(server[2]!)}`
    : /^[a-z][a-z0-9+.-]*:\/\//i.test(name)
      ? name
      : undefined
  const path = absolute === undefined ? urlPath(name.replace(/^::/, '')) : ''
  const problem =
    absolute === undefined ? (path === '' ? 'no file is named' : undefined) : urlProblem(absolute)
  if (problem === undefined) return absolute ?? `$<${tftpVariable}>/${path}`
  report.warn(
    'import-url',
    at,
    `\`${name.slice(0, 100)}\` cannot be downloaded: ${problem}`,
    'The entry is left out. Correct the name and import again.',
  )
  return undefined
}

import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'

/**
 * What `--var NAME=VALUE` said, the last word on a name counting.
 *
 * @throws IpxetoolError `bad-variable` (exit code 2)
 */
export function parseVariables(assignments: readonly string[]): Map<string, string> {
  const variables = new Map<string, string>()
  for (const assignment of assignments) {
    const equals = assignment.indexOf('=')
    if (equals <= 0) {
      throw new IpxetoolError('bad-variable', `--var "${visible(assignment)}" does not say NAME=VALUE`, {
        exitCode: 2,
        hint: 'for example --var repo=http://mirror.example/centos',
      })
    }
    variables.set(assignment.slice(0, equals), assignment.slice(equals + 1))
  }
  return variables
}

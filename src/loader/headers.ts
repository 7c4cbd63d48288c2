/** config/local: the only headers that may be written; iPXE's own stay as they are. */
import { findBuildOption } from '../data/build-options.js'
import type { OptionValues } from './eras.js'
import { valueInC } from './values.js'

/**
 * The files of `config/local`, by name. `#undef` comes before each `#define`: a value macro that is defined twice is an
 * error in C. Never below a named configuration (`CONFIG=`): branding.h, dhcp.h and others would not read it there.
 *
 * @param changes names in the table; `false`: off
 */
export function headersOf(changes: OptionValues): Map<string, string> {
  const lines = new Map<string, string[]>()
  for (const [name, value] of changes) {
    const spec = findBuildOption(name)
    if (!spec) throw new TypeError(`no build option ${name}`)
    const own = lines.get(spec.header) ?? []
    lines.set(spec.header, own)
    own.push(`#undef ${name}`)
    if (value !== false) own.push(`#define ${name}${value === true ? '' : ` ${valueInC(spec, value)}`}`)
  }
  return new Map(
    [...lines]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([header, own]) => [header, ['/* written by ipxetool compile */', ...own, ''].join('\n')]),
  )
}

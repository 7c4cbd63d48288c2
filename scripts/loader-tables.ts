/** The tables in docs/loaders.md. */
import { buildOptions, type OptionHistory, sourceEras } from '../src/data/build-options.js'
import { loaderTargets } from '../src/data/loader-targets.js'
import { presets } from '../src/loader/presets.js'

/** By the name that the page gives in `<!-- generated: NAME -->`. */
export function loaderTables(): Map<string, string> {
  return new Map([
    ['loaders', loaders()],
    ['loader-presets', presetTable()],
    ['build-options', options()],
  ])
}

function loaders(): string {
  const rows = loaderTargets.map(({ output, make, dhcpArchitectures, use }) => [
    `\`${output}\``,
    `\`${make}\``,
    dhcpArchitectures.join(', '),
    use,
  ])
  return table(['in the output tree', 'as `--target`', 'option 93', 'when'], rows)
}

function presetTable(): string {
  const rows = presets.map(({ name, summary, on, off, values, debug }) => [
    `\`${name}\``,
    summary,
    [
      ...on.map((option) => `\`${option}\``),
      ...off.map((option) => `\`${option}=off\``),
      ...Object.entries(values ?? {}).map(([option, value]) => `\`${option}=${value}\``),
      ...(debug === undefined ? [] : [`\`--debug ${debug}\``]),
    ].join(' '),
  ])
  return table(['preset', 'what', 'options'], rows)
}

function options(): string {
  const rows = buildOptions.map(({ name, header, defaults, meaning, processors }) => [
    `\`${name}\``,
    `${meaning}${processors === undefined ? '' : ` (${processors} only)`}`.replaceAll('|', '\\|'),
    history(defaults.pcbios),
    history(defaults.efi),
    header,
  ])
  return table(['option', 'what', 'BIOS', 'UEFI', 'header'], rows)
}

function history(steps: OptionHistory | undefined): string {
  if (!steps) return 'never'
  const parts = sourceEras.flatMap((era) => {
    const value = steps[era]
    if (value === undefined) return []
    const text =
      value === true
        ? 'on'
        : value === false
          ? 'off'
          : value === null
            ? 'gone'
            : value === 'x86 only' || value === 'non-x86 only'
              ? `on (${value})`
              : `\`${value}\``
    return [era === '1.0.0' ? text : `${text} from ${era}`]
  })
  return parts.join(', ')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

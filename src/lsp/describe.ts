/** What the tables say of a command, an option, a setting or a type, as Markdown for editors. */
import { findCommand, findOption, findSetting, findSettingType } from '../data/lookup.js'
import type { CommandSpec, OptionSpec } from '../data/types.js'

export function describeCommand(name: string): string | undefined {
  const spec = findCommand(name)?.spec
  if (!spec) return undefined
  const { summary, exitStatus, since, buildOption, aliases, source } = spec
  const notes = [
    `Status: ${exitStatus}`,
    `Since ${since}${buildOption === null ? '' : `; needs \`${buildOption}\``}`,
    ...(aliases.length > 0 ? [`Also: ${aliases.map((alias) => `\`${alias}\``).join(', ')}`] : []),
    `iPXE: ${source}`,
  ]
  return `\`\`\`ipxe\n${usage(name, spec)}\n\`\`\`\n${capital(summary)}.\n\n${notes.join('  \n')}`
}

export function usage(name: string, { options, positional, maxArgs }: CommandSpec): string {
  const flags = options.map((option) => `[${optionUsage(option)}]`)
  const words = positional.map(({ name: word, repeats }) => (repeats ? `${word}…` : word))
  return [name, ...flags, ...words, ...(words.length === 0 && maxArgs !== 0 ? ['…'] : [])].join(' ')
}

function optionUsage({ long, arg }: OptionSpec): string {
  return arg === null ? `--${long}` : `--${long} ${arg}`
}

export function describeOption(spec: CommandSpec, name: string): string | undefined {
  const option = findOption(spec, name)
  if (!option) return undefined
  const { long, short, arg, note, since } = option
  const forms = `\`--${long}\`, \`-${short}\`${arg === null ? '' : ` *${arg}*`}`
  return [
    forms,
    ...(note === undefined ? [] : [`${capital(note)}.`]),
    ...(since === undefined ? [] : [`Since ${since}.`]),
  ].join('\n\n')
}

export function describeSetting(name: string): string | undefined {
  const spec = findSetting(name)
  if (!spec) return undefined
  const { type, tag, description, scopes, writable, availability, since, source } = spec
  const notes = [
    `Type \`${type}\`${tag === null ? '' : `, tag ${tag}`}${writable === false ? ', read-only' : ''}`,
    ...(scopes.length > 0 ? [`In ${scopes.map((scope) => `\`${scope}\``).join(', ')}`] : []),
    ...(availability === undefined ? [] : [availability]),
    ...(since === undefined ? [] : [`Since ${since}`]),
    `iPXE: ${source}`,
  ]
  return `\`\${${name}}\`: ${description}.\n\n${notes.join('  \n')}`
}

export function describeType(name: string): string | undefined {
  const spec = findSettingType(name)
  return spec && `\`:${name}\`: ${spec.note}`
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

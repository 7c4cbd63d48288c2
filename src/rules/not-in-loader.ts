import { isGuarded, type LoaderFacts, missingOption, urlsOf } from '../analysis/loader-needs.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

const example: LoaderFacts[] = [
  { name: 'undionly.kpxe', has: new Set(['DOWNLOAD_PROTO_HTTP', 'MENU_CMD', 'IMAGE_CMD']) },
  { name: 'ipxe.efi', has: new Set(['DOWNLOAD_PROTO_HTTP', 'MENU_CMD', 'IMAGE_CMD', 'CONSOLE_CMD']) },
]

export const notInLoader: Rule = {
  id: 'not-in-loader',
  summary: 'A command or protocol that the loaders of `compile:` in `ipxetool.yaml` are built without.',
  severity: 'error',
  preset: 'default',
  judges: 'line',
  docs: {
    why:
      'iPXE leaves many commands and protocols out: BIOS loaders have no https and no `console` unless they are asked ' +
      'for. The script then ends with "command not found" or "Operation not supported". The examples are of a project ' +
      'whose loaders are `undionly.kpxe` and `ipxe.efi` without any options. A command with `||` behind it is not ' +
      'reported, and nothing is without `compile:`.',
    ok: ['console --picture http://10.0.0.1/x.png ||\n', 'menu Main\n', 'echo See https://ipxe.org\n'],
    notOk: ['«ping» 10.0.0.1\n', '«console» --x 800\n', 'chain «https://boot.example.org/menu.ipxe»\n'],
    loaders: example,
  },
  applies: ({ loaders = [] }) => loaders.length > 0,
  create: ({ report, facts: { loaders = [] } }) => {
    if (loaders.length === 0) return {}
    /** Undefined: all of them have it. */
    const lacking = (wants: (loader: LoaderFacts) => string | undefined) => {
      const without = loaders.filter((loader) => wants(loader) !== undefined)
      const [first] = without
      if (!first) return undefined
      const isAll = without.length === loaders.length
      const names =
        isAll && without.length > 1 ? 'None of the loaders will have' : `${listed(without)} will not have`
      return { isAll, names, option: wants(first)! }
    }
    const note = (option: string): string =>
      `Write \`${option}: true\` into \`define\` of \`compile\` in ipxetool.yaml, or put \`||\` behind the command. ` +
      'A line that only other loaders run ends with `# ipxetool disable=not-in-loader`.'
    return {
      command(command) {
        if (isGuarded(command)) return
        const { line, nameWord, name } = command
        const lacks = lacking(({ has }) => missingOption(command, has))
        if (lacks) {
          report({
            line,
            at: nameWord,
            // where one loader has it, the line may be for that one
            ...(!lacks.isAll && { severity: 'warning' as const }),
            reason: `${lacks.names} the command ${quote(name)}: ${lacks.option} is off`,
            note: note(lacks.option),
          })
          return
        }
        for (const { argument, needs } of urlsOf(command)) {
          const deaf = lacking(({ has }) => (has.has(needs) ? undefined : needs))
          if (!deaf) continue
          report({
            line,
            at: argument.word,
            // it may be the value of something that Linux reads
            severity: 'warning',
            reason: `${deaf.names} ${needs}, which ${quote(argument.text)} needs`,
            note: note(needs),
          })
        }
      },
    }
  },
}

function listed(loaders: readonly LoaderFacts[]): string {
  const names = loaders.map(({ name }) => name)
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`
}

import { parseSettingName, referenceParts } from '../analysis/settings.js'
import { findSetting } from '../data/lookup.js'
import type { Word } from '../ast/nodes.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

export const unsignedHex: Rule = {
  id: 'unsigned-hex',
  summary: 'An unsigned setting compared with a decimal number: it is written as `0x…`.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'iPXE writes values of `uint8`, `uint16` and `uint32` in hexadecimal, `0x5`, and compares texts: `iseq ${n:uint8} 5` ' +
      'is never true. Write the number as iPXE does, or read it as `:int32`.',
    ok: [
      'iseq ${n:uint8} 0x5 ||\n',
      'set n:uint8 5\niseq ${n:int8} 5 ||\n',
      'iseq ${errno} 0 || iseq ${x} 5 ||\n',
    ],
    notOk: ['iseq ${n:uint8} «5» ||\n', 'set n:uint16 5\niseq «5» ${n} ||\n', 'iseq ${unixtime} «100» ||\n'],
  },
  create: ({ report, analysis: { flow, settings } }) => ({
    end() {
      for (const number of flow.named('iseq')) {
        const command = flow.graph.commands[number]!
        const [left, right] = command.positionals
        if (!left || !right) continue
        for (const [value, other] of [
          [left, right],
          [right, left],
        ] as const) {
          // 0 is written 0x0, but an unset `errno` is nothing at all: people mean that
          if (!/^[1-9]\d*$/.test(other.text)) continue
          const type = unsignedType(value.word, settings)
          if (type === undefined) continue
          report({
            line: command.line,
            at: other.word,
            reason: `A value of type ${quote(type)} is never ${quote(other.text)}: it is written in hexadecimal`,
            expected: [`0x${Number(other.text).toString(16)}`],
            note: 'The comparison always fails. Write `0x…`, or read the setting as `:int32`.',
          })
          break
        }
      }
    },
  }),
}

/** The type of a word that is one reference, when it is an unsigned one whatever happens. */
function unsignedType(
  word: Word,
  settings: Parameters<Rule['create']>[0]['analysis']['settings'],
): string | undefined {
  const [only] = word.children
  if (word.children.length !== 1 || only?.type !== 'reference') return undefined
  const { scope, name, type } = referenceParts(only)
  // `acpi/…`, `pci/…`: what these blocks make of their numbers is their own affair
  if (scope !== undefined && !/^net/.test(scope)) return undefined
  if (type !== undefined) return type.startsWith('uint') ? type : undefined
  const types = new Set<string | undefined>()
  for (const { parts, text, mentionOnly } of settings.writes) {
    if (parts.name === name && !mentionOnly) types.add(parseSettingName(text).type)
  }
  if (types.size === 0) {
    const known = findSetting(name)?.type
    return known?.startsWith('uint') ? known : undefined
  }
  const [first] = types
  return types.size === 1 && first?.startsWith('uint') ? first : undefined
}

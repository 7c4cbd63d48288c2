import { hole } from '../analysis/text.js'
import { parseSettingName } from '../analysis/settings.js'
import { valueProblem } from '../analysis/setting-values.js'
import { findSetting, findSettingType } from '../data/lookup.js'
import type { SettingTypeName } from '../data/types.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

export const badSettingValue: Rule = {
  id: 'bad-setting-value',
  summary: '`set` with a value that the type of the setting cannot have.',
  severity: 'error',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'A type after the colon, or the type that iPXE gives a name (`ip`, `uuid`, `mtu`, `1`), says what a value looks ' +
      'like: `hex` wants `aa:bb`, an integer may not have a leading zero that makes it octal, an `ipv4` is four numbers. ' +
      'Otherwise `set` fails and the script ends. The values of settings are followed where the script gives them.',
    ok: [
      'set n:int32 5\nset m:int32 -0x10\nset e:hex 1b:5b:4a\nset e:hexraw 1b5b4a\n',
      'set net0/ip 192.168.0.2\nset dns ${mine}\nset mtu 1400\n',
      'set u:uuid 00112233-4455-6677-8899-aabbccddeeff\nset x anything at all\n',
    ],
    notOk: [
      'set n:int32 «five»\n',
      'set e:hex «1b5b»\n',
      'set net0/ip «192.168.0»\n',
      'set netmask «255.255.255.0/24»\n',
      'set day:int8 «08»\n',
      'set a ten\nset n:int32 «${a}»\n',
    ],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      for (const number of flow.named('set')) {
        const command = flow.graph.commands[number]!
        const [name, first, ...rest] = command.positionals
        if (!name || !first) continue
        const type = typeOf(name.text)
        if (type === undefined || type === 'string' || type === 'uristring') continue
        const texts = first.text.includes(hole) ? flow.values.textsOf(first.word, number) : [first.text]
        if (rest.some(({ text }) => text.includes(hole))) continue
        const problems = texts.map((text) =>
          text === '' || text.includes(hole)
            ? undefined
            : valueProblem([text, ...rest.map((more) => more.text)].join(' '), type),
        )
        const [problem] = problems
        // one value that fits is enough
        if (!problem || problems.includes(undefined)) continue
        const span = first.word.span
        const end = rest.at(-1)?.word.span?.[1]
        report({
          line: command.line,
          at: span && end !== undefined ? [span[0], end] : first.word,
          reason: `${quote([texts[0]!, ...rest.map(({ text }) => text)].join(' '))} is no value of type ${quote(type)}`,
          expected: [problem],
          note: 'The command fails, and without `||` the script ends here.',
        })
      }
    },
  }),
}

/** As iPXE stores it: what is written, else what the name has. */
function typeOf(text: string): SettingTypeName | undefined {
  const { name, type } = parseSettingName(text)
  if (type !== undefined) {
    const found = findSettingType(type)
    return found?.parse ? found.name : undefined
  }
  const known = findSetting(name)
  return known && findSettingType(known.type)?.parse ? known.type : undefined
}

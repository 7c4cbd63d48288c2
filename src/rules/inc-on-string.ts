import { parseSettingName } from '../analysis/settings.js'
import { hole } from '../analysis/text.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

export const incOnString: Rule = {
  id: 'inc-on-string',
  summary: '`inc` of a setting that `set` has made a text.',
  severity: 'error',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      '`set n 0` stores the text "0", and `inc` works on integers only: it fails with "Operation not supported". Write ' +
      '`set n:int32 0`. A setting that was never set counts as 0. Reported where every `set` that may come before makes a ' +
      'text.',
    ok: [
      'set n:int32 0\n:l\ninc n\niseq ${n} 5 || goto l\n',
      'inc n\n',
      'clear n\ninc n\n',
      'set n 1\ninc n:int32\n',
    ],
    notOk: ['set n 0\n:l\ninc «n»\niseq ${n} 5 || goto l\n', 'set n:int32 0\nset n 5\ninc «n» 2\n'],
  },
  create: ({ report, fix, analysis: { flow } }) => ({
    end() {
      for (const number of flow.named('inc')) {
        const { graph, values } = flow
        const command = graph.commands[number]!
        const [name] = command.positionals
        if (!name || name.text.includes(hole)) continue
        const { scope, type, name: plain } = parseSettingName(name.text)
        if (type !== undefined) continue
        const setters = values.settersOf(scope === undefined ? plain : `${scope}/${plain}`, number)
        if (!setters) continue
        // the `inc` itself, in a loop, does not make it an integer: it fails
        const texts = setters.filter((setter) => setter !== number).map((setter) => graph.commands[setter]!)
        const isText = ({ spec, positionals: [target, value] }: (typeof texts)[number]): boolean =>
          spec?.name === 'set' && value !== undefined && parseSettingName(target!.text).type === undefined
        if (texts.length === 0 || !texts.every(isText)) continue
        const [set] = texts
        const target = set!.positionals[0]!.word
        const end = target.span?.[1]
        const isNumber = /^\d+$/.test(set!.positionals[1]!.text) && texts.length === 1
        report({
          line: command.line,
          at: name.word,
          reason: `${quote(plain)} is a text here: \`inc\` fails`,
          expected: [`set ${plain}:int32 …`],
          note: `Give it a type where it is set${placeOf(set!.line)}: \`set ${plain}:int32 …\`.`,
          fix:
            isNumber && end !== undefined
              ? fix(set!.line, 'Make it an integer', [{ span: [end, end], text: ':int32' }])
              : undefined,
        })
      }
    },
  }),
}

function placeOf(line: { position?: { start: { line: number } } | undefined }): string {
  return line.position ? ` on line ${line.position.start.line}` : ''
}

import type { Line, Span, Word } from '../ast/nodes.js'
import { typeOf } from '../ast/walk.js'
import { parseSettingName, referenceParts } from '../analysis/settings.js'
import { hole, spanInWord } from '../analysis/text.js'
import { findSettingType } from '../data/lookup.js'
import { suggest } from '../data/suggest.js'
import { settingTypeNames } from '../data/types.js'
import { didYouMean, quote } from './message.js'
import type { Rule } from './rule.js'

export const unknownSettingType: Rule = {
  id: 'unknown-setting-type',
  summary: 'A setting with a type that iPXE does not have.',
  severity: 'error',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'What follows the colon in a setting is its type, in exact case. With an unknown one `${x:type}` is empty without an ' +
      'error, and `set x:type …` fails.',
    ok: ['echo ${ip:ipv4} ${mac:hexhyp} ${x:${type}}\nset n:int32 5\n'],
    notOk: [
      'echo ${ip:«ipv»}\n',
      'echo ${mac:«HexHyp»}\n',
      'set x:«strin» a\n',
      'echo ${ip:«a:b»}\n',
      'set x:«dnssl» a.example\n',
    ],
  },
  create: ({ report, fix, analysis: { settings } }) => {
    const check = (type: string, line: Line, span: Span | undefined, isStored: boolean): void => {
      if (type.includes(hole)) return
      const known = findSettingType(type)
      if (known && (known.parse || !isStored)) return
      const near = known ? undefined : suggest(type, settingTypeNames)
      const settable = settingTypeNames.filter((name) => !isStored || findSettingType(name)?.parse)
      report({
        line,
        ...(span ? { at: span } : {}),
        reason: known
          ? `A value of type ${quote(type)} cannot be set from text`
          : type === ''
            ? 'There is no type after the colon'
            : `iPXE has no setting type ${quote(type)}${didYouMean(near)}`,
        expected: near === undefined ? [...settable] : [near],
        note: isStored
          ? 'The command fails with an invalid setting.'
          : 'The reference expands to nothing, without an error.',
        fix:
          near !== undefined && near === type.toLowerCase()
            ? fix(line, `Write \`${near}\``, [{ span, text: near }])
            : undefined,
      })
    }
    return {
      reference(reference, line) {
        const { type } = referenceParts(reference)
        if (type !== undefined) check(type, line, rangeOf(typeOf(reference)?.span, reference.span), false)
      },
      end() {
        for (const { text, word, command, span } of settings.writes) {
          const { type, typeStart } = parseSettingName(text)
          if (type !== undefined) check(type, command.line, typeSpan(word, span, text, typeStart), true)
        }
      },
    }
  },
}

/** An empty type has an empty span; show all of the reference instead. */
function rangeOf(span: Span | undefined, whole: Span | undefined): Span | undefined {
  return span && span[0] < span[1] ? span : whole
}

/** The name may be the whole word or, as in `--set=x:hex`, its end. */
function typeSpan(word: Word, span: Span | undefined, text: string, typeStart: number): Span | undefined {
  if (!span || text.length === typeStart) return span
  const isWholeWord = span[0] === word.span?.[0]
  return isWholeWord ? spanInWord(word, typeStart, text.length) : [span[0] + typeStart, span[1]]
}

import { isGuarded } from '../analysis/loader-needs.js'
import { isNewer, parseTarget } from '../analysis/target.js'
import { referenceParts } from '../analysis/settings.js'
import { findSetting, findSettingType } from '../data/lookup.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

export const newerThanTarget: Rule = {
  id: 'newer-than-target',
  summary: 'A command, option or setting that the iPXE of `--target` does not have yet.',
  severity: 'error',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'Distributions ship iPXE of 2019 and 2020; what came later is "command not found" there and ends the script. A ' +
      'setting or a type that is not known yet is empty. Said when `--target` or `check: target:` names a version, as in ' +
      'these examples, 1.21.1. A command with `||` behind it is not reported.',
    ok: ['menu M\n', 'imgextract x.gz ||\n', 'sync --timeout 5\n', 'echo ${unixtime}\n'],
    notOk: [
      '«imgextract» http://x/k.gz\n',
      'sanboot «--uuid» 00112233445566778899aabbccddeeff iscsi:x\n',
      'chain «${cwduri}»x.ipxe\n',
      'set x:«guid» 00112233445566778899aabbccddeeff\n',
    ],
    target: parseTarget('1.21.1')!,
  },
  applies: ({ target }) => target !== undefined,
  create: ({ report, facts: { target } }) => {
    if (!target) return {}
    const since = (text: string): string => /\d{4}-\d\d(-\d\d)?/.exec(text)?.[0] ?? text
    const note = `It is not in iPXE ${target.name}. Put \`||\` behind it, or load a newer iPXE first.`
    return {
      command(command) {
        const { spec, line, nameWord, name, options, positionals } = command
        if (!spec || isGuarded(command)) return
        if (isNewer(spec.since, target)) {
          const reason = `The command ${quote(name)} is of ${since(spec.since)}`
          report({ line, at: nameWord, reason, note })
          return
        }
        for (const { spec: option, span } of options) {
          if (!isNewer(option.since, target)) continue
          const reason = `The option \`--${option.long}\` of ${quote(name)} is of ${since(option.since!)}`
          report({ line, at: span, reason, note })
        }
        const [first] = positionals
        if (spec.name !== 'set' || !first) return
        const type = /:(\w+)$/.exec(first.text)?.[1]
        const found = type === undefined ? undefined : findSettingType(type)
        if (!found || !isNewer(found.since, target)) return
        const { span } = first.word
        const reason = `The setting type ${quote(found.name)} is of ${since(found.since!)}`
        report({ line, at: span ? [span[1] - found.name.length, span[1]] : first.word, reason, note })
      },
      reference(reference, line) {
        const { name, type } = referenceParts(reference)
        const known = findSetting(name)
        const found = type === undefined ? undefined : findSettingType(type)
        const newer = [known, found].find((spec) => spec && isNewer(spec.since, target))
        if (!newer) return
        report({
          line,
          at: reference,
          severity: 'warning',
          reason: `The setting ${newer === known ? '' : 'type '}${quote(newer.name)} is of ${since(newer.since!)}`,
          note: `In iPXE ${target.name} it is not known and the reference is empty.`,
        })
      },
    }
  },
}

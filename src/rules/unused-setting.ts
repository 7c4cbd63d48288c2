import { isKnownSetting, parseSettingName, referenceParts } from '../analysis/settings.js'
import { hole, mayBecome } from '../analysis/text.js'
import { editDistance } from '../data/suggest.js'
import { namesWithHoles } from './facts.js'
import { didYouMean, quote } from './message.js'
import type { Rule } from './rule.js'
import { suggester } from './suggester.js'

export const unusedSetting: Rule = {
  id: 'unused-setting',
  summary: 'A setting that is set and never read.',
  severity: 'info',
  preset: 'strict',
  judges: 'script',
  docs: {
    why:
      'No `${…}` of any script of the project reads it. A script that belongs to no project may set it for one that it ' +
      'chains: of such a script only names are told that are a slip away from one that it reads and nothing sets. ' +
      "iPXE's own settings are read by iPXE. Switch it off for what is set for others.",
    ok: [
      'set a 1\necho ${a}\n',
      'set hostname x\n',
      'set disk_1 x\necho ${disk_${n}}\n',
      'set n 1\ninc n\nshow n\n',
      'set proto https\nchain http://10.0.0.1/next.ipxe\n',
    ],
    notOk: ['set «mirrror» http://x\nkernel ${mirror}/k\n'],
  },
  create: ({ report, facts, analysis: { settings } }) => {
    const read = new Set<string>()
    const patterns: string[] = []
    return {
      reference(reference) {
        const { name } = referenceParts(reference)
        if (name.includes(hole)) patterns.push(name)
        else read.add(name)
      },
      end() {
        for (const { parts, mentionOnly, command } of settings.writes) {
          if (mentionOnly && command.spec?.name === 'show') read.add(parts.name)
        }
        // what any script of the run reads by a computed name
        if (facts.settingsReadAnywhere)
          patterns.push(...namesWithHoles(facts.settingsReadAnywhere).slice(0, 201))
        const told = new Set<string>()
        const wanted = suggester(facts.loose ? [...read].filter((name) => !settings.isSet(name)) : [])
        for (const { text, span, word, command, mentionOnly } of settings.writes) {
          const { name, scope } = parseSettingName(text)
          if (mentionOnly || scope !== undefined || name.includes(hole) || told.has(name)) continue
          if (command.spec?.name !== 'set' || command.positionals.length < 2) continue
          if (read.has(name) || isKnownSetting(name) || facts.settingsReadAnywhere?.has(name)) continue
          if (patterns.length > 200 || patterns.some((pattern) => mayBecome(pattern, name))) continue
          const near = wanted(name)
          if (facts.loose && (near === undefined || name.length < 4 || editDistance(name, near) > 1)) continue
          told.add(name)
          report({
            line: command.line,
            at: span ?? word,
            reason: `Nothing reads ${quote(name)}${didYouMean(near)}`,
            ...(near === undefined ? {} : { expected: [near] }),
            note: 'Take it out, or look for the place that has another spelling.',
          })
        }
      },
    }
  },
}

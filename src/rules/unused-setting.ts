import { isKnownSetting, parseSettingName, referenceParts } from '../analysis/settings.js'
import { hole, mayBecome } from '../analysis/text.js'
import { namesWithHoles } from './facts.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

export const unusedSetting: Rule = {
  id: 'unused-setting',
  summary: 'A setting that is set and never read.',
  severity: 'info',
  preset: 'strict',
  judges: 'script',
  docs: {
    why:
      'No `${…}` of the script reads it. Another script may: settings are global, so it is said of loose scripts and of ' +
      "projects alike only where no script of the run reads the name. iPXE's own settings are read by iPXE. Switch it off " +
      'for what is set for others.',
    ok: [
      'set a 1\necho ${a}\n',
      'set hostname x\n',
      'set disk_1 x\necho ${disk_${n}}\n',
      'set n 1\ninc n\nshow n\n',
    ],
    notOk: ['set «mirrror» http://x\nset mirror http://y\nkernel ${mirror}/k\n'],
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
        for (const { text, span, word, command, mentionOnly } of settings.writes) {
          const { name, scope } = parseSettingName(text)
          if (mentionOnly || scope !== undefined || name.includes(hole) || told.has(name)) continue
          if (command.spec?.name !== 'set' || command.positionals.length < 2) continue
          if (read.has(name) || isKnownSetting(name) || facts.settingsReadAnywhere?.has(name)) continue
          if (patterns.length > 200 || patterns.some((pattern) => mayBecome(pattern, name))) continue
          told.add(name)
          report({
            line: command.line,
            at: span ?? word,
            reason: `Nothing reads ${quote(name)}`,
            note: 'Take it out, or look for the place that has another spelling.',
          })
        }
      },
    }
  },
}

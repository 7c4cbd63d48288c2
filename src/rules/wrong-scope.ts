import { isTag, referenceParts } from '../analysis/settings.js'
import { hole } from '../analysis/text.js'
import { findSetting, findSettingBlock } from '../data/lookup.js'
import type { SettingScope } from '../data/types.js'
import { settings as allSettings } from '../data/settings.js'
import { suggest } from '../data/suggest.js'
import { didYouMean, quote } from './message.js'
import type { Rule } from './rule.js'

/** Blocks of which every setting with a name is in the tables. */
const closed = new Set<string>(['builtin', 'smbios', 'cpuid', 'memmap'])

export const wrongScope: Rule = {
  id: 'wrong-scope',
  summary: '`${net0/uuid}`: a setting in a block that cannot have it.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'What SMBIOS, the processor or iPXE itself say is only in the blocks `smbios`, `cpuid` and `builtin`: asked for in ' +
      'the block of a network card it is always empty, without an error. The other way round `smbios` and `builtin` have ' +
      'only their own names. Without a block, `${uuid}`, all are searched.',
    ok: [
      'echo ${uuid} ${smbios/uuid} ${builtin/version} ${net0/mac} ${netX/ip} ${smbios/1.8.16}\n',
      'set net0/serial 1\necho ${net0/serial}\n',
    ],
    notOk: [
      'echo ${«net0/uuid»}\n',
      'echo ${«smbios/seriel»}\n',
      'echo ${«builtin/ip»}\n',
      'echo ${«smbios/mac»}\n',
    ],
  },
  create: ({ report, analysis: { settings } }) => {
    let written: Set<string> | undefined
    return {
      reference(reference, line) {
        const { scope, name } = referenceParts(reference)
        if (scope === undefined || scope.includes(hole) || name.includes(hole) || name === '' || isTag(name))
          return
        written ??= new Set(settings.writes.map(({ parts }) => `${parts.scope ?? ''}/${parts.name}`))
        if (written.has(`${scope}/${name}`)) return
        const known = findSetting(name)
        let near: string | undefined
        if (closed.has(scope)) {
          if (known?.scopes.includes(scope as SettingScope)) return
          const names = allSettings.filter(({ scopes }) => scopes.includes(scope as SettingScope))
          near = suggest(
            name,
            names.map((spec) => spec.name),
          )
        } else {
          if (!/^net(\d+|X)(-\d+)?$/.test(scope) || !findSettingBlock(scope)) return
          const wants = known?.scopes.find((wanted) => closed.has(wanted))
          if (wants === undefined) return
          near = `${wants}/${name}`
        }
        const first = reference.children[0]?.span
        const last = reference.children.find(({ type }) => type === 'settingName')?.span
        report({
          line,
          at: first && last ? [first[0], last[1]] : reference,
          reason: `There is no ${quote(name)} in ${quote(scope)}${didYouMean(near)}`,
          ...(near === undefined ? {} : { expected: [near] }),
          note: 'It expands to nothing, without an error. Without the block iPXE searches everywhere.',
        })
      },
    }
  },
}

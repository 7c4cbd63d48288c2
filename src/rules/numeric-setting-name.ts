import { isTag } from '../analysis/settings.js'
import { settings as allSettings } from '../data/settings.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

/** Names of the options that have one; tags of blocks with a scope of their own do not count. */
const names = new Map(
  allSettings
    .filter(({ tag, scopes }) => tag !== null && scopes.length === 0)
    .map(({ tag, name }) => [tag!, name]),
)
/** Options that people set on purpose: PXELINUX reads them. */
const deliberate = new Set(['208', '209', '210', '211'])

export const numericSettingName: Rule = {
  id: 'numeric-setting-name',
  summary: 'A setting called by a number: that is an option of DHCP.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'A name that is a number, or numbers with dots, is the number of a DHCP option: `set 6 x` sets the name server, and ' +
      'some have types that refuse a text. Write a letter before it. Not reported: a number with a type or a block ' +
      '(`set net0/6 …`, `set 209:string …`), and 208 to 211, which PXELINUX reads.',
    ok: [
      'set d1 x\n',
      'set net0/43:hex 01\nset 209:string pxelinux.cfg/default\nset 210 http://x/\n',
      'echo ${67}\n',
    ],
    notOk: ['set «6» x\n', 'read «1»\n', 'inc «12»\n'],
  },
  create: ({ report, analysis: { settings } }) => ({
    end() {
      for (const { parts, span, word, command, mentionOnly } of settings.writes) {
        const { scope, name, type } = parts
        if (scope !== undefined || type !== undefined || mentionOnly || !isTag(name) || deliberate.has(name))
          continue
        if (command.spec?.name === 'item') continue
        const option = names.get(name)
        report({
          line: command.line,
          at: span ?? word,
          reason: `${quote(name)} is a DHCP option${option === undefined ? '' : `, ${quote(option)}`}, not a name of your own`,
          note: 'Begin the name with a letter.',
        })
      }
    },
  }),
}

import { isKnownSetting, parseSettingName, referenceParts } from '../analysis/settings.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

export const selfAssignment: Rule = {
  id: 'self-assignment',
  summary: '`set x ${x}`, which changes nothing.',
  severity: 'info',
  preset: 'strict',
  judges: 'script',
  docs: {
    why:
      'The value is expanded before it is stored, so the setting keeps what it had, or is deleted when it had nothing. Of ' +
      "iPXE's own settings `set next-server ${next-server}` does something: it keeps a value of DHCP in the root. Types " +
      'and scopes change the value as well, `set space ${space:string}`.',
    ok: [
      'set sp:hex 20\nset sp ${sp:string}\n',
      'set next-server ${next-server}\n',
      'set x ${x} more\n',
      'set net0/a ${a}\n',
    ],
    notOk: ['set «x» ${x}\n'],
  },
  create: ({ report }) => ({
    command({ spec, positionals, line }) {
      if (spec?.name !== 'set' || positionals.length !== 2) return
      const [name, value] = positionals
      const [only] = value!.word.children
      if (value!.word.children.length !== 1 || only?.type !== 'reference') return
      const to = parseSettingName(name!.text)
      const from = referenceParts(only)
      if (
        to.name !== from.name ||
        to.scope !== from.scope ||
        to.type !== undefined ||
        from.type !== undefined
      )
        return
      if (isKnownSetting(to.name)) return
      report({
        line,
        at: name!.word,
        reason: `${quote(to.name)} is set to itself`,
        note: 'Nothing changes. Is another name meant?',
      })
    },
  }),
}

import { findSetting } from '../data/lookup.js'
import { referenceParts } from '../analysis/settings.js'
import { innermost } from '../analysis/outcomes.js'
import type { Word } from '../ast/nodes.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

/** What the network says, and whoever is in it can say: DHCP options that are texts. */
const fromNetwork = new Set([
  'filename',
  'root-path',
  'hostname',
  'domain',
  'san-filename',
  'vendor-class',
  'user-class',
])

/** They store what a person types. */
const asks = new Set<string | undefined>(['read', 'item', 'present'])

export const settingsInjection: Rule = {
  id: 'settings-injection',
  summary: 'A text from a person or from DHCP that is run or expanded again.',
  severity: 'warning',
  preset: 'strict',
  judges: 'script',
  docs: {
    why:
      'iPXE expands the value of a setting again when it uses it: a typed or DHCP-given text with `${…}` in it reads other ' +
      'settings, such as a password, and puts them into the URL or the command; as the name of a command or the target of ' +
      '`goto` it decides what runs. `${x:uristring}` does not help against the first. Switch it off in networks where ' +
      'nobody else answers.',
    ok: [
      'read x\necho ${x}\n',
      'set a b\nchain http://x/${a}\n',
      'read next-server\nchain tftp://${next-server}/a\n',
      'read a\nset a b\nchain ${a}\n',
    ],
    notOk: [
      'read name\nchain http://x/«${name}».ipxe\n',
      'read cmd ||\n«${cmd}»\n',
      'goto «${filename}» ||\n',
    ],
  },
  create: ({ report, analysis: { flow, settings } }) => ({
    end() {
      const typed = new Set<string>()
      for (const { parts, command, mentionOnly } of settings.writes) {
        const name = command.spec?.name
        if (!mentionOnly && asks.has(name)) typed.add(parts.name)
      }
      /** Whether what a person typed gets here, as a text: an address or a number holds no `${`. */
      const mayBeTyped = (name: string, number: number): boolean => {
        const type = findSetting(name)?.type
        if (type !== undefined && type !== 'string') return false
        const setters = flow.values.settersOf(name, number)
        return (
          setters?.some((setter) => asks.has(innermost(flow.graph.commands[setter]!).spec?.name)) !== false
        )
      }
      const check = (word: Word, line: Parameters<typeof report>[0]['line'], number: number): void => {
        for (const [index, child] of word.children.entries()) {
          if (child.type !== 'reference') continue
          const { name } = referenceParts(child)
          const isTyped = typed.has(name) && mayBeTyped(name, number)
          // in the middle of a URL a name of DHCP decides little
          if (!isTyped && (index > 0 || !fromNetwork.has(name) || settings.names.has(name))) continue
          report({
            line,
            at: child,
            reason: `${quote(name)} comes from ${isTyped ? 'a person' : 'DHCP'} and is expanded again here`,
            note: 'What it holds between `${` and `}` is replaced, and it may lead anywhere. Compare it with what is allowed first.',
          })
          return
        }
      }
      for (const [number, { spec, positionals, nameWord, line, name }] of flow.graph.commands.entries()) {
        if (spec === undefined && name !== '') check(nameWord, line, number)
        else if (spec?.name === 'goto' || spec?.name === 'imgexec' || spec?.name === 'imgselect') {
          for (const { word } of positionals.slice(0, 1)) check(word, line, number)
        }
      }
    },
  }),
}

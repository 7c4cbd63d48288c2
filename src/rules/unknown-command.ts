import { hole } from '../analysis/text.js'
import type { Command, Line } from '../ast/nodes.js'
import { literalText } from '../ast/walk.js'
import { commandNames } from '../data/lookup.js'
import { gluedOperatorIn } from './glued-operator.js'
import { didYouMean, quote } from './message.js'
import type { Rule } from './rule.js'
import { suggester } from './suggester.js'

/** What people write who think of another boot loader or shell. */
const elsewhere = new Map([
  ['linux', 'kernel'],
  ['linux16', 'kernel'],
  ['linuxefi', 'kernel'],
  ['initrdefi', 'initrd'],
  ['initrd16', 'initrd'],
  ['multiboot', 'kernel'],
  ['append', 'imgargs'],
  ['args', 'imgargs'],
  ['print', 'echo'],
  ['printf', 'echo'],
  ['pause', 'prompt'],
  ['wait', 'sleep'],
  ['color', 'colour'],
  ['halt', 'poweroff'],
  ['shutdown', 'poweroff'],
  ['unset', 'clear'],
  ['exec', 'chain'],
  ['source', 'chain'],
  ['wget', 'imgfetch'],
  ['curl', 'imgfetch'],
  ['jump', 'goto'],
  ['menuentry', 'item'],
  ['isseq', 'iseq'],
  ['isequal', 'iseq'],
])
const control = new Set([
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'for',
  'while',
  'do',
  'done',
  'case',
  'function',
  '{',
  '}',
  '!',
  '[',
])

/** Commands whose arguments are read by people. */
const texts = new Set(['echo', 'menu', 'form', 'item', 'prompt'])

export const unknownCommand: Rule = {
  id: 'unknown-command',
  summary: 'iPXE has no command of this name.',
  severity: 'error',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'An unknown command fails with "command not found", and a line that fails ends the script. Names are matched ' +
      'exactly, and their case counts.',
    ok: ['echo hello\n', '${command} --help\n', 'dhcp || shell\n'],
    notOk: [
      '«ehco» hello\n',
      'dhcp || «Shell»\n',
      '«if» isset ${ip}\n',
      '«linux» vmlinuz\n',
      'time «ehco» x\n',
      'menu Tom && «Jerry»\n',
    ],
  },
  create: ({ report, fix }) => {
    const nearest = suggester(commandNames)
    return {
      command({ line, node, nameWord, name, spec, args }) {
        if (spec || name.includes(hole) || gluedOperatorIn(name) !== undefined) return
        const other = elsewhere.get(name.toLowerCase())
        const near = other ?? nearest(name)
        const isAssignment = args.length === 0 && /^[\w/.-]+=/.test(name)
        const operator = near === undefined ? operatorInText(line, node) : undefined
        const sameButCase = near !== undefined && near === name.toLowerCase()
        report({
          line,
          at: nameWord,
          reason: `iPXE has no command ${quote(name)}${didYouMean(near)}`,
          ...(near === undefined ? {} : { expected: [near] }),
          note: control.has(name)
            ? 'There is no control structure but `goto`, `&&` and `||`: write `isset ${x} && goto there ||`.'
            : /^([<=>])\1{6}$/.test(name)
              ? 'git left a conflict here: keep one side, and take the marks away.'
              : isAssignment
                ? `A value is stored with \`set\`: \`set ${name.slice(0, name.indexOf('='))} …\`.`
                : name === 'item' || name.startsWith(':')
                  ? 'A label stands at the start of its line.'
                  : operator
                    ? `After \`${operator}\` a new command starts, in a text as well; iPXE has no quotes for it.`
                    : 'The line fails with "command not found", and so does the script unless `||` follows.',
          fix: sameButCase
            ? fix(line, `Write \`${near}\``, [{ span: nameWord.span, text: near }])
            : undefined,
        })
      },
    }
  },
}

/** The operator before a command, where the words before that are a text for people: `menu Tom && Jerry`. */
function operatorInText({ children }: Line, node: Command): string | undefined {
  const parts = children.filter(({ type }) => type === 'command' || type === 'operator')
  const at = parts.indexOf(node)
  const operator = parts[at - 1]
  const before = parts[at - 2]
  if (operator?.type !== 'operator' || before?.type !== 'command') return undefined
  const first = before.children.find(({ type }) => type === 'word')
  const name = first?.type === 'word' ? literalText(first) : undefined
  return name !== undefined && texts.has(name) ? operator.value : undefined
}

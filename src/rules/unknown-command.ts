import { hole } from '../analysis/text.js'
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
    ],
  },
  create: ({ report, fix }) => {
    const nearest = suggester(commandNames)
    return {
      command({ line, nameWord, name, spec, args }) {
        if (spec || name.includes(hole) || gluedOperatorIn(name) !== undefined) return
        const other = elsewhere.get(name.toLowerCase())
        const near = other ?? nearest(name)
        const isAssignment = args.length === 0 && /^[\w/.-]+=/.test(name)
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
                  : 'The line fails with "command not found", and so does the script unless `||` follows.',
          fix: sameButCase
            ? fix(line, `Write \`${near}\``, [{ span: nameWord.span, text: near }])
            : undefined,
        })
      },
    }
  },
}

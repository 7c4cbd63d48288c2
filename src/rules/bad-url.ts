import { checkUrlForm } from '../analysis/boot-url.js'
import { type ParsedCommand, positionalSpec } from '../analysis/commands.js'
import { spanInWord } from '../analysis/text.js'
import type { Word } from '../ast/nodes.js'
import type { Rule, RuleContext } from './rule.js'

export const badUrl: Rule = {
  id: 'bad-url',
  summary: 'A URI that iPXE cannot download.',
  severity: 'error',
  preset: 'default',
  judges: 'line',
  docs: {
    why:
      'The scheme has to be one that iPXE knows, and where there is a host it has to be well formed. Names without a scheme ' +
      'are looked up beside the script and are fine; so is whatever `${…}` hides.',
    ok: [
      'kernel http://10.0.0.1/vmlinuz initrd=x\ninitrd initrd.img\nchain tftp://${next-server}/x\n',
      'chain ${base}/x.ipxe\nsanboot iscsi:10.0.0.1::::iqn.2020-01.example:x\n',
    ],
    notOk: [
      'kernel «htp»://10.0.0.1/vmlinuz\n',
      'initrd «http:/»mirror.example.org/initrd.img\n',
      'chain --autofree http://«/»x.ipxe\n',
      'imgfetch http://«10.0.0.300»/x\n',
      'sanboot «iscssi»:10.0.0.1::::iqn.x\n',
      'console --picture «htp»://10.0.0.1/x.png\n',
    ],
  },
  create: (context) => ({
    command(command) {
      const { spec, positionals, options } = command
      if (!spec) return
      const use = spec.name.startsWith('san') ? 'san' : 'download'
      for (const [index, { word, text }] of positionals.entries()) {
        const kind = positionalSpec(spec, index)?.kind
        if (kind === 'text') break
        if (kind === 'uri' || kind === 'image') check(context, command, word, text, 0, use)
      }
      for (const { spec: option, value, valueWord } of options) {
        if (option.arg !== 'image' || value === undefined || !valueWord) continue
        const whole = command.args.find(({ word }) => word === valueWord)!.text
        check(context, command, valueWord, value, whole.length - value.length, use)
      }
    },
  }),
}

function check(
  { report, fix }: RuleContext,
  { line }: ParsedCommand,
  word: Word,
  url: string,
  offset: number,
  use: 'san' | 'download',
): void {
  for (const { problem, expected, note, start = 0, end = 0, replacement } of checkUrlForm(url, {
    use,
    relative: use !== 'san',
  })) {
    const span = spanInWord(word, offset + start, offset + Math.max(end, start + 1))
    report({
      line,
      at: span,
      reason: problem,
      ...(expected ? { expected } : {}),
      note,
      fix:
        replacement === undefined
          ? undefined
          : fix(line, `Write \`${replacement}\``, [{ span, text: replacement }]),
    })
  }
}

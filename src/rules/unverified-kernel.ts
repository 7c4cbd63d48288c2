import { imageNames } from '../analysis/images.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

export const unverifiedKernel: Rule = {
  id: 'unverified-kernel',
  summary: 'A kernel or initrd over plain http without `imgverify`.',
  severity: 'info',
  preset: 'strict',
  judges: 'script',
  docs: {
    why:
      'Whoever is on the way can change what comes by http, tftp or ftp. `imgverify` checks a signature, https the server. ' +
      'Switch it off in a network of your own.',
    ok: [
      'kernel https://x/k\nboot\n',
      'kernel http://x/k\nimgverify k http://x/k.sig\nboot\n',
      'kernel ${base}/k\nboot\n',
    ],
    notOk: ['kernel «http://x/k»\nboot\n', 'set base http://x\nkernel «${base}/k»\nboot\n'],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      const { graph, values } = flow
      const verified = new Set(
        flow.named('imgverify').map((number) => graph.commands[number]!.positionals[0]?.text ?? ''),
      )
      for (const number of [...flow.named('imgselect'), ...flow.named('imgfetch')].sort((a, b) => a - b)) {
        const command = graph.commands[number]!
        const [uri] = command.positionals
        if (!uri) continue
        const texts = values.textsOf(uri.word, number)
        if (!texts.every((text) => /^(http|tftp|ftp):\/\//i.test(text))) continue
        if (imageNames(command, number, values).some((name) => verified.has(name))) continue
        report({
          line: command.line,
          at: uri.word,
          reason: `${quote(command.name)} loads this without any proof of where it comes from`,
          note: 'Use https, or `imgverify` it with a signature.',
        })
      }
    },
  }),
}

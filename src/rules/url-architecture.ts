import { spanInWord, textWithHoles } from '../analysis/text.js'
import { architectureProblems } from '../analysis/url-architecture.js'
import type { Rule } from './rule.js'

export const urlArchitecture: Rule = {
  id: 'url-architecture',
  summary: 'A URL whose path has a cut or misspelt architecture: `…/os/x86/`.',
  severity: 'error',
  preset: 'default',
  judges: 'line',
  docs: {
    why:
      'Package trees spell their architecture `x86_64` or `aarch64`. A URL that lost its `_64` in a paste answers "not ' +
      'found", sometimes only after the kernel has booted. Alpine and Tiny Core do have a plain `x86`.',
    ok: [
      'set repo http://mirror.example.org/9-stream/BaseOS/x86_64/os/\n',
      'kernel http://dl-cdn.alpinelinux.org/alpine/v3.20/releases/x86/netboot/vmlinuz-lts\n',
      'echo the x86/os folder\n',
    ],
    notOk: [
      'set repo http://mirror.example.org/centos/7/os/«x86»/\n',
      'set repo http://mirror.example.org/centos/7/os/«x86_»\n',
      'kernel ${mirror}/9-stream/BaseOS/«x86»/os/images/pxeboot/vmlinuz\nset mirror x\n',
      'kernel vmlinuz inst.repo=http://mirror.example.org/os/«x86-64»/\n',
    ],
  },
  create: ({ report, fix }) => ({
    word(word, line) {
      const text = textWithHoles(word)
      if (!text.includes('/') || !/86|64_|arch/i.test(text)) return
      // the URL may be the value of an argument: inst.repo=http://…
      const isUrl = text.includes('://')
      const isPath = /^(\$<|\ue000)/.test(text) || /[=/]\ue000/.test(text)
      if (!isUrl && !isPath) return
      for (const { problem, expected, note, start = 0, end = 0, replacement } of architectureProblems(text)) {
        const span = spanInWord(word, start, end)
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
    },
  }),
}

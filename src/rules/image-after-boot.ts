import { end } from '../analysis/flow.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

const late = new Set(['imgfetch', 'imgargs', 'imgverify'])

export const imageAfterBoot: Rule = {
  id: 'image-after-boot',
  summary: '`initrd` or `imgargs` right below `boot`: too late for it.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'When `boot` works the script does not come back, and when it fails without `||` the script ends. What stands below ' +
      'it without a label is not loaded for the kernel above. Put it before `boot`.',
    ok: [
      'kernel http://x/k\ninitrd http://x/i\nboot\n:next\ninitrd http://x/j\n',
      'kernel http://x/k\nboot ||\ninitrd http://x/j\n',
      'kernel http://x/k\nboot\nkernel http://x/other\n',
    ],
    notOk: ['kernel http://x/k\nboot\n«initrd» http://x/i\n', 'kernel http://x/k\nboot\n«imgargs» k quiet\n'],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      const { graph } = flow
      const labels = new Set(graph.labels.map(({ entry }) => entry))
      for (const number of flow.named('imgexec')) {
        const boot = graph.commands[number]!
        const next = graph.commands[number + 1]
        if (boot.positionals.length > 0 || boot.name !== 'boot' || !next || labels.has(number + 1)) continue
        if (graph.afterFailure[number] !== end || graph.afterSuccess[number] !== number + 1) continue
        if (!late.has(next.spec?.name ?? '')) continue
        report({
          line: next.line,
          at: next.nameWord,
          reason: `${quote(next.name)} comes after \`boot\``,
          note: 'The kernel has been started without it, or the script has ended. Move it above `boot`.',
        })
      }
    },
  }),
}

import { flowForward } from '../analysis/forward.js'
import { innermost, mayRunOther } from '../analysis/outcomes.js'
import { hole } from '../analysis/text.js'
import type { Rule } from './rule.js'

export const bootWithoutImage: Rule = {
  id: 'boot-without-image',
  summary: '`boot` where no `kernel` can have run before.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'Only `kernel` (and `imgselect`, `imgload`) selects what `boot` starts; `initrd`, `imgfetch` and `imgargs` do not. With ' +
      'nothing selected `boot` prints a line and succeeds, and the script goes on. Scripts that load nothing at all are not ' +
      'looked at: they boot what their caller loaded.',
    ok: [
      'initrd http://x/i\nchain http://x/vmlinuz initrd=i\nboot\n',
      'kernel http://x/k\ninitrd http://x/i\nboot\n',
      'boot\n',
      'boot http://x/k\n',
      'initrd http://x/i\nboot http://x/k ||\nimgfree\nsanboot http://x/a.iso\nboot\n',
      'kernel http://x/k\ngoto b\n:b\nboot || goto c\n:c\nboot\n',
    ],
    notOk: [
      'initrd http://x/i\n«boot»\n',
      'ifopen && goto a || goto b\n:a\nkernel http://x/k\nboot\n:b\nimgfree\ninitrd http://x/i\n«boot»\n',
      'kernel http://x/k\nimgfree\n«boot»\n',
      'kernel http://x/k\nimgfree\nsanboot http://x/a.iso ||\n«boot»\n',
    ],
  },
  create: ({ report, analysis: { flow } }) => ({
    end() {
      const boots = flow.named('imgexec').filter((number) => {
        const { positionals, problem, certain } = flow.graph.commands[number]!
        return positionals.length === 0 && !problem && certain
      })
      if (boots.length === 0 || flow.named('imgselect').length + flow.named('imgfetch').length === 0) return
      const { graph } = flow
      const selected = flowForward(graph, 1, flow.targets, (number, bits, failed) => {
        const command = innermost(graph.commands[number]!)
        const name = command.spec?.name
        if (name === 'imgfree' && command.positionals.length === 0) bits[0] = 2
        else if (name === 'imgselect' || command.name.includes(hole)) bits[0] = failed ? bits[0]! : 3
        else if (mayRunOther(command)) bits[0] = 3
        else if (!failed && name === 'imgexec') bits[0] = command.positionals.length === 0 ? 0 : 3
        // it does not come back but with a failure
        else if (!failed && name === 'sanboot') bits[0] = 0
        // something leads here that does not come back from a boot
        else bits[0]! |= 2
      })
      if (!selected) return
      for (const number of boots) {
        if ((selected[number]! & 1) === 1 || !flow.runs(number)) continue
        if ((selected[number]! & 2) === 0 && number !== graph.start) continue
        const command = graph.commands[number]!
        report({
          line: command.line,
          at: command.nameWord,
          reason: 'Nothing is selected that could be booted here',
          note: 'It does nothing and succeeds. `kernel` has to run before; `initrd` and `imgfetch` only load.',
        })
      }
    },
  }),
}

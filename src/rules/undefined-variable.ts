import { quote } from './message.js'
import type { Rule } from './rule.js'

export const undefinedVariable: Rule = {
  id: 'undefined-variable',
  summary: '`$<name>` in a script that belongs to no project.',
  severity: 'info', // in a project it is an error, which the project reports when it substitutes
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'A build-time variable has a value only in a project, a folder with `ipxetool.yaml`. Elsewhere `$<name>` is legal ' +
      'text that iPXE passes on as it is.',
    ok: ['echo $x <x> ${ip}\n'],
    notOk: ['chain «$<repo>»x.ipxe\n'],
  },
  applies: ({ loose }) => loose,
  create: ({ report, facts }) => {
    const seen = new Set<string>()
    return {
      variable(variable, line) {
        if (!facts.loose || seen.has(variable.name)) return
        seen.add(variable.name)
        report({
          line,
          at: variable,
          reason: `${quote(`$<${variable.name}>`)} is plain text here`,
          note: 'It is a build-time variable only in a project: declare it in an `ipxetool.yaml`, and build.',
        })
      },
    }
  },
}

import { scopeOf } from '../ast/walk.js'
import { referenceParts } from '../analysis/settings.js'
import { hole } from '../analysis/text.js'
import { findSettingBlock } from '../data/lookup.js'
import { settingBlocks } from '../data/setting-blocks.js'
import { suggest } from '../data/suggest.js'
import { didYouMean, quote } from './message.js'
import type { Rule } from './rule.js'

const blockNames = settingBlocks.flatMap(({ paths }) => paths).filter((path) => path !== '')

export const unknownScope: Rule = {
  id: 'unknown-scope',
  summary: '`${scope/name}` in a scope that neither iPXE nor the script makes.',
  severity: 'warning',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'Reading from a scope that does not exist gives nothing, without an error. Reported is only a scope that is one slip ' +
      'away from one that iPXE has.',
    ok: [
      'echo ${net1/mac} ${netX.dhcp/ip} ${builtin/errno} ${net0-42/ip} ${mine/x}\nset mine/x 1\n',
      'set biultin/x 1\necho ${biultin/x}\n',
    ],
    notOk: ['echo ${«ntX»/mac}\n', 'echo ${«biultin»/errno}\n', 'echo ${«netx»/mac}\n'],
  },
  create: ({ report, fix, analysis: { settings } }) => ({
    reference(reference, line) {
      const { scope, name } = referenceParts(reference)
      if (scope === undefined || scope.includes(hole) || scope.length > 40) return
      if (findSettingBlock(scope) || settings.scopes.has(scope)) return
      const near = suggest(scope, blockNames)
      if (near === undefined) return
      const at = scopeOf(reference)
      report({
        line,
        at: at ?? reference,
        reason: `There is no scope ${quote(scope)}${didYouMean(near)}`,
        expected: [near],
        note: `\`\${${scope}/${name}}\` expands to nothing, without an error.`,
        fix:
          near.toLowerCase() === scope.toLowerCase()
            ? fix(line, `Write \`${near}\``, [{ span: at?.span, text: near }])
            : undefined,
      })
    },
  }),
}

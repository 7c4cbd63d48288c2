import { quote } from './message.js'
import type { Rule } from './rule.js'

export const slowConfiguration: Rule = {
  id: 'slow-configuration',
  summary: 'A bare `ifconf` or `autoboot`, which tries IPv6 too.',
  severity: 'info',
  preset: 'strict',
  judges: 'line',
  docs: {
    why:
      'Without `-c` all ways to configure an interface are tried, one after the other. In a network without IPv6 routers the ' +
      'boot then waits some sixteen seconds for them. `dhcp` is `ifconf -c dhcp`.',
    ok: ['dhcp\n', 'ifconf -c dhcp net0\n', 'ifconf --configurator ipv6\n'],
    notOk: ['«ifconf»\n', 'ifopen net0 && «ifconf» net0\n', '«autoboot»\n'],
  },
  create: ({ report, fix }) => ({
    command({ spec, line, nameWord, options, name }) {
      const isBare =
        spec?.name === 'ifconf' &&
        name === 'ifconf' &&
        options.every(({ spec: { long } }) => long !== 'configurator')
      if (!isBare && spec?.name !== 'autoboot') return
      report({
        line,
        at: nameWord,
        reason: `${quote(name)} also waits for IPv6`,
        note: 'In a network without it that takes some sixteen seconds.',
        fix: isBare
          ? fix(line, 'Configure with DHCP only', [{ span: nameWord.span, text: 'dhcp' }])
          : undefined,
      })
    },
  }),
}

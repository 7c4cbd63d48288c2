import { hole } from '../analysis/text.js'
import { findSetting, findSettingBlock } from '../data/lookup.js'
import { quote } from './message.js'
import type { Rule } from './rule.js'

/** Blocks that nothing can be stored in (`core/settings.c`, each block's own `store`). */
const fixed = new Set(['builtin', 'smbios', 'pci', 'usb', 'cpuid', 'memmap', 'acpi'])

export const readOnlySetting: Rule = {
  id: 'read-only-setting',
  summary: '`set smbios/serial …` and other stores into what only the machine can say.',
  severity: 'error',
  preset: 'default',
  judges: 'script',
  docs: {
    why:
      'The blocks `builtin`, `smbios`, `pci`, `usb`, `cpuid`, `memmap` and `acpi` are read from the machine; a store into ' +
      'them fails with "Operation not supported" and ends the script. Only `builtin/unixtime` can be set, since June 2026. ' +
      'The same names without the block can be set: they then hide the value of the machine.',
    ok: [
      'set serial 1\nset net0/ip 10.0.0.2\n',
      'set builtin/unixtime:uint32 1700000000\n',
      'show smbios/serial\n',
    ],
    notOk: ['set «smbios/serial» 1\n', 'read «builtin/version»\n', 'set «net0.dhcp/mine» 1\n'],
  },
  create: ({ report, analysis: { settings } }) => ({
    end() {
      for (const { parts, text, span, word, command, mentionOnly } of settings.writes) {
        const { scope, name } = parts
        if (scope === undefined || mentionOnly || scope.includes(hole) || name.includes(hole)) continue
        if (command.spec?.name === 'item') continue
        const isDhcp = /^(net[^./]*\.dhcp|proxydhcp|pxebs)$/.test(scope)
        if (!fixed.has(scope) && !isDhcp) continue
        if (scope === 'builtin' && name === 'unixtime') continue
        // options of DHCP can be set there, names of one's own cannot
        if (isDhcp && (/^[\d.]+$/.test(name) || findSetting(name) !== undefined || !findSettingBlock(scope)))
          continue
        report({
          line: command.line,
          at: span ?? word,
          reason: isDhcp
            ? `${quote(scope)} holds only options of DHCP: ${quote(name)} cannot be stored there`
            : `${quote(text)} cannot be set: it comes from the machine`,
          note: 'The command fails, and without `||` the script ends here. Use a name without the block.',
        })
      }
    },
  }),
}

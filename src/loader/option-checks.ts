/** What build options ask of each other. */
import { optionConflicts, optionNeeds } from '../data/build-options.js'
import type { LoaderArchitecture, LoaderPlatform } from '../data/loader-targets.js'
import type { OptionValues } from './eras.js'
import type { OptionPlace, Report } from './options.js'

/** @param written names that somebody asked for, presets apart */
export function checkTogether(
  values: OptionValues,
  written: ReadonlySet<string>,
  { platform, architecture, source }: OptionPlace,
  report: Report,
): void {
  const has = (name: string): boolean => values.has(name) && values.get(name) !== false
  for (const { options, why, always } of optionConflicts) {
    if (!options.every((name) => has(name) && (always === true || written.has(name)))) continue
    report({
      ruleId: 'build-option-conflict',
      severity: 'error',
      reason: `\`${options[0]}\` and \`${options[1]}\` exclude each other: ${why}.`,
      note: `Leave one of them out, or write ${options[1]}=off.`,
    })
  }
  for (const [name, needs, why] of optionNeeds) {
    if (!has(name) || has(needs) || !values.has(needs)) continue
    const asked = written.has(name) || values.get(needs) === false
    if (!asked || (name === 'CONSOLE_CMD' && source.era < '2')) continue
    report({
      ruleId: 'build-option-needs',
      severity: name === 'CONSOLE_CMD' ? 'warning' : 'error',
      reason: `\`${name}\` wants \`${needs}\`: ${why}.`,
      note: `Define ${needs} too.`,
    })
  }
  if (!has('NET_PROTO_IPV4') && !has('NET_PROTO_IPV6')) {
    report({
      ruleId: 'build-option-conflict',
      severity: 'error',
      reason: 'Without `NET_PROTO_IPV4` and `NET_PROTO_IPV6` the loader has no network.',
    })
  }
  checkSerial(has, written, platform, architecture, report)
}

function checkSerial(
  has: (name: string) => boolean,
  written: ReadonlySet<string>,
  platform: LoaderPlatform,
  architecture: LoaderArchitecture,
  report: Report,
): void {
  const settings = ['COMCONSOLE', 'COMSPEED'].filter((name) => written.has(name))
  if (settings.length > 0 && !has('CONSOLE_SERIAL') && !has('GDBSERIAL')) {
    report({
      ruleId: 'serial-without-console',
      severity: 'warning',
      reason: `\`${settings.join('` and `')}\` does nothing without \`CONSOLE_SERIAL\`.`,
      note: 'Add --preset serial.',
    })
  } else if (settings.length > 0 && has('SERIAL_SPCR') && !has('SERIAL_FIXED')) {
    report({
      ruleId: 'serial-spcr',
      severity: 'info',
      reason: `The firmware’s SPCR table, where there is one, wins over \`${settings.join('` and `')}\`.`,
      note: 'Define SERIAL_FIXED too to have the last word.',
    })
  }
  if (written.has('CONSOLE_SERIAL') && platform === 'efi') {
    report({
      ruleId: 'serial-on-efi',
      severity: 'warning',
      reason:
        '`CONSOLE_SERIAL` in a UEFI loader: most firmware mirrors its console there, and every letter comes twice.',
    })
  }
  if (settings.length > 0 && architecture === 'arm64') {
    report({
      ruleId: 'serial-on-arm',
      severity: 'warning',
      reason: `\`${settings.join('` and `')}\` names a port of PCs; on arm64 only the firmware’s SPCR table counts.`,
    })
  }
}

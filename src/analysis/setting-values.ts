/** What texts a type of settings accepts (`core/settings.c`, the `parse` functions). */
import type { SettingTypeName } from '../data/types.js'

const hexPairs: Partial<Record<SettingTypeName, { pattern: RegExp; form: string }>> = {
  hex: {
    pattern: /^([\da-fA-F]{2}(:[\da-fA-F]{2})*)?$/,
    form: 'two digits a byte with colons between, such as `1b:5b`',
  },
  hexhyp: { pattern: /^([\da-fA-F]{2}(-[\da-fA-F]{2})*)?$/, form: 'two digits a byte with hyphens between' },
  hexraw: { pattern: /^([\da-fA-F]{2})*$/, form: 'two digits a byte, nothing between' },
  uuid: { pattern: /^([\da-fA-F]{2}-?){15}[\da-fA-F]{2}$/, form: '32 hexadecimal digits' },
  guid: { pattern: /^([\da-fA-F]{2}-?){15}[\da-fA-F]{2}$/, form: '32 hexadecimal digits' },
}

/** What a value of the type looks like when the text is none; undefined: it is one. */
export function valueProblem(text: string, type: SettingTypeName): string | undefined {
  switch (type) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'uint8':
    case 'uint16':
    case 'uint32':
      // strtoul, base 0: 08 stops at the 8
      if (/^\s*[+-]?(0[xX][\da-fA-F]*|0[0-7]*|[1-9]\d*)$/.test(text)) return undefined
      return /^0\d+$/.test(text) ? 'a number without a leading zero, which makes it octal' : 'a number'
    case 'ipv4':
      return isIpv4(text) ? undefined : 'four numbers from 0 to 255 with dots between'
    case 'ipv6':
      return /^[\da-fA-F:.]*:[\da-fA-F:.]*$/.test(text) ? undefined : 'an IPv6 address'
    default: {
      const form = hexPairs[type]
      return !form || form.pattern.test(text) ? undefined : form.form
    }
  }
}

function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return (
    parts.length === 4 && parts.every((part) => /^(0[xX][\da-fA-F]+|\d+)$/.test(part) && Number(part) <= 255)
  )
}

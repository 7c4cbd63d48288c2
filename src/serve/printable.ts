/**
 * Makes text that a client chose safe to print: whoever can send a packet must not be able to move the
 * operator's cursor, forge a log line or reverse its direction.
 */

/** Longer names are cut in logs; the start is what tells an operator which file it was. */
const MAX_PRINTED = 300

// Cc (C0, DEL, C1), Cf (bidirectional overrides, zero width), line and paragraph separators, lone surrogates,
// and the backslash itself, so that the escapes below cannot be forged.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\\]/gu

// ASCII without controls and without the backslash: nearly every name there is.
const PLAIN = /^[ -[\]-~]*$/

export function printable(text: string): string {
  if (text.length <= MAX_PRINTED && PLAIN.test(text)) return text
  const cut = text.length > MAX_PRINTED ? `${text.slice(0, MAX_PRINTED)}…` : text
  return cut.replace(UNPRINTABLE, (character) => {
    if (character === '\\') return '\\\\'
    const code = character.codePointAt(0) ?? 0
    if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`
    return `\\u{${code.toString(16)}}`
  })
}

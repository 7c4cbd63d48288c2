/** How iPXE tells a script from other data (`image/script.c` `script_probe`): its first seven bytes. */
import type { Script } from '../ast/nodes.js'
import { printNode } from '../syntax/stringify.js'

/** At least the first `length` bytes of the script's own text, if it has them. */
function firstBytes(script: Script, length: number): string {
  let text = ''
  for (const line of script.children) {
    if (text.length >= length) break
    text += printNode(line)
  }
  return text.slice(0, length)
}

export function hasMagic(script: Script): boolean {
  return /^#![ig]pxe[ \t\n\v\f\r]/.test(firstBytes(script, 7))
}

/** Where the magic should be. */
export function beginning(script: Script): string {
  return firstBytes(script, 64)
}

/** Text of UTF-16 with or without byte order mark; `undefined` when it is neither. */
export function utf16(start: string): 'LE' | 'BE' | undefined {
  if (start.startsWith('\xff\xfe') || /^(#\0!\0|[ -~]\0[ -~]\0)/.test(start)) return 'LE'
  if (start.startsWith('\xfe\xff') || /^(\0#\0!|\0[ -~]\0[ -~])/.test(start)) return 'BE'
  return undefined
}

/**
 * Whether the data is no text at all: no magic, and a NUL or many control characters near the start. To check it line
 * by line would be noise.
 */
export function isBinary(script: Script): boolean {
  if (hasMagic(script)) return false
  const start = firstBytes(script, 4096)
  if (start.includes('\0')) return true
  // eslint-disable-next-line no-control-regex
  const controls = start.match(/[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f]/g)?.length ?? 0
  return controls > 8 && controls * 20 > start.length
}

/** What well-known binary data is, by its first bytes. */
export function binaryKind(start: string): string | undefined {
  return binaryKinds.find(([signature]) => start.startsWith(signature))?.[1]
}

const binaryKinds: readonly (readonly [signature: string, kind: string])[] = [
  ['\x7fELF', 'an ELF program'],
  ['MZ', 'an EFI program or a Linux kernel'],
  ['\x1f\x8b', 'gzip data'],
  ['\xfd7zXZ', 'xz data'],
  ['(\xb5/\xfd', 'Zstandard data'],
  ['PK\x03\x04', 'a zip archive'],
  ['0707', 'a cpio archive'],
  ['hsqs', 'a squashfs image'],
  ['\x89PNG', 'a PNG picture'],
  ['\xff\xd8\xff', 'a JPEG picture'],
]

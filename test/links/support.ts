import { type LinkInput, type LinkReport, resolveLinks } from '../../src/links/resolve.js'
import type { TreeFile } from '../../src/links/tree.js'
import { parse } from '../../src/syntax/parse.js'

/** Bodies of scripts by path, `#!ipxe` added; other files by path. The entry is `boot.ipxe`. */
export function check(
  scripts: Record<string, string>,
  files: Record<string, Partial<TreeFile>> = {},
  options: Partial<LinkInput> = {},
): LinkReport {
  return resolveLinks({
    scripts: Object.entries(scripts).map(([path, body]) => ({
      path,
      file: path,
      script: parse(new TextEncoder().encode(`#!ipxe\n${body}`)),
      kind: path.startsWith('embed/') ? 'embed' : 'output',
    })),
    files: new Map(Object.entries(files).map(([path, file]) => [path, { size: 1, ...file }])),
    entry: 'boot.ipxe',
    ...options,
  })
}

/** `command kind what` of each link. */
export function targets({ links }: LinkReport): string[] {
  return links.map(({ command, target }) => {
    switch (target.kind) {
      case 'inside':
        return `${command} ${target.found ?? 'missing'} ${target.path}`
      case 'outside':
        return `${command} outside ${target.url}`
      case 'image':
        return `${command} image ${target.name}`
      case 'dynamic':
        return `${command} dynamic ${target.pattern} -> ${target.matches.join(' ')}`.trim()
    }
  })
}

/** `file:line:column severity rule: reason` of each. */
export function problems({ diagnostics }: Pick<LinkReport, 'diagnostics'>): string[] {
  return diagnostics.map(({ file, place, severity, ruleId, reason }) => {
    const at = place ? `:${place.start.line}:${place.start.column}` : ''
    return `${file}${at} ${severity} ${ruleId}: ${reason}`
  })
}

/** The first bytes of files, made by hand. */
export function bytes(length: number, ...parts: [offset: number, bytes: string | number[]][]): Uint8Array {
  const head = new Uint8Array(length)
  for (const [offset, part] of parts) {
    head.set(typeof part === 'string' ? new TextEncoder().encode(part) : part, offset)
  }
  return head
}

export const heads = {
  /** 64 bit, initrds below 2 GiB. */
  bzImage: bytes(
    1024,
    [0, 'MZ'],
    [0x1fe, [0x55, 0xaa]],
    [0x202, 'HdrS'],
    [0x206, [0x0f, 0x02]],
    [0x22c, [0xff, 0xff, 0xff, 0x7f]],
    [0x236, [0x01, 0]],
  ),
  arm64: bytes(64, [0, 'MZ'], [0x38, 'ARM\x64']),
  zimg: bytes(512, [0, 'MZ'], [4, 'zimg']),
  efi: bytes(512, [0, 'MZ'], [0x3c, [0x80]], [0x80, 'PE\0\0'], [0x84, [0x64, 0x86]]),
  gzip: bytes(64, [0, [0x1f, 0x8b, 8]]),
  zstd: bytes(64, [0, [0x28, 0xb5, 0x2f, 0xfd]]),
  xz: bytes(64, [0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]]),
  cpio: bytes(64, [0, '070701']),
  html: bytes(64, [0, '\n<!DOCTYPE html>']),
  xml: bytes(64, [0, '<?xml version="1.0"?><Error>']),
  lfs: bytes(64, [0, 'version https://git-lfs.github.com/spec/v1\n']),
  script: bytes(64, [0, '#!ipxe\n']),
  text: bytes(64, [0, 'hello']),
}

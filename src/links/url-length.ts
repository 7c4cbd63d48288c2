/** URLs that DHCP has to carry, against what it can carry. */
import { Diagnostic } from '../diagnostics/diagnostic.js'
import { quote } from '../rules/message.js'
import { encodeText } from '../syntax/bytes.js'
import type { LinkInput } from './resolve.js'
import { percentEncode } from './uri.js'

/** Bytes of the header's `file` field without its NUL (RFC 2131 section 2; reference/boot-servers.md 2.2). */
export const fileFieldLimit = 127
/** Bytes of one DHCP option: its length is one byte (RFC 2132 section 2). */
export const optionLimit = 255

/** What firmware and iPXE learn from DHCP: the first script and the loaders. */
const inDhcp = /\.(efi|0|kpxe|kkpxe|pxe|lkrn)$/i

export function checkUrlLengths(
  baseUrls: readonly string[],
  { entry, files, scripts, configFile }: Pick<LinkInput, 'entry' | 'files' | 'scripts' | 'configFile'>,
): Diagnostic[] {
  const result: Diagnostic[] = []
  // a DHCP server may name any script, say that of one machine
  const named = scripts.flatMap(({ path, kind }) => (kind === 'embed' ? [] : path))
  const others = [...named, ...[...files.keys()].filter((path) => inDhcp.test(path))].sort()
  const paths = new Set([entry, ...others])
  for (const base of baseUrls) {
    for (const path of paths) {
      const url = urlOf(base, path)
      const bytes = new TextEncoder().encode(url).length
      if (bytes <= fileFieldLimit) continue
      const isOver = bytes > optionLimit
      result.push(
        new Diagnostic({
          ruleId: 'url-length',
          severity: 'warning',
          file: scripts.find((script) => script.path === path)?.file ?? configFile ?? entry,
          reason: `The URL of ${quote(encodeText(path))} has ${bytes} bytes: ${quote(encodeText(url))}`,
          note: isOver
            ? `A DHCP option holds ${optionLimit} bytes, the file name in the header ${fileFieldLimit}. Shorten the host, the folder or the name.`
            : `The file name in the DHCP header holds ${fileFieldLimit} bytes. Use option 67 (up to ${optionLimit}), or shorten the host, the folder or the name.`,
        }),
      )
    }
  }
  return result
}

export function urlOf(base: string, path: string): string {
  return `${base.replace(/\/+$/, '')}/${percentEncode(path)}`
}

/** What the operator said about particular machines: who may be answered, and who is answered otherwise. */
import { IpxetoolError } from '../../diagnostics/error.js'
import { macDigits, pairs } from '../allow-list.js'
import { architectureOf, type Client } from './client.js'

/**
 * How an answer to firmware is laid out (PXE 2.1 section 2.4). `direct`: everything is in the offer. `binl`: the offer
 * names the server, the file comes on port 4011. `menu`: the offer holds a menu of one item, the file comes on 4011.
 */
export const replyForms = ['direct', 'binl', 'menu', 'silent'] as const
export type ReplyForm = (typeof replyForms)[number]

/** From the most exact to the least. */
export type Who =
  | { readonly kind: 'mac'; readonly mac: string }
  | { readonly kind: 'vendor'; readonly prefix: string }
  | { readonly kind: 'class'; readonly text: string }
  | { readonly kind: 'architecture'; readonly code: number }
  | { readonly kind: 'family'; readonly name: string }

const ORDER: readonly Who['kind'][] = ['mac', 'vendor', 'class', 'architecture', 'family']

export interface Override {
  readonly who: Who
  readonly form?: ReplyForm | undefined
  /** Below the root of the tree, or a URL. For firmware. */
  readonly loader?: string | undefined
  /** The same for iPXE. */
  readonly script?: string | undefined
}

const families = ['bios', 'uefi', 'http', 'i386', 'x86_64', 'arm32', 'arm64', 'riscv64', 'loong64']

const WHO_HINT =
  'a MAC address, the first half of one (52:54:00), class=TEXT of option 60, an architecture by its number in ' +
  `option 93, or one of ${families.join(', ')}`

/**
 * `52:54:00:12:34:56`, `52:54:00`, `class=TEXT`, `7`, `uefi`.
 *
 * @throws IpxetoolError `bad-who` (exit code 2)
 */
export function parseWho(text: string, where: string): Who {
  const hex = macDigits(text)
  if (hex?.length === 12) return { kind: 'mac', mac: pairs(hex) }
  if (hex?.length === 6) return { kind: 'vendor', prefix: pairs(hex) }
  if (/^class=./s.test(text)) return { kind: 'class', text: text.slice(6) }
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return { kind: 'architecture', code: Number(text) }
  if (families.includes(text)) return { kind: 'family', name: text }
  throw new IpxetoolError('bad-who', `${where}: "${text}" names no machine`, { exitCode: 2, hint: WHO_HINT })
}

/** The value of the most exact rule that has one. */
export function overrideFor<K extends 'form' | 'loader' | 'script'>(
  rules: readonly Override[],
  client: Client,
  key: K,
): Override[K] {
  if (rules.length === 0) return undefined
  for (const kind of ORDER) {
    const rule = rules.find(
      (one) => one.who.kind === kind && one[key] !== undefined && matches(one.who, client),
    )
    if (rule !== undefined) return rule[key]
  }
  return undefined
}

function matches(who: Who, client: Client): boolean {
  switch (who.kind) {
    case 'mac':
      return client.mac === who.mac
    case 'vendor':
      return client.mac.startsWith(`${who.prefix}:`)
    case 'class':
      return client.vendorClass.includes(who.text)
    case 'architecture':
      return client.architectures.includes(who.code)
    case 'family':
      return client.architectures.some((code) => {
        const spec = architectureOf(code)
        return (
          spec !== undefined &&
          (spec.firmware === who.name || (spec.firmware !== 'bios' && spec.cpu === who.name))
        )
      })
  }
}

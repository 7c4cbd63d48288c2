/** What the operator said about particular machines: who may be answered, and who is answered otherwise. */
import { BlockList, isIP } from 'node:net'
import { IpxetoolError } from '../../diagnostics/error.js'
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

/** Whom an answer may go to. Empty: everybody on the interfaces that were named. */
export class AllowList {
  readonly #macs = new Set<string>()
  readonly #vendors: string[] = []
  readonly #networks = new BlockList()
  #hasNetworks = false

  /**
   * @param entries networks (`192.0.2.0/24`, an address) and MAC addresses, whole or their first half
   * @throws IpxetoolError `bad-allow` (exit code 2)
   */
  constructor(entries: readonly string[], where = '--allow') {
    for (const entry of entries) this.#add(entry, where)
  }

  #add(entry: string, where: string): void {
    const hex = macDigits(entry)
    const [address = '', bits, ...more] = entry.split('/')
    const family = isIP(address)
    if (hex?.length === 12) this.#macs.add(pairs(hex))
    else if (hex?.length === 6) this.#vendors.push(`${pairs(hex)}:`)
    else if (family !== 0 && more.length === 0 && (bits === undefined || /^\d{1,3}$/.test(bits))) {
      const longest = family === 4 ? 32 : 128
      const prefix = bits === undefined ? longest : Number(bits)
      if (prefix > longest) throw badAllow(entry, where)
      this.#networks.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
      this.#hasNetworks = true
    } else throw badAllow(entry, where)
  }

  /** Undefined when the machine may be answered, else why not. */
  refusal(mac: string, address: string): string | undefined {
    const named = this.#macs.size > 0 || this.#vendors.length > 0
    if (named && !this.#macs.has(mac) && !this.#vendors.some((prefix) => mac.startsWith(prefix))) {
      return `${mac} is not one of the machines of --allow`
    }
    return this.permits(address) ? undefined : `${address} is in none of the networks of --allow`
  }

  /** By network alone. */
  permits(address: string): boolean {
    return !this.#hasNetworks || this.#networks.check(address, address.includes(':') ? 'ipv6' : 'ipv4')
  }
}

function badAllow(entry: string, where: string): IpxetoolError {
  return new IpxetoolError('bad-allow', `${where}: "${entry}" is neither a network nor a MAC address`, {
    exitCode: 2,
    hint: `for example ${where} 192.0.2.0/24 or ${where} 52:54:00:12:34:56`,
  })
}

/** The digits of a MAC address or of its first half in any spelling; undefined for anything else. */
function macDigits(text: string): string | undefined {
  if (!/^[\da-f]{2}([:-]?)[\da-f]{2}(?:\1[\da-f]{2})+$/i.test(text)) return undefined
  const hex = text.replaceAll(/[:-]/g, '').toLowerCase()
  // six digits alone may be a number
  return hex.length === 12 || (hex.length === 6 && /[:-]/.test(text)) ? hex : undefined
}

function pairs(hex: string): string {
  return hex.replaceAll(/..(?=.)/g, '$&:')
}

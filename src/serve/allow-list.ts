/** Whom the servers answer at all. */
import { BlockList, isIP } from 'node:net'
import { IpxetoolError } from '../diagnostics/error.js'
import { type FileProtocol, type OnEvent, peer } from './events.js'

/** Whom an answer may go to. Empty: everybody who can ask. */
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
    if (!this.#hasNetworks) return true
    const plain = address.replace(/%.*$/, '')
    return this.#networks.check(plain, plain.includes(':') ? 'ipv6' : 'ipv4')
  }
}

function badAllow(entry: string, where: string): IpxetoolError {
  return new IpxetoolError('bad-allow', `${where}: "${entry}" is neither a network nor a MAC address`, {
    exitCode: 2,
    hint: `for example ${where} 192.0.2.0/24 or ${where} 52:54:00:12:34:56`,
  })
}

/** @param address without the `::ffff:` of a dual-stack socket */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

/** The clients of HTTP and TFTP, of which only the address is known. This machine itself is always let in. */
export class Gate {
  readonly #list: AllowList
  readonly #protocol: FileProtocol
  readonly #onEvent: OnEvent
  readonly #told = new Set<string>()

  constructor(list: AllowList, protocol: FileProtocol, onEvent: OnEvent) {
    this.#list = list
    this.#protocol = protocol
    this.#onEvent = onEvent
  }

  /** @param address as the socket gives it */
  permits(address: string): boolean {
    const from = peer(address, 0).address
    if (isLoopback(from) || this.#list.permits(from)) return true
    // once for each of a few: whoever forges addresses has many
    if (!this.#told.has(from) && this.#told.size < MOST_TOLD) {
      this.#told.add(from)
      const reason = `${from} is in none of the networks of --allow: it is not answered`
      this.#onEvent({ type: 'server-problem', protocol: this.#protocol, reason })
    }
    return false
  }
}

const MOST_TOLD = 32

/** The digits of a MAC address or of its first half in any spelling; undefined for anything else. */
export function macDigits(text: string): string | undefined {
  if (!/^[\da-f]{2}([:-]?)[\da-f]{2}(?:\1[\da-f]{2})+$/i.test(text)) return undefined
  const hex = text.replaceAll(/[:-]/g, '').toLowerCase()
  // six digits alone may be a number
  return hex.length === 12 || (hex.length === 6 && /[:-]/.test(text)) ? hex : undefined
}

/** `52:54:00…` of digits. */
export function pairs(hex: string): string {
  return hex.replaceAll(/..(?=.)/g, '$&:')
}

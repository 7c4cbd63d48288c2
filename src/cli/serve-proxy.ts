/** The options of `ipxetool serve` that are about DHCP, from words to values, and what is to be said about them. */
import { isIP } from 'node:net'
import { IpxetoolError } from '../diagnostics/error.js'
import type { Override, PassedSocket, ProxyDhcpOptions, RunningProxy } from '../serve/dhcp/index.js'
import { parseWho, type ReplyForm, replyForms } from '../serve/dhcp/rules.js'
import { ExitCode } from './exit-codes.js'

export interface ProxyCommandOptions {
  readonly proxyDhcp?: boolean
  /** Names or addresses. */
  readonly interface?: readonly string[]
  /** Networks and MAC addresses, each option one or several with commas. */
  readonly allow?: readonly string[]
  /** `WHO=FORM` */
  readonly reply?: readonly string[]
  /** `WHO=FILE` */
  readonly loader?: readonly string[]
  /** `FILE` or `WHO=FILE` */
  readonly script?: readonly string[]
  readonly replaceRom?: boolean
  readonly loaderFallback?: boolean
}

/**
 * @returns undefined without `--proxy-dhcp`
 * @throws IpxetoolError (exit code 2) for what is none of the kind
 */
export function proxyOptions(
  options: ProxyCommandOptions,
  passed: readonly PassedSocket[],
): ProxyDhcpOptions | undefined {
  if (options.proxyDhcp !== true) {
    const lost = (['interface', 'reply', 'loader', 'script', 'replaceRom', 'loaderFallback'] as const).find(
      (name) => (Array.isArray(options[name]) ? options[name].length > 0 : options[name] === true),
    )
    const machine = allowed(options).find((entry) => isIP(entry.split('/')[0]!) === 0)
    if (lost === undefined && machine === undefined) return undefined
    if (lost === undefined) {
      throw usage(
        `--allow ${machine}: without --proxy-dhcp there are only addresses to go by`,
        'name networks (192.0.2.0/24), or add --proxy-dhcp',
      )
    }
    const flag = `--${lost.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    throw usage(`${flag} says how DHCP is answered, and without --proxy-dhcp it is not`, 'add --proxy-dhcp')
  }
  const scripts = options.script ?? []
  const general = scripts.filter((text) => ruleOf(text) === undefined)
  if (general.length > 1)
    throw usage(`--script ${general.join(' and ')}: which one?`, 'name machines: WHO=FILE')
  return {
    interfaces: options.interface,
    passed,
    allow: allowed(options),
    overrides: [
      ...(options.reply ?? []).map((text) => rule(text, '--reply', (form) => ({ form: replyForm(form) }))),
      ...(options.loader ?? []).map((text) =>
        rule(text, '--loader', (loader) => ({ loader: fileName(loader) })),
      ),
      ...scripts
        .filter((text) => ruleOf(text) !== undefined)
        .map((text) => rule(text, '--script', (script) => ({ script: fileName(script) }))),
    ],
    script: general[0] === undefined ? undefined : fileName(general[0]),
    replaceRom: options.replaceRom,
    loaderFallback: options.loaderFallback,
  }
}

/** Networks and MAC addresses. */
export function allowed({ allow = [] }: ProxyCommandOptions): string[] {
  return allow.flatMap((text) => text.split(',').map((entry) => entry.trim()))
}

/** The last `=` that stands before a file name: a URL may hold others, a class may hold one. */
function ruleOf(text: string): [who: string, value: string] | undefined {
  const match = /^(class=[^=]+|[^=/?]+)=(.+)$/s.exec(text)
  return match === null ? undefined : [match[1]!, match[2]!]
}

function rule(text: string, flag: string, value: (text: string) => Omit<Override, 'who'>): Override {
  const parts = ruleOf(text)
  if (parts === undefined) throw usage(`${flag} "${text}" is not WHO=VALUE`, `for example ${flag} uefi=…`)
  return { who: parseWho(parts[0], flag), ...value(parts[1]) }
}

function replyForm(text: string): ReplyForm {
  const form = replyForms.find((known) => known === text)
  if (form !== undefined) return form
  throw usage(`--reply: "${text}" is no form of a reply`, `one of ${replyForms.join(', ')}`)
}

/** A path below the root is said without its slash. */
function fileName(text: string): string {
  return text.replace(/^\/+/, '')
}

function usage(message: string, hint: string): IpxetoolError {
  return new IpxetoolError('bad-option', message, { exitCode: ExitCode.usage, hint })
}

/** What the operator should know once the proxy runs. */
export function proxyNotes(proxy: RunningProxy, hasOwnServer = false): string[] {
  const places = proxy.interfaces.map(({ name, address }) => `${name} (${address})`).join(', ')
  return [
    hasOwnServer
      ? `what to boot is said on ${places}`
      : `DHCP requests are answered on ${places}; addresses still come from the DHCP server of the network`,
    ...(proxy.shared && !hasOwnServer
      ? [
          'port 67 is shared with the DHCP server on this machine: requests through relays reach that one only',
        ]
      : []),
    ...(proxy.unanswered.length > 0
      ? [`requests on ${proxy.unanswered.join(', ')} are heard and shown, and not answered there`]
      : []),
    ...(proxy.firmwareTftp
      ? []
      : [
          'firmware is not answered: it loads by TFTP from port 69, where ours is not; iPXE and HTTP Boot are',
        ]),
  ]
}

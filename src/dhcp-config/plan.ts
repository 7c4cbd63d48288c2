/** From what a person said, by options and in `ipxetool.yaml`, to a plan with nothing left open. */
import { architectures } from '../data/architectures.js'
import { suggest } from '../data/suggest.js'
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import { defaultRange, isWithin, networkOf, parseHost, parseRange, parseSubnet } from './addresses.js'
import {
  checkFolder,
  checkInterface,
  checkLength,
  checkUrl,
  isAskedFor,
  optionText,
  parseLoaders,
  parseOption,
} from './checks.js'
import { traits } from './kinds.js'
import { type DhcpKind, dhcpKinds, type DhcpPlan, type Loader, type LoaderName } from './types.js'

/** What may be left open; texts as typed. */
export interface DhcpWishes {
  server?: string | undefined
  subnet?: string | undefined
  range?: string | undefined
  router?: string | undefined
  /** One or several, separated by commas. */
  dns?: string | undefined
  interface?: string | undefined
  /** Where the output tree is served. */
  http?: string | undefined
  target?: string | undefined
  option?: string | undefined
  loaders?: string | undefined
  tftpRoot?: string | undefined
}
export type DhcpWish = keyof DhcpWishes

export interface DhcpRequest {
  readonly wishes: DhcpWishes
  /** How the person said it, for messages: `--server`. */
  readonly nameOf: (wish: DhcpWish) => string
  /** The first script, below the URL of the tree. */
  readonly entry: string
  readonly mode?: 'full' | 'proxy'
  readonly version?: string
}

export interface PlannedDhcp {
  readonly plan: DhcpPlan
  /** What was assumed, and what will not work; a sentence each. */
  readonly notes: readonly string[]
}

/** Port of `ipxetool serve`. */
const httpPort = 8080
/** RFC 5737: it belongs to nobody, so that a forgotten value harms nobody. */
const placeholder = '192.0.2.1'
const defaultLoaders = {
  bios: 'undionly.kpxe',
  x86_64: 'ipxe.efi',
  i386: 'ipxe-i386.efi',
  arm64: 'ipxe-arm64.efi',
} as const

/** @throws IpxetoolError `unknown-kind` (exit code 2) */
export function parseKind(text: string): DhcpKind {
  const kind = dhcpKinds.find((known) => known === text)
  if (kind !== undefined) return kind
  const near = suggest(text, dhcpKinds)
  throw new IpxetoolError('unknown-kind', `there is no kind of DHCP server called "${visible(text)}"`, {
    exitCode: 2,
    hint: near === undefined ? `the kinds are ${dhcpKinds.join(', ')}` : `did you mean ${near}?`,
  })
}

/** @throws IpxetoolError for a value that is none, or that this kind of server cannot carry out */
export function planDhcp(kind: DhcpKind, request: DhcpRequest): PlannedDhcp {
  const { wishes, nameOf } = request
  const { modes, versions, ownPool } = traits[kind]
  const notes: string[] = []
  const mode = request.mode ?? 'full'
  if (!modes.includes(mode)) {
    throw new IpxetoolError('no-proxy', `${kind} cannot be a proxy beside another DHCP server`, {
      exitCode: 2,
      hint: 'ipxetool dhcp dnsmasq --proxy can',
    })
  }
  const version = request.version ?? versions[0]
  if (request.version !== undefined && !versions.includes(request.version)) {
    throw new IpxetoolError(
      'unknown-version',
      `${kind} has no syntax of its own for "${visible(request.version)}"`,
      {
        exitCode: 2,
        hint: versions.length === 0 ? 'leave --for away' : `--for ${versions.join(' or --for ')}`,
      },
    )
  }

  const http =
    wishes.http === undefined
      ? undefined
      : checkUrl(wishes.http, ['http', 'https'], nameOf('http')).replace(/\/+$/, '')
  const server = chooseServer(wishes, http, nameOf, notes)
  const base = http ?? `http://${server}:${httpPort}`
  if (http === undefined && wishes.target === undefined) notes.push(`the tree is served at ${base} (--http)`)
  const subnet =
    wishes.subnet === undefined ? networkOf(server) : parseSubnet(wishes.subnet, nameOf('subnet'))
  if (wishes.subnet === undefined && wishes.server !== undefined) {
    notes.push(`the network is ${subnet.address}/${subnet.prefix} (--subnet)`)
  }
  const range =
    wishes.range === undefined ? defaultRange(subnet) : parseRange(wishes.range, subnet, nameOf('range'))
  if (wishes.range === undefined && mode === 'full' && !ownPool) {
    notes.push(`the addresses are ${range.join(' to ')} (--range)`)
  }
  const router = wishes.router === undefined ? undefined : parseHost(wishes.router, nameOf('router'))
  if (router !== undefined && !isWithin(router, subnet)) {
    notes.push(
      `the router ${router} is not within ${subnet.address}/${subnet.prefix}: machines cannot reach it`,
    )
  }
  const dns = (wishes.dns?.split(',') ?? []).map((address) => parseHost(address.trim(), nameOf('dns')))

  const loaders = planLoaders(wishes.loaders ?? 'bios=undionly.kpxe', base, nameOf('loaders'))
  const target = checkUrl(
    wishes.target ?? `${base}/${request.entry}`,
    ['http', 'https', 'tftp'],
    nameOf('target'),
  )
  refuseLoop(target, loaders)
  const plan: DhcpPlan = {
    kind,
    mode,
    server,
    subnet,
    range,
    ...(router !== undefined && { router }),
    dns,
    ...(wishes.interface !== undefined && {
      interface: checkInterface(wishes.interface, nameOf('interface')),
    }),
    target,
    ...chooseOption(kind, mode, wishes.option, nameOf('option')),
    loaders,
    ...(wishes.tftpRoot !== undefined && { tftpRoot: checkFolder(wishes.tftpRoot, nameOf('tftpRoot')) }),
    ...(version !== undefined && { version }),
  }
  checkSizes(plan)
  if (target.startsWith('https:') && loaders.some(({ name }) => name === 'bios')) {
    notes.push(
      'BIOS loaders have no https unless they were compiled with it: the script needs a plain http URL',
    )
  }
  if (ownPool) {
    const unused = (['range', 'router', 'dns'] as const).filter((wish) => wishes[wish] !== undefined)
    if (unused.length > 0) {
      notes.push(`${kind} keeps its own pool: ${unused.map(nameOf).join(', ')} is not used`)
    }
  }
  return { plan, notes }
}

function chooseServer(
  wishes: DhcpWishes,
  http: string | undefined,
  nameOf: DhcpRequest['nameOf'],
  notes: string[],
): string {
  if (wishes.server !== undefined) return parseHost(wishes.server, nameOf('server'))
  const host = http === undefined ? undefined : new URL(http).hostname
  if (host !== undefined && /^[\d.]+$/.test(host)) {
    notes.push(`TFTP is served by ${host} too (--server)`)
    return parseHost(host, nameOf('http'))
  }
  notes.push(`the boot server is ${placeholder}, a placeholder: say --server ADDRESS`)
  return placeholder
}

function planLoaders(text: string, base: string, where: string): Loader[] {
  return [...parseLoaders(text, defaultLoaders, where)].map(([name, file]) => ({
    name,
    file,
    pxe: name === 'bios' ? [0] : codes('uefi', name),
    http: name === 'bios' ? [] : codes('http', name),
    url: `${base}/${file}`,
  }))
}

/** U-Boot and BIOS say "HTTP" with codes of their own; no loader of ours is for them. */
function codes(firmware: 'uefi' | 'http', cpu: LoaderName): number[] {
  return architectures
    .filter((spec) => spec.firmware === firmware && spec.cpu === cpu && spec.name.includes('UEFI'))
    .map(({ code }) => code)
}

function refuseLoop(target: string, loaders: readonly Loader[]): void {
  const path = target.replace(/[?#].*$/, '')
  if (!loaders.some(({ file }) => path.endsWith(`/${file}`)) && !/\.(efi|k{1,3}pxe|pxe|0)$/.test(path)) return
  throw new IpxetoolError('loop', `iPXE would load ${target}, which is a loader and would ask DHCP again`, {
    exitCode: 2,
    hint: 'the target is a script, for example …/boot.ipxe',
  })
}

function chooseOption(
  kind: DhcpKind,
  mode: DhcpPlan['mode'],
  wish: string | undefined,
  where: string,
): Pick<DhcpPlan, 'option'> {
  if (mode === 'proxy') {
    if (wish === undefined || wish === 'none') return {}
    throw new IpxetoolError('no-option', `${kind} as a proxy sends no custom option`, {
      exitCode: 2,
      hint: 'iPXE gets the URL as its file name; for an option use --full, or the DHCP server beside it',
    })
  }
  const { defaultOption, canForce, canEncapsulate } = traits[kind]
  const option = parseOption(wish ?? defaultOption, where)
  if (option === undefined) {
    if (traits[kind].hasLoopGuard) return {}
    throw new IpxetoolError('no-option', `${kind} cannot tell iPXE from firmware, so it needs an option`, {
      exitCode: 2,
      hint: `${where} 129 or ${where} 175.201`,
    })
  }
  if (!canForce && !isAskedFor(option)) {
    throw new IpxetoolError(
      'option-dropped',
      `${kind} sends only what is asked for, and iPXE never asks for option ${optionText(option)}`,
      { exitCode: 2, hint: `${where} 129${canEncapsulate ? ` or ${where} 175.201` : ''}` },
    )
  }
  if (option.sub !== undefined && !canEncapsulate) {
    throw new IpxetoolError('no-option', `for ${kind} an option inside 175 is not supported`, {
      exitCode: 2,
      hint: `${where} 129`,
    })
  }
  return { option }
}

function checkSizes({ kind, mode, target, loaders, option }: DhcpPlan): void {
  const limit = mode === 'proxy' ? 127 : traits[kind].fileLimit
  const carrier = limit === 127 ? 'the file name in the DHCP header' : 'a DHCP option'
  checkLength(target, limit, 'the URL of the script', carrier)
  if (option?.sub !== undefined) {
    checkLength(target, 253, 'the URL of the script', 'a sub-option of 175')
  }
  for (const { url, http } of mode === 'proxy' ? [] : loaders) {
    if (http.length > 0) checkLength(url, limit, 'the URL of a loader', carrier)
  }
  // rfc2131.c appends ".0" to the name of a boot service that has no dot in it
  if (mode === 'proxy') {
    for (const name of [target, ...loaders.map(({ file }) => file)]) {
      if (name.includes('.')) continue
      throw new IpxetoolError('no-dot', `dnsmasq as a proxy would append ".0" to ${name}`, {
        exitCode: 2,
        hint: 'use a name with a dot in it',
      })
    }
  }
}

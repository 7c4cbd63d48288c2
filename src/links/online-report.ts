/** What the answers of other servers mean for the scripts that name them. */
import { Diagnostic } from '../diagnostics/diagnostic.js'
import { count, quote } from '../rules/message.js'
import { encodeText } from '../syntax/bytes.js'
import { ofHost, type OnlineResult } from './online.js'
import type { Link } from './resolve.js'

export const deadLink = 'dead-link'
export const noNetwork = 'no-network'

/**
 * Where no host answers at all, that is one diagnostic; where one host does not, one at its first link.
 *
 * @param wanted the links by the URL that was asked for
 * @param file for what concerns the network itself
 */
export function diagnoseOnline(
  results: ReadonlyMap<string, OnlineResult>,
  wanted: ReadonlyMap<string, readonly Link[]>,
  file: string | undefined,
): Diagnostic[] {
  const silent = silentHosts(results)
  const answering = new Set(
    [...results.values()].flatMap((result) => (isSilent(result) ? [] : hostOf(result.url))),
  )
  const [first] = silent.values()
  if (first && answering.size === 0 && (silent.size > 1 || first[0]!.problem === 'network')) {
    return [offline(silent, file ?? wanted.get(first[0]!.url)![0]!.file)]
  }
  const reported = new Set<string>()
  const diagnostics: Diagnostic[] = []
  for (const [url, result] of results) {
    const host = hostOf(url)
    const links = wanted.get(url)!
    if (isSilent(result) && !answering.has(host)) {
      if (reported.has(host)) continue
      reported.add(host)
      diagnostics.push(silentHost(host, silent.get(host)!, links[0]!))
      continue
    }
    for (const link of links) {
      const problem = explain(result, link)
      if (problem) diagnostics.push(diagnose(link, problem))
    }
  }
  return diagnostics
}

function isSilent({ problem }: OnlineResult): boolean {
  return problem !== undefined && ofHost.has(problem)
}

function silentHosts(results: ReadonlyMap<string, OnlineResult>): Map<string, OnlineResult[]> {
  const hosts = new Map<string, OnlineResult[]>()
  for (const result of results.values()) {
    if (!isSilent(result)) continue
    const host = hostOf(result.url)
    const same = hosts.get(host)
    if (same) same.push(result)
    else hosts.set(host, [result])
  }
  return hosts
}

function hostOf(url: string): string {
  return new URL(url).host
}

function offline(silent: ReadonlyMap<string, readonly OnlineResult[]>, file: string): Diagnostic {
  const messages = new Map<string, number>()
  for (const [{ message } = { message: undefined }] of silent.values()) {
    messages.set(message ?? '', (messages.get(message ?? '') ?? 0) + 1)
  }
  const why = [...messages].sort((a, b) => b[1] - a[1])[0]![0]
  const urls = [...silent.values()].reduce((sum, { length }) => sum + length, 0)
  const hosts = silent.size === 1 ? 'the only host' : `none of ${silent.size} hosts`
  const verb = silent.size === 1 ? 'does not answer' : 'answers'
  return new Diagnostic({
    ruleId: noNetwork,
    severity: 'warning',
    file,
    reason: `Nothing could be checked online: ${hosts} ${verb} (${why})`,
    note: `${count(urls, 'URL')} stay unchecked. Is this computer on the network, and does it need a proxy (\`https_proxy\`)?`,
  })
}

function silentHost(host: string, results: readonly OnlineResult[], { file, place }: Link): Diagnostic {
  const [{ message, attempts, url }] = [results.find((result) => result.attempts > 0) ?? results[0]!]
  const others = results.length - 1
  const more = others === 0 ? '' : ` The same host is asked for ${count(others, 'more URL')}.`
  return new Diagnostic({
    ruleId: deadLink,
    severity: 'warning',
    file,
    ...(place && { place }),
    reason: `There is no useful answer for ${quote(encodeText(url))}: ${message ?? 'no answer'}${tries(attempts)}`,
    note: `It was asked from this computer; machines that boot may be in another network.${more}`,
  })
}

interface Explained {
  severity: 'error' | 'warning' | 'info'
  reason: string
  note: string
}

function explain(result: OnlineResult, link: Link): Explained | undefined {
  const { url, outcome, status, message, attempts } = result
  const shown = quote(encodeText(url))
  switch (outcome) {
    case 'absent':
      return {
        severity: 'error',
        reason: `The server has no ${shown} (HTTP ${status!})`,
        note: 'Publishers remove old versions. Look for the current one.',
      }
    case 'denied':
      return {
        severity: 'warning',
        reason: `The server refuses ${shown} (HTTP ${status!})`,
        note: 'Machines that boot have no login. They may be allowed by their address.',
      }
    case 'failed':
      return {
        severity: 'warning',
        reason: `There is no useful answer for ${shown}: ${message ?? `HTTP ${status!}`}${tries(attempts)}`,
        note: 'It was asked from this computer; machines that boot may be in another network.',
      }
    case 'ok':
      return explainFound(result, link)
  }
}

/** It is there, but will iPXE get it, and is it the file? */
function explainFound({ url, usesHttps, finalUrl, type }: OnlineResult, link: Link): Explained | undefined {
  const shown = quote(encodeText(url))
  // what the booted system fetches has curl or the like, which can do https
  const isUpgrade = usesHttps === true || /^https:/i.test(finalUrl ?? '')
  if (/^http:/i.test(url) && isUpgrade && link.role !== 'argument') {
    return {
      severity: 'warning',
      reason: `The server sends ${shown} on to https${finalUrl === undefined ? '' : ` (${quote(encodeText(finalUrl))})`}`,
      note: 'Loaders for BIOS have no https by default, and their download would stop there ("Not supported").',
    }
  }
  if (type === 'text/html' && (link.role === 'kernel' || link.role === 'initrd')) {
    return {
      severity: 'warning',
      reason: `The server answers with an HTML page for ${shown}`,
      note: 'Pages of an error or of a login are sent like that. Open the URL in a browser and see.',
    }
  }
  return undefined
}

function tries(attempts: number): string {
  return attempts > 1 ? ` (${attempts} tries)` : ''
}

function diagnose({ file, place, isOptional }: Link, { severity, reason, note }: Explained): Diagnostic {
  const own = isOptional && severity === 'error' ? 'warning' : severity
  return new Diagnostic({ ruleId: deadLink, severity: own, file, reason, note, ...(place && { place }) })
}

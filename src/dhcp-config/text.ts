/** Pieces that the configurations share. */
import { optionText } from './checks.js'
import type { DhcpPlan, Loader } from './types.js'

export interface Header {
  /** What it does, in a sentence or two. */
  readonly does: string
  readonly put: string
  readonly check: string
  readonly reload: string
  /** What this server cannot do, or not without help; a sentence each. */
  readonly cannot: readonly string[]
}

const width = 100

/** The comment at the top, for people who find the file in a year. */
export function header(plan: DhcpPlan, { does, put, check, reload, cannot }: Header, mark = '#'): string {
  const { kind, mode, version, option } = plan
  const name = [kind, ...(version === undefined ? [] : [version]), ...(mode === 'proxy' ? ['proxy'] : [])]
  const told = option === undefined ? '' : ` DHCP option ${optionText(option)} holds the same URL.`
  return [
    ...paragraph(`Network boot by iPXE (${name.join(' ')}), written by \`ipxetool dhcp\`.`, mark),
    mark,
    ...paragraph(`${does}${told}`, mark),
    mark,
    ...item('Put it: ', put, mark),
    ...item('Check:  ', check, mark),
    ...item('Reload: ', reload, mark),
    ...cannot.flatMap((text) => item('Note:   ', text, mark)),
    '',
  ].join('\n')
}

function paragraph(text: string, mark: string): string[] {
  return item('', text, mark)
}

function item(label: string, text: string, mark: string): string[] {
  const room = width - mark.length - 1 - label.length
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > room) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.map((line, index) => `${mark} ${index === 0 ? label : ' '.repeat(label.length)}${line}`)
}

/** For people: `x86_64 UEFI`. */
export function firmwareOf({ name }: Loader): string {
  return name === 'bios' ? 'BIOS' : `${name} UEFI`
}

/** `undionly.kpxe (BIOS), ipxe.efi (x86_64 UEFI)`. */
export function loaderList({ loaders }: DhcpPlan): string {
  return loaders.map((loader) => `${loader.file} (${firmwareOf(loader)})`).join(', ')
}

/** The sentence that every header begins with. */
export function purpose(plan: DhcpPlan): string {
  return (
    `Firmware gets the iPXE loader for its processor by TFTP from ${plan.server}: ${loaderList(plan)}. ` +
    `iPXE, known by option 175 or its user class, gets the script ${plan.target}, so that it does not load ` +
    'itself for ever.'
  )
}

export const httpBootNote =
  'UEFI HTTP Boot gets the URL of the loader. Most firmware in the field accepts https URLs only.'

export const untriedNote = (what: string): string =>
  `Written from the documentation; ipxetool's tests cannot run ${what}. Try it on one machine first.`

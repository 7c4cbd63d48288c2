/** What an entry asks of a machine: memory, and time to load. */
import type { CheckedBoot } from '../links/preflight-boots.js'
import { type LoadTime, parseSize, shownSeconds, shownSize } from '../links/preflight.js'
import { type FetchedFile, formatSize } from './files.js'
import { type Html, html } from './html.js'

/** @param memory what the entry states */
export function needsHtml(
  files: readonly FetchedFile[],
  memory: string | undefined,
  boot: CheckedBoot | undefined,
): Html | undefined {
  const { known, total, count } = boot ? fromBoot(boot) : fromFiles(files)
  const minimum = boot?.preflight.minimum
  if (memory === undefined && known === 0 && minimum === undefined) return undefined
  const of = known === count ? '' : ` in ${known} of ${count} files; the others are not known`
  const stated = memory === undefined ? undefined : parseSize(memory)
  const small = boot?.machines.filter(({ fits }) => !fits) ?? []
  return html`<dl class="needs">
      ${
        memory !== undefined &&
        html`<div>
          <dt>Memory</dt>
          <dd>at least ${memory}</dd>
        </div>`
      }${
        minimum &&
        html`<div>
          <dt>${memory === undefined ? 'Memory' : 'Known minimum'}</dt>
          <dd>${shownSize(minimum.bytes)} for ${minimum.system}</dd>
        </div>`
      }${
        known > 0 &&
        html`<div>
          <dt>To load</dt>
          <dd>${formatSize(total)}${of}</dd>
        </div>`
      }${
        boot &&
        boot.preflight.bytes > 0 &&
        html`<div>
          <dt>Time</dt>
          <dd>${timesText(boot.preflight.times)}</dd>
        </div>`
      }${
        boot &&
        boot.preflight.laterBytes > 0 &&
        html`<div>
          <dt>Fetched later</dt>
          <dd>${formatSize(boot.preflight.laterBytes)} by the booted system, into memory</dd>
        </div>`
      }
    </dl>
    ${stated !== undefined && total >= stated && html`<p class="warning"><b>Warning:</b> the files alone fill the memory that is stated.</p>`}
    ${small.length > 0 && html`<p class="warning"><b>Warning:</b> ${smallText(small, boot!.preflight.needed)}</p>`}`
}

function fromBoot({ boot }: CheckedBoot): { known: number; total: number; count: number } {
  const sizes = [boot.kernel, ...boot.initrds].map(({ size }) => size)
  const known = sizes.filter((size) => size !== undefined)
  return { known: known.length, total: known.reduce((sum, size) => sum + size, 0), count: sizes.length }
}

function fromFiles(files: readonly FetchedFile[]): { known: number; total: number; count: number } {
  const loaded = files.filter(({ role, isFallback }) => role !== 'argument' && !isFallback)
  const sizes = loaded.flatMap(({ info }) => info?.size ?? [])
  return { known: sizes.length, total: sizes.reduce((sum, size) => sum + size, 0), count: loaded.length }
}

/** `2.1 s by HTTP, 48 s by TFTP at 1 Gb/s` */
function timesText(times: readonly LoadTime[]): string {
  const at = (protocol: LoadTime['protocol']): string =>
    shownSeconds(times.find((time) => time.link === '1 Gb/s' && time.protocol === protocol)?.seconds ?? 0)
  return `${at('http')} by HTTP, ${at('tftp')} by TFTP at 1 Gb/s`
}

const shownMachines = 5

function smallText(small: CheckedBoot['machines'], needed: number): string {
  const names = small.slice(0, shownMachines).map(({ id, memory }) => `${id} (${shownSize(memory)})`)
  const more = small.length > shownMachines ? ` and ${small.length - shownMachines} more` : ''
  const verb = small.length === 1 ? 'has' : 'have'
  return `${names.join(', ')}${more} ${verb} less than the ${shownSize(needed)} that are needed.`
}

/** Which loaders are meant by `--target undionly.kpxe,arm64/ipxe.efi`. */
import { type LoaderTarget, loaderArchitectures, loaderTargets } from '../data/loader-targets.js'
import { suggest } from '../data/suggest.js'
import { visible } from '../diagnostics/visible.js'
import { IpxetoolError } from '../diagnostics/error.js'

/** What `ipxetool compile` makes when no target is named: network boot of every x86 machine. */
export const defaultTargets: readonly string[] = ['undionly.kpxe', 'ipxe.efi', 'snponly.efi']

/**
 * The loaders that a list names, by make's path (`bin-x86_64-efi/ipxe.efi`), with the architecture or platform
 * (`arm64/ipxe.efi`, `efi/ipxe.usb`), by the name in the output tree (`ipxe-arm64.efi`), or by the file alone
 * (`ipxe.efi`: of x86_64, media of BIOS). Each once, in the order of the list.
 *
 * @param texts names or comma-separated lists of them
 * @throws IpxetoolError `unknown-target` (exit code 2), with what was probably meant
 */
export function parseTargets(texts: readonly string[]): LoaderTarget[] {
  const names = texts.flatMap((text) => text.split(',')).map((text) => text.trim())
  const found = new Set(names.filter((name) => name !== '').map(parseTarget))
  if (found.size === 0) throw unknown('no loader is named', `Name one, for example ${defaultTargets[0]!}.`)
  return [...found]
}

function parseTarget(text: string): LoaderTarget {
  const matches = (known: LoaderTarget): boolean => namesOf(known).includes(text)
  const [match] = loaderTargets.filter(matches)
  if (match) return match
  const slash = text.lastIndexOf('/')
  const [place, file] = [text.slice(0, Math.max(slash, 0)), text.slice(slash + 1)]
  const others = loaderTargets.filter(({ name }) => name === file)
  if (slash >= 0 && others.length > 0) {
    const places = [...new Set(others.map(({ bindir }) => bindir))]
    if (!isPlace(place)) {
      const near = suggest(place, allPlaces())
      throw unknown(
        `there is no loader ${visible(text)}: "${visible(place)}" is no architecture, platform or bindir`,
        near === undefined ? `It is one of ${listed(places)}.` : `Did you mean ${near}/${file}?`,
      )
    }
    throw unknown(
      `there is no ${file} for ${visible(place)}: ${whyNot(others[0]!)}`,
      `${file} is made in ${listed(places)}.`,
    )
  }
  const near = suggest(text, loaderTargets.flatMap(namesOf))
  throw unknown(
    `there is no loader called "${visible(text)}"`,
    near === undefined ? 'See ipxetool compile --list.' : `Did you mean ${near}?`,
  )
}

/** All spellings, the first of a table's order wins where two loaders share one. */
function namesOf(known: LoaderTarget): string[] {
  const { make, name, output, architecture, platform, format } = known
  const names = [make, output, `${architecture}-${platform}/${name}`, `${platform}/${name}`]
  // A 64-bit BIOS build is an expert's wish: only its full name means it.
  if (platform === 'efi') names.push(`${architecture}/${name}`)
  if (architecture === 'x86_64' && platform === 'efi' && format === 'efi') names.push(name)
  if (known.bindir === 'bin') names.push(name, `bios/${name}`)
  return names
}

function allPlaces(): string[] {
  return [...new Set(loaderTargets.flatMap(namesOf).filter((name) => name.includes('/')))].map((name) =>
    name.slice(0, name.lastIndexOf('/')),
  )
}

function isPlace(place: string): boolean {
  return allPlaces().includes(place) || loaderArchitectures.some((known) => known === place)
}

function whyNot({ name, platform }: LoaderTarget): string {
  return platform === 'pcbios'
    ? `${name} starts on BIOS machines only`
    : `${name} starts on UEFI machines only`
}

function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)!}`
}

function unknown(message: string, hint: string): IpxetoolError {
  return new IpxetoolError('unknown-target', message, { exitCode: 2, hint })
}

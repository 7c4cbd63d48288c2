/** `endpoints.yml` as assets. */
import { bytesToText } from '../../syntax/bytes.js'
import { readYaml, type YamlFile } from '../../project/yaml.js'
import { type At, type Report } from '../result.js'
import { slug, urlPath } from '../text.js'
import { architectureNames, type Asset } from './asset.js'

export const endpointVariable = 'live_endpoint'

/** The real file has 164. */
const endpointLimit = 5000

/** What is wrong with the file and with endpoints is told; the others are returned in their order. Never throws. */
export function readEndpoints(file: string, bytes: Uint8Array, report: Report): Asset[] {
  const yaml = readYaml(file, bytes)
  for (const { place, reason } of yaml.diagnostics) {
    report.error(
      'import-syntax',
      { file, place },
      reason,
      'An endpoints list is a YAML file as netboot.xyz writes it.',
    )
  }
  const endpoints = yaml.data?.['endpoints']
  if (!isMapping(endpoints)) {
    if (yaml.data !== undefined) {
      report.error(
        'import-syntax',
        { file },
        'There is no mapping `endpoints:` in the file',
        'The file of netboot.xyz is called endpoints.yml.',
      )
    }
    return []
  }
  const reader = new EndpointReader(file, bytes, yaml, report)
  const entries = Object.entries(endpoints)
  if (entries.length > endpointLimit) {
    report.error(
      'import-too-large',
      { file },
      `There are ${entries.length} endpoints`,
      `The first ${endpointLimit} are read.`,
    )
  }
  const assets = new Map<string, Asset>()
  const kernels = new Map<Asset, string>()
  for (const [key, value] of entries.slice(0, endpointLimit)) {
    const asset = reader.read(key, value)
    if (!asset) continue
    assets.set(key, asset)
    const kernel = isMapping(value) ? value['kernel'] : undefined
    if (typeof kernel === 'string' && kernel !== key) kernels.set(asset, kernel)
  }
  return [...assets.values()].filter((asset) => {
    const name = kernels.get(asset)
    if (name === undefined) return true
    const kernel = assets.get(name)
    if (kernel) {
      asset.kernel = kernel
      return true
    }
    report.warn(
      'import-missing',
      asset.at,
      `\`${asset.key}\` takes its kernel from \`${name.slice(0, 80)}\`, which is not in the list`,
      'The entry is left out.',
    )
    return false
  })
}

class EndpointReader {
  readonly #file: string
  readonly #text: string
  readonly #yaml: YamlFile
  readonly #report: Report

  constructor(file: string, bytes: Uint8Array, yaml: YamlFile, report: Report) {
    this.#file = file
    this.#text = bytesToText(bytes)
    this.#yaml = yaml
    this.#report = report
  }

  read(key: string, value: unknown): Asset | undefined {
    const place = this.#yaml.placeOf(['endpoints', key], 'key')
    const at: At = { file: this.#file, place }
    const fields = isMapping(value) ? value : {}
    const { path, files, os, flavor, codename, arch } = fields
    const problem =
      typeof path !== 'string' || !path.startsWith('/')
        ? '`path` is not a path that begins with `/`'
        : !Array.isArray(files) || !files.every((name) => typeof name === 'string' && urlPath(name) !== '')
          ? '`files` is not a list of names'
          : typeof os !== 'string'
            ? '`os` is not a name'
            : undefined
    const architecture = arch === undefined ? 'x86_64' : architectureNames[textOf(arch)]
    if (problem !== undefined || slug(key) === '') {
      this.#report.warn(
        'import-syntax',
        at,
        `\`${key.slice(0, 80)}\`: ${problem ?? 'its name has no letters'}`,
        'The entry is left out.',
      )
      return undefined
    }
    if (architecture === undefined) {
      this.#report.warn(
        'import-unsupported',
        at,
        `\`${key}\` is for \`${textOf(arch).slice(0, 40)}\`, which iPXE menus here do not know`,
        `Known are ${Object.keys(architectureNames).join(', ')}.`,
      )
      return undefined
    }
    const asset: Omit<Asset, 'kernel'> = {
      key,
      at,
      os: os as string,
      version: this.#version(key, fields['version']),
      flavor: textOf(flavor),
      codename: textOf(codename),
      architecture,
      folder: `$<${endpointVariable}>/${urlPath(path as string)}/`,
      files: (files as string[]).map(urlPath),
    }
    const made = asset as Asset
    made.kernel = made
    return made
  }

  /** The text of a number: `13.0` has become 13. */
  #version(key: string, value: unknown): string {
    const place = typeof value === 'number' ? this.#yaml.placeOf(['endpoints', key, 'version']) : undefined
    const text = place && this.#text.slice(place.start.offset, place.end.offset)
    return text !== undefined && /^[\w.+-]{1,40}$/.test(text) ? text : textOf(value)
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, 100) : ''
}

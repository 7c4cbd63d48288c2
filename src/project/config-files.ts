/**
 * Files for the booted systems under `configs/` (Ignition, cloud-init, kickstart, preseed): build-time variables are
 * put in, the result is validated, and a secret in one is flagged, because whoever can reach the server can read it.
 */
import { parseDocument } from 'yaml'
import { suggest } from '../data/suggest.js'
import { Diagnostic, type Place, type Severity } from '../diagnostics/diagnostic.js'
import { bytesToText, encodeText, textToBytes } from '../syntax/bytes.js'
import type { StaticFile } from './files.js'
import { HostError } from './host.js'
import type { Project } from './project.js'
import { variableNamePattern } from './schema.js'
import { findSecrets } from './config-secrets.js'

/** Larger ones are no texts for people: they belong to `static/`. */
const sizeLimit = 2 ** 20

/** A file below `configs/` as it will be written. */
export interface ReadyConfig extends StaticFile {
  bytes: Uint8Array
}

/** Reads and renders all of a project; `used` gets the names of the variables in them. */
export async function renderConfigs(
  { configFiles, reader, variables }: Pick<Project, 'configFiles' | 'reader' | 'variables'>,
  used: Set<string>,
): Promise<{ configs: ReadyConfig[]; diagnostics: Diagnostic[] }> {
  const configs: ReadyConfig[] = []
  const diagnostics: Diagnostic[] = []
  const names = [...variables.values.keys()]
  for (const { path, file } of configFiles) {
    try {
      const bytes = await reader.host.readFile(file, sizeLimit)
      reader.sources.set(file, bytes)
      const rendered = renderConfig(path, file, bytes, {
        // a variable without a usable value has been reported where it is declared
        look: (name) => variables.values.get(name)?.text ?? (variables.failed.has(name) ? '' : undefined),
        names,
      })
      for (const name of rendered.used) used.add(variables.values.get(name)?.variable ?? name)
      configs.push({ path, file, bytes: rendered.bytes })
      diagnostics.push(...rendered.diagnostics)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      diagnostics.push(
        new Diagnostic({
          ruleId: 'config-unreadable',
          severity: 'error',
          file,
          reason: `The file cannot be read: ${error.message}`,
          note: 'Files under `configs/` are small texts; anything else belongs to `static/`.',
        }),
      )
    }
  }
  return { configs, diagnostics }
}

export type ConfigKind = 'ignition' | 'json' | 'yaml' | 'cloud-config' | 'text'

export interface ConfigVariables {
  /** The text of `$<name>`; `undefined` when there is no such variable. */
  look: (name: string) => string | undefined
  /** Names for suggestions. */
  names: readonly string[]
}

export interface RenderedConfig {
  bytes: Uint8Array
  kind: ConfigKind
  /** Variables that occur in the file. */
  used: ReadonlySet<string>
  diagnostics: Diagnostic[]
}

/** Specification versions that Ignition 2.x reads, and the old ones that Container Linux read. */
const ignitionVersions = ['3.0.0', '3.1.0', '3.2.0', '3.3.0', '3.4.0', '3.5.0']

/** @param path in the tree; @param file as the user knows it */
export function renderConfig(
  path: string,
  file: string,
  bytes: Uint8Array,
  variables: ConfigVariables,
): RenderedConfig {
  // one character per byte: the bytes around a variable stay what they are, and offsets are byte offsets
  const source = bytesToText(bytes)
  const kind = kindOf(path, source)
  const rendering = new Rendering(file, source, kind, variables)
  const text = rendering.substitute()
  if (!rendering.failed) rendering.validate(text)
  for (const { start, end, what, note } of findSecrets(source)) {
    rendering.report(
      'config-secret',
      'warning',
      `${what} can be read by everybody who can reach the server`,
      start,
      end,
      note,
    )
  }
  return { bytes: textToBytes(text), kind, used: rendering.used, diagnostics: rendering.diagnostics }
}

function kindOf(path: string, source: string): ConfigKind {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (name.endsWith('.ign')) return 'ignition'
  if (name.endsWith('.json')) return 'json'
  if (/^#cloud-config\b/.test(source)) return 'cloud-config'
  if (/\.ya?ml$/.test(name) || name === 'meta-data' || name === 'network-config') return 'yaml'
  return 'text'
}

class Rendering {
  readonly used = new Set<string>()
  readonly diagnostics: Diagnostic[] = []
  failed = false
  readonly #file: string
  readonly #source: string
  readonly #kind: ConfigKind
  readonly #variables: ConfigVariables
  /** Where each variable stood: offsets in the result and in the source. */
  readonly #pieces: { at: number; sourceAt: number }[] = [{ at: 0, sourceAt: 0 }]

  constructor(file: string, source: string, kind: ConfigKind, variables: ConfigVariables) {
    this.#file = file
    this.#source = source
    this.#kind = kind
    this.#variables = variables
  }

  substitute(): string {
    const pattern = new RegExp(`\\$<(${variableNamePattern.source.slice(1, -1)})>`, 'g')
    let result = ''
    let from = 0
    for (const match of this.#source.matchAll(pattern)) {
      const name = match[1]!
      const end = match.index + match[0].length
      this.used.add(name)
      const value = this.#variables.look(name)
      if (value === undefined) {
        const near = suggest(name, this.#variables.names)
        this.report(
          'undefined-variable',
          'error',
          `There is no variable \`${name}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
          match.index,
          end,
          'Declare it under `variables:` in ipxetool.yaml.',
        )
        this.failed = true
        continue
      }
      // eslint-disable-next-line no-control-regex
      if (/[\x00-\x1f\x7f]/.test(value)) {
        this.report(
          'variable-use',
          'error',
          `The value of \`${name}\` holds a line break or another control character`,
          match.index,
          end,
          'It would change more than a text in this file.',
        )
        this.failed = true
        continue
      }
      result += this.#source.slice(from, match.index) + this.#escaped(value)
      from = end
      this.#pieces.push({ at: result.length, sourceAt: end })
    }
    return result + this.#source.slice(from)
  }

  /** A value stands inside a text of the file; in JSON that has quotes around it. */
  #escaped(value: string): string {
    const isJson = this.#kind === 'json' || this.#kind === 'ignition'
    return encodeText(isJson ? JSON.stringify(value).slice(1, -1) : value)
  }

  validate(text: string): void {
    if (this.#kind === 'json' || this.#kind === 'ignition') {
      const data = this.#parseJson(text)
      if (this.#kind === 'ignition' && data !== undefined) this.#checkIgnition(data)
    } else if (this.#kind === 'yaml' || this.#kind === 'cloud-config') {
      const document = parseDocument(text, { prettyErrors: false })
      for (const { message, pos } of document.errors) {
        const [start, end] = [this.#sourceOffset(pos[0]), this.#sourceOffset(pos[1])]
        this.report('config-syntax', 'error', `This is not YAML: ${message.replace(/\.$/, '')}`, start, end)
      }
    }
  }

  #parseJson(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch (error) {
      // YAML is a superset of JSON that says where
      const [problem] = parseDocument(text, { prettyErrors: false, schema: 'json' }).errors
      const start = this.#sourceOffset(problem?.pos[0] ?? 0)
      const message = problem?.message ?? (error as Error).message
      this.report(
        'config-syntax',
        'error',
        `This is not JSON: ${message.replace(/\.$/, '')}`,
        start,
        start + 1,
      )
      return undefined
    }
  }

  #checkIgnition(data: unknown): void {
    const version = (data as { ignition?: { version?: unknown } } | null)?.ignition?.version
    if (typeof version !== 'string') {
      this.report(
        'config-ignition',
        'error',
        'An Ignition config needs `ignition.version`',
        0,
        1,
        'For example { "ignition": { "version": "3.4.0" } }; without it the machine stops in the initramfs.',
      )
      return
    }
    if (ignitionVersions.includes(version)) return
    const at = Math.max(0, this.#source.indexOf(`"${version}"`))
    const near = suggest(version, ignitionVersions)
    const old = /^[12]\./.test(version)
    this.report(
      'config-ignition',
      old ? 'warning' : 'error',
      old
        ? `Ignition \`${version}\` is read by Flatcar only; Fedora CoreOS needs 3.0.0 or newer`
        : `There is no Ignition specification \`${version}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`,
      at,
      at + version.length + 2,
      'The machine stops in the initramfs with "unsupported config version".',
      ignitionVersions,
    )
  }

  #sourceOffset(offset: number): number {
    let piece = this.#pieces[0]!
    for (const next of this.#pieces) if (next.at <= offset) piece = next
    return Math.min(this.#source.length, piece.sourceAt + offset - piece.at)
  }

  report(
    ruleId: string,
    severity: Severity,
    reason: string,
    start: number,
    end: number,
    note?: string,
    expected?: string[],
  ): void {
    this.diagnostics.push(
      new Diagnostic({
        ruleId,
        severity,
        file: this.#file,
        reason,
        place: this.#place(start, end),
        ...(note === undefined ? {} : { note }),
        ...(expected === undefined ? {} : { expected }),
      }),
    )
  }

  #place(start: number, end: number): Place {
    return {
      start: this.#point(start),
      end: this.#point(Math.min(Math.max(end, start), this.#source.length)),
    }
  }

  #point(offset: number): Place['start'] {
    const before = this.#source.slice(0, offset)
    return {
      line: before.split('\n').length,
      column: offset - before.lastIndexOf('\n'),
      offset,
    }
  }
}

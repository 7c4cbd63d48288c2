/** What `ipxetool compile` is told: options on the command line, and `compile:` of the project where they say nothing. */
import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { IpxetoolError } from '../diagnostics/error.js'
import { suggest } from '../data/suggest.js'
import { checkEngineName } from '../loader/engine/types.js'
import { configureChain } from '../loader/chain.js'
import { parseDefine } from '../loader/options.js'
import { defaultTargets, parseTargets } from '../loader/targets.js'
import {
  type CompileRequest,
  type Define,
  type NamedBytes,
  type PresetName,
  presetNames,
} from '../loader/types.js'
import { configName } from '../project/config-name.js'
import type { CompileSection } from '../project/schema.js'

export interface CompileOptions {
  embed?: true | string[]
  target?: string
  engine?: string
  image?: string
  base?: string
  source?: string
  ref?: string
  define: string[]
  preset?: string
  trust: string[]
  cert: string[]
  key?: string
  debug?: string
  option?: string[]
  out?: string
  jobs?: string
  rebuild?: boolean
  list?: boolean
  inspect?: string
  json?: boolean
  project?: string
  quiet?: boolean
  verbose?: boolean
  color?: boolean
}

export type Wishes = Omit<CompileRequest, 'source' | 'crossCompile'> & {
  readonly engine: string
  readonly image: string | undefined
  readonly base: string | undefined
  readonly sourceName: string | undefined
  /** What the path of the source starts at. */
  readonly sourceFolder: string
  readonly ref: string | undefined
  readonly jobs: number | undefined
}

interface Wish<T> {
  readonly value: T
  /** Folder that relative paths start at. */
  readonly from: string
}

/** The most that is read of a file that goes into a loader; the plan says what is too much. */
const largestFile = 16 * 2 ** 20

/**
 * @param section of the project in `root`
 * @throws IpxetoolError for what is wrong in itself: `missing-embed`, `unknown-preset`, `bad-jobs`, `unknown-target` …
 */
export async function readWishes(
  options: CompileOptions,
  cwd: string,
  section: CompileSection = {},
  root: string = cwd,
): Promise<Wishes> {
  const pick = <T>(option: T | undefined, written: T | undefined): Wish<T> | undefined =>
    option !== undefined
      ? { value: option, from: cwd }
      : written === undefined
        ? undefined
        : { value: written, from: root }
  const lists = (
    option: readonly string[],
    written: string | string[] | undefined,
  ): Wish<string[]> | undefined =>
    pick(option.length > 0 ? [...option] : undefined, written === undefined ? undefined : [written].flat())

  const embed = pick<boolean | string[]>(
    options.embed,
    typeof section.embed === 'string' ? [section.embed] : section.embed,
  )
  const chain = pick(
    options.option,
    section.options === undefined ? undefined : [section.options].flat().map(String),
  )
  const trust = lists(options.trust, section.trust)
  const cert = lists(options.cert, section.cert)
  const key = pick(options.key, section.key)
  const source = pick(options.source, section.source)
  const debug = options.debug ?? section.debug
  const engine = options.engine ?? section.engine ?? 'auto'
  checkEngineName(engine)
  const targets =
    options.target?.split(',') ?? (section.targets === undefined ? undefined : [section.targets].flat())
  return {
    targets: parseTargets(targets ?? defaultTargets),
    embeds: await embedded(embed, chain),
    defines: [
      ...writtenDefines(section.define),
      ...options.define.map((text) => parseDefine(text, '--define')),
    ],
    presets: presets(
      options.preset?.split(',') ?? (section.preset === undefined ? [] : [section.preset].flat()),
    ),
    ...(trust && { trust: await filesOf(trust, 'certificate') }),
    ...(cert && { certificates: await filesOf(cert, 'certificate') }),
    ...(key && { key: (await filesOf({ value: [key.value], from: key.from }, 'key'))[0] }),
    ...(debug !== undefined && { debug }),
    engine,
    image: options.image ?? section.image,
    base: options.base ?? section.base,
    sourceName: source?.value,
    sourceFolder: source?.from ?? cwd,
    // a ref belongs to the source that it was written for
    ref: options.ref ?? (options.source === undefined ? section.ref : undefined),
    jobs: jobs(options.jobs),
  }
}

export const shippedScript = fileURLToPath(new URL('../../embed/chain.ipxe', import.meta.url))

async function embedded(
  wish: Wish<boolean | string[]> | undefined,
  chain: Wish<string[]> | undefined,
): Promise<NamedBytes[]> {
  const { value = false, from = '' } = wish ?? {}
  const isShipped = value === true
  if (value === false) {
    if (chain === undefined) return []
    throw new IpxetoolError('no-embed', '--option is about the embedded script, and there is none', {
      exitCode: 2,
      hint: 'add --embed: alone it takes the shipped script',
    })
  }
  const files = isShipped
    ? [{ name: basename(shippedScript), bytes: await readFile(shippedScript) }]
    : await filesOf({ value, from }, 'embedded file')
  const [first] = files
  if (first === undefined || chain === undefined) return files
  const options = chain.value.flatMap((text) => text.split(',')).filter((text) => text !== '')
  return [{ name: first.name, bytes: configureChain(first.bytes, { options }) }, ...files.slice(1)]
}

async function filesOf({ value, from }: Wish<string[]>, what: string): Promise<NamedBytes[]> {
  return Promise.all(
    value.map(async (name) => {
      const wrong = (why: string, cause?: unknown): IpxetoolError =>
        new IpxetoolError(
          what === 'embedded file' ? 'missing-embed' : 'missing-file',
          `the ${what} ${name} cannot be read: ${why}`,
          {
            hint: `paths count from ${from}`,
            ...(cause !== undefined && { cause }),
          },
        )
      try {
        const bytes = await readFile(resolve(from, name))
        if (bytes.length > largestFile) throw wrong(`it has ${bytes.length} bytes`)
        return { name, bytes }
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        const why = {
          ENOENT: 'there is no such file',
          EISDIR: 'it is a folder',
          EACCES: 'this user has no permission',
        }[code ?? '']
        throw why === undefined ? error : wrong(why, error)
      }
    }),
  )
}

function writtenDefines(define: CompileSection['define'] = {}): Define[] {
  return Object.entries(define).map(([name, value]) => {
    const text = value === true ? name : `${name}=${value === false ? 'off' : String(value)}`
    return parseDefine(text, `compile.define in ${configName}`)
  })
}

function presets(names: readonly string[]): PresetName[] {
  return names.map((text) => {
    const found = presetNames.find((name) => name === text.trim())
    if (found !== undefined) return found
    const near = suggest(text, presetNames)
    throw new IpxetoolError('unknown-preset', `there is no preset ${JSON.stringify(text)}`, {
      exitCode: 2,
      hint: near === undefined ? `possible are ${presetNames.join(', ')}` : `did you mean ${near}?`,
    })
  })
}

function jobs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text)
  throw new IpxetoolError('bad-jobs', `--jobs ${text} is no number from 1 to 999`, {
    exitCode: 2,
    hint: 'for example --jobs 4; without it make runs one job for each processor',
  })
}

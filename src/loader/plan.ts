/** From a request to runs of make. */
import { createHash } from 'node:crypto'
import type { LoaderTarget } from '../data/loader-targets.js'
import { Diagnostic, type DiagnosticOptions } from '../diagnostics/diagnostic.js'
import { isIpxetoolError } from '../diagnostics/error.js'
import { sortDiagnostics } from '../diagnostics/sort.js'
import { visible } from '../diagnostics/visible.js'
import { checkCommands, embeddedNames, largestEmbed, optionsWantedBy, prepareEmbed } from './embed.js'
import type { PreparedEmbed } from './embed.js'
import { type EraFacts, eraOf } from './eras.js'
import { headersOf } from './headers.js'
import { allowHttps, type LoaderOptions, resolveOptions } from './options.js'
import { presetOf } from './presets.js'
import { certificateInputs, checkCertificates, checkDebug, inputFolder, versionVariables } from './make.js'
import { defaultSlot, fillSlot, fitsSlot, largestSlot, smallestSlot } from './slot.js'
import type { BuildPlan, CompilePlan, CompileRequest, Define, PlannedOutput, PlanResult } from './types.js'

/** What stands in the slot until the script is patched in; any loader from a slot shares it. */
const placeholder = new TextEncoder().encode('#!ipxe\necho No script was put into this loader.\nshell\n')

/** Everything that one compile will do, or why it is refused. Pure: the same request gives the same plan. */
export function planCompile(request: CompileRequest): PlanResult {
  const diagnostics = new Map<string, Diagnostic>()
  const add = (diagnostic: Diagnostic): void => {
    const { file, ruleId, reason, place } = diagnostic
    // several loaders may complain of the same
    diagnostics.set(JSON.stringify([file, ruleId, reason, place?.start.offset]), diagnostic)
  }
  const plan = makePlan(request, add)
  const sorted = sortDiagnostics([...diagnostics.values()])
  return { plan: sorted.some(({ severity }) => severity === 'error') ? undefined : plan, diagnostics: sorted }
}

function makePlan(request: CompileRequest, add: (diagnostic: Diagnostic) => void): CompilePlan | undefined {
  let era: EraFacts
  try {
    era = eraOf(request.source.version)
  } catch (problem) {
    if (!isIpxetoolError(problem)) throw problem
    add(
      new Diagnostic({
        file: 'source',
        ruleId: problem.code,
        severity: 'error',
        reason: `${problem.message}.`,
        note: problem.hint!,
      }),
    )
    return undefined
  }
  for (const problem of [
    ...checkCertificates(request),
    ...checkDebug(request.debug),
    ...checkSlot(request.slot),
  ]) {
    add(problem)
  }
  const embeds = request.embeds.map((file, index) => prepareEmbed(file, index === 0))
  for (const { diagnostics } of embeds) diagnostics.forEach(add)
  const total = request.embeds.reduce((sum, { bytes }) => sum + bytes.length, 0)
  if (request.embeds.length > 1 && total > largestEmbed) {
    const reason = `The embedded files have ${total} bytes together; they may have ${largestEmbed}.`
    const note = 'Leave the large ones on the server and load them from the script.'
    add(
      new Diagnostic({
        file: request.embeds[0]!.name,
        ruleId: 'embed-size',
        severity: 'error',
        reason,
        note,
      }),
    )
  }
  const bindirs = [...new Set(request.targets.map(({ bindir }) => bindir))]
  const builds = bindirs.map((bindir) =>
    planBuild(
      request,
      era,
      embeds,
      request.targets.filter((target) => target.bindir === bindir),
      add,
    ),
  )
  return { source: request.source, builds }
}

function planBuild(
  request: CompileRequest,
  era: EraFacts,
  embeds: readonly PreparedEmbed[],
  targets: readonly LoaderTarget[],
  add: (diagnostic: Diagnostic) => void,
): BuildPlan {
  const { bindir, platform, architecture } = targets[0]!
  const options = optionsOf(request, era, embeds, targets[0]!, add)
  const has = new Set([...options.values].flatMap(([name, value]) => (value === false ? [] : [name])))
  for (const [index, { script }] of embeds.entries()) {
    if (script) checkCommands(script, request.embeds[index]!.name, has).forEach(add)
  }
  if (embeds.length > 0 && !has.has('IMAGE_SCRIPT')) {
    const reason = 'A loader without `IMAGE_SCRIPT` cannot run the embedded script.'
    add(
      new Diagnostic({ file: request.embeds[0]!.name, ruleId: 'missing-command', severity: 'error', reason }),
    )
  }
  const headers = headersOf(options.changes)
  const certificates = certificateInputs(request)
  const { variables: version, environment } = versionVariables(request.source, era)
  const cross = request.crossCompile?.[architecture] ?? ''
  const debug = request.debug ?? request.presets.map((name) => presetOf(name).debug).find((text) => text)
  const warm = [
    ...version,
    ...(cross === '' ? [] : [`CROSS_COMPILE=${cross}`]),
    ...(debug === undefined || debug === '' ? [] : [`DEBUG=${debug}`]),
    ...certificates.variables,
  ]
  const { files, patch } = embeddedFiles(request, embeds, targets)
  const inputs = new Map([...certificates.inputs, ...files])
  const embed = files.size === 0 ? [] : [`EMBED=${[...files.keys()].join(',')}`]
  const warmKey = hash([
    'warm',
    request.source.id,
    bindir,
    warm,
    environment,
    [...headers],
    [...certificates.inputs],
  ])
  const outputs = targets.map((target): PlannedOutput => {
    const key = hash(['loader', warmKey, target.make, embed, [...files]])
    return {
      target,
      path: target.make,
      key,
      resultKey: patch ? hash(['patched', key, patch]) : key,
      patch,
      embed: patch ? 'patched' : files.size === 0 ? 'none' : 'linked',
    }
  })
  return {
    bindir,
    platform,
    architecture,
    arguments: [...warm, ...embed, ...targets.map(({ make }) => make)],
    warmArguments: [...warm, `${bindir}/blib.a`],
    environment,
    headers,
    inputs,
    remove: targets.flatMap(({ make }) => [make, `${make}.tmp`]),
    outputs,
    warmKey,
    options: Object.fromEntries(options.changes),
    has,
  }
}

/** The user's wishes, and what URLs in the scripts want that is off. */
function optionsOf(
  request: CompileRequest,
  era: EraFacts,
  embeds: readonly PreparedEmbed[],
  { platform, architecture }: LoaderTarget,
  add: (diagnostic: Diagnostic) => void,
): LoaderOptions {
  const place = { platform, architecture, source: era }
  const report = (problem: Omit<DiagnosticOptions, 'file'> & { file?: string }): void => {
    add(new Diagnostic({ file: 'compile', ...problem }))
  }
  const plain = resolveOptions(request, place, () => undefined)
  const wanted: Define[] = []
  for (const [index, { script }] of embeds.entries()) {
    const from = request.embeds[index]!.name
    for (const [name, url] of script ? optionsWantedBy(script) : []) {
      const value = plain.values.get(name)
      if (value === true || wanted.some((define) => define.name === name)) continue
      const says = `The script uses ${visible(url)}`
      if (value === undefined || plain.changes.get(name) === false) {
        const why = value === undefined ? 'which such a loader cannot have' : 'which was switched off'
        const note = 'Use another URL, or leave this loader out.'
        report({
          ruleId: 'missing-protocol',
          severity: 'error',
          file: from,
          reason: `${says}, that wants \`${name}\`, ${why}.`,
          note,
        })
      } else if (name !== 'DOWNLOAD_PROTO_HTTPS' || allowHttps(era, says, report, from)) {
        wanted.push({ name, value: true, from })
        report({
          ruleId: 'added-protocol',
          severity: 'info',
          file: from,
          reason: `${says}, so \`${name}\` is switched on in ${platform === 'efi' ? 'UEFI' : 'BIOS'} loaders.`,
        })
      }
    }
  }
  const { defines } = request
  return resolveOptions({ ...request, defines: [...wanted, ...defines] }, place, report)
}

/**
 * The files for EMBED by their path below `src/`. One short script for EFI alone goes into a slot; media hold the
 * loader inside a file system, where nothing is patched.
 */
function embeddedFiles(
  request: CompileRequest,
  embeds: readonly PreparedEmbed[],
  targets: readonly LoaderTarget[],
): { files: Map<string, Uint8Array>; patch: Uint8Array | undefined } {
  const names = embeddedNames(request.embeds)
  const bytes = embeds.map((embed) => embed.bytes ?? placeholder)
  const slot = request.slot ?? defaultSlot
  const patchable = slot > 0 && bytes.length === 1 && targets.every(({ format }) => format === 'efi')
  if (patchable && fitsSlot(bytes[0]!, slot)) {
    return {
      files: new Map([[`${inputFolder}/${names[0]!}`, fillSlot(placeholder, slot)]]),
      patch: bytes[0]!,
    }
  }
  return {
    files: new Map(names.map((name, index) => [`${inputFolder}/${name}`, bytes[index]!])),
    patch: undefined,
  }
}

function checkSlot(slot: number | undefined): Diagnostic[] {
  if (slot === undefined || slot === 0) return []
  if (Number.isInteger(slot) && slot >= smallestSlot && slot <= largestSlot) return []
  const reason = `The slot for the script cannot have ${slot} bytes.`
  const note = `It may have ${smallestSlot} to ${largestSlot}, or 0 for none.`
  return [new Diagnostic({ file: 'compile', ruleId: 'slot-size', severity: 'error', reason, note })]
}

/** sha256 of plain data; bytes count by their own hash, keys of objects in order. */
function hash(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) =>
    part instanceof Uint8Array
      ? createHash('sha256').update(part).digest('hex')
      : part !== null && typeof part === 'object' && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
        : part,
  )
  return createHash('sha256').update(text).digest('hex')
}

/**
 * Where a boot has stopped, the probable cause and what to do: from what the machine did and did not do. Pure. The times
 * are those that clients wait (PXE 2.1 section 2.4, EDK2, iPXE), with some to spare.
 */
import { fixOf } from '../../data/boot-errors/trace.js'
import { architectureOf } from '../dhcp/client.js'
import { type Boot, type MachineTrace, present, type Step, type Trouble } from './model.js'

export interface Surroundings {
  /** Our address as machines know it, for configuration lines. */
  readonly server: string | undefined
  readonly httpUrl: string | undefined
  readonly proxy: boolean
}

type Rule = (boot: Boot, machine: MachineTrace, around: Surroundings, now: number) => Trouble | undefined

/** The first that applies; the most certain come first. */
export function diagnose(machine: MachineTrace, around: Surroundings, now: number): Trouble | undefined {
  for (const rule of rules) {
    const trouble = rule(present(machine), machine, around, now)
    if (trouble !== undefined) return trouble
  }
  return undefined
}

const isFile = ({ kind }: Step): boolean => ['loader', 'script', 'kernel', 'initrd', 'file'].includes(kind)
const isLoaded = ({ kind, state, bytes = 0 }: Step): boolean =>
  kind === 'loader' && state === 'done' && bytes > 0
const isDone = ({ state }: Step): boolean => state === 'done'
const last = (boot: Boot, test: (step: Step) => boolean): Step | undefined => boot.steps.findLast(test)

/** After that much silence nothing more will come by itself. */
const PATIENCE_MS = 8000
const LOADER_START_MS = 30_000

const wrongLoader: Rule = (boot, machine) => {
  const step = last(boot, ({ kind, state }) => kind === 'loader' && state !== 'running')
  const spec = machine.architecture === undefined ? undefined : architectureOf(machine.architecture)
  if (step === undefined || spec === undefined || boot.steps.at(-1) !== step) return undefined
  const isEfi = /\.efi$/i.test(step.what)
  if (spec.firmware === 'uefi' && !isEfi) {
    return {
      code: 'bios-loader-for-uefi',
      problem: `${spec.name} firmware asked for ${step.what}, which is for BIOS.`,
      fix: fixOf('bios-loader-for-uefi'),
    }
  }
  if (spec.firmware === 'bios' && isEfi) {
    return {
      code: 'uefi-loader-for-bios',
      problem: `A BIOS machine asked for ${step.what}, which is for UEFI.`,
      fix: fixOf('uefi-loader-for-bios'),
    }
  }
  return undefined
}

const loop: Rule = (boot) => {
  const script = boot.steps.findLastIndex((step) => step.kind === 'script' && isDone(step))
  // HTTP Boot asks for the size first, with HEAD
  const loads = boot.steps.slice(script + 1).filter(isLoaded)
  if (loads.length < 3) return undefined
  return {
    code: 'loader-loop',
    problem: `It has loaded ${loads[0]!.what} ${loads.length} times and never asked for a script.`,
    fix: fixOf('loader-loop'),
  }
}

const noLoader: Rule = (boot) => {
  const step = last(boot, ({ kind }) => kind === 'discover' || kind === 'proxy')
  if (step === undefined || step.state !== 'none' || boot.steps.some(isFile)) return undefined
  const missing = /the tree has no loader for .*: (\S+)/.exec(step.note ?? '')?.[1]
  return {
    code: 'not-answered',
    problem: `It was not answered: ${step.note ?? 'no reason'}.`,
    fix:
      missing !== undefined
        ? `Put the loader into the tree: \`ipxetool compile --target ${missing}\`, or copy the one of your distribution there.`
        : /--allow/.test(step.note ?? '')
          ? 'If it is to boot, add it to --allow.'
          : 'Tell it what to load with --loader WHO=FILE, or leave it alone with --reply WHO=silent.',
  }
}

const noTftp: Rule = (boot) => {
  const step = last(boot, (one) => one.protocol === 'tftp' && isFile(one))
  if (
    step?.state !== 'failed' ||
    (step.bytes ?? 0) > 0 ||
    boot.steps.some((one) => isFile(one) && isDone(one))
  )
    return undefined
  return {
    code: 'tftp-unanswered',
    problem: `It asked for ${step.what} and never heard our answer (firmware says PXE-E18, "filesize 0" or PXE-E32).`,
    fix: fixOf('tftp-unanswered'),
  }
}

const broken: Rule = (boot) => {
  const step = boot.steps.at(-1)
  if (step?.state !== 'failed' || !isFile(step)) return undefined
  const changed = /^the file (?:was rewritten|became shorter)/.test(step.note ?? '')
  return {
    code: 'transfer-failed',
    problem: `${step.what} stopped after ${step.bytes ?? 0} bytes: ${step.note ?? 'no reason'}.`,
    fix: changed
      ? 'Put files into the tree as `ipxetool build` does, under another name that is then changed (mv), never by writing over them; then start the machine again.'
      : 'Look at the cable, the switch port and the machine’s screen; a machine that was switched off looks the same.',
  }
}

const missing: Rule = (boot, _machine, _around, now) => {
  const step = last(boot, (one) => isFile(one) && one.state !== 'running')
  if (step?.state !== 'refused' || now - step.at < 2000) return undefined
  // Scripts try files that may be missing, and go on: only the last request counts.
  if (boot.steps.some((one) => isFile(one) && one.at > step.at)) return undefined
  if (/autoexec\.ipxe$/.test(step.what)) return undefined
  return {
    code: 'file-refused',
    problem: `${step.what} was refused (${step.status ?? 'error'}): ${step.note ?? 'no reason'}.`,
    fix:
      step.kind === 'loader'
        ? 'Put the loader into the tree (`ipxetool compile`), or correct the file name in the DHCP server.'
        : 'Build the tree again (`ipxetool build`, `ipxetool fetch`), or correct the script that names it.',
  }
}

const deadLoader: Rule = (boot, _machine, _around, now) => {
  const step = boot.steps.at(-1)
  if (step?.kind !== 'loader' || !isDone(step) || now - step.at < LOADER_START_MS) return undefined
  return {
    code: 'loader-silent',
    problem: `${step.what} has arrived, and nothing was heard for ${Math.round((now - step.at) / 1000)} seconds since.`,
    fix: fixOf('loader-silent'),
  }
}

/** It was reset, or has reset itself, between them. */
const neverStarts: Rule = (_boot, machine) => {
  const boots = machine.boots.filter(({ steps }) => steps.some(isLoaded)).slice(-3)
  if (
    boots.length < 3 ||
    boots.some(({ steps }) => steps.some(({ kind }) => kind === 'script' || kind === 'kernel'))
  ) {
    return undefined
  }
  return {
    code: 'loader-never-starts',
    problem: 'Three boots one after the other ended with the loader: no script was ever asked for.',
    fix: fixOf('loader-never-starts'),
  }
}

const splitOffer: Rule = (boot, _machine, around, now) => {
  const offers = boot.steps.filter((step) => step.kind === 'discover' && isDone(step))
  if (offers.length < 2 || now - offers[0]!.at < PATIENCE_MS) return undefined
  if (boot.steps.some((step) => step.kind === 'lease' || step.kind === 'proxy' || isFile(step)))
    return undefined
  return {
    code: 'no-request',
    problem: `It has asked ${offers.length} times and taken no offer.`,
    fix: `Is there a DHCP server that gives it an address? If so, this firmware does not take two offers: put the boot file into the DHCP server itself with \`${configuration(around)}\`.`,
  }
}

const offerIgnored: Rule = (boot, _machine, around, now) => {
  const lease = last(boot, ({ kind }) => kind === 'lease')
  const offer = last(boot, (step) => step.kind === 'discover' && isDone(step))
  if (lease === undefined || offer === undefined || now - lease.at < PATIENCE_MS) return undefined
  if (boot.steps.some((step) => step.at >= offer.at && (step.kind === 'proxy' || isFile(step))))
    return undefined
  if (offer.stage === 'ipxe' || offer.stage === 'our-ipxe') {
    return {
      code: 'script-not-asked',
      problem: 'iPXE has an address and has not asked for its script.',
      fix: `Can it reach ${around.httpUrl ?? 'this server'}? A firewall on this machine, or another DHCP server that names another file, are the usual causes. Its screen shows the URL.`,
    }
  }
  return {
    code: 'offer-ignored',
    problem: 'It has an address and went neither to port 4011 nor to TFTP.',
    fix: `Allow UDP ports 69 and 4011 to this machine; then try another form of the offer (--reply MAC=direct, or binl, or menu); else put the boot file into the DHCP server with \`${configuration(around)}\`.`,
  }
}

function configuration({ server, httpUrl }: Surroundings): string {
  const parts = ['ipxetool dhcp KIND']
  if (server !== undefined) parts.push(`--server ${server}`)
  if (httpUrl !== undefined) parts.push(`--http ${httpUrl.replace(/\/$/, '')}`)
  return parts.join(' ')
}

const rules: readonly Rule[] = [
  loop,
  wrongLoader,
  noLoader,
  noTftp,
  broken,
  missing,
  neverStarts,
  deadLoader,
  splitOffer,
  offerIgnored,
]

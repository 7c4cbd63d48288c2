/** A machine as the API sends it: what the trace holds, and words for the numbers. */
import { architectureOf } from '../dhcp/client.js'
import { type Boot, type MachineTrace, present, type Step } from '../trace/model.js'

/** What people want to know first; the last word of {@link boots} explains it. */
export type MachineState = 'asking' | 'loader' | 'script' | 'loading' | 'started' | 'stopped'

export interface MachineReport {
  readonly id: string
  readonly mac: string | null
  readonly uuid: string | null
  readonly architecture: { readonly code: number; readonly name: string } | null
  readonly vendorClass: string | null
  readonly userClass: string | null
  readonly addresses: readonly string[]
  readonly state: MachineState
  readonly trouble: { readonly code: string; readonly problem: string; readonly fix: string } | null
  readonly lastAt: string
  /** The present one is the last. */
  readonly boots: readonly BootReport[]
}

export interface BootReport {
  readonly startedAt: string
  /** Steps that were left out, in the middle. */
  readonly dropped: number
  readonly steps: readonly (Omit<Step, 'at'> & { readonly at: string; readonly sinceMs: number })[]
}

export function describeMachine(machine: MachineTrace): MachineReport {
  const { architecture: code } = machine
  return {
    id: machine.id,
    mac: machine.mac ?? null,
    uuid: machine.uuid ?? null,
    architecture:
      code === undefined ? null : { code, name: architectureOf(code)?.name ?? `architecture ${code}` },
    vendorClass: machine.vendorClass ?? null,
    userClass: machine.userClass ?? null,
    addresses: machine.addresses,
    state: machine.trouble === undefined ? stateOf(present(machine)) : 'stopped',
    trouble: machine.trouble ?? null,
    lastAt: new Date(machine.lastAt).toISOString(),
    boots: machine.boots.map(({ startedAt, steps, dropped }) => ({
      startedAt: new Date(startedAt).toISOString(),
      dropped,
      steps: steps.map((step) => ({
        ...step,
        at: new Date(step.at).toISOString(),
        sinceMs: Math.max(0, step.at - startedAt),
      })),
    })),
  }
}

function stateOf({ steps }: Boot): MachineState {
  const has = (kind: Step['kind'], state?: Step['state']): boolean =>
    steps.some((step) => step.kind === kind && (state === undefined || step.state === state))
  if (steps.some(({ stage }) => stage === 'other')) return 'started'
  if (steps.some(({ state, kind }) => state === 'running' && (kind === 'kernel' || kind === 'initrd')))
    return 'loading'
  if (has('kernel', 'done')) return 'started'
  if (steps.some(({ kind, what }) => kind === 'once' && / (own-disk|done)$/.test(what))) return 'started'
  if (has('script', 'done')) return 'script'
  return has('loader') ? 'loader' : 'asking'
}

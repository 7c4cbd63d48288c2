/** `ipxetool doctor [TREE|FILE]`: why does my machine not boot? */
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import {
  type Diagnosis,
  examine,
  type Finding,
  policyFor,
  type Replayed,
  replay,
  selfAt,
} from '../serve/doctor/index.js'
import { decodePcap } from '../serve/record/pcap.js'
import { ExitCode } from './exit-codes.js'
import type { Io } from './io.js'
import { parseEndpoint } from './serve.js'
import { type ProxyCommandOptions, proxyOptions } from './serve-proxy.js'
import { tftpWire } from './serve-wire.js'

export interface DoctorCommandOptions extends Omit<ProxyCommandOptions, 'proxyDhcp'> {
  readonly http?: string
  readonly tftp?: string
  readonly host?: string
  readonly tftpSinglePort?: boolean
  readonly tftpPorts?: string
  /** False: nothing is sent into the network. */
  readonly ask?: boolean
  readonly quiet?: boolean
  /** The output tree for a recording. */
  readonly tree?: string
  readonly json?: boolean
}

/** A day of a busy network. */
const RECORDING_LIMIT = 256 * 1024 * 1024

/**
 * @returns 1 when a machine would not boot as things are; for a recording, when an answer of a boot server differs
 * @throws IpxetoolError `bad-recording`, and (exit code 2) as `serve` for what cannot be read of the options
 */
export async function runDoctor(
  target: string | undefined,
  options: DoctorCommandOptions,
  io: Io,
): Promise<number> {
  const http = parseEndpoint('--http', options.http ?? '8080', options.host)
  const tftpEnd = parseEndpoint('--tftp', options.tftp ?? '69', options.host)
  const tftp = tftpEnd && { ...tftpEnd, ...tftpWire(options) }
  const proxy = proxyOptions({ ...options, proxyDhcp: true }, [])!
  const path = resolve(io.cwd, target ?? options.tree ?? 'out')
  const isFile = await stat(path).then(
    (info) => info.isFile(),
    () => false,
  )
  if (isFile) {
    const root = resolve(io.cwd, options.tree ?? 'out')
    const datagrams = await readRecording(path)
    const steps = replay(datagrams, policyFor(root, proxy), selfAt('192.0.2.1', { http, tftp }))
    io.stdout.write(options.json === true ? `${JSON.stringify({ steps }, null, 2)}\n` : replayText(steps))
    return steps.some(({ same }) => same === false) ? ExitCode.problems : ExitCode.ok
  }
  const diagnosis = await examine({ root: path, http, tftp, proxy, ask: options.ask !== false })
  io.stdout.write(
    options.json === true ? `${JSON.stringify(diagnosis, null, 2)}\n` : diagnosisText(diagnosis),
  )
  return diagnosis.findings.some(({ level }) => level === 'problem') ? ExitCode.problems : ExitCode.ok
}

async function readRecording(
  path: string,
): Promise<Extract<ReturnType<typeof decodePcap>, { ok: true }>['datagrams']> {
  const { size } = await stat(path)
  if (size > RECORDING_LIMIT) {
    throw new IpxetoolError('bad-recording', `${path} is larger than 256 MiB`, {
      hint: 'take out what matters: tcpdump -r BIG -w SMALL udp port 67 or port 68 or port 4011 or port 69',
    })
  }
  const decoded = decodePcap(await readFile(path))
  if (decoded.ok) return decoded.datagrams
  throw new IpxetoolError('bad-recording', `${path} cannot be replayed: ${decoded.problem}`, {
    hint: 'record with `ipxetool serve --record FILE`, or with tcpdump -w FILE udp',
  })
}

const marks: Readonly<Record<Finding['level'], string>> = {
  ok: 'ok      ',
  warning: 'WARNING ',
  problem: 'PROBLEM ',
  unknown: '?       ',
}

function diagnosisText({ findings, machines }: Diagnosis): string {
  const lines: string[] = []
  for (const { area, level, what, fix } of findings) {
    lines.push(`${marks[level]}${area.padEnd(9)}${visible(what)}`)
    if (fix !== undefined && level !== 'ok') lines.push(`${' '.repeat(17)}-> ${visible(fix)}`)
  }
  lines.push('', 'What `ipxetool serve --proxy-dhcp` would tell:')
  const width = Math.max(...machines.map(({ kind }) => kind.name.length))
  for (const { kind, exchange } of machines) {
    for (const [index, { ask, answer, form, file, reason }] of exchange.entries()) {
      const name = index === 0 ? kind.name : ''
      const said = answer === 'silent' ? 'no answer' : `${answer} ${file ?? ''} (${form ?? ''})`
      lines.push(`  ${name.padEnd(width)}  ${ask.padEnd(15)}  ${visible(said)}: ${visible(reason)}`)
    }
  }
  const count = (level: Finding['level']): number => findings.filter((one) => one.level === level).length
  lines.push('', `${count('problem')} problems, ${count('warning')} warnings`)
  return `${lines.join('\n')}\n`
}

function replayText(steps: readonly Replayed[]): string {
  const lines = steps.flatMap(({ at, machine, ask, then, now, same }) => {
    const was = then.map(({ server, lease, file }) =>
      [`then  ${server}:`, lease === undefined ? 'no address,' : `address ${lease},`, file ?? 'no file'].join(
        ' ',
      ),
    )
    const today =
      now === undefined
        ? []
        : [
            `now   ${now.answer === 'silent' ? 'no answer' : `${now.answer} ${now.file ?? ''} (${now.form ?? ''})`}: ${now.reason}`,
          ]
    const mark = same === false ? '  DIFFERS' : ''
    const rest = [...was, ...today].map((text) => `             ${visible(text)}`)
    return [`${at.toFixed(3).padStart(9)} s  ${machine}  ${visible(ask)}${mark}`, ...rest]
  })
  const machines = new Set(steps.map(({ machine }) => machine)).size
  const differ = steps.filter(({ same }) => same === false).length
  lines.push('', `${steps.length} requests of ${machines} machines, ${differ} answered otherwise today`)
  return `${lines.join('\n')}\n`
}

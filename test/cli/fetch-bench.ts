/** A folder, a mirror of Fedora CoreOS and the command, for the tests of `ipxetool fetch`. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { run as runCli } from '../../src/cli/main.js'
import { type CoreosMirror, startCoreosMirror } from '../fetch/coreos-mirror.js'
import { randomBytes } from '../fetch/mirror/bytes.js'

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

export interface FetchBench {
  folder: string
  mirror: CoreosMirror
  roles: { kernel: Uint8Array; initramfs: Uint8Array; rootfs: Uint8Array }
  run: (...argv: string[]) => Promise<Ran>
  /** From the mirror, with its key pinned. */
  fetchStable: (...more: string[]) => Promise<Ran>
  /** In another folder, with a store of its own. */
  elsewhere: (name: string, ...argv: string[]) => Promise<Ran>
  path: (...parts: string[]) => string
  /** The text of the lock; '' when there is none. */
  lock: () => string
  /** Where `current` leads for coreos stable. */
  current: () => string | undefined
  close: () => Promise<void>
}

export async function fetchBench(): Promise<FetchBench> {
  const folder = mkdtempSync(join(tmpdir(), 'ipxetool-fetch-'))
  const roles = {
    kernel: randomBytes(40_000, 1),
    initramfs: Buffer.concat([Buffer.from([0x1f, 0x8b]), randomBytes(90_000, 2)]),
    rootfs: randomBytes(200_000, 3),
  }
  const mirror = await startCoreosMirror(roles)
  const path = (...parts: string[]): string => join(folder, ...parts)
  writeFileSync(path('catalog.yaml'), mirror.catalog)
  const run = (...argv: string[]): Promise<Ran> => runIn(folder, folder, argv)
  return {
    folder,
    mirror,
    roles,
    run,
    fetchStable: (...more) =>
      run('fetch', 'coreos', 'stable', '--mirror', mirror.url, '--catalog', 'catalog.yaml', ...more),
    elsewhere: (name, ...argv) => runIn(path(name), path(name), argv),
    path,
    lock: () => (existsSync(path('ipxetool.lock')) ? readFileSync(path('ipxetool.lock'), 'utf8') : ''),
    current: () => {
      const pointer = path('assets/coreos/current/stable/x86_64')
      return existsSync(pointer) ? readlinkSync(pointer) : undefined
    },
    close: async () => {
      await mirror.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function runIn(cwd: string, home: string, argv: string[]): Promise<Ran> {
  const ran = { code: -1, stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    write: (text: string | Uint8Array): void => {
      ran[name] += typeof text === 'string' ? text : new TextDecoder().decode(text)
    },
  })
  ran.code = await runCli(argv, {
    cwd,
    // whoever asks another server than the mirror is refused by a proxy that is not there
    env: {
      HOME: home,
      XDG_CACHE_HOME: join(home, '.cache'),
      HTTPS_PROXY: 'http://127.0.0.1:9',
      HTTP_PROXY: 'http://127.0.0.1:9',
      NO_PROXY: '127.0.0.1',
    },
    stdin: Readable.from([]),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    signal: new AbortController().signal,
  })
  assert.doesNotMatch(ran.stderr, /\n {4}at |\bundefined\b|\[object|internal failure/)
  return ran
}

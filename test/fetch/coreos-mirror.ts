/** A mirror of Fedora CoreOS: stream metadata of the real shape, files and signatures of the test's own. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { type Mirror, type MirrorFile, startMirror } from './mirror/mirror.js'
import { makeKey, signDetached, type TestKey } from './verify/keys.js'

const PUBLISHER = 'https://builds.coreos.fedoraproject.org'
const REAL = new URL('../../../shared/fixtures/fcos/stream-stable.json', import.meta.url)

export interface CoreosMirror extends Mirror {
  /** A file for `--catalog`: the shipped entry with the key of this mirror. */
  catalog: string
  key: TestKey
  version: string
  /** Of the kernel, on the mirror. */
  kernelPath: string
  /** Publishes another version. */
  publish(version: string): Promise<void>
}

type Roles = Record<'kernel' | 'initramfs' | 'rootfs', Uint8Array>
type Artifact = Record<'location' | 'signature' | 'sha256', string>
interface Stream {
  architectures: Record<
    string,
    { artifacts: { metal: { release: string; formats: { pxe: Record<keyof Roles, Artifact> } } } }
  >
}

/** The real stream when it is here, else one of the same shape. */
function streamOf(version: string, arch: string): Stream {
  if (existsSync(REAL)) {
    const stream = JSON.parse(readFileSync(REAL, 'utf8')) as Stream
    if (stream.architectures[arch]?.artifacts.metal.release === version) return stream
  }
  const artifact = (name: string): Artifact => {
    const location = `${PUBLISHER}/prod/streams/stable/builds/${version}/${arch}/fedora-coreos-${version}-live-${name}`
    return { location, signature: `${location}.sig`, sha256: '' }
  }
  const pxe = {
    kernel: artifact(`kernel.${arch}`),
    initramfs: artifact(`initramfs.${arch}.img`),
    rootfs: artifact(`rootfs.${arch}.img`),
  }
  return { architectures: { [arch]: { artifacts: { metal: { release: version, formats: { pxe } } } } } }
}

export const REAL_VERSION = '44.20260707.3.1'

export async function startCoreosMirror(roles: Roles): Promise<CoreosMirror> {
  const key = await makeKey('Fedora 44 of the test')
  const files = new Map<string, MirrorFile>()
  const mirror = await startMirror({ files })
  files.set('/key.asc', new TextEncoder().encode(key.publicKey.armor()))
  const shipped = readFileSync(new URL('../../src/data/catalog/coreos.yaml', import.meta.url), 'utf8')
  const pin = `keys:\n  - { fingerprint: ${key.pin.fingerprint}, owner: Test, url: '${mirror.url}/key.asc' }\nsteps:`
  const result: CoreosMirror = Object.assign(mirror, {
    key,
    version: '',
    kernelPath: '',
    catalog: shipped.replace(/^keys:$[^]*?^steps:$/m, pin),
    publish: async (version: string) => {
      const stream = streamOf(version, 'x86_64')
      const { pxe } = stream.architectures['x86_64']!.artifacts.metal.formats
      for (const role of ['kernel', 'initramfs', 'rootfs'] as const) {
        const path = new URL(pxe[role].location).pathname
        files.set(path, roles[role])
        files.set(new URL(pxe[role].signature).pathname, await signDetached(key, roles[role]))
        pxe[role].sha256 = createHash('sha256').update(roles[role]).digest('hex')
        if (role === 'kernel') result.kernelPath = path
      }
      files.set('/streams/stable.json', new TextEncoder().encode(JSON.stringify(stream)))
      result.version = version
    },
  })
  await result.publish(REAL_VERSION)
  return result
}

/** An archive with the source of iPXE. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import type { ReadableStream as WebStream } from 'node:stream/web'
import { createGunzip } from 'node:zlib'
import xz from 'xz-decompress'
import { tarEntries, unpackTar } from './tar.js'
import { noSource, versionOf } from './tree-facts.js'
import type { PreparedSource, SourceContext } from './types.js'

interface Facts {
  format: 1
  stamp: string
  sha256: string
  /** Folder of the archive that holds `src`. */
  top: string
  version: string
  commit?: string | undefined
  time: number
}

/** The web stream that the package is, which the types of Node do not know as global. */
const XzStream = xz.XzReadableStream as unknown as new (source: WebStream) => WebStream<Uint8Array>

/**
 * @param file full path
 * @throws IpxetoolError `not-ipxe`, `bad-archive`
 */
export async function tarballSource(
  file: string,
  name: string,
  { cache }: SourceContext,
): Promise<PreparedSource> {
  const { size, mtimeMs, ctimeMs, ino } = await stat(file)
  const stamp = `${ino} ${size} ${mtimeMs} ${ctimeMs}`
  const note = join(cache, 'sources', `tarball-${createHash('sha256').update(file).digest('hex')}.json`)
  let facts = await readFacts(note)
  if (facts?.stamp !== stamp) {
    facts = await look(file, name, stamp)
    await mkdir(dirname(note), { recursive: true })
    await writeFile(`${note}.${process.pid}`, JSON.stringify(facts))
    await rename(`${note}.${process.pid}`, note)
  }
  const { top, version, commit, time } = facts
  return {
    identity: { id: `sha256:${facts.sha256}`, version, commit, time },
    name,
    notes: [],
    unpack: async (folder, signal) => {
      await unpackTar(tarEntries(await plain(file), name), name, folder, top, signal)
    },
  }
}

async function look(file: string, name: string, stamp: string): Promise<Facts> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk)
  const commit = await commitComment(await plain(file))
  let found: { top: string; text: string } | undefined
  let time = 0
  for await (const entry of tarEntries(await plain(file), name)) {
    time = Math.max(time, entry.time)
    const match = /^(?:(.*)\/)?src\/Makefile$/.exec(entry.path)
    const top = match?.[1] ?? ''
    if (match && (found === undefined || top.length < found.top.length))
      found = { top, text: entry.bytes.toString('latin1') }
  }
  if (found === undefined) throw noSource(name, 'there is no src/Makefile in it')
  const version = versionOf(found.text, { commit, time, name: found.top })
  if (version === undefined) throw noSource(name, 'src/Makefile names no version')
  return { format: 1, stamp, sha256: hash.digest('hex'), top: found.top, version, commit, time }
}

async function plain(file: string): Promise<Readable> {
  const handle = await open(file)
  const head = Buffer.alloc(6)
  await handle.read(head, 0, 6, 0)
  await handle.close()
  const source = createReadStream(file)
  const broken = (to: Readable): Readable => {
    source.on('error', (error) => to.destroy(error))
    return to
  }
  if (head.readUInt16BE(0) === 0x1f8b) return broken(source.pipe(createGunzip()))
  if (head.equals(Buffer.from('fd377a585a00', 'hex')))
    return Readable.fromWeb(new XzStream(Readable.toWeb(source)))
  return source
}

/** `git archive`, and so GitHub, writes the commit into a pax header in front. */
async function commitComment(stream: Readable): Promise<string | undefined> {
  let head = Buffer.alloc(0)
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      head = Buffer.concat([head, chunk])
      if (head.length >= 1024) break
    }
  } catch {
    return undefined // said when it is read whole
  }
  if (String.fromCharCode(head[156] ?? 0) !== 'g') return undefined
  return /\bcomment=([0-9a-f]{40})\n/.exec(head.subarray(512, 1024).toString('latin1'))?.[1]
}

async function readFacts(note: string): Promise<Facts | undefined> {
  try {
    const facts = JSON.parse(await readFile(note, 'utf8')) as Partial<Facts>
    return facts.format === 1 && typeof facts.sha256 === 'string' ? (facts as Facts) : undefined
  } catch {
    return undefined
  }
}

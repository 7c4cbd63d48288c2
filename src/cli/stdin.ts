/** A script on standard input. */
import { scriptSizeLimit } from '../project/compose.js'
import { HostError } from '../project/host.js'

/** @throws HostError `too-large` */
export async function readStdin(stdin: NodeJS.ReadableStream): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > scriptSizeLimit) {
      throw new HostError(
        'too-large',
        '-',
        `it has more than the ${scriptSizeLimit / 2 ** 20} MiB that are allowed here`,
      )
    }
    chunks.push(bytes)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

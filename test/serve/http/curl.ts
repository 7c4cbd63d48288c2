/** curl as the HTTP tests use it: one request, taken apart. */
import { execa } from 'execa'

export interface Response {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** `HTTP/1.1` */
  readonly version: string
}

export async function curl(url: string, ...options: string[]): Promise<Response> {
  const args = ['-sS', '-i', '--path-as-is', '--max-time', '10', ...options, url]
  const { stdout } = await execa('curl', args, { encoding: 'buffer', stripFinalNewline: false })
  const all = Buffer.from(stdout)
  const end = all.indexOf('\r\n\r\n')
  const [first = '', ...lines] = all.subarray(0, end).toString('latin1').split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  const [version = '', status = ''] = first.split(' ')
  return { version, status: Number(status), headers, body: all.subarray(end + 4) }
}

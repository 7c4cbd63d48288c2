/**
 * CMS signatures, as iPXE's `imgverify` reads them (detached, DER; RFC 5652). Node has nothing that verifies them, so
 * `openssl cms -verify` does where it is installed.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IpxetoolError } from '../../diagnostics/error.js'

export type CmsOutcome =
  | { kind: 'good' }
  /** There is no openssl here: the file has to do with what else vouches for it. */
  | { kind: 'unchecked'; reason: string }

export interface CmsOptions {
  /** PEM: the root that the signer's certificate must lead to. */
  certificate: string
  /** URL of the file, for messages. */
  subject: string
  /** Default: `openssl` of the search path. */
  openssl?: string
  /** The certificates must have been valid then; default now. */
  at?: Date
  signal?: AbortSignal
}

/**
 * @param path the signed file
 * @throws IpxetoolError `bad-signature`, `malformed-signature`
 */
export async function verifyCms(
  signature: Uint8Array,
  path: string,
  options: CmsOptions,
): Promise<CmsOutcome> {
  const folder = await mkdtemp(join(tmpdir(), 'ipxetool-cms-'))
  try {
    const signatureFile = join(folder, 'signature.der')
    const certificateFile = join(folder, 'root.pem')
    await writeFile(signatureFile, signature)
    await writeFile(certificateFile, options.certificate)
    const args = ['cms', '-verify', '-binary', '-inform', 'DER', '-in', signatureFile, '-content', path]
    // only the pinned root, none that the system trusts; the purpose of code signing is not one openssl asks for
    args.push('-CAfile', certificateFile, '-no-CApath', '-purpose', 'any', '-out', '/dev/null')
    if (options.at) args.push('-attime', String(Math.floor(options.at.getTime() / 1000)))
    const { code, stderr } = await run(options.openssl ?? 'openssl', args, options.signal)
    if (code === 0) return { kind: 'good' }
    if (code === 'ENOENT') {
      return {
        kind: 'unchecked',
        reason: 'its CMS signature was not checked: that needs the program `openssl`, which is not installed',
      }
    }
    const why = /:([^:]+):[^:]*\.c:\d+:(.*)$/m.exec(stderr)
    const reason =
      [why?.[1], why?.[2]].filter(Boolean).join(': ') || stderr.trim().split('\n').at(-1) || 'openssl failed'
    const unreadable = /asn1|wrong tag|header too long|reading S\/MIME|Error reading/i.test(stderr)
    throw new IpxetoolError(
      unreadable ? 'malformed-signature' : 'bad-signature',
      `The CMS signature of ${options.subject} is ${unreadable ? 'no CMS signature' : 'bad'}: ${reason}`,
      {
        hint: 'The file is not what its publisher signed: damaged on the way, mixed up, or forged. Nothing waives this.',
      },
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function run(
  program: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<{ code: number | string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { encoding: 'utf8', ...(signal && { signal }) }, (error, _stdout, stderr) => {
      resolve({ code: error === null ? 0 : (error.code ?? 1), stderr })
    })
  })
}

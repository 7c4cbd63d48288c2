/** Variables of iPXE's Makefile. */
import { Diagnostic } from '../diagnostics/diagnostic.js'
import { visible } from '../diagnostics/visible.js'
import { embeddedNames } from './embed.js'
import type { EraFacts } from './eras.js'
import type { CompileRequest, NamedBytes, SourceIdentity } from './types.js'

/** Below `src/`. A path without blanks: make splits at them. */
export const inputFolder = 'ipxetool-inputs'

/**
 * What makes two builds of one source alike: the version text, and the date that EFI loaders carry. Up to 1.21.1 the
 * version came from `git describe`, the build's number from a random one and the date from the clock.
 */
export function versionVariables(
  source: SourceIdentity,
  { era, between, numbers, plus }: EraFacts,
): { variables: string[]; environment: Record<string, string> } {
  const [major, minor, patch] = numbers
  const old = era < '2' && !(era === '1.21.1' && between)
  const id = source.commit ?? ''
  const time = String(Math.max(0, Math.trunc(source.time)))
  return {
    variables: [
      `VERSION_MAJOR=${major}`,
      `VERSION_MINOR=${minor}`,
      `VERSION_PATCH=${patch}`,
      `EXTRAVERSION=${plus ? '+' : ''}`,
      // new ones cut it to five digits and write the g themselves
      `GITVERSION=${old && id !== '' ? `g${id.slice(0, 5)}` : id}`,
      `BUILD_TIMESTAMP=${time}`,
      // cksum of what is linked, as newer ones have it
      ...(era < '2' ? [`BUILD_ID_CMD=cat $^ | cksum | awk '{print $$1}'`] : []),
      // today's compilers warn of much that was fine then
      ...(era < '2' ? ['NO_WERROR=1'] : []),
    ],
    // Debug information names the folder of the tree. It is not in the loader, but its checksum is: BUILD_ID_CMD
    environment: { SOURCE_DATE_EPOCH: time, EXTRA_CFLAGS: '-g0', LC_ALL: 'C', TZ: 'UTC' },
  }
}

/** Copies of TRUST, CERT and PRIVKEY under names that make can bear, and the variables that name them. */
export function certificateInputs(request: CompileRequest): {
  variables: string[]
  inputs: Map<string, Uint8Array>
} {
  const inputs = new Map<string, Uint8Array>()
  const place = (kind: string, files: readonly NamedBytes[]): string[] => {
    // embeddedNames keeps the first name for the script, so one stands before them
    const names = embeddedNames([{ name: '', bytes: new Uint8Array() }, ...files]).slice(1)
    return files.map(({ bytes }, index) => {
      const path = `${inputFolder}/${kind}/${names[index]!}`
      inputs.set(path, bytes)
      return path
    })
  }
  const variables: string[] = []
  const add = (variable: string, kind: string, files: readonly NamedBytes[] | undefined): void => {
    if (files && files.length > 0) variables.push(`${variable}=${place(kind, files).join(',')}`)
  }
  add('TRUST', 'trust', request.trust)
  // TRUST holds digests only, and few servers send their root: without it iPXE finds "no usable certificates"
  const { trust = [], certificates = [] } = request
  const others = trust.filter((root) => !certificates.some(({ bytes }) => sameBytes(root.bytes, bytes)))
  add('CERT', 'cert', [...others, ...certificates])
  if (request.key) {
    // older ones call it KEY; a name that is unknown does no harm
    const [path] = place('key', [request.key])
    variables.push(`PRIVKEY=${path!}`, `KEY=${path!}`)
  }
  return { variables, inputs }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

/** Make reads only the first certificate of a TRUST file, and mistakes show as strange errors of the compiler. */
export function checkCertificates(request: CompileRequest): Diagnostic[] {
  const found: Diagnostic[] = []
  const add = (file: NamedBytes, severity: 'error' | 'warning', reason: string, note: string): void => {
    found.push(new Diagnostic({ file: file.name, ruleId: 'certificate', severity, reason, note }))
  }
  for (const file of [...(request.trust ?? []), ...(request.certificates ?? [])]) {
    const count = pemCount(file, 'CERTIFICATE')
    if (count === 0) {
      const der = file.bytes[0] === 0x30
      add(
        file,
        'error',
        'No PEM certificate is in this file.',
        der
          ? 'It looks like DER: openssl x509 -inform der -in FILE -out FILE.pem'
          : 'It begins with -----BEGIN CERTIFICATE-----.',
      )
    } else if (count > 1 && request.trust?.includes(file)) {
      const note = 'iPXE’s makefile would trust the first alone. Give each a file of its own.'
      add(file, 'error', `${count} certificates are in this file.`, note)
    }
  }
  if (request.key) {
    const { key } = request
    const text = latin1(key)
    if (/ENCRYPTED/.test(text)) {
      add(
        key,
        'error',
        'The private key is encrypted.',
        'openssl rsa -in FILE -out FILE.plain takes the password off.',
      )
    } else if (!/-----BEGIN (?:RSA )?PRIVATE KEY-----/.test(text)) {
      add(key, 'error', 'No RSA private key in PEM is in this file.', 'iPXE knows RSA keys only.')
    } else {
      add(
        key,
        'warning',
        'The private key can be read by all who get the loader.',
        'TFTP and HTTP serve it to anyone. Use a key that opens nothing else.',
      )
    }
  }
  return found
}

/** `tls,httpcore:3` */
export function checkDebug(debug: string | undefined): Diagnostic[] {
  if (debug === undefined || debug === '') return []
  if (/^[A-Za-z0-9_-]+(?::\d+){0,2}(?:,[A-Za-z0-9_-]+(?::\d+){0,2})*$/.test(debug)) return []
  const reason = `\`${visible(debug)}\` is no list of objects for DEBUG.`
  const note = 'Write names of iPXE’s source files without .c, with a level perhaps: dhcp,tls:3.'
  return [new Diagnostic({ file: '--debug', ruleId: 'debug-list', severity: 'error', reason, note })]
}

function pemCount(file: NamedBytes, kind: string): number {
  return latin1(file).split(`-----BEGIN ${kind}-----`).length - 1
}

function latin1({ bytes }: NamedBytes): string {
  return Buffer.from(bytes).toString('latin1')
}

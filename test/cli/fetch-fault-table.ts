/** What can be wrong with metadata, keys and signatures: docs/fetch-faults.md and the tests are made of it. */
import { enums, reformatKey } from 'openpgp'
import { randomBytes } from '../fetch/mirror/bytes.js'
import type { CoreosMirror } from '../fetch/coreos-mirror.js'
import { makeKey, signDetached } from '../fetch/verify/keys.js'

export interface MetadataFaultRow {
  /** "A publisher …" */
  fault: string
  expected: string
  /** After a good version was fetched, and a newer one published. */
  spoil: (mirror: CoreosMirror, kernel: Uint8Array) => Promise<void> | void
  /** Of the one sentence. */
  message: RegExp
}

const text = new TextEncoder()
const day = 86_400_000

export const metadataFaultRows: readonly MetadataFaultRow[] = [
  {
    fault: 'answers with garbage where JSON should be',
    expected: 'The document is named, with what is wrong in it',
    spoil: ({ files }) => void files.set('/streams/stable.json', text.encode('{"architectures": <html>')),
    message: /stable\.json.*JSON/,
  },
  {
    fault: 'has other bytes than its digest says',
    expected: 'Both digests are named; nothing of the file is kept',
    spoil: ({ files, kernelPath }) => void files.set(kernelPath, randomBytes(40_000, 9)),
    message: /gave other bytes than it should|signature .* is bad/,
  },
  {
    fault: 'has the right digest and a wrong signature',
    expected: 'A bad signature; no option waives it',
    spoil: async ({ files, kernelPath, key }, kernel) => {
      const signature = await signDetached(key, kernel)
      signature[signature.length - 1]! ^= 1
      files.set(`${kernelPath}.sig`, signature)
    },
    message: /[Ss]ignature/,
  },
  {
    fault: 'has the signature of another file',
    expected: 'A bad signature; no option waives it',
    spoil: async ({ files, kernelPath, key }) =>
      void files.set(`${kernelPath}.sig`, await signDetached(key, 'another file')),
    message: /The signature of .*kernel.* is bad/,
  },
  {
    fault: 'signs with a key that had expired',
    expected: 'The key and the day of its end are named',
    spoil: async (mirror, kernel) => {
      const old = await makeKey('Old', { date: new Date(Date.now() - 9 * day), lifetime: (3 * day) / 1000 })
      // who has the private key can make it look valid, for a signature of today
      const { privateKey } = await reformatKey({
        privateKey: old.privateKey,
        userIDs: [{ name: 'Old' }],
        date: new Date(Date.now() - 9 * day),
        format: 'object',
      })
      mirror.files.set(`${mirror.kernelPath}.sig`, await signDetached({ ...old, privateKey }, kernel))
      mirror.files.set('/old.asc', text.encode(old.publicKey.armor()))
      const { fingerprint } = old.pin
      mirror.catalog = mirror.catalog.replace(
        /^steps:$/m,
        `  - { fingerprint: ${fingerprint}, owner: Old, url: '${mirror.url}/old.asc' }\nsteps:`,
      )
    },
    message: /after the key had expired/,
  },
  {
    fault: 'signs with a subkey that its owner has revoked',
    expected: 'The key is named; no option waives it',
    spoil: async (mirror, kernel) => {
      const { privateKey } = mirror.key
      mirror.files.set(`${mirror.kernelPath}.sig`, await signDetached(mirror.key, kernel))
      privateKey.subkeys[0] = await privateKey.subkeys[0]!.revoke(privateKey.keyPacket as never, {
        flag: enums.reasonForRevocation.keyCompromised,
      })
      mirror.files.set('/key.asc', text.encode(privateKey.toPublic().armor()))
    },
    message: /which was revoked/,
  },
  {
    fault: 'signs with a key that is not pinned',
    expected: 'The fingerprint is named, and how to add it',
    spoil: async ({ files, kernelPath }, kernel) =>
      void files.set(`${kernelPath}.sig`, await signDetached(await makeKey('Somebody'), kernel)),
    message: /not pinned|No key/,
  },
  {
    fault: 'has an older version than the lock',
    expected: 'Both versions are named; `--allow-downgrade` or `--version` takes it',
    spoil: (mirror) => mirror.publish('44.20260101.3.0'),
    message: /44\.20260101\.3\.0 now, which is older than/,
  },
  {
    fault: 'does not have one of the three files (404)',
    expected: 'The URL is named; the other two stay in the store',
    spoil: ({ files, kernelPath }) => void files.delete(kernelPath),
    message: /live-kernel.*\(404\)/,
  },
]

export function metadataFaults(): string {
  const rows = metadataFaultRows.map(({ fault, expected }) => `| ${fault} | ${expected} |`)
  return [
    '## What `fetch` does when metadata, keys or signatures are wrong',
    '',
    'Each row is a run of the command (`test/cli/fetch-faults.test.ts`) after a good version was fetched. In all of',
    'them the exit code is 1, the reason is one sentence, no file of the new version gets a name below `assets/`,',
    '`current` leads where it led, and `ipxetool.lock` keeps its bytes; with `--allow-unsigned`, too.',
    '',
    '| A publisher that … | What happens |',
    '| --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

/** What a mirror can do wrong and what is expected then: docs/fetch-faults.md and the tests are made of it. */
import { metadataFaults } from '../../cli/fetch-fault-table.js'
import type { Fault } from '../mirror/mirror.js'

export interface FaultRow {
  /** "A server …" */
  fault: string
  /** "It …" */
  expected: string
  /** Of the mirrors in the order of the URLs; default: one mirror. */
  mirrors?: Fault[][]
  /** The second version of the file, served from that request on. */
  changesAt?: number
  /** No digest is known. Default: its SHA-256 is. */
  unpinned?: boolean
  /** Its size is known. */
  sized?: boolean
  /** The first run is stopped there; the second one is judged. */
  stopAfter?: number
  result: {
    /** Of the error; absent: the file is in the store. */
    code?: string
    message?: RegExp
    /** Which version of the file; default 1. */
    version?: 1 | 2
    /** Requests of each mirror. */
    requests?: number[]
    restarts?: number
    resumes?: number
    /** The whole file was sent once and no more. */
    sentOnce?: boolean
    /** Milliseconds of each wait, at least. */
    waits?: number[]
  }
}

export const faultRows: readonly FaultRow[] = [
  {
    fault: 'cuts the connection after each tenth of the file',
    expected: 'Goes on at the byte where it stopped, with `Range` and `If-Range`; no byte is sent twice',
    mirrors: [[{ cutAfter: 'tenth' }]],
    result: { requests: [10], resumes: 9, restarts: 0, sentOnce: true },
  },
  {
    fault: 'cuts the connection at once, each time',
    expected: 'Tries five times with growing pauses, then gives up: exit 1, what has come is kept',
    mirrors: [[{ cutAfter: 0 }]],
    result: {
      code: 'network',
      message: /closed the connection early/,
      requests: [5],
      waits: [750, 1500, 3000, 6000],
    },
  },
  {
    fault: 'hangs up without an answer, twice',
    expected: 'Tries again',
    mirrors: [[{ hangUp: true, times: 2 }]],
    result: { requests: [3], waits: [750, 1500] },
  },
  {
    fault: 'promises 1000 bytes more than there are',
    expected:
      'Asks for the rest, hears that there is none (416 with the true length), starts over; the file is whole',
    mirrors: [[{ lengthOff: 1000, times: 1 }]],
    result: {},
  },
  {
    fault: 'promises 1000 bytes less than there are',
    expected: 'The digest does not fit: refused, nothing kept',
    mirrors: [[{ lengthOff: -1000 }]],
    result: { code: 'digest-mismatch', message: /gave other bytes than it should: sha256 / },
  },
  {
    fault: 'names a length that is not the one in the metadata',
    expected: 'Refused before a byte is stored; the next mirror is asked',
    mirrors: [[{ lengthOff: -1000 }], []],
    sized: true,
    result: { requests: [1, 1] },
  },
  {
    fault: 'sends no length at all (chunked)',
    expected: 'Fetched; size and digest are judged at the end',
    mirrors: [[{ chunked: true }]],
    sized: true,
    result: { requests: [1] },
  },
  {
    fault: 'cuts once and does not know ranges: answers 200',
    expected: 'Starts over from the first byte',
    mirrors: [[{ cutAfter: 150_000, noRanges: true, times: 1 }, { noRanges: true }]],
    result: { requests: [2], restarts: 1, resumes: 0 },
  },
  {
    fault: 'answers a range with another part of the file',
    expected: 'Throws the part away and starts over',
    mirrors: [
      [
        { cutAfter: 150_000, times: 1 },
        { rangeOff: 100, times: 1 },
      ],
    ],
    result: { requests: [3], restarts: 1 },
  },
  {
    fault: 'answers each range with 416',
    expected: 'Starts over',
    mirrors: [
      [
        { cutAfter: 150_000, times: 1 },
        { unsatisfiable: true, times: 1 },
      ],
    ],
    result: { requests: [3], restarts: 1 },
  },
  {
    fault: 'has another file on the second try (the entity tag differs)',
    expected: 'Starts over with the new file; the two are never mixed',
    mirrors: [[{ cutAfter: 150_000, times: 1 }]],
    changesAt: 1,
    unpinned: true,
    result: { version: 2, requests: [2], restarts: 1 },
  },
  {
    fault: 'has another file on the second try, and the digest of the first is known',
    expected: 'Refused: digest mismatch, nothing kept',
    mirrors: [[{ cutAfter: 150_000, times: 1 }]],
    changesAt: 1,
    result: { code: 'digest-mismatch', restarts: 2 },
  },
  {
    fault: 'has only weak entity tags and cuts once',
    expected: 'Starts over: a weak tag does not promise the same bytes',
    mirrors: [[{ cutAfter: 150_000, times: 1, validators: 'weak' }, { validators: 'weak' }]],
    result: { requests: [2], restarts: 1, resumes: 0 },
  },
  {
    fault: 'has neither entity tags nor dates and cuts once',
    expected: 'Starts over',
    mirrors: [[{ cutAfter: 150_000, times: 1, validators: 'none' }, { validators: 'none' }]],
    result: { requests: [2], restarts: 1, resumes: 0 },
  },
  {
    fault: 'has only `Last-Modified`, a minute old or more, and cuts once',
    expected: 'Goes on, with the date in `If-Range`',
    mirrors: [[{ cutAfter: 150_000, times: 1, validators: 'date' }, { validators: 'date' }]],
    result: { requests: [2], restarts: 0, resumes: 1, sentOnce: true },
  },
  {
    fault: 'has only `Last-Modified`, of this minute, and cuts once',
    expected: 'Starts over: the file may change twice in a second',
    mirrors: [[{ cutAfter: 150_000, times: 1, validators: 'young' }, { validators: 'young' }]],
    result: { requests: [2], restarts: 1, resumes: 0 },
  },
  {
    fault: 'sent a part of the file to an earlier run, which was stopped',
    expected: 'The next run goes on there',
    stopAfter: 150_000,
    result: { restarts: 0, resumes: 1 },
  },
  {
    fault: 'sent a part to an earlier run, and has another file now',
    expected: 'Starts over with the new file',
    stopAfter: 150_000,
    changesAt: 1,
    unpinned: true,
    result: { version: 2, restarts: 1 },
  },
  {
    fault: 'redirects in a circle',
    expected: 'Refused at once, without another try',
    mirrors: [[{ redirect: '/file' }]],
    result: { code: 'bad-redirect', message: /redirects in a loop/, requests: [1] },
  },
  {
    fault: 'redirects to ever new places',
    expected: 'Refused after ten',
    mirrors: [[{ redirect: '$path/x' }]],
    result: { code: 'bad-redirect', message: /redirects more than 10 times/, requests: [11] },
  },
  {
    fault: 'redirects to another host',
    expected: 'Followed; after a cut the first URL is asked again, for what it redirects to may expire',
    mirrors: [[{ redirect: '{1}$path' }], [{ cutAfter: 150_000, times: 1 }]],
    result: { requests: [2, 2], resumes: 1, sentOnce: true },
  },
  {
    fault: 'redirects to a `file:` URL',
    expected: 'Refused',
    mirrors: [[{ redirect: 'file:///etc/passwd' }]],
    result: { code: 'bad-redirect', message: /to file:/ },
  },
  {
    fault: 'does not have the file (404), the second of three does',
    expected: 'The next mirror is asked at once',
    mirrors: [[{ status: 404 }], [], []],
    result: { requests: [1, 1, 0], waits: [] },
  },
  {
    fault: 'does not have the file (404), and there is no other',
    expected: 'Refused, without another try',
    mirrors: [[{ status: 404 }]],
    result: { code: 'not-found', message: /does not exist \(404\)/, requests: [1] },
  },
  {
    fault: 'is busy: 429 with `Retry-After: 7`',
    expected: 'Waits that long',
    mirrors: [[{ status: 429, headers: { 'retry-after': '7' }, times: 1 }]],
    result: { requests: [2], waits: [7000] },
  },
  {
    fault: 'is busy: 503 with `Retry-After: 7`, and there is another mirror',
    expected: 'The other one is asked',
    mirrors: [[{ status: 503, headers: { 'retry-after': '7' } }], []],
    result: { requests: [1, 1], waits: [] },
  },
  {
    fault: 'is busy and wants an hour',
    expected: 'Given up: no more than two minutes are waited',
    mirrors: [[{ status: 503, headers: { 'retry-after': '3600' } }]],
    result: { code: 'server-error', message: /is busy \(503/, requests: [1] },
  },
  {
    fault: 'fails with 500 twice',
    expected: 'Tries again',
    mirrors: [[{ status: 500, times: 2 }]],
    result: { requests: [3], waits: [750, 1500] },
  },
  {
    fault: 'stops sending and keeps the connection',
    expected: 'Is left after the stall timeout; goes on where it stopped',
    mirrors: [[{ stallAfter: 150_000, times: 1 }]],
    result: { requests: [2], resumes: 1, sentOnce: true },
  },
  {
    fault: 'sends one byte now and then (slow loris), and there is another mirror',
    expected: 'Is left: less than the least rate over a stall timeout; the other one is asked',
    mirrors: [[{ dripEvery: 20 }], []],
    result: {},
  },
  {
    fault: 'dies in the middle, the digest is known, and there is another mirror',
    expected: 'The other one goes on there; the digest tells whether the parts fit',
    mirrors: [[{ cutAfter: 150_000, times: 1 }, { status: 500 }], []],
    result: { resumes: 1, restarts: 0, sentOnce: true },
  },
  {
    fault: 'dies in the middle, no digest is known, and there is another mirror',
    expected: 'The other one starts from the first byte: nothing tells whether the parts fit',
    mirrors: [[{ cutAfter: 150_000, times: 1 }, { status: 500 }], []],
    unpinned: true,
    result: { resumes: 0, restarts: 1 },
  },
  {
    fault: 'answers 200 with a page of HTML',
    expected: 'Refused',
    mirrors: [[{ body: '<!DOCTYPE html><title>Log in</title>', headers: { 'content-type': 'text/html' } }]],
    unpinned: true,
    result: { code: 'html-page', message: /is a page of HTML, not / },
  },
  {
    fault: 'answers 200 with a page of HTML and calls it binary',
    expected: 'Refused: the first bytes tell',
    mirrors: [[{ body: '<!DOCTYPE html><title>Log in</title>' }]],
    unpinned: true,
    result: { code: 'html-page' },
  },
  {
    fault: 'compresses although it was asked not to',
    expected: 'Refused; with a known digest that decides',
    mirrors: [[{ gzip: true }]],
    unpinned: true,
    result: { code: 'bad-encoding', message: /came as gzip/ },
  },
  {
    fault: 'calls the file `Content-Encoding: gzip` where the digest fits the bytes as sent',
    expected: 'Taken as it is: bytes are never unpacked before they are verified',
    mirrors: [[{ headers: { 'content-encoding': 'gzip' } }]],
    result: {},
  },
  {
    fault: 'sends other bytes of the same length, and there is another mirror',
    expected: 'The other one starts from the first byte; the message names the offender',
    mirrors: [[{ body: 'x'.repeat(300_000) }], []],
    result: { requests: [1, 1], restarts: 1 },
  },
  {
    fault: 'sends other bytes, and so do all mirrors',
    expected: 'Refused, each offender is named, nothing kept',
    mirrors: [[{ body: 'x'.repeat(300_000) }], [{ body: 'y'.repeat(300_000) }]],
    result: { code: 'digest-mismatch', message: /no mirror has a good vmlinuz: .*; .*/, requests: [1, 1] },
  },
]

/** docs/fetch-faults.md; scripts/generate-docs.ts writes it. */
export function faultsPage(): string {
  const rows = faultRows.map(({ fault, expected }) => `| ${fault} | ${expected} |`)
  return [
    '<!-- Generated by scripts/generate-docs.ts from test/fetch/transfer/fault-table.ts and test/cli/fetch-fault-table.ts; do not edit. -->',
    '# What `fetch` does when a server misbehaves',
    'Each row is a test (`test/fetch/transfer/faults.test.ts`) against a mirror on loopback. In all of them no byte gets',
    'a final name before size and digests are right, and what was fetched is kept for the next time unless it was wrong.',
    '',
    ['| A server that … | What happens |', '|---|---|', ...rows].join('\n'),
    '',
    metadataFaults(),
  ].join('\n')
}

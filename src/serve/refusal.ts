/** Why a name is not served, and how each protocol says so. */

export type Refusal =
  | 'not-found'
  | 'directory'
  | 'hidden'
  | 'traversal'
  | 'outside'
  | 'special'
  | 'bad-name'
  | 'malformed'
  | 'forbidden'
  | 'busy'
  | 'io-error'

interface Answer {
  /** For the log: what we know. */
  readonly reason: string
  /** HTTP status. What is none of the client's business is a 404 like any other missing file. */
  readonly http: number
  /** TFTP error code (RFC 1350 appendix) and text; firmware prints the text on the machine's screen. */
  readonly tftp: number
  readonly text: string
}

export const ANSWERS: Readonly<Record<Refusal, Answer>> = {
  'not-found': { reason: 'no such file', http: 404, tftp: 1, text: 'File not found' },
  directory: { reason: 'is a directory', http: 404, tftp: 1, text: 'File not found' },
  hidden: { reason: 'hidden files are not served', http: 404, tftp: 1, text: 'File not found' },
  traversal: { reason: 'path climbs with ".."', http: 404, tftp: 2, text: 'Access violation' },
  outside: { reason: 'symbolic link out of the tree', http: 404, tftp: 2, text: 'Access violation' },
  special: { reason: 'not a regular file', http: 404, tftp: 2, text: 'Access violation' },
  'bad-name': { reason: 'name cannot be a file of the tree', http: 404, tftp: 1, text: 'File not found' },
  malformed: { reason: 'malformed request', http: 400, tftp: 4, text: 'Malformed request' },
  forbidden: { reason: 'no permission to read the file', http: 403, tftp: 2, text: 'Access violation' },
  busy: {
    reason: 'too many open files (raise `ulimit -n`, or LimitNOFILE= of the unit)',
    http: 503,
    tftp: 0,
    text: 'Server is busy',
  },
  'io-error': { reason: 'the file could not be read', http: 500, tftp: 0, text: 'Read error on the server' },
}

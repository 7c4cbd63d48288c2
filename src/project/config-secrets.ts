/** Texts that should not lie on a server without a password. */

export interface Secret {
  start: number
  end: number
  what: string
  note: string
}

const hashed = 'Put a hash there instead, for example of `mkpasswd --method=yescrypt`.'
const elsewhere = 'Bring it to the machine another way, or make the URL a secret that works once.'

const patterns: { pattern: RegExp; what: string; note: string }[] = [
  { pattern: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/g, what: 'A private key', note: elsewhere },
  { pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, what: 'An AWS access key', note: elsewhere },
  { pattern: /\bgh[pousr]_[A-Za-z0-9]{36,}\b/g, what: 'A GitHub token', note: elsewhere },
  // kickstart: `rootpw secret` without --iscrypted and --lock
  {
    pattern: /^[ \t]*rootpw(?![^\n]*--(?:iscrypted|lock))[ \t]+(?:--plaintext[ \t]+)?(?!--)\S+/gm,
    what: 'A password in plain text',
    note: `${hashed} Then write \`rootpw --iscrypted\`.`,
  },
  // preseed: …/root-password password SECRET, user-password likewise
  {
    pattern:
      /^[ \t]*(?:d-i|user-setup-udeb)[ \t]+passwd\/(?:root|user)-password(?:-again)?[ \t]+password[ \t]+\S+/gm,
    what: 'A password in plain text',
    note: `${hashed} The answer for it is \`passwd/root-password-crypted\`.`,
  },
  // cloud-init and autoinstall: `plain_text_passwd: x`, `password: x` that is no crypt hash
  {
    pattern:
      /^[ \t-]*(?:plain_text_passwd|password|passwd)[ \t]*:[ \t]*(?!["']?[$!*]|["']?[ \t]*$)["']?[^\s"'#][^\n]*$/gm,
    what: 'A password in plain text',
    note: hashed,
  },
  // Ignition: passwordHash that is no crypt hash
  {
    pattern: /"passwordHash"\s*:\s*"(?![$!*])[^"]+"/g,
    what: 'A password in plain text',
    note: hashed,
  },
]

/** In the order of their places. Values that are variables (`$<name>`) count: they end up in the file. */
export function findSecrets(text: string): Secret[] {
  return patterns
    .flatMap(({ pattern, what, note }) =>
      Array.from(text.matchAll(pattern), (match) => {
        const indent = /^\s*/.exec(match[0])![0].length
        return { start: match.index + indent, end: match.index + match[0].length, what, note }
      }),
    )
    .sort((a, b) => a.start - b.start)
}

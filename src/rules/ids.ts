/** The ids that `# ipxetool disable=…` accepts. Kept apart from the rules, which need them; a test compares the two. */
export const ruleIds: ReadonlySet<string> = new Set([
  'missing-magic',
  'unfinished-continuation',
  'nul-byte',
  'unknown-command',
  'glued-operator',
  'unknown-option',
  'misplaced-option',
  'argument-count',
  'missing-label',
  'duplicate-label',
  'unset-setting',
  'unknown-setting-type',
  'unknown-scope',
  'split-reference',
  'unclosed-reference',
  'trailing-backslash',
  'comment-eats-text',
  'bad-url',
  'url-architecture',
  'not-in-loader',
  'anaconda-arguments',
  'coreos-autologin',
  'undefined-variable',
  'unknown-directive',
  'unused-directive',
])

/** What the check of links reports (`src/links`), which `disable=` silences too. */
export const linkRuleIds: ReadonlySet<string> = new Set(['missing-target', 'wrong-kind', 'dead-link'])

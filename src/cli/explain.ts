/** `ipxetool check --explain RULE`: what a rule is about, with its examples as the check sees them. */
import { suggest } from '../data/suggest.js'
import { IpxetoolError } from '../diagnostics/error.js'
import { prettyReport } from '../diagnostics/reporters/pretty.js'
import { visible } from '../diagnostics/visible.js'
import { checkScript } from '../rules/check-script.js'
import { exampleOptions, exampleScript } from '../rules/example.js'
import { type Explanation, explanations, findExplanation } from '../rules/explanations.js'
import { linkRuleIds } from '../rules/ids.js'
import { allRules, findRule } from '../rules/index.js'
import { decodeText, bytesToText } from '../syntax/bytes.js'

/** @throws IpxetoolError `unknown-rule` (exit code 2) */
export function explainRule(id: string, options: { color: boolean; width: number }): string {
  const rule = findRule(id)
  if (!rule) {
    const explanation = findExplanation(id)
    if (explanation) return explained(explanation, Math.min(options.width, 100))
    const ids = [...allRules, ...explanations].map((known) => known.id)
    const near = suggest(id, ids)
    throw new IpxetoolError('unknown-rule', `there is no rule "${visible(id)}"`, {
      exitCode: 2,
      hint: near === undefined ? `the rules are ${ids.join(', ')}` : `did you mean ${near}?`,
    })
  }
  const { docs } = rule
  const parts = [
    `${rule.id} (${rule.severity}${rule.preset === 'strict' ? ', with --preset strict' : ''})\n${rule.summary}\n`,
    `${wrap(docs.why, Math.min(options.width, 100))}\n`,
    ...docs.notOk.map((example) => {
      const { bytes } = exampleScript(rule, example)
      const found = checkScript(bytes, { ...exampleOptions(rule), path: 'example.ipxe' }).filter(
        ({ ruleId }) => ruleId === rule.id,
      )
      return `Not ok:\n${shown(bytes)}\n${prettyReport(found, new Map([['example.ipxe', bytes]]), options)}`
    }),
    ...docs.ok.map((example) => `Ok:\n${shown(exampleScript(rule, example).bytes)}`),
    `Switch it off for a line: # ipxetool disable=${rule.id}\n`,
  ]
  return parts.join('\n')
}

/** What is reported about more than one script has no example that fits on a screen. */
function explained({ id, area, what, why, fix }: Explanation, width: number): string {
  const off = linkRuleIds.has(id) ? `\nSwitch it off for a line: # ipxetool disable=${id}\n` : ''
  const text = [what, why].map((part) => wrap(part, width)).join('\n')
  return `${id} (${area})\n\n${text}\n\n${wrap(`What to do: ${fix}`, width)}\n${off}`
}

function shown(bytes: Uint8Array): string {
  return decodeText(bytesToText(bytes))
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `    ${visible(line)}\n`)
    .join('')
}

function wrap(text: string, width: number): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length >= width) {
      lines.push(line)
      line = word
    } else line += line === '' ? word : ` ${word}`
  }
  return [...lines, line].join('\n')
}

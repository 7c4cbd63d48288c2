/** HTML from templates: whatever is put into one is escaped, unless it is itself made by one. */
import { visible } from '../diagnostics/visible.js'

export class Html {
  readonly text: string

  /** Only for text that is known to be HTML. */
  constructor(text: string) {
    this.text = text
  }
}

export type HtmlPart = Html | string | number | undefined | false | readonly HtmlPart[]

/** Values are safe as text and inside double quotes; lists are joined, `undefined` and `false` are nothing. */
export function html(literals: TemplateStringsArray, ...values: readonly HtmlPart[]): Html {
  return new Html(literals.reduce((text, literal, index) => text + render(values[index - 1]) + literal))
}

function render(value: HtmlPart): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(render).join('')
  return escape(String(value))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Controls, direction marks and the like are spelled, as on a terminal; TAB and LF stay. */
function escape(text: string): string {
  const safe = spelled(text)
  return /[&<>"']/.test(safe) ? safe.replace(/[&<>"']/g, (character) => entities[character]!) : safe
}

export function spelled(text: string): string {
  if (/^[ -~]*$/.test(text)) return text
  return text
    .split(/([\t\n])/)
    .map((part) => (part === '\t' || part === '\n' ? part : visible(part)))
    .join('')
}

/** JSON that can stand in a `<script>` of any type. */
export function scriptJson(value: unknown): Html {
  const json = JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return new Html(json)
}

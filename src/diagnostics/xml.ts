import { visible } from './visible.js'

/** Text for XML, in an element or between double quotes. XML has no way to write most control characters. */
export function escapeXml(text: string): string {
  return text
    .split('\n')
    .map(visible)
    .join('\n')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

/** Every menu, entry, group and machine of `ipxetool.yaml` learns where it stands there. */
import type { SchemaReport } from './schema-issues.js'
import type { YamlFile, YamlPath } from './yaml.js'
import type { Source } from '../model/schema.js'
import { configName } from './config-name.js'
import { rawPlaces } from './raw-places.js'

/**
 * Adds `source` to the mappings before the schema sees them.
 *
 * @returns what is wrong: somebody wrote a `source` of their own
 */
export function addSources(
  data: Record<string, unknown>,
  yaml: Pick<YamlFile, 'itemsOf' | 'lineAt' | 'pointAt'>,
): SchemaReport[] {
  const reports: SchemaReport[] = []
  const add = (list: unknown, path: YamlPath): void => {
    if (!Array.isArray(list)) return
    const points = yaml.itemsOf(path)
    list.forEach((item: unknown, index) => {
      const point = points[index]
      if (typeof item !== 'object' || item === null || Array.isArray(item) || !point) return
      const mapping = item as Record<string, unknown>
      const own = [...path, index]
      if (Object.hasOwn(mapping, 'source')) {
        reports.push({ path: [...own, 'source'], part: 'key', reason: 'There is no key `source` here' })
      }
      const { line, column, offset = 0 } = point
      const source: Source = { file: configName, line, column, offset }
      const lines = rawPlaces(mapping, source, yaml.lineAt, yaml.pointAt)
      mapping['source'] = { ...source, ...(lines && { lines }) }
      add(mapping['entries'], [...own, 'entries'])
    })
  }
  for (const key of ['menus', 'groups', 'machines']) add(data[key], [key])
  return reports
}

/**
 * What a browser gets at `/` when the tree has no `index.html`: where to look next. Not a listing; it names the
 * files that exist of a fixed few.
 */
import { access } from 'node:fs/promises'
import { join } from 'node:path'

const LINKS = [
  ['boot.ipxe', 'the script machines start with'],
  ['preview/index.html', 'the menus as a machine shows them'],
] as const

export async function indexPage(root: string): Promise<string> {
  const items: string[] = []
  for (const [name, what] of LINKS) {
    const there = await access(join(root, name)).then(
      () => true,
      () => false,
    )
    if (there) items.push(`<li><a href="/${name}">${name}</a>: ${what}</li>`)
  }
  const list = items.length === 0 ? '' : `<ul>\n${items.join('\n')}\n</ul>\n`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ipxetool</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 40rem; padding: 0 1rem }</style>
</head>
<body>
<h1>ipxetool</h1>
<p>This server gives boot files to machines.</p>
${list}</body>
</html>
`
}

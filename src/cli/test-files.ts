/** Menu tests: `*.test.yaml` and `*.test.ts` beside the menus. */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { IpxetoolError } from '../diagnostics/error.js'
import { visible } from '../diagnostics/visible.js'
import type { MenuTest } from '../simulate/index.js'
import type { Io } from './io.js'
import { menuLoader } from './load-menus.js'

const texts = z.record(z.string(), z.union([z.string(), z.number()]).transform(String))
const answer = z.union([
  z.string(),
  z.strictObject({ pick: z.string() }),
  z.strictObject({ line: z.string() }),
  z.strictObject({ key: z.union([z.string().min(1), z.number()]) }),
  z.strictObject({ cancel: z.literal(true) }),
  z.strictObject({ wait: z.literal(true) }),
])
const test = z.strictObject({
  name: z.string().min(1),
  script: z.string().optional(),
  machine: z
    .strictObject({
      platform: z.enum(['efi', 'uefi', 'pcbios', 'bios']).optional(),
      arch: z.string().optional(),
      mac: z.string().optional(),
      uuid: z.string().optional(),
      serial: z.string().optional(),
      cpu: z.enum(['64', '32']).optional(),
      pci: z.record(z.string(), z.string()).optional(),
      usb: z.record(z.string(), z.string()).optional(),
      asset: z.string().optional(),
      manufacturer: z.string().optional(),
      product: z.string().optional(),
      set: texts.optional(),
      dhcp: texts.optional(),
      with: z.array(z.string()).optional(),
      without: z.array(z.string()).optional(),
    })
    .optional(),
  choose: z.array(z.union([z.string(), z.number()]).transform(String)).optional(),
  answers: z.array(answer).optional(),
  net: z.enum(['offline', 'tree']).optional(),
  expect: z.strictObject({
    boots: z
      .union([
        z.string(),
        z.strictObject({
          kernel: z.string().optional(),
          arguments: z.array(z.string()).optional(),
          without: z.array(z.string()).optional(),
          initrds: z.array(z.string()).optional(),
        }),
      ])
      .optional(),
    menu: z.string().optional(),
    ends: z.enum(['exit', 'shell', 'reboot', 'poweroff', 'disk', 'waits']).optional(),
    fails: z.string().optional(),
    prints: z.union([z.string(), z.array(z.string())]).optional(),
    fetches: z.array(z.string()).optional(),
    settings: texts.optional(),
  }),
})
const testFile = z.array(test)

export interface TestFile {
  /** as the user knows it */
  readonly path: string
  readonly tests: readonly MenuTest[]
}

const namePattern = /\.test\.(ya?ml|m?ts)$/

/** @param skip full path of the output tree */
export async function findTestFiles(root: string, skip: string): Promise<string[]> {
  const found: string[] = []
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules' && !entry.name.startsWith('.') && path !== skip) await visit(path)
      } else if (namePattern.test(entry.name)) found.push(path)
    }
  }
  await visit(root)
  return found.sort()
}

/** @throws IpxetoolError `bad-test` */
export async function readTestFile(full: string, io: Io): Promise<TestFile> {
  const path = relative(io.cwd, full).split(sep).join('/')
  const value = /ya?ml$/.test(full) ? await readYaml(full, path) : await readTypeScript(full, path, io)
  const parsed = testFile.safeParse(value)
  if (parsed.success) return { path, tests: parsed.data as MenuTest[] }
  const [issue] = parsed.error.issues
  const [index, ...field] = issue!.path
  const named =
    typeof index === 'number' && Array.isArray(value)
      ? (value[index] as { name?: unknown } | null)?.name
      : undefined
  const what =
    typeof named === 'string'
      ? `"${visible(named)}"`
      : typeof index === 'number'
        ? `number ${index + 1}`
        : undefined
  const place = `${what === undefined ? '' : `, test ${what}`}${field.length ? `, ${field.join('.')}` : ''}`
  throw new IpxetoolError('bad-test', `${visible(path)}${place}: ${issue!.message}`, {
    hint: 'a list of tests, each with name, choose or answers, and expect (docs/try.md)',
  })
}

async function readYaml(full: string, path: string): Promise<unknown> {
  try {
    return parseYaml(await readFile(full, 'utf8'), { prettyErrors: true }) as unknown
  } catch (error) {
    const message = error instanceof Error ? error.message.split('\n')[0]! : String(error)
    throw new IpxetoolError('bad-test', `${visible(path)} is no YAML: ${visible(message)}`, { cause: error })
  }
}

async function readTypeScript(full: string, path: string, io: Io): Promise<unknown> {
  const loaded = await menuLoader({ cwd: io.cwd, stderr: io.stderr })(full)
  if (!('problem' in loaded)) return loaded.value
  throw new IpxetoolError('bad-test', `${visible(path)}: ${visible(loaded.problem.reason)}`)
}

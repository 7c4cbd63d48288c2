/** The steps of contrib/github-action.yml, run: the package that npm packs here stands in for the published one. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parse as parseYaml } from 'yaml'
import { notRun } from '../support/not-run.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))

interface Step {
  run?: string
  uses?: string
  'continue-on-error'?: boolean
  with?: { sarif_file?: string }
}

describe('the workflow for GitHub', function () {
  this.timeout(120_000)
  let folder: string
  let steps: Step[]
  before(async function () {
    if (!existsSync(join(root, 'dist/bundle/ipxetool.cjs')) || process.platform === 'win32')
      notRun(this, 'ipxetool is not built')
    folder = await mkdtemp(join(tmpdir(), 'ipxetool-workflow-'))
    const workflow = parseYaml(await readFile(join(root, 'contrib/github-action.yml'), 'utf8')) as {
      jobs: { check: { steps: Step[] } }
    }
    steps = workflow.jobs.check.steps
    // as `npm install --global` lays it out, without asking a registry
    await run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: root })
    const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'))!
    await run('tar', ['-xzf', join(folder, tarball), '-C', folder])
    const installed = join(folder, 'package')
    await symlink(join(root, 'node_modules'), join(installed, 'node_modules'), 'dir')
    const { name, bin } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as {
      name: string
      bin: Record<string, string>
    }
    assert.ok(steps.some((step) => step.run === `npm install --global ${name}`))
    await mkdir(join(folder, 'bin'))
    for (const [command, file] of Object.entries(bin)) {
      await chmod(join(installed, file), 0o755)
      await symlink(join(installed, file), join(folder, 'bin', command))
    }
  })
  after(async () => {
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  /** Exit codes of the steps that call ipxetool, and what they printed; it stops as GitHub does. */
  async function job(name: string, script: string): Promise<{ codes: number[]; out: string; sarif: string }> {
    const clone = join(folder, name)
    await mkdir(clone)
    await writeFile(join(clone, 'boot.ipxe'), script)
    const codes: number[] = []
    let out = ''
    const env = { ...process.env, PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}` }
    for (const { run: command } of steps) {
      if (!command?.startsWith('ipxetool ')) continue
      // the shell that GitHub uses
      const result = await run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', command], {
        cwd: clone,
        env,
      }).then(
        ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
        (error: unknown) => error as { code: number; stdout: string; stderr: string },
      )
      codes.push(result.code)
      out += result.stdout + result.stderr
    }
    const file = steps.find((step) => step.with?.sarif_file !== undefined)!.with!.sarif_file!
    return { codes, out, sarif: await readFile(join(clone, file), 'utf8') }
  }

  it('passes where there is nothing to say', async () => {
    const { codes, sarif } = await job(
      'good',
      '#!ipxe\ndhcp || shell\nchain http://10.0.0.1/menu.ipxe || shell\n',
    )
    assert.deepEqual(codes, [0, 0, 0])
    assert.deepEqual((JSON.parse(sarif) as { runs: { results: unknown[] }[] }).runs[0]!.results, [])
  })

  it('marks the lines of a pull request and keeps results for the upload', async () => {
    const { codes, out, sarif } = await job('bad', '#!ipxe\ngoto nowhere\n')
    assert.deepEqual(codes, [0, 1, 1])
    assert.match(out, /^::error file=boot\.ipxe,line=2/m)
    const { version, runs } = JSON.parse(sarif) as {
      version: string
      runs: { results: { ruleId: string }[] }[]
    }
    assert.equal(version, '2.1.0')
    assert.deepEqual(
      runs[0]!.results.map(({ ruleId }) => ruleId),
      ['missing-label'],
    )
  })
})

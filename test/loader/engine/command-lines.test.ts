import assert from 'node:assert/strict'
import { buildCommand, runCommand } from '../../../src/loader/engine/command-lines.js'
import { buildError, imageTag, isNetworkTrouble, refusal } from '../../../src/loader/engine/container.js'
import { whyAuto } from '../../../src/loader/engine/index.js'

const run = {
  image: 'abc',
  container: 'c1',
  tree: '/cache/my tree',
  command: 'make',
  args: ['-j2', 'EMBED=a.ipxe', 'bin/x.kpxe'],
  environment: { SOURCE_DATE_EPOCH: '1' },
}

describe('command lines of container engines', () => {
  it('run make without network, with limits, in the tree', () => {
    const { command, args } = runCommand(
      { name: 'podman', program: 'podman', quirks: { limits: true }, user: '0:0' },
      run,
    )
    const text = args.join(' ')
    assert.equal(command, 'podman')
    assert.match(text, /^run --rm --name c1 --label ipxetool=compile --network none /)
    assert.match(text, /--read-only .*--cap-drop ALL --security-opt no-new-privileges/)
    assert.match(text, /--memory 4g --pids-limit 2048 --user 0:0 --env SOURCE_DATE_EPOCH=1/)
    assert.ok(args.includes('/cache/my tree:/ipxe:rw'))
    assert.deepEqual(args.slice(-6), ['--entrypoint', 'make', 'abc', '-j2', 'EMBED=a.ipxe', 'bin/x.kpxe'])
  })

  it('have what probing found out', () => {
    const quirks = { limits: false, runtime: 'runc', lowUlimits: true }
    const podman = runCommand({ name: 'podman', program: 'podman', quirks }, run).args
    assert.deepEqual(podman.slice(0, 3), ['--runtime', 'runc', 'run'])
    assert.ok(
      podman.includes('nofile=4096:4096') && !podman.includes('--memory') && !podman.includes('--user'),
    )
    const docker = runCommand({ name: 'docker', program: 'docker', quirks }, run).args
    assert.deepEqual(docker.slice(0, 4), ['run', '--rm', '--runtime', 'runc'])
  })

  it('build the image from a tar on standard input', () => {
    const engine = { name: 'docker', program: 'docker', quirks: { limits: true } } as const
    const plain = buildCommand(engine, { tag: 't', base: undefined, extra: [], hostNetwork: false }).args
    assert.equal(plain.at(-1), '-')
    assert.ok(!plain.includes('--network'))
    const full = buildCommand(engine, {
      tag: 't',
      base: 'b',
      extra: ['x', 'y'],
      hostNetwork: true,
    }).args.join(' ')
    assert.match(full, /--build-arg BASE=b --build-arg EXTRA=x y --network host -$/)
    assert.notEqual(imageTag({}), imageTag({ base: 'b' }))
    assert.equal(imageTag({ extra: ['a', 'b'] }), imageTag({ extra: ['b', 'a'] }))
  })

  it('what an engine says is understood', () => {
    const denied = 'permission denied while trying to connect to the Docker daemon socket'
    assert.match(refusal('docker', denied).why, /this user may not use docker/)
    assert.match(refusal('docker', denied).hint ?? '', /group docker/)
    assert.match(
      refusal('docker', 'Cannot connect to the Docker daemon. Is the docker daemon running?').why,
      /daemon does not run/,
    )
    assert.match(refusal('podman', 'Error: boom').why, /does not work here: Error: boom/)
    assert.ok(isNetworkTrouble('W: Temporary failure resolving deb.example'))
    assert.ok(!isNetworkTrouble('E: Unable to locate package x'))
    assert.equal(
      buildError('STEP 1/6: FROM x\nTrying to pull x...\nError: no such host\n\n'),
      'Error: no such host',
    )
    assert.equal(buildError('STEP 1/6\n\nkilled\n'), 'STEP 1/6; killed')
    assert.match(
      whyAuto('native', [{ why: 'podman is not installed' }]),
      /podman is not installed; so native/,
    )
  })
})

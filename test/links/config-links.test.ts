import assert from 'node:assert/strict'
import { configLinks, configUrls } from '../../src/links/config-links.js'
import { prunable } from '../../src/links/reach.js'
import { check, problems } from './support.js'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** `line:column name what URL` of every URL. */
function found(text: string, source = text): string[] {
  const file = { path: 'configs/a', file: 'configs/a', bytes: bytes(text), source: bytes(source) }
  return configLinks(file, (url) => ({ kind: 'outside', url })).map(
    ({ place, command, what, text: url }) =>
      `${place!.start.line}:${place!.start.column} ${command} ${what!} ${url}`,
  )
}

describe('the URLs in configs', () => {
  it('of a kickstart', () => {
    assert.deepEqual(
      found(
        [
          '# url --url=http://h/comment',
          'url --url="http://h/os/" --noverifyssl',
          'repo --name=extra --baseurl=http://h/extra --cost=1',
          'liveimg --url=http://h/disk.img',
          'bootloader --append="inst.ks=http://h/b.ks console=ttyS0"',
          '%include http://h/part.cfg',
          'curl -fsS -o /x http://h/x.tar',
          'wget http://$HOST/y',
          'url --url=nfs:h:/os',
        ].join('\n'),
      ),
      [
        '2:12 url --url folder http://h/os/',
        '3:29 repo --baseurl folder http://h/extra',
        '4:15 liveimg --url file http://h/disk.img',
        '5:30 inst.ks file http://h/b.ks',
        '6:10 %include file http://h/part.cfg',
        '7:17 curl file http://h/x.tar',
      ],
    )
  })

  it('of a preseed, an Ignition config and cloud-init', () => {
    assert.deepEqual(
      found('d-i preseed/include string http://h/more.cfg\nd-i mirror/http/hostname string h'),
      ['1:28 preseed/include file http://h/more.cfg'],
    )
    assert.deepEqual(
      found('{"a":{"source":"http://h/a"},"b":[{"source" : "https:\\/\\/h\\/b"},{"source":"data:,x"}]}'),
      ['1:17 source file http://h/a', '1:48 source file https://h/b'],
    )
    assert.deepEqual(found('#cloud-config\napt:\n  primary:\n    - uri: http://h/ubuntu'), [
      '4:12 uri either http://h/ubuntu',
    ])
    assert.deepEqual(found('#include\nhttp://h/one\n'), ['2:1 #include file http://h/one'])
  })

  it('has a place in the source where a variable was filled in', () => {
    assert.deepEqual(found('url --url=http://h/os', 'url --url=$<repo>'), [
      '1:1 url --url folder http://h/os',
    ])
  })

  it('has a row for every system', () => {
    assert.deepEqual(
      [...new Set(configUrls.map(({ system }) => system))],
      ['kickstart', 'preseed', 'ignition', 'cloud-init', 'script'],
    )
  })
})

describe('what configs lead to', () => {
  const base = 'http://boot.lab'
  const withConfig = (text: string, files: Record<string, object>) =>
    check(
      { 'boot.ipxe': 'exit' },
      { 'configs/a.ks': { origin: 'static' }, ...files },
      {
        treeUrls: [base],
        configs: [{ path: 'configs/a.ks', file: 'configs/a.ks', bytes: bytes(text) }],
        orphans: 'assets',
      },
    )

  it('is reached, and reported where it is missing', () => {
    const report = withConfig(`url --url=${base}/assets/os\nliveimg --url=${base}/assets/os/disk.im`, {
      'assets/os/disk.img': { origin: 'fetch' },
      'assets/old/vmlinuz': { origin: 'fetch' },
      'assets/old/vmlinuz.sig': { origin: 'fetch' },
      'notes.dat': {},
    })
    assert.deepEqual(problems(report), [
      'configs/a.ks:2:15 error missing-target: `http://boot.lab/assets/os/disk.im`, that is ' +
        '`assets/os/disk.im` in the tree, is not there; did you mean `assets/os/disk.img`?',
      'boot.ipxe info orphan-file: Nothing in the tree leads to `assets/old/vmlinuz` (1 bytes)',
      'boot.ipxe info orphan-file: Nothing in the tree leads to `notes.dat` (1 bytes)',
    ])
    // what nobody could fetch again stays
    assert.deepEqual(
      prunable(report).map(({ path }) => path),
      ['assets/old/vmlinuz', 'assets/old/vmlinuz.sig'],
    )
  })

  it('counts a URL of this server that is written by its address', () => {
    const report = withConfig('url --url=http://192.0.2.1/assets/os', { 'assets/os/a': { origin: 'fetch' } })
    assert.deepEqual(report.orphans, [])
  })

  it('above ten orphans there is one summary', () => {
    const files = Object.fromEntries(
      Array.from({ length: 11 }, (_, index) => [`assets/${index}`, { size: index }]),
    )
    assert.deepEqual(problems(withConfig('', files)), [
      'boot.ipxe info orphan-file: Nothing in the tree leads to 11 files (55 bytes); the largest are ' +
        '`assets/10`, `assets/9`, `assets/8`',
    ])
  })
})
